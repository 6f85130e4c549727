from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from extract.capture import Hints
from extract.url import article_id
from spiders import frontier as frontier_module
from spiders.errors import BrokenFrontier
from spiders.frontier import Frontier
from spiders.known import GONE, LIVE, REFUSED, KnownHost, KnownSource, KnownUrl

NOW = datetime(2026, 11, 22, 12, 0, 0, 5000, tzinfo=UTC)
HINTS = Hints("http://x/feed", "feed", "Ä title", NOW, NOW - timedelta(days=1), "de", ("Ada", "Bob"), ("tag",))
URL = KnownUrl(
    "http://x.example/1", LIVE, NOW, NOW, NOW + timedelta(hours=1), 3, 1, 0, 2, '"e"', "Sun, 22 Nov 2026 12:00:00 GMT",
    "http://x.example/final", None, "sha1:ABC", "http://x.example/final", "2026-11-22T12:00:00.000001Z", "0f", "empty", NOW, HINTS,
)  # fmt: skip
SOURCE = KnownSource(
    "http://x.example/feed", "feed", '"s"', None, NOW, NOW, 1, True, 2, "2026-11-01", "sha1:DEF", "http://x.example/feed",
    "2026-11-22T12:00:00Z", ("http://x.example/1",), (("http://x.example/s.xml", "2026"), ("http://x.example/t.xml", "")),
)  # fmt: skip
HOST = KnownHost("http://x.example", "User-agent: *\n", 200, NOW, '"r"', None, NOW)


def full() -> Frontier:
    frontier = Frontier("times")
    frontier.urls = {URL.url: URL, "http://x.example/2": KnownUrl("http://x.example/2")}
    frontier.sources, frontier.hosts = {SOURCE.url: SOURCE}, {HOST.origin: HOST}
    frontier.last_yield_at, frontier.first_run_at = NOW, NOW - timedelta(days=9)
    return frontier


def test_what_is_dumped_is_what_is_loaded() -> None:
    loaded = Frontier.load(full().dump(), "times")
    assert (loaded.urls, loaded.sources, loaded.hosts) == (full().urls, full().sources, full().hosts)
    assert (loaded.last_yield_at, loaded.first_run_at, loaded.discovery_at) == (NOW, NOW - timedelta(days=9), None)
    assert loaded.dump() == full().dump()


def test_a_site_never_crawled_has_an_empty_frontier() -> None:
    assert Frontier.load(None, "times").urls == {}


def test_unknown_fields_and_lines_are_tolerated() -> None:
    lines = gzip.decompress(full().dump()).splitlines()
    more = [orjson.dumps(orjson.loads(line) | {"newer": [1]}) for line in lines] + [b'{"t": "planet"}']
    assert Frontier.load(gzip.compress(b"\n".join(more)), "times").urls == full().urls


@pytest.mark.parametrize(
    "body",
    [
        b"", b"rubbish", full().dump()[:-20], gzip.compress(b""), gzip.compress(b"[]"), gzip.compress(b'{"frontier": 99}'),
        gzip.compress(b'{"frontier": 1}\n{"t": "url"}'), gzip.compress(b'{"frontier": 1}\nnot json'),
        gzip.compress(b'{"frontier": 1}\n{"t": "url", "url": "x", "last_visit": "yesterday"}'),
    ],
)  # fmt: skip
def test_a_damaged_frontier_is_an_error_that_names_its_key(body: bytes) -> None:
    with pytest.raises(BrokenFrontier, match=r"^state/times/frontier: .*move it away"):
        Frontier.load(body, "times")


def test_merging_takes_the_newer_visit_and_the_older_first_sight() -> None:
    ours, theirs = Frontier("times"), Frontier("times")
    ours.urls = {"a": replace(URL, url="a", last_visit=NOW, visits=5), "c": KnownUrl("c")}
    theirs.urls = {
        "a": replace(URL, url="a", last_visit=NOW - timedelta(hours=1), visits=4, first_seen=NOW - timedelta(days=9)),
        "b": URL,
    }
    theirs.last_yield_at = NOW
    ours.merge(theirs)
    assert (ours.urls["a"].visits, ours.urls["a"].first_seen) == (5, NOW - timedelta(days=9))
    assert set(ours.urls) == {"a", "b", "c"}
    assert ours.last_yield_at == NOW


def test_an_extraction_noted_by_another_run_survives_the_merge() -> None:
    ours, theirs = full(), full()
    theirs.note_extraction(URL.url, "fresh", None, NOW)
    ours.merge(theirs)
    assert ours.urls[URL.url].content_sha256 == "fresh"


def test_a_text_that_was_read_again_while_its_page_was_visited_survives_the_merge() -> None:
    crawling, stored = full(), full()
    crawling.urls[URL.url] = replace(URL, last_visit=NOW + timedelta(hours=1))
    stored.note_reextraction(URL.url, "new")
    crawling.merge(stored)
    assert crawling.urls[URL.url].content_sha256 == "new"
    assert crawling.urls[URL.url].last_visit == NOW + timedelta(hours=1)


def test_an_article_that_was_retired_meanwhile_stays_so_unless_its_page_was_visited_again() -> None:
    crawling, stored = full(), full()
    known = replace(URL, digest="sha1:NEW", last_visit=NOW + timedelta(hours=1))
    stored.retire([article_id(URL.url)])
    visited = full()
    visited.urls[URL.url] = known
    for ours in (crawling, visited):
        ours.merge(stored)
    assert crawling.urls[URL.url] == stored.urls[URL.url]
    assert visited.urls[URL.url] == replace(known, content_sha256=None)  # a stage notes what its new capture gives


def test_a_page_that_became_an_article_has_no_reason_any_more() -> None:
    frontier = full()
    frontier.urls[URL.url] = replace(URL, content_sha256=None, reason="empty")
    frontier.note_reextraction(URL.url, "new")
    assert (frontier.urls[URL.url].content_sha256, frontier.urls[URL.url].reason) == ("new", None)
    frontier.note_reextraction("http://x.example/unknown", "new")
    assert "http://x.example/unknown" not in frontier.urls


def test_a_new_article_is_a_yield_and_an_edit_is_none() -> None:
    frontier = full()
    frontier.note_extraction("http://x.example/2", "aa", None, NOW + timedelta(days=1))
    assert frontier.last_yield_at == NOW + timedelta(days=1)
    frontier.note_extraction("http://x.example/2", "bb", None, NOW + timedelta(days=2))
    assert frontier.last_yield_at == NOW + timedelta(days=1)
    assert frontier.urls["http://x.example/2"].content_sha256 == "bb"


@pytest.mark.parametrize(
    ("reason", "again"), [("not_an_article", False), ("not_html", False), ("empty", True), ("paywall_stub", True)]
)
def test_a_page_that_is_no_article_by_kind_is_not_visited_again(reason: str, again: bool) -> None:
    frontier = full()
    frontier.urls[URL.url] = replace(URL, content_sha256=None)
    frontier.note_extraction(URL.url, None, reason, NOW)
    assert (frontier.urls[URL.url].next_visit is not None) is again
    assert frontier.urls[URL.url].reason == reason


def test_a_new_page_that_is_no_article_yet_is_looked_at_again() -> None:
    frontier = full()
    frontier.urls[URL.url] = replace(URL, content_sha256=None, visits=1)
    frontier.note_extraction(URL.url, None, "not_an_article", NOW)  # a stub, or a word of maintenance
    assert frontier.urls[URL.url].next_visit == URL.next_visit


@pytest.mark.parametrize(
    ("reason", "conditional"), [("bad_encoding", False), ("blocked", False), ("not_an_article", True)]
)
def test_what_could_not_be_read_is_asked_for_without_conditions(reason: str, conditional: bool) -> None:
    frontier = full()
    frontier.urls[URL.url] = replace(URL, etag='"of a damaged answer"')
    frontier.note_extraction(URL.url, None, reason, NOW)
    assert (frontier.urls[URL.url].etag is not None) is conditional


def test_a_feed_cannot_say_that_an_article_was_erased() -> None:
    frontier = full()
    forged = KnownUrl.erased(article_id(URL.url)).url
    frontier.urls[forged] = KnownUrl(forged, REFUSED, reason="bad_url")
    assert frontier.erased(URL.url) is None
    assert URL.url in Frontier.load(frontier.dump(), "times").urls
    frontier.erase([article_id(URL.url)])
    assert frontier.erased(URL.url)
    assert URL.url not in frontier.urls


@pytest.mark.parametrize("reason", ["not_an_article", "not_html", "server_error"])
def test_a_page_that_was_an_article_before_stays_in_the_plan(reason: str) -> None:
    frontier = full()
    frontier.note_extraction(URL.url, None, reason, NOW)
    known = frontier.urls[URL.url]
    assert (known.next_visit, known.missing, known.reason) == (URL.next_visit, 0, reason)


def test_a_page_that_only_its_words_call_missing_is_counted_once_a_capture() -> None:
    frontier = full()
    for _ in range(2):  # a stage may be repeated
        frontier.note_extraction(URL.url, None, "not_found", NOW)
    known = frontier.urls[URL.url]
    assert (known.missing, known.state, known.next_visit) == (1, LIVE, NOW + timedelta(hours=1))
    later = NOW + timedelta(hours=1)
    frontier.note_extraction(URL.url, None, "gone", later)
    known = frontier.urls[URL.url]
    assert (known.missing, known.state, known.next_visit) == (2, GONE, later + timedelta(days=1))
    frontier.note_extraction(URL.url, "0f", None, NOW)  # of before: recovered late
    assert (frontier.urls[URL.url].missing, frontier.urls[URL.url].state) == (2, GONE)
    frontier.note_extraction(URL.url, "0f", None, later + timedelta(days=1))
    assert (frontier.urls[URL.url].missing, frontier.urls[URL.url].state) == (0, LIVE)


def test_pruning_forgets_only_what_is_finished_and_unlisted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontier_module, "MAX_URLS", 2)
    old = NOW - timedelta(days=400)
    frontier = Frontier("times")
    for name, known in {
        "oldest": KnownUrl("oldest", LIVE, last_visit=old, listed_at=old), "old": KnownUrl("old", GONE, listed_at=old + timedelta(days=1)),
        "due": KnownUrl("due", LIVE, next_visit=NOW, listed_at=old), "listed": KnownUrl("listed", LIVE, listed_at=old),
        "new": KnownUrl("new", listed_at=old), "recent": KnownUrl("recent", LIVE, listed_at=NOW),
    }.items():  # fmt: skip
        frontier.urls[name] = known
    frontier.sources["s"] = KnownSource("s", "feed", links=("listed",))
    assert frontier.prune(NOW) == 2
    assert set(frontier.urls) == {"due", "listed", "new", "recent"}


def test_a_frontier_that_inflates_too_far_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontier_module, "MAX_BYTES", 1000)
    with pytest.raises(BrokenFrontier, match="larger than"):
        Frontier.load(gzip.compress(b'{"frontier": 1}\n' + b" " * 5000), "times")
