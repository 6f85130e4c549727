from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from spiders.frontier import Frontier
from tests.spiders.folder_archive import FolderArchive
from tests.spiders.news_server import NewsServer, Reply, article, rss

PAGES = {f"/2026/11/22/story-{n}": article(n) for n in range(3)}


def test_the_first_pass_captures_every_page_of_the_feed(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    ended = crawl()
    assert ended.counts == {"captured": 3}
    assert {capture.url: capture.body for capture in ended.captures()} == {server.url + p: b for p, b in PAGES.items()}


def test_the_second_pass_asks_only_the_feed_and_gets_304(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    crawl()
    server.seen.clear()
    ended = crawl()
    assert ended.counts == {"not_due": 3}
    assert server.paths() == ["/feed.xml"]
    assert ended.report.sources[f"{server.url}/feed.xml"] == "not modified, 3 links"


def test_revisit_now_asks_every_page_and_each_unchanged_one_is_a_304(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    crawl()
    ended = crawl(revisit_now=True)
    assert ended.counts == {"not_modified": 3}
    assert ended.captures() == []


def test_the_same_payload_without_validators_is_a_revisit_record(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    server.routes["/2026/11/22/story-0"] = Reply(article(0), etag=False)
    first = crawl()
    ended = crawl(revisit_now=True)
    assert ended.counts == {"not_modified": 2, "unchanged": 1}
    original = next(
        h for kind, h, _ in first.records() if kind == "response" and "story-0" in h.get_header("WARC-Target-URI")
    )
    (revisit,) = [
        headers for kind, headers, _ in ended.records()
        if kind == "revisit" and headers.get_header("WARC-Profile").endswith("identical-payload-digest")
    ]  # fmt: skip
    assert revisit.get_header("WARC-Refers-To-Date") == original.get_header("WARC-Date")
    assert revisit.get_header("WARC-Refers-To-Target-URI") == original.get_header("WARC-Target-URI")
    assert revisit.get_header("WARC-Payload-Digest") == original.get_header("WARC-Payload-Digest")


def test_an_edited_page_is_captured_again_and_alone(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    crawl()
    server.routes["/2026/11/22/story-1"] = Reply(article(1, "An edit."))
    ended = crawl(revisit_now=True)
    assert ended.counts == {"captured": 1, "not_modified": 2}
    assert [capture.body for capture in ended.captures()] == [article(1, "An edit.")]


def test_a_page_is_due_after_its_first_span(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    site = {"feeds": [f"{server.url}/feed.xml"], "revisit": ["0s", "1h"]}
    first = crawl(site)
    known = first.frontier().urls[f"{server.url}/2026/11/22/story-0"]
    assert timedelta(hours=1) <= known.next_visit - known.first_seen <= timedelta(hours=1.16)


def test_a_feed_that_says_a_page_changed_brings_its_check_forward(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    crawl()
    links = [server.url + path for path in PAGES]
    future = "<pubDate>Mon, 23 Nov 2026 00:00:00 GMT</pubDate>"
    updated = '<dc:date xmlns:dc="http://purl.org/dc/elements/1.1/">2026-11-01</dc:date>'
    atom_updated = '<atom:updated xmlns:atom="http://www.w3.org/2005/Atom">2099-01-01T00:00:00Z</atom:updated>'
    server.routes["/feed.xml"] = Reply(rss(links, _0=future + updated + atom_updated))
    assert crawl().counts == {"not_due": 3}, "a date far in the future is a mistake"
    soon = (crawl().report.finished_at + timedelta(minutes=5)).isoformat()
    server.routes["/feed.xml"] = Reply(
        rss(links, _0=f'<atom:updated xmlns:atom="http://www.w3.org/2005/Atom">{soon}</atom:updated>')
    )
    server.seen.clear()
    assert crawl().counts == {"not_due": 2, "not_modified": 1}
    assert server.paths() == ["/feed.xml", "/2026/11/22/story-0"]


@pytest.mark.parametrize(("status", "reason", "looks"), [(404, "Not Found", 2), (410, "Gone", 1)])
def test_a_page_missing_twice_or_said_to_be_gone_is_not_asked_for_again_soon(
    crawl: Any, server: NewsServer, status: int, reason: str, looks: int
) -> None:
    server.publish(PAGES)
    crawl()
    server.routes["/2026/11/22/story-2"] = Reply(b"no more", status, reason)
    for _ in range(looks):
        ended = crawl(revisit_now=True)
        assert ended.counts == {"captured": 1, "not_modified": 2}
        assert [capture.status for capture in ended.captures()] == [status]
    assert ended.frontier().urls[f"{server.url}/2026/11/22/story-2"].state == "gone"
    server.seen.clear()
    assert crawl(revisit_now=True).counts == {"not_due": 1, "not_modified": 2}
    assert server.asked("/2026/11/22/story-2") == []


def test_a_page_that_comes_back_after_one_404_lives_on(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    crawl()
    server.routes["/2026/11/22/story-2"] = [Reply(b"", 404, "Not Found"), Reply(PAGES["/2026/11/22/story-2"])]
    crawl(revisit_now=True)
    ended = crawl(revisit_now=True)
    known = ended.frontier().urls[f"{server.url}/2026/11/22/story-2"]
    assert (known.state, known.missing) == ("live", 0)


def test_max_pages_defers_the_rest_to_the_next_run(crawl: Any, server: NewsServer) -> None:
    server.publish({f"/2026/11/22/story-{n}": article(n) for n in range(5)})
    site = {"feeds": [f"{server.url}/feed.xml"], "max_pages": 2}
    first = crawl(site)
    assert (first.counts, first.report.finish_reason) == ({"captured": 2, "deferred": 3}, "max_pages")
    server.routes["/feed.xml"] = Reply(rss([]), content_type="application/rss+xml")  # they rolled off the feed
    assert crawl(site).counts == {"captured": 2, "deferred": 1}
    assert crawl(site).counts == {"captured": 1}
    assert len(server.asked()) == 3 + 5


def test_the_time_budget_defers_the_rest(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    ended = crawl(limits={"run_s": 0.0})
    assert (ended.counts, ended.report.finish_reason) == ({"deferred": 3}, "time_budget")


def test_the_newest_page_is_fetched_first(crawl: Any, server: NewsServer) -> None:
    server.publish(PAGES)
    dates = {f"_{n}": f"<pubDate>{day} Nov 2026 00:00:00 GMT</pubDate>" for n, day in enumerate(("03", "21", "12"))}
    server.routes["/feed.xml"] = Reply(rss([server.url + path for path in PAGES], **dates))
    crawl()
    assert server.paths()[1:] == ["/2026/11/22/story-1", "/2026/11/22/story-2", "/2026/11/22/story-0"]


def test_hints_of_the_feed_travel_to_the_capture_also_on_a_revisit(crawl: Any, server: NewsServer) -> None:
    server.publish({"/2026/11/22/story-0": article(0)})
    more = "<pubDate>Sat, 21 Nov 2026 10:00:00 +0100</pubDate><author>Ada Byron</author><category>Science</category>"
    server.routes["/feed.xml"] = Reply(rss([f"{server.url}/2026/11/22/story-0"], _0=more))
    first = crawl().captures()[0].hints
    assert (first.title, first.published_at.isoformat()) == ("Title 0", "2026-11-21T09:00:00+00:00")
    assert (first.authors, first.tags, first.source) == (("Ada Byron",), ("Science",), "feed")
    server.routes["/2026/11/22/story-0"] = Reply(article(0, "edited"))
    server.routes["/feed.xml"] = Reply(rss([]))
    assert crawl(revisit_now=True).captures()[0].hints == first


@pytest.mark.parametrize(
    ("texts", "moves_to", "moved"),
    [
        (("aa", "bb"), "/2026/11/22/story-1", True),
        (("aa", "aa"), "/2026/11/22/story-1", False),  # the same article, under its new address
        (("aa", "bb"), "/2026/11/22/story-0?utm_content=2", False),
        (("aa", None), "/2026/11/22/story-1", False),
        (("aa", "bb"), f"/{'a' * 3000}", False),  # longer than any listed address may be
    ],
)
def test_an_article_whose_address_leads_to_another_article_is_moved(
    crawl: Any, server: NewsServer, tmp_path: Path, texts: tuple[str, str | None], moves_to: str, moved: bool
) -> None:
    paths = [f"/2026/11/22/story-{n}" for n in range(2)]
    server.publish({path: article(n) for n, path in enumerate(paths)})
    crawl()
    archive = FolderArchive(tmp_path)
    body, etag = archive.read_frontier("times")
    frontier = Frontier.load(body, "times")
    for path, text in zip(paths, texts, strict=True):
        url = server.url + path
        frontier.urls[url] = replace(frontier.urls[url], content_sha256=text)
    archive.write_frontier("times", frontier.dump(), etag)
    server.routes |= dict.fromkeys(("/2026/11/22/story-0?utm_content=2", f"/{'a' * 3000}"), Reply(article(0)))
    server.routes[paths[0]] = Reply(b"", 301, "Moved", headers=(("Location", moves_to),))
    for _ in range(2):  # at the second look as at the first
        ended = crawl(revisit_now=True)
        facts = [block for kind, _, block in ended.records() if kind == "metadata" and paths[0].encode() in block]
        assert any(b"is-moved: yes" in block for block in facts) is moved
        assert sum(ended.counts.values()) == 2
