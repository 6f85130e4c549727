from __future__ import annotations

import json

import pytest

from extract.jsonld import JsonLdArticle, read_json_ld

URL = "https://courier.example/harbour/bridge"


def read(*scripts: object, url: str = URL) -> JsonLdArticle:
    return read_json_ld([script if isinstance(script, str) else json.dumps(script) for script in scripts], [url])


def article(headline: str, **more: object) -> dict[str, object]:
    return {"@type": "NewsArticle", "headline": headline, **more}


def test_of_several_articles_the_pages_own_is_read() -> None:
    assert read(article("Other", url="/other"), article("Own", url=f"{URL}/?ref=rss")).headline == "Own"
    assert read(article("First"), article("Second")).headline == "First"


def test_an_article_in_a_list_is_another_page() -> None:
    listed = {
        "@type": "ItemList",
        "itemListElement": [{"@type": "ListItem", "item": article("Other", url="https://courier.example/other")}],
    }
    assert read(listed).headline is None
    assert read(listed, url="https://courier.example/other").headline == "Other"


def test_a_live_blogs_posts_are_told_by_any_node_of_the_page() -> None:
    posts = [{"headline": "The lock opens"}, {"articleBody": "Untitled"}, "no post", {"headline": ["The ferry sails"]}]
    live = {"@type": "LiveBlogPosting", "liveBlogUpdate": posts}
    assert read(article("Own"), live).posts == ("The lock opens", "The ferry sails")
    assert read({**live, "liveBlogUpdate": posts[0]}).posts == ("The lock opens",)
    assert read(article("Own"), {"@type": "ItemList", "itemListElement": [{"item": live}]}).posts == ()
    assert read(article("Own", liveBlogUpdate=7)).posts == ()


def test_a_claim_and_questions_with_their_answers_are_told() -> None:
    claim = {"@type": ["ClaimReview"], "claimReviewed": "The ferry was sold."}
    answer = {"text": "<p>The <b>council</b>.</p><ul><li>And the port.</li></ul> \n &lt;3"}
    faq = {"@type": "FAQPage", "mainEntity": [{"@type": "Question", "name": "Who pays?", "acceptedAnswer": answer}]}
    assert read(article("Own"), claim).passages == ("The ferry was sold.",)
    assert read(faq).passages == ("Who pays?", "The council.", "And the port.", "<3")
    assert read({"@type": "Question", "name": 7, "acceptedAnswer": ["x", {"text": 8}]}).passages == ()
    assert read({"@type": "ItemList", "itemListElement": [{"item": claim}]}).passages == ()


def test_the_page_node_gives_only_what_the_article_lacks() -> None:
    page = {"@type": "WebPage", "name": "Page", "datePublished": "2026-11-20", "author": {"name": "Ada Quist"}}
    found = read({"@graph": [page, article("Own", author="Ben Okri")]})
    assert (found.headline, found.authors, found.published) == ("Own", ("Ben Okri",), "2026-11-20")
    assert read(page).headline is None


@pytest.mark.parametrize(
    "script",
    [
        '<!--{"@type": "NewsArticle", "headline": "Own"}-->',
        '/*<![CDATA[*/{"@type": "NewsArticle", "headline": "Own"}/*]]>*/',
        '{"@type": "NewsArticle", "headline": "Own",}',
        '{"@type": "NewsArticle", "headline": "Own", "articleBody": "a\tb\nc"}',
        "{&quot;@type&quot;: &quot;NewsArticle&quot;, &quot;headline&quot;: &quot;Own&quot;}",
        '{"@type": "NewsArticle", "headline": "Own"}{"@type": "WebSite"}',
        '{"@type": "NewsArticle", "headline": "Own", "datePublished": "2026-11-20", "author": {"@type": "Person", "name": "Ada"',
    ],
)
def test_a_broken_script_still_gives_its_headline(script: str) -> None:
    assert read(script).headline == "Own"


def test_a_script_without_json_is_searched_for_author_and_dates() -> None:
    found = read(
        '{"@type": "NewsArticle", "datePublished": "2026-11-20", "author": [{"@type": "Person", "name": "Ada Quist"}], "body": "a "b"}'
    )
    assert (found.published, found.authors) == ("2026-11-20", ("Ada Quist",))


def test_kinds_are_those_of_the_top_nodes() -> None:
    found = read(
        {"@graph": [{"@type": "CollectionPage", "mainEntity": {"@type": "ItemList"}}, {"@type": ["WebSite", "Blog"]}]}
    )
    assert found.kinds == ("collectionpage", "website", "blog")


@pytest.mark.parametrize(
    "script",
    ["[" * 50_000, '{"author":' * 5_000, '{"@graph":[' * 900 + "1", "[" + "[]," * 50_000 + "[]]", "null", "7", '"x"'],
)
def test_hostile_json_gives_nothing(script: str) -> None:
    assert read(script) == JsonLdArticle()


@pytest.mark.parametrize(
    "value", [7, None, [], {}, [[["x"]]], {"name": 7}, {"name": {"x": 1}}, [None, {"name": [7, None]}]]
)
def test_a_field_of_another_type_is_passed_over(value: object) -> None:
    found = read(
        article(
            "Own",
            author=value,
            datePublished=value,
            image=value,
            keywords=value,
            publisher=value,
            url=value,
            inLanguage=value,
        )
    )
    assert found.headline == "Own"
