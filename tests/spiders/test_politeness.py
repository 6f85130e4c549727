from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from spiders.retry import retry_after_s
from tests.spiders.conftest import site_of
from tests.spiders.news_server import NewsServer, Reply, article, reset

STORY = "/2026/11/22/story-0"
PAGES = {f"/2026/11/22/story-{n}": article(n) for n in range(4)}


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed_and_the_page_is_asked_again(crawl: Any, server: NewsServer, status: int) -> None:
    server.publish({STORY: article(0)})
    moments: list[float] = []
    note = lambda: moments.append(time.monotonic())  # noqa: E731
    server.routes[STORY] = [
        Reply(b"", status, "Wait", headers=(("Retry-After", "1"),), before=note),
        Reply(article(0), before=note),
    ]
    ended = crawl()
    assert ended.counts == {"captured": 1}
    assert [capture.status for capture in ended.captures()] == [200], "the answer that counts is the last one"
    assert moments[1] - moments[0] >= 0.95


def test_a_host_that_asks_for_a_long_wait_is_left_alone_for_the_run(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    server.routes["/2026/11/22/story-0"] = Reply(b"", 503, "Wait", headers=(("Retry-After", "3600"),))
    ended = crawl()
    assert ended.counts == {"captured": 1, "deferred": 3}
    assert len(server.asked()) == 2
    assert next(iter(crawl().report.sources.values())).startswith("left alone: asked to be left alone until")
    assert len(server.asked()) == 2, "nor in the next run, as long as the wait lasts"


def test_a_host_that_keeps_saying_429_is_left_alone_for_the_run(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    server.routes |= {path: Reply(b"", 429, "Slow", headers=(("Retry-After", "0"),)) for path in PAGES}
    ended = crawl()
    assert ended.counts == {"captured": 1, "deferred": 3}
    assert len(server.asked()) == 1 + 3


@pytest.mark.parametrize("kind", ["500", "reset", "truncated"])
def test_a_transient_failure_is_tried_twice_more(crawl: Any, server: NewsServer, kind: str) -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"
    bad = {"500": Reply(b"", 500, "Oops"), "reset": Reply(act=reset), "truncated": Reply(raw=cut, close=True)}[kind]
    server.publish({STORY: article(0)})
    server.routes[STORY] = [bad, bad, Reply(article(0))]
    ended = crawl()
    assert [(capture.status, capture.body) for capture in ended.captures()] == [(200, article(0))]
    assert len(server.asked(STORY)) == 3


def test_a_lasting_500_is_one_capture_and_waits_longer_each_time(crawl: Any, server: NewsServer) -> None:
    server.publish({STORY: article(0)})
    server.routes[STORY] = Reply(b"oops", 500, "Oops")
    ended = crawl()
    assert [capture.status for capture in ended.captures()] == [500]
    known = ended.frontier().urls[server.url + STORY]
    assert (known.failures, known.state) == (1, "new")
    assert crawl().counts == {"not_due": 1}


def test_a_dead_host_is_not_hammered(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    server.routes |= {path: Reply(act=reset) for path in PAGES}
    ended = crawl()
    assert ended.counts == {"failed": 2, "deferred": 2}
    # five in a row without an answer are enough; the first is sent again at once, since the kept connection was closed
    assert len(server.asked()) == 1 + 5 + 1
    assert set(ended.failures.values()) == {"connection_error"}


def test_one_connection_a_host_even_for_two_sites(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    ended = crawl(None, site_of(server, name="herald", feeds=[f"{server.url}/feed.xml"]))
    assert [report.outcomes["captured"] for report in ended.reports.values()] == [4, 4]
    assert server.most_open == 1


def test_two_hosts_are_crawled_at_the_same_time(crawl: Any, server: NewsServer) -> None:
    both = threading.Barrier(2, timeout=20)
    other = NewsServer()
    try:
        for one in (server, other):
            one.publish({STORY: article(0)})
            body = article(0)
            one.routes[STORY] = lambda _, body=body: (both.wait(), Reply(body))[1]
        ended = crawl(None, site_of(other, name="herald", feeds=[f"{other.url}/feed.xml"]))
    finally:
        other.close()
    assert [report.outcomes["captured"] for report in ended.reports.values()] == [1, 1]


def test_the_user_agent_and_accepted_codings_are_honest(crawl: Any, server: NewsServer) -> None:
    server.publish({STORY: article(0)})
    crawl(
        {
            "feeds": [f"{server.url}/feed.xml"],
            "user_agent": "Broadsheet/{version} (+https://paper.example/bot)",
            "language": "de",
        }
    )
    (seen,) = server.asked(STORY)
    assert seen.header("User-Agent") == "Broadsheet/0.1.0 (+https://paper.example/bot)"
    assert seen.header("Accept-Encoding") == "gzip, deflate"
    assert seen.header("Accept-Language") == "de,*;q=0.5"
    assert seen.header("Cookie") is None


def test_no_cookie_is_kept(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    server.routes |= {path: Reply(body, headers=(("Set-Cookie", "a=1; Path=/"),)) for path, body in PAGES.items()}
    crawl()
    assert {seen.header("Cookie") for seen in server.seen} == {None}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0), (" 5 ", 5.0), ("Sun, 22 Nov 2026 12:01:00 GMT", 60.0), ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None), ("-3", None), (None, None), ("", None), ("²", None),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after_s(value, datetime(2026, 11, 22, 12, tzinfo=UTC)) == seconds
