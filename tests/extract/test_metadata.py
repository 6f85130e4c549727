from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from extract.capture import Hints
from extract.dom import parse_html
from extract.metadata import Metadata, read_metadata
from tests.extract.page import capture, news_page

JSON_LD = {
    "@context": "https://schema.org",
    "@graph": [
        {"@type": "Organization", "name": "The Port Courier"},
        {"@type": "NewsArticle", "headline": "Another story", "url": "https://courier.example/other", "datePublished": "2026-01-01"},
        {
            "@type": ["NewsArticle"], "headline": "Harbour bridge reopens &amp; tolls wait", "url": "https://courier.example/harbour/bridge",
            "author": [{"@type": "Person", "name": "By Ada Quist"}, {"@type": "Organization", "name": "The Port Courier"}],
            "datePublished": "2026-11-20T09:00:00+01:00", "dateModified": "2026-11-21T10:00:00Z", "articleSection": ["Harbour"],
            "keywords": "bridge, tolls", "image": {"@type": "ImageObject", "url": "/img/b.jpg"}, "inLanguage": "en-GB",
        },
    ],
}  # fmt: skip


def read(
    head: str = "", body: str = "", *, hints: Hints = Hints(), url: str = "https://courier.example/harbour/bridge"
) -> Metadata:
    page = news_page(head, body)
    return read_metadata(parse_html(page.decode()).root, capture(page, url, hints=hints))


def test_json_ld_of_the_page_itself_gives_every_field() -> None:
    article = read(f"<script type='application/ld+json'>{json.dumps(JSON_LD)}</script>")
    assert article.title == "Harbour bridge reopens & tolls wait"
    assert article.authors == ("Ada Quist",)
    assert (article.published_at, article.published_source) == (datetime(2026, 11, 20, 8, tzinfo=UTC), "json-ld")
    assert article.modified_at == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert (article.section, article.tags, article.language) == ("Harbour", ("bridge", "tolls"), "en")
    assert article.image == "https://courier.example/img/b.jpg"


@pytest.mark.parametrize(
    ("head", "body", "hints", "url", "source"),
    [
        ("<meta property='article:published_time' content='2026-11-20T09:00:00Z'>", "", Hints(), "", "meta"),
        ("", "<time datetime='2026-11-20T09:00:00Z'>today</time>", Hints(), "", "time"),
        ("", "", Hints(), "https://courier.example/2026/11/20/bridge", "url"),
        ("", "", Hints(source="feed", published_at=datetime(2026, 11, 20, 9, tzinfo=UTC)), "", "feed"),
        ("", "", Hints(source="sitemap", published_at=datetime(2026, 11, 20, 9, tzinfo=UTC)), "", "sitemap"),
        ("<meta name='date' content='2031-01-01'>", "", Hints(), "", None),  # the future is no date
    ],
)
def test_the_source_of_a_date_is_named(head: str, body: str, hints: Hints, url: str, source: str | None) -> None:
    article = read(head, body, hints=hints, url=url or "https://courier.example/harbour/bridge")
    assert article.published_source == source
    assert article.published_at is None if source is None else f"{article.published_at:%Y-%m-%d}" == "2026-11-20"


def test_a_modified_date_before_the_published_one_is_dropped() -> None:
    article = read(
        "<meta property='article:published_time' content='2026-11-20T09:00:00Z'><meta property='og:updated_time' content='2015-01-01'>"
    )
    assert article.modified_at is None


def test_broken_json_ld_is_passed_over() -> None:
    article = read(
        "<script type='application/ld+json'>{\"@type\": \"NewsArticle\", </script><meta name='author' content='Ada Quist'>"
    )
    assert article.authors == ("Ada Quist",)


def test_hostile_metadata_is_bounded_and_printable() -> None:
    article = read(
        f"<meta property='og:description' content='{'d' * 90_000}'><meta property='og:image' content='javascript:alert(1)'>"
    )
    assert article.description is not None
    assert len(article.description) <= 5000
    assert article.image is None


def test_what_the_body_reader_needs_is_handed_on() -> None:
    graph = [
        {"@type": "NewsArticle", "headline": "Harbour bridge reopens", "alternativeHeadline": ["Lorries roll again", "Bridge is open"],
         "description": "After eleven weeks.", "articleBody": "The harbour bridge reopened."},
        {"@type": ["BreadcrumbList"], "itemListElement": [{"@type": "ListItem", "name": "Home"}, {"@type": "ListItem", "name": "Harbour"},
                                                        {"@type": "ListItem", "name": "Harbour bridge reopens"}]},
    ]  # fmt: skip
    found = read(
        f"<script type='application/ld+json'>{json.dumps({'@graph': graph})}</script><meta property='og:type' content='Article'>"
        "<meta property='og:title' content='Bridge open again | The Port Courier'><meta property='og:site_name' content='The Port Courier'>"
        "<meta name='description' content='After eleven weeks.'><meta property='og:description' content='Tolls wait.'>"
    )
    assert found.article_body == "The harbour bridge reopened."
    assert found.kinds == ("newsarticle", "breadcrumblist", "og:article")
    assert found.headlines == ("Harbour bridge reopens", "Bridge open again", "Bridge is open")
    assert found.standfirst == ("Tolls wait.", "After eleven weeks.", "Lorries roll again"), "no headline, but below it"
    assert found.section == "Harbour"


def test_a_type_of_post_is_no_section() -> None:
    types = "<meta property='article:section' content='Articles'><meta name='section' content='post'>"
    assert read(types).section is None
    assert read(types + "<meta name='category' content='Harbour'>").section == "Harbour"


def test_microdata_serves_where_meta_tags_are_silent() -> None:
    found = read(
        body="<div itemscope><h2 itemprop='articleSection'>Docks</h2><span itemprop='keywords'>bridge, tolls</span>"
        "<time itemprop='datePublished' datetime='2026-11-20'>x</time><img itemprop='image' src='/b.jpg'></div>"
    )
    assert (found.section, found.tags, found.image) == ("Docks", ("bridge", "tolls"), "https://courier.example/b.jpg")
    assert found.published_source == "time"


def test_a_meta_tag_that_is_microdata_too_is_read_once() -> None:
    assert read("<meta name='article:tag' itemprop='about' content='bridge, tolls'>").tags == ("bridge", "tolls")


@pytest.mark.parametrize(
    ("keywords", "metas", "categories", "tags"),
    [
        (["Kitchen", "Life hacks", "Kitchen,Life hacks"], (), (), ("Kitchen", "Life hacks")),
        (None, ("Kitchen, Life hacks",), ("Cleaning",), ("Kitchen", "Life hacks", "Cleaning")),
        (None, (), ("Kitchen, Life hacks",), ("Kitchen", "Life hacks")),
        (["kitchen", "Life hacks"], ("Kitchen, Life Hacks, kitchen",), (), ("kitchen", "Life hacks")),
        (None, ("Ports", "Arts, Food and Leisure"), (), ("Ports", "Arts, Food and Leisure")),  # a tag with a comma
        (None, ("Food", "Arts, Food and Leisure"), (), ("Food", "Arts, Food and Leisure")),
        (["Front Page"], ("front-page,ports",), (), ("Front Page", "ports")),
        (None, ("Ports &amp;amp; Docks, Food",), (), ("Ports & Docks", "Food")),
        (None, ('#ports, "Food"',), (), ("ports", "Food")),
    ],
)
def test_a_list_of_tags_in_one_string_is_no_tag(
    keywords: list[str] | None, metas: tuple[str, ...], categories: tuple[str, ...], tags: tuple[str, ...]
) -> None:
    article = {"@type": "NewsArticle", "headline": "Harbour bridge reopens", "keywords": keywords}
    head = f"<script type='application/ld+json'>{json.dumps(article)}</script>" + "".join(
        f"<meta property='article:tag' content='{meta}'>" for meta in metas
    )
    assert read(head, hints=Hints(tags=categories)).tags == tags


def test_a_logo_is_the_lead_image_only_when_there_is_no_other() -> None:
    logo = "<meta property='og:image' content='/static/logo.png'>"
    assert read(logo).image == "https://courier.example/static/logo.png"
    assert read(f"{logo}<meta name='twitter:image' content='/b.jpg'>").image == "https://courier.example/b.jpg"


def test_the_tree_is_not_changed() -> None:
    page = news_page(
        "<meta name='author' content='Ada Quist'>", "<p class=byline>By <a rel=author>Ben Okri</a></p>"
    ).decode()
    root = parse_html(page).root
    before = root.html
    assert read_metadata(root, capture(page.encode())) == read_metadata(root, capture(page.encode()))
    assert root.html == before
