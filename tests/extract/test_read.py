from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from extract.article import Article
from extract.capture import Capture
from extract.read import read_article
from extract.rejection import Reason, Rejection
from tests.extract.page import PARAGRAPHS, capture, news_page

PLAIN = (("Content-Type", "text/html"),)
NOT_FREE = '<script type=\'application/ld+json\'>{"@type": "NewsArticle", "headline": "x", "isAccessibleForFree": "False"}</script>'


def test_an_article_is_its_paragraphs_in_order() -> None:
    found = read_article(capture(news_page()))
    assert isinstance(found, Article)
    assert found.title == "Harbour bridge reopens"
    assert [line for line in found.text.splitlines() if line in PARAGRAPHS] == list(PARAGRAPHS)
    assert "Port Courier" not in found.text
    assert found.word_count >= sum(len(paragraph.split()) for paragraph in PARAGRAPHS)


@pytest.mark.parametrize(
    ("given_capture", "reason"),
    [
        (capture(b"", status=404), Reason.NOT_FOUND),
        (capture(b"", status=410), Reason.GONE),
        (capture(b"", status=503), Reason.SERVER_ERROR),
        (capture(b"", status=599), Reason.SERVER_ERROR),
        (capture(b"", status=403), Reason.BLOCKED),
        (capture(b"", status=451), Reason.BLOCKED),
        (capture(b"", status=418), Reason.HTTP_ERROR),
        (capture(b"", status=999), Reason.SERVER_ERROR),
        (capture(b"%PDF", headers=(("Content-Type", "application/pdf"),)), Reason.NOT_HTML),
        (capture(b" \n "), Reason.EMPTY),
        (capture(b""), Reason.EMPTY),
        (capture(b"not gzip", headers=(*PLAIN, ("Content-Encoding", "gzip"))), Reason.BAD_ENCODING),
        (capture(b"<html><body><p>Too short.</p></body></html>"), Reason.NOT_AN_ARTICLE),
        (capture(news_page(NOT_FREE, paragraphs=PARAGRAPHS[:2])), Reason.PAYWALL_STUB),
        (capture(news_page(), final_url="https://consent.example/ask?next=x"), Reason.CONSENT_WALL),
        (capture(b"<html><body>" + b"<div>" * 30_000), Reason.NOT_AN_ARTICLE),
        (capture(b"\x00\x01\x02" * 99), Reason.NOT_HTML),
        (capture(gzip.compress(b"<p>" * 2**23), headers=(*PLAIN, ("Content-Encoding", "gzip"))), Reason.TOO_LARGE),
        (replace(capture(news_page()), truncated="disconnect"), Reason.TRUNCATED),
        (replace(capture(news_page()), truncated="time"), Reason.TRUNCATED),
        (replace(capture(b""), truncated="length"), Reason.TOO_LARGE),
        (replace(capture(news_page(), status=404), truncated="disconnect"), Reason.NOT_FOUND),
    ],
)
def test_a_page_without_an_article_says_why(given_capture: Capture, reason: Reason) -> None:
    found = read_article(given_capture)
    assert isinstance(found, Rejection)
    assert found.reason == reason
    assert "\n" not in found.detail


def test_an_answer_that_a_proxy_changed_is_read() -> None:
    assert isinstance(read_article(capture(news_page(), status=203)), Article)


def test_a_charset_that_is_called_undefined_is_none() -> None:
    page = capture(
        news_page(title="Fähre fällt aus").decode().encode("latin-1"),
        headers=(("Content-Type", "text/html; charset=undefined"),),
    )
    found = read_article(page)
    assert isinstance(found, Article)
    assert found.title == "Fähre fällt aus"


def test_a_gzipped_page_is_read_like_a_plain_one() -> None:
    plain = read_article(capture(news_page()))
    coded = read_article(capture(gzip.compress(news_page()), headers=(*PLAIN, ("Content-Encoding", "gzip"))))
    assert isinstance(plain, Article)
    assert isinstance(coded, Article)
    assert plain.text == coded.text


def test_reading_is_pure_five_times_and_in_threads() -> None:
    """Other pages in between, the same line repeated on them: nothing is remembered."""
    page, other = capture(news_page()), capture(news_page(paragraphs=PARAGRAPHS[::-1]))
    first = read_article(page)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(read_article, [page, other] * 5))
    assert all(result == first for result in results[::2])


def test_opt_outs_are_recorded_as_found() -> None:
    headers = (
        *PLAIN,
        ("X-Robots-Tag", "otherbot: noindex"),
        ("X-Robots-Tag", "noai"),
        ("tdm-reservation", "1"),
        ("Content-Usage", "train-ai=n"),
    )
    found = read_article(
        capture(news_page("<meta name='robots' content='noarchive, max-snippet:-1'>"), headers=headers)
    )
    assert isinstance(found, Article)
    assert found.rights == ("content-usage: train-ai=n", "robots: noai", "robots: noarchive", "tdm-reservation: 1")
