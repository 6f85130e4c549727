from __future__ import annotations

from datetime import UTC, datetime

import pytest

from extract.capture import Hints
from extract.dom import parse_html
from extract.metadata import Metadata, read_metadata
from tests.extract.page import capture, news_page


def read(head: str = "", body: str = "", language: str = "de-DE") -> Metadata:
    page = news_page(head, body).replace(b"lang='en-GB'", f"lang='{language}'".encode())
    return read_metadata(parse_html(page.decode()).root, capture(page))


def day(found: Metadata) -> str | None:
    return found.published_at and f"{found.published_at:%Y-%m-%d}"


@pytest.mark.parametrize(
    "dateline",
    [
        "<p class='info'>Do 19.11.26 | 14:07 Uhr | Von Ada Quist</p>",
        "<span>19. November 2026</span>",
        "<span>Aktualisiert: 20.11.2026, veröffentlicht: 19.11.2026</span>",
        "<time class='entry-date updated published' datetime='2026-11-19T08:00:00Z'>gestern</time>",
        "<time>19. November 2026</time>",
        "<abbr class='published' title='2026-11-19T08:00:00Z'>gestern</abbr>",
        "<span itemprop='datePublished'>19.11.2026</span>",
    ],
)
def test_a_dateline_near_the_headline_is_the_time(dateline: str) -> None:
    found = read(body=dateline)
    assert (day(found), found.published_source) == ("2026-11-19", "time")


@pytest.mark.parametrize(
    "other",
    [
        "<p>© 01.01.2026 The Port Courier</p>",
        "<p>Aktualisiert am 20.11.2026</p>",
        "<time class='modified' datetime='2026-11-20'>x</time>",
        "<div class='comments'><p>a</p><p>b</p><p>c</p><p>d</p><p>e</p><p>f</p><time datetime='2026-11-20'>x</time></div>",
        "<p>Version 2.4.10</p>",
        "<p>31.02.2026</p>",
        "<p>Am 3. Oktober 2026 hatte die Stadt den Bau beschlossen, den die Firmen erst im Sommer darauf begannen, und zwar mit fast dreihundert Leuten.</p>",
    ],
)  # fmt: skip
def test_another_date_is_not_the_time(other: str) -> None:
    assert read(body=other).published_at is None


@pytest.mark.parametrize(
    ("language", "expected"), [("de-DE", "2026-10-09"), ("en-GB", "2026-10-09"), ("en-US", "2026-09-10"), ("en", None)]
)
def test_the_order_of_day_and_month_is_the_languages_or_none(language: str, expected: str | None) -> None:
    assert day(read(body="<p class='date'>09/10/2026</p>", language=language)) == expected


def test_a_time_after_the_headline_wins_over_one_before_it() -> None:
    page = news_page(body="<time datetime='2026-11-19'>x</time>").replace(
        b"<article>", b"<article><time datetime='2026-11-22'>x</time>"
    )
    assert day(read_metadata(parse_html(page.decode()).root, capture(page))) == "2026-11-19"


def test_lines_far_from_the_headline_count_when_they_agree() -> None:
    far = "<p>Wort</p>" * 20
    assert day(read(body=f"{far}<p class='date'>19.11.2026</p>")) == "2026-11-19"
    assert day(read(body=f"{far}<p class='date'>19.11.2026</p><p class='date'>18.11.2026</p>")) is None


def test_modified_is_read_from_its_own_marks() -> None:
    found = read(
        "<meta property='article:published_time' content='2026-11-19'>",
        "<time class='updated' datetime='2026-11-20'>x</time>",
    )
    assert f"{found.modified_at:%Y-%m-%d}" == "2026-11-20"


@pytest.mark.parametrize(
    ("ahead", "kept"), [(datetime(2026, 11, 23, 1, tzinfo=UTC), True), (datetime(2099, 1, 1, tzinfo=UTC), False)]
)
@pytest.mark.parametrize("source", ["feed", "sitemap"])
def test_what_a_feed_or_sitemap_says_is_not_later_than_the_capture(source: str, ahead: datetime, *, kept: bool) -> None:
    page = news_page()
    hints = Hints(source=source, published_at=ahead, modified_at=ahead)
    found = read_metadata(parse_html(page.decode()).root, capture(page, hints=hints))
    assert (found.published_at, found.modified_at) == ((ahead, ahead) if kept else (None, None))


def test_a_date_that_is_ahead_gives_way_to_the_next_source() -> None:
    found = read(
        "<meta property='article:published_time' content='2026-11-22T20:00:00Z'>"
        "<meta name='date' content='2026-11-22T11:00:00Z'><meta property='article:modified_time' content='2026-11-22T20:00:00Z'>"
    )
    assert (found.published_at, found.modified_at) == (datetime(2026, 11, 22, 11, tzinfo=UTC), None)
