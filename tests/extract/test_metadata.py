from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from extract.article import Article
from extract.capture import Hints
from extract.metadata import clean_authors, strip_site_name
from extract.read import read_article
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
) -> Article:
    found = read_article(capture(news_page(head, body), url, hints=hints))
    assert isinstance(found, Article), found
    return found


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


@pytest.mark.parametrize(
    ("title", "stripped"),
    [
        ("Rain ends drought | The Port Courier", "Rain ends drought"),
        ("Rain ends drought - courier.example", "Rain ends drought"),
        ("The Port Courier: Rain ends drought", "The Port Courier: Rain ends drought"),
        ("Port Courier | Rain ends drought | Harbour", "Rain ends drought | Harbour"),
        ("North - South talks resume", "North - South talks resume"),
        ("The Port Courier", "The Port Courier"),
    ],
)
def test_only_the_sites_own_name_leaves_a_title(title: str, stripped: str) -> None:
    assert strip_site_name(title, ["The Port Courier", "courier.example"]) == stripped


@pytest.mark.parametrize(
    ("written", "names"),
    [
        (["By Ada Quist and Ben Okri"], ("Ada Quist", "Ben Okri")),
        (["Ada Quist; Ben Okri", "ada quist"], ("Ada Quist", "Ben Okri")),
        (["Von Ada Quist"], ("Ada Quist",)),
        (["https://x.example/ada", "ada@x.example", "admin", "Redaktion", "12345"], ()),
        (["<b>Ada</b> Quist\n"], ("Ada Quist",)),
        (["Ada Quist, Jr"], ("Ada Quist, Jr",)),
    ],
)
def test_authors_are_names(written: list[str], names: tuple[str, ...]) -> None:
    assert clean_authors(written) == names


def test_a_language_that_is_not_declared_is_detected() -> None:
    german = (
        "Die Hafenbrücke ist seit Dienstag wieder offen, und die ersten Lastwagen fuhren noch vor Sonnenaufgang hinüber.",
        "Elf Wochen lang hatten Arbeiter die Lager unter der Fahrbahn getauscht, die im trockenen Sommer gerissen waren.",
        "Die Bürgermeisterin dankte den Nachtschichten; bis zum Ende des Monats wird niemand eine Maut bezahlen müssen.",
    )
    page = news_page(paragraphs=german).replace(b" lang='en-GB'", b"")
    found = read_article(capture(page))
    assert isinstance(found, Article)
    assert found.language == "de"


def test_hostile_metadata_is_bounded_and_printable() -> None:
    article = read(
        f"<meta property='og:description' content='{'d' * 90_000}'><meta property='og:image' content='javascript:alert(1)'>"
    )
    assert article.description is not None
    assert len(article.description) <= 5000
    assert article.image is None
