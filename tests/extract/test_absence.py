from __future__ import annotations

from dataclasses import replace

import pytest

from extract.article import Article
from extract.capture import Capture, Past
from extract.read import read_article
from extract.rejection import Reason, Rejection
from tests.extract.page import capture, news_page

URL = "https://courier.example/harbour/2026/11/22/bridge-reopens-4711"
FRONT = b"<html><head><title>The Port Courier</title></head><body><h1>The Port Courier</h1><ul><li><a href='/a'>Ferry crews vote</a></li></ul></body></html>"
SAID = (
    b"<html><head><title>Page not found</title></head><body><h1>Page not found</h1><p>Try the search.</p></body></html>"
)
DATED = (
    '<script type=\'application/ld+json\'>{"@type": "NewsArticle", "datePublished": "2026-11-20T08:00:00Z"}</script>'
)
KNOWN, MISSED = Past(is_article=True), Past(is_article=True, missed=1)


def reason(page: Capture, past: Past) -> Reason | None:
    outcome = read_article(replace(page, past=past))
    return outcome.reason if isinstance(outcome, Rejection) else None


@pytest.mark.parametrize(
    "page",
    [
        capture(b"", URL, status=404), capture(SAID, URL), capture(FRONT, URL, final_url="https://courier.example/"),
        capture(FRONT, URL, final_url="https://courier.example/harbour/"),
        capture(FRONT, "https://courier.example/?p=4711", final_url="https://courier.example/"),
        capture(news_page(), URL, final_url="https://courier.example/index.html"),
    ],
    ids=["404", "said", "front", "section", "query", "front-that-reads-like-an-article"],
)  # fmt: skip
def test_an_article_that_is_missing_is_not_found_once_and_gone_the_next_time(page: Capture) -> None:
    assert reason(page, KNOWN) == Reason.NOT_FOUND
    assert reason(page, MISSED) == Reason.GONE


def test_what_was_no_article_before_is_none_of_these() -> None:
    page = capture(FRONT, URL, final_url="https://courier.example/")
    assert reason(page, Past()) == Reason.NOT_AN_ARTICLE
    assert reason(capture(news_page(), URL), Past(is_void=True)) is None


def test_a_page_like_that_of_a_made_up_address_is_missing_unless_it_dates_itself_as_an_article() -> None:
    assert reason(capture(news_page(), URL), replace(MISSED, is_void=True)) == Reason.GONE
    assert reason(capture(news_page(head=DATED), URL), replace(MISSED, is_void=True)) is None


@pytest.mark.parametrize(
    "final_url", [URL, f"{URL}.amp", "https://courier.example/news/bridge-reopens-after-eleven-weeks", "https://courier.example/harbour"]
)  # fmt: skip
def test_an_article_that_answers_is_live_wherever_it_moved(final_url: str) -> None:
    assert isinstance(read_article(replace(capture(news_page(), URL, final_url=final_url), past=MISSED)), Article)


@pytest.mark.parametrize("status", [401, 403, 429, 451, 500, 503, 304])
def test_no_other_status_says_that_a_page_is_missing(status: int) -> None:
    assert reason(capture(b"", URL, status=status), MISSED) not in {Reason.NOT_FOUND, Reason.GONE, None}


def test_410_is_gone_at_once() -> None:
    assert reason(capture(b"", URL, status=410), Past()) == Reason.GONE
