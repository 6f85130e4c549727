from __future__ import annotations

import json

import pytest

from extract.dom import parse_html
from extract.metadata import read_metadata
from extract.names import clean_authors
from extract.title import site_keys
from tests.extract.page import capture, news_page

SITE = "<meta property='og:site_name' content='The Port Courier'>"


def read(head: str = "", body: str = "") -> tuple[str, ...]:
    page = news_page(SITE + head, body)
    return read_metadata(parse_html(page.decode()).root, capture(page)).authors


def json_ld(**article: object) -> str:
    return f"<script type='application/ld+json'>{json.dumps({'@type': 'NewsArticle', 'headline': 'Harbour bridge reopens', **article})}</script>"


@pytest.mark.parametrize(
    ("written", "names"),
    [
        (["By Ada Quist and Ben Okri"], ("Ada Quist", "Ben Okri")),
        (["Ada Quist; Ben Okri", "ada quist"], ("Ada Quist", "Ben Okri")),
        (["Von Ada Quist"], ("Ada Quist",)),
        (["Post author By Ada Quist"], ("Ada Quist",)),
        (["https://x.example/ada", "ada@x.example", "admin", "Redaktion", "12345"], ()),
        (["<b>Ada</b> Quist\n"], ("Ada Quist",)),
        (["Ada Quist, Jr"], ("Ada Quist, Jr",)),
        (["Ada Quist, Political Correspondent"], ("Ada Quist",)),
        (["Ada Quist, professor of bridges at the university"], ("Ada Quist",)),
        (["Ada Quist (aq) ada@courier.example"], ("Ada Quist",)),
        (["Ada Quist", "ada-quist"], ("Ada Quist",)),
        (["Ada van der Quist en Ben Okri"], ("Ada van der Quist", "Ben Okri")),
        (["Ada Quist, MS, RDN", "November 18"], ("Ada Quist",)),
        (["Ada Quist in Lisbon"], ("Ada Quist",)),
        (["신현주 기자"], ("신현주",)),
        (["责编：牛镛、岳弘彬"], ("牛镛", "岳弘彬")),
        (["Staff reporter"], ("Staff reporter",)),  # the only byline
        (["@Ada Quist"], ("Ada Quist",)),
        (["Ada Quist @adaq", "@AdaQ", "@adaq Ben Okri"], ("Ada Quist", "Ben Okri")),
    ],
)
def test_authors_are_names(written: list[str], names: tuple[str, ...]) -> None:
    assert clean_authors(written) == names


def test_the_sites_own_name_is_not_split() -> None:
    assert clean_authors(["Ports & Docks"], site_keys(["Ports & Docks"])) == ("Ports & Docks",)
    assert clean_authors(["courier.example, Lisbon, Portugal"], site_keys(["courier.example"])) == ("courier.example",)


def test_people_and_agencies_stand_in_json_lds_order_without_the_site() -> None:
    authors = [
        {"@type": "Person", "name": "Ada Quist"},
        {"@type": "Organization", "name": "Agency North"},
        {"name": "The Port Courier"},
    ]
    assert read(json_ld(author=authors)) == ("Ada Quist", "Agency North")


@pytest.mark.parametrize("joint", ["und", "and", "UND", "et", "y", "e", "en", "og", "och", "&"])
def test_a_conjunction_between_names_that_are_listed_one_by_one_is_no_part_of_either(joint: str) -> None:
    names = [{"name": f"Ada Quist {joint}"}, {"name": "Ben E"}, {"name": "& Cy Lens"}]
    assert read(json_ld(author=names)) == ("Ada Quist", "Ben E", "Cy Lens")


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Quist, Ada", ("Ada Quist",)),
        ("QUIST, Ada-Lena", ("Ada-Lena QUIST",)),
        ("van Dijk, Ada", ("Ada van Dijk",)),
        ("Ada Quist, Ben Okri", ("Ada Quist", "Ben Okri")),
        ("Quist, Ada; Okri, Ben", ("Quist", "Ada", "Okri", "Ben")),  # which is which is a guess
        ("Quist, AFP", ("Quist", "AFP")),
        ("Quist, Redaktion", ("Quist",)),
        ("Quist, Jr", ("Quist, Jr",)),
    ],
)
def test_a_person_may_be_written_surname_first(written: str, names: tuple[str, ...]) -> None:
    assert read(json_ld(author={"@type": "Person", "name": written})) == names
    assert read(json_ld(creator=[{"@type": ["Person"], "name": written}])) == names


def test_only_a_person_is_one_name_for_certain() -> None:
    assert read(json_ld(author="Quist, Ada")) == read(json_ld(author={"name": "Quist, Ada"})) == ("Quist", "Ada")


def test_an_author_that_is_only_a_reference_is_looked_up() -> None:
    graph = [
        {"@type": "Person", "@id": "#ada", "name": "Ada Quist"},
        {"@type": "NewsArticle", "headline": "Harbour bridge reopens", "author": {"@id": "#ada"}},
    ]
    assert read(f"<script type='application/ld+json'>{json.dumps({'@graph': graph})}</script>") == ("Ada Quist",)


def test_a_byline_on_the_page_wins_over_the_sites_own_name() -> None:
    assert read(json_ld(author={"name": "The Port Courier"}), "<p class='byline'>By Ada Quist</p>") == ("Ada Quist",)
    assert read(json_ld(author={"name": "The Port Courier"})) == ("The Port Courier",)


@pytest.mark.parametrize(
    "byline",
    [
        "<a rel='author' href='/a'>Ada Quist</a> <a rel='author' href='/b'>Ben Okri</a>",
        "<div itemprop='author'><span itemprop='name'>Ada Quist</span></div><div itemprop='author'><span itemprop='name'>Ben Okri</span></div>",
        "<div class='article-byline'><span>Ada Quist</span><span>Ben Okri</span><span>3 min read</span></div>",
        "<p>By <!-- -->Ada Quist<!-- --> <!-- -->and Ben Okri</p>",
        "<p class='storyAuthors'>Von Ada Quist und Ben Okri | Stand: 20.11.2026, 10:00 Uhr</p>",
        "<p>By Ada Quist and Ben Okri</p>",
        "<p><em>Autorinnen: Ada Quist, Ben Okri</em></p>".replace("innen", "en"),
    ],
)
def test_a_byline_is_found_by_its_mark_or_its_words(byline: str) -> None:
    assert read(body=byline) == ("Ada Quist", "Ben Okri")


@pytest.mark.parametrize(
    "other",
    [
        "<section class='comments'><p class='author'>Cy Troll</p></section>",
        "<aside><a rel='author'>Cy Other</a></aside>",
        "<figure><figcaption>By Cy Lens</figcaption></figure>",
        "<p>By Ada Quist, the mayor told reporters on Tuesday, the tolls would stay suspended until the spring.</p>",
        "<p>von Bellarine um 16:28</p>",
        "<p>By Tuesday the water had gone, and the first lorries crossed before sunrise on their way north.</p>",
    ],
)
def test_who_wrote_something_else_is_no_author(other: str) -> None:
    assert read(body=other) == ()


def test_written_by_beside_a_twitter_label_is_an_author() -> None:
    assert read("<meta name='twitter:label1' content='Written by'><meta name='twitter:data1' content='Ada Quist'>") == (
        "Ada Quist",
    )
    assert (
        read("<meta name='twitter:label1' content='Reading time'><meta name='twitter:data1' content='Three minutes'>")
        == ()
    )


def test_a_footer_is_the_pages_unless_it_is_in_the_article() -> None:
    byline = "<footer><p class='author'>Ada Quist</p></footer>"
    assert read(body=byline) == ("Ada Quist",)
    page = news_page(SITE).decode().replace("</article>", f"</article>{byline}")
    assert read_metadata(parse_html(page).root, capture(page.encode())).authors == ()
