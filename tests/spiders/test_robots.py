from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from spiders.known import KnownHost
from spiders.limits import Limits
from spiders.robots import cut_robots, product_token, read_rules, remembered_rules
from tests.spiders.news_server import NewsServer, Reply, article, reset

PAGES = {"/2026/11/22/story-0": article(0), "/private/2026/story-1": article(1)}
ALLOW_ALL = Reply(b"User-agent: *\nDisallow:\n", content_type="text/plain")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429])
def test_a_robots_txt_with_a_4xx_allows_everything(crawl: Any, server: NewsServer, status: int) -> None:
    server.publish(PAGES)
    server.routes["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /\n", status, "No", headers=(("Retry-After", "0"),))
    assert crawl().counts == {"captured": 2}


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_robots_txt_with_a_5xx_forbids_everything_and_is_tried_again_next_run(
    crawl: Any, server: NewsServer, status: int
) -> None:
    server.publish(PAGES)
    crawl()
    server.routes["/robots.txt"] = Reply(b"", status, "Oops")
    ended = crawl(revisit_now=True)
    assert ended.counts == {"not_modified": 2}, "yesterday's robots.txt is good for a day"


@pytest.mark.parametrize("status", [500, 503])
def test_a_first_robots_txt_with_a_5xx_stops_the_run(crawl: Any, server: NewsServer, status: int) -> None:
    server.publish(PAGES)
    server.routes["/robots.txt"] = Reply(b"", status, "Oops")
    ended = crawl()
    assert server.asked() == []
    assert ended.report.sources[f"{server.url}/feed.xml"].startswith(
        f"robots: robots.txt could not be read (HTTP {status})"
    )
    assert len(server.asked("/robots.txt")) == 3, "tried twice more in the run"
    server.routes["/robots.txt"] = ALLOW_ALL
    assert crawl().counts == {"captured": 2}


def test_an_unreachable_robots_txt_forbids_everything(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    server.routes["/robots.txt"] = Reply(act=reset)
    ended = crawl()
    assert (server.asked(), ended.report.discovered) == ([], 0)


def test_half_a_robots_txt_is_none(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    server.routes["/robots.txt"] = Reply(
        raw=b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nUser-agent: *\n", close=True
    )
    assert crawl().report.discovered == 0
    assert server.asked() == []


def test_a_robots_txt_that_goes_down_later_counts_each_due_page_as_a_robots_failure(
    crawl: Any, server: NewsServer
) -> None:
    server.publish(PAGES)
    crawl()
    frontier = crawl().frontier()
    assert frontier.hosts[server.url].robots_status == 404
    other = NewsServer({"/robots.txt": Reply(b"", 500, "Oops")})
    try:
        ended = crawl(
            {"feeds": [f"{server.url}/feed.xml"], "name": "times", "allow_hosts": [f"127.0.0.1:{other.port}"]}
        )
        server.publish({"/2026/11/22/story-9": article(9)})
        server.routes["/feed.xml"].body = server.routes["/feed.xml"].body.replace(
            b"</item>", f"</item><item><link>{other.url}/2026/11/22/story-x</link></item>".encode(), 1
        )
        ended = crawl({"feeds": [f"{server.url}/feed.xml"], "allow_hosts": [f"127.0.0.1:{other.port}"]})
    finally:
        other.close()
    assert ended.failures == {f"{other.url}/2026/11/22/story-x": "robots"}
    assert other.asked() == []


def test_a_forbidden_page_is_a_robots_failure_and_asked_for_once_it_is_allowed(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    server.routes["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /private/\n", content_type="text/plain")
    ended = crawl()
    assert ended.counts == {"captured": 1, "failed": 1}
    assert ended.failures == {f"{server.url}/private/2026/story-1": "robots"}
    assert server.asked("/private/2026/story-1") == []
    assert crawl().counts == {"not_due": 2}, "its failure is told once, then it waits"


def test_rules_for_our_name_count_before_those_for_all(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    server.routes["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /\n\nUser-agent: broadsheet\nDisallow: /private/\n")
    assert crawl().counts == {"captured": 1, "failed": 1}


def test_robots_redirects_are_followed_five_times(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    server.routes |= {f"/r{n}": Reply(b"", 302, "Found", headers=(("Location", f"/r{n + 1}"),)) for n in range(1, 5)}
    server.routes["/robots.txt"] = Reply(b"", 301, "Moved", headers=(("Location", "/r1"),))
    server.routes["/r5"] = Reply(b"User-agent: *\nDisallow: /private/\n")
    assert crawl().failures == {f"{server.url}/private/2026/story-1": "robots"}


def test_rules_beyond_500_kib_count(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    padding = b"# padding\n" * 52_000
    server.routes["/robots.txt"] = Reply(padding + b"User-agent: *\nDisallow: /private/\n")
    assert len(padding) > 500 * 1024
    assert list(crawl().failures.values()) == ["robots"]


def test_of_a_longer_robots_txt_than_is_read_the_beginning_counts(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    server.routes["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /private/\n" + b"# padding\n" * 200_000)
    assert list(crawl().failures.values()) == ["robots"]


def test_robots_txt_is_asked_for_once_in_a_day(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    server.routes["/robots.txt"] = ALLOW_ALL
    crawl()
    crawl()
    assert len(server.asked("/robots.txt")) == 1


def test_the_robots_exchange_and_its_word_are_in_the_warc(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    blocks = [block for kind, _, block in crawl().records() if kind == "metadata"]
    assert any(b"kind: robots" in block for block in blocks)
    assert sum(b"kind: page" in block and b"robots: allowed-absent" in block for block in blocks) == 2


def test_crawl_delay_is_read_and_bounded() -> None:
    rules = read_rules(200, b"User-agent: *\nCrawl-delay: 7.5\n", "Broadsheet")
    assert rules.crawl_delay_s(Limits()) == 7.5
    assert read_rules(200, b"User-agent: *\nCrawl-delay: 86400\n", "Broadsheet").crawl_delay_s(Limits()) == 120
    assert read_rules(200, b"User-agent: *\nCrawl-delay: -5\n", "Broadsheet").crawl_delay_s(Limits()) == 0
    assert read_rules(404, b"User-agent: *\nCrawl-delay: 7\n", "Broadsheet").crawl_delay_s(Limits()) == 0


def test_a_crawl_delay_is_kept_between_requests(crawl: Any, server: NewsServer) -> None:
    moments: list[datetime] = []

    def noting(body: bytes) -> Reply:
        return Reply(body, before=lambda: moments.append(datetime.now(UTC)))

    server.publish(PAGES)
    server.routes["/robots.txt"] = Reply(b"User-agent: *\nCrawl-delay: 0.4\n")
    server.routes |= {path: noting(body) for path, body in PAGES.items()}
    crawl()
    assert moments[1] - moments[0] > timedelta(seconds=0.15), "half of the delay is the least that its jitter leaves"


@pytest.mark.parametrize(
    ("agent", "token"), [("Broadsheet/1.0 (+https://x)", "Broadsheet"), ("my-bot_x 2", "my-bot_x"), ("1", "*")]
)
def test_the_product_token_is_the_name_before_the_version(agent: str, token: str) -> None:
    assert product_token(agent) == token


def test_a_cut_robots_txt_ends_with_a_whole_line() -> None:
    line = b"Disallow: /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
    cut = cut_robots(line * 20_000, 600_000)
    assert cut.endswith(b"\n")
    assert 512_000 < len(cut) <= 600_000


def test_remembered_rules_age_within_a_day() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    known = KnownHost("http://x.example", "User-agent: *\nDisallow: /a\n", 200, now - timedelta(hours=23))
    rules = remembered_rules(known, now, "Broadsheet")
    assert rules is not None
    assert (rules.allows("http://x.example/a"), rules.allows("http://x.example/b")) == (False, True)
    assert remembered_rules(known, now + timedelta(hours=2), "Broadsheet") is None
