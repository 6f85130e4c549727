"""What becomes of the tables' rows when today's reader finds something else in their captures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cli.rereading import tell_frontier
from cli.verify import read_known
from extract.article import Article, Extraction
from extract.capture import Capture
from extract.rejection import Reason, Rejection
from extract.warc import read_captures
from storage import layout
from storage.articles import Archive
from storage.client import Store
from storage.heads import _scan_heads, read_heads
from storage.partitions import Partition, list_captures, list_partitions
from storage.publish import publish
from storage.reextract import Reextraction
from storage.reextracted import Place, read_became
from storage.staging import pack_outcomes, unpack_outcomes
from storage.stories import cluster
from storage.story_rows import read_stories
from storage.tables import open_table
from storage.verify import Ask, verify
from tests.storage.archiving import NOW, Newsroom
from tests.storage.making import START, article, run_id

Read = Callable[[Capture], Article | Rejection]
MONTH = Partition(START.date().replace(day=1), "times")
LONG = " ".join(f"The {word} of the harbour commission reported on the swing bridge." for word in (
    "chair", "clerk", "warden", "surveyor", "treasurer", "pilot", "diver", "welder", "auditor", "engineer"
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads a page, its article's text, as the `code` of some day: what starts with a word of `refuses` is none."""

    code: str
    drops: str = "\0"  # a word that it leaves out
    refuses: str = "\0"
    breaks: str = "\0"

    def __call__(self, capture: Capture) -> Article | Rejection:
        text = capture.body.decode().replace(f" {self.drops}", "")
        name = capture.url.rpartition("/")[2]
        for marker, reason in (
            ("404", Reason.GONE),
            (self.refuses, Reason.NOT_AN_ARTICLE),
            (self.breaks, Reason.TIMEOUT),
        ):
            if text.startswith(marker):
                return Rejection("times", capture.url, capture.captured_at, reason, f"by {self.code}", capture.record)
        made = article(name, text, captured_at=capture.captured_at, capture=capture.record)
        read_by = Extraction("trafilatura", self.code, None, 0.9)
        return replace(made, extraction=read_by, text_sha256=hashlib.sha256(text.encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class Room(Newsroom):
    """A newsroom whose pages are read by `reader` first."""

    reader: Read = Reader("1.0")

    def _outcome(self, capture: Capture) -> Article | Rejection:
        return self.reader(capture)

    def reextract(self, today: Read, part: Partition = MONTH, *, dry_run: bool = False) -> dict[str, int]:
        """Re-extract as the verb does; return the counts."""
        making = self.begin(today, part, dry_run=dry_run)
        for key, offsets in list_captures(self.store, part).items():
            making.put(*self.outcomes(today, key, offsets))
        if not dry_run:
            tell_frontier(self.store, part)
        return {name: count for name, count in making.counts.items() if count}

    def begin(self, today: Read, part: Partition = MONTH, *, dry_run: bool = False) -> Reextraction:
        def read_again(place: Place) -> dict[str, Any] | None:
            rows = self.outcomes(today, place[0], {place[1]})[0].to_pylist()
            return rows[0] if rows else None

        return Reextraction(self.store, part, read_again, dry_run=dry_run)

    def outcomes(self, today: Read, key: str, offsets: set[int]) -> Any:
        with self.store.open(key) as stream:
            captures = list(read_captures(stream, key, "times"))
        return unpack_outcomes(
            pack_outcomes(today(one) for one in captures if one.record and one.record.offset in offsets)
        )

    def rows(self, name: str = "") -> list[dict[str, Any]]:
        """Return the article rows, in the order of their captures."""
        url = f"https://times.example/{name}" if name else None
        found: list[dict[str, Any]] = Archive(self.store).articles(all_versions=True, url=url).to_pylist()
        return found

    def refused(self) -> list[tuple[str, str]]:
        rows = Archive(self.store).rejections().to_pylist()
        return [(row["url"].rpartition("/")[2], row["detail"]) for row in rows]

    def findings(self) -> list[str]:
        return [str(one) for one in verify(self.store, Ask(read_known, NOW, deep=True)).findings]


@pytest.fixture
def room(store: Store, tmp_path: Path) -> Room:
    return Room(store, tmp_path)


def _on_request(part: str, call: Callable[[], None], request: Any, **_: object) -> None:
    if part in request.url:
        call()


def versions(rows: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(row["version"], row["text"]) for row in rows]


OTHER = " ".join(f"Nobody at the {place} had heard of a new timetable for winter trains." for place in (
    "station", "library", "town hall", "bakery", "market", "school", "museum", "theatre", "hospital", "airfield"
))  # fmt: skip


def table_versions(store: Store) -> list[int | None]:
    tables = (open_table(store, key) for key in (layout.ARTICLES, layout.REJECTIONS))
    return [table.version() if table else None for table in tables]


def test_a_version_gets_todays_text_and_stays_what_it_is(room: Room) -> None:
    room.run(0, {"bridge": "The bridge opens. Share"})
    room.run(5, {"bridge": "The bridge closes. Share", "ferry": "The ferry sails."})
    before = {row["capture"]["key"]: row for row in room.rows("bridge")}
    counts = room.reextract(Reader("2.0", drops="Share"))
    assert counts == {"read": 3, "texts": 2, "provenance": 1}
    assert versions(room.rows("bridge")) == [(1, "The bridge opens."), (2, "The bridge closes.")]
    for row in room.rows("bridge"):
        old = before[row["capture"]["key"]]
        assert {name for name in row if row[name] != old[name]} == {"text", "text_sha256", "word_count", "extraction"}
        assert row["extraction"]["version"] == "2.0.reextracted"
    assert room.findings() == []


def test_a_second_time_changes_nothing(room: Room) -> None:
    room.run(0, {"bridge": "The bridge opens. Share", "stub": "Log in to read.", "lost": "404"})
    today = Reader("2.0", drops="Share", refuses="Log")
    room.reextract(today)
    state = table_versions(room.store), [(one.key, room.store.sha256(one.key)[0]) for one in room.store.list("state/")]
    assert room.reextract(today) == {"read": 3, "same": 2, "kept": 1}
    again = table_versions(room.store), [(one.key, room.store.sha256(one.key)[0]) for one in room.store.list("state/")]
    assert again == state


def test_a_dry_run_counts_and_writes_nothing(room: Room) -> None:
    room.run(0, {"bridge": "The bridge opens. Share"})
    room.stage(3, room.crawl(3, {"ferry": "stub Log"}))
    everything = [(one.key, room.store.sha256(one.key)[1]) for one in room.store.list("")]
    assert room.reextract(Reader("2.0", drops="Share"), dry_run=True) == {"read": 1, "texts": 1}
    assert [(one.key, room.store.sha256(one.key)[1]) for one in room.store.list("")] == everything


def test_versions_that_read_alike_today_keep_their_numbers(room: Room) -> None:
    room.run(0, {"bridge": "The bridge opens. 12"})
    room.run(5, {"bridge": "The bridge opens."})
    room.reextract(Reader("2.0", drops="12"))
    assert versions(room.rows("bridge")) == [(1, "The bridge opens."), (2, "The bridge opens.")]
    assert room.findings() == []


def test_the_next_visit_is_compared_with_todays_text(room: Room) -> None:
    room.run(0, {"bridge": "The bridge opens. Share", "ferry": "The ferry sails. Share"})
    today = Reader("2.0", drops="Share")
    room.reextract(today)
    table = open_table(room.store, layout.ARTICLES)
    assert table
    assert read_heads(room.store, table).rows.sort_by("article_id") == _scan_heads(room.store, table).rows.sort_by(
        "article_id"
    )
    later = replace(room, reader=today)
    later.run(9, {"bridge": "The bridge opens. Share", "ferry": "The ferry sinks. Share"})
    assert versions(room.rows("bridge")) == [(1, "The bridge opens.")]
    assert versions(room.rows("ferry")) == [(1, "The ferry sails."), (2, "The ferry sinks.")]


def test_a_refused_page_that_is_an_article_today_is_its_first_version(room: Room) -> None:
    old = replace(room, reader=Reader("1.0", refuses="The"))
    old.run(0, {"bridge": "The bridge opens.", "lost": "404"})
    old.run(5, {"bridge": "The bridge opens."})
    old.run(9, {"bridge": "The bridge closes."})
    assert room.rows() == []
    assert room.reextract(Reader("2.0")) == {"read": 4, "articles": 2, "repeated": 1, "reasons": 1}
    assert versions(room.rows("bridge")) == [(1, "The bridge opens."), (2, "The bridge closes.")]
    assert [row["run_id"] for row in room.rows("bridge")] == [run_id(0), run_id(9)]
    assert room.refused() == [("lost", "by 2.0")]
    assert room.findings() == []
    assert room.reextract(Reader("2.0")) == {"read": 3, "same": 3}


def test_what_went_missing_after_its_page_became_an_article_is_gone(room: Room) -> None:
    replace(room, reader=Reader("1.0", refuses="The")).run(0, {"bridge": "The bridge opens."})
    room.run(5, {"bridge": "404"})
    room.reextract(Reader("2.0"))
    assert [row["status"] for row in room.rows("bridge")] == ["gone"]


def test_a_page_between_versions_is_compared_with_what_today_reads_beside_it(room: Room) -> None:
    room.run(0, {"bridge": "The bridge opens. Share", "ferry": "The ferry sails. Share"})
    replace(room, reader=Reader("1.0", refuses="The")).run(
        5, {"bridge": "The bridge opens. Share", "ferry": "The ferry turns."}
    )
    room.run(9, {"bridge": "The bridge closes.", "ferry": "The ferry sinks."})
    only_then = replace(
        MONTH,
        since=room.rows()[0]["captured_at"].replace(minute=5),
        until=room.rows()[0]["captured_at"].replace(minute=6),
    )
    counts = room.reextract(Reader("2.0", drops="Share"), only_then)
    assert counts == {"read": 2, "articles": 1, "repeated": 1}
    assert versions(room.rows("bridge")) == [(1, "The bridge opens. Share"), (2, "The bridge closes.")]
    assert versions(room.rows("ferry")) == [
        (1, "The ferry sails. Share"),
        (3, "The ferry turns."),
        (2, "The ferry sinks."),
    ]
    assert room.findings() == []


def test_an_article_that_would_be_refused_today_is_kept(room: Room) -> None:
    room.run(0, {"bridge": "The bridge opens."})
    assert room.reextract(Reader("2.0", refuses="The")) == {"read": 1, "kept": 1}
    assert versions(room.rows()) == [(1, "The bridge opens.")]
    assert room.findings() == []


def test_a_reader_that_fails_replaces_nothing(room: Room) -> None:
    replace(room, reader=Reader("1.0", refuses="A")).run(0, {"bridge": "The bridge opens.", "stub": "A stub."})
    broken = Reader("2.0", breaks="The")
    assert room.reextract(broken) == {"read": 2, "unread": 1, "articles": 1}
    assert room.reextract(Reader("2.0", breaks="A")) == {"read": 2, "unread": 1, "provenance": 1}
    assert versions(room.rows("bridge")) == [(1, "The bridge opens.")]


def test_an_erased_article_does_not_come_back(room: Room) -> None:
    replace(room, reader=Reader("1.0", refuses="The")).run(0, {"bridge": "The bridge opens."})
    erased = {"articles": [article("bridge").article_id], "rows": {}, "objects": []}
    room.store.put(f"{layout.ERASED}one.json", json.dumps(erased).encode())
    assert room.reextract(Reader("2.0")) == {"read": 1}
    assert room.rows() == []


def test_a_capture_that_moved_meanwhile_replaces_nothing(room: Room) -> None:
    room.run(0, {"bridge": "The bridge opens.", "ferry": "The ferry sails."})
    ((key, offsets),) = list_captures(room.store, MONTH).items()
    articles, rejections = room.outcomes(Reader("2.0"), key, offsets)
    moved = [row | {"capture": row["capture"] | {"length": 7}} for row in articles.to_pylist()]
    making = room.begin(Reader("2.0"))
    making.put(articles.from_pylist(moved, schema=articles.schema), rejections)
    assert not +making.counts
    assert versions(room.rows("bridge")) == [(1, "The bridge opens.")]


def test_a_kill_between_the_two_tables_is_made_good_by_the_next_run(room: Room) -> None:
    replace(room, reader=Reader("1.0", refuses="The")).run(0, {"bridge": "The bridge opens."})
    ((key, offsets),) = list_captures(room.store, MONTH).items()
    making = room.begin(Reader("2.0"))

    def killed(_: object) -> None:
        raise KeyboardInterrupt

    making._put_rejections = killed  # type: ignore[assignment,method-assign]
    with pytest.raises(KeyboardInterrupt):
        making.put(*room.outcomes(Reader("2.0"), key, offsets))
    assert (len(room.rows()), len(room.refused())) == (1, 1)
    assert room.findings() == []
    room.reextract(Reader("2.0"))
    assert (len(room.rows()), len(room.refused())) == (1, 0)
    assert room.findings() == []


def test_a_publish_that_comes_between_loses_and_doubles_nothing(room: Room) -> None:
    room.run(0, {"bridge": "The bridge opens. Share"})
    room.stage(5, room.crawl(5, {"ferry": "The ferry sails.", "bridge": "The bridge closes. Share"}))
    other = Store(room.store.settings)
    published: list[int] = []

    def publish_once() -> None:
        if not published:
            published.append(publish(other).articles)

    # the rows are decided by then, and not committed
    hook = partial(_on_request, "stories/head", publish_once)
    room.store._client.meta.events.register("before-send.s3.GetObject", hook)
    assert room.reextract(Reader("2.0", drops="Share")) == {"read": 1, "texts": 1}
    other.close()
    assert published == [1]
    assert versions(room.rows("bridge")) == [(1, "The bridge opens."), (2, "The bridge closes. Share")]
    assert len(room.rows("ferry")) == 1
    assert room.findings() == []
    assert room.reextract(Reader("2.0", drops="Share")) == {"read": 3, "texts": 1, "provenance": 1, "same": 1}


def test_verify_still_misses_a_rejection_that_no_reextraction_took(room: Room) -> None:
    replace(room, reader=Reader("1.0", refuses="The")).run(0, {"bridge": "The bridge opens.", "lost": "404"})
    room.reextract(Reader("2.0"))
    assert {run: len(places) for run, places in read_became(room.store, "times").items()} == {run_id(0): 1}
    table = open_table(room.store, layout.REJECTIONS)
    assert table
    table.delete("url LIKE '%lost'")
    (finding,) = room.findings()
    assert "its manifest counts 2" in finding
    key = layout.reextracted_key("times", START.date())
    room.store.put(key, b"[]")
    assert any(one.startswith(f"{key}: no notes") for one in room.findings())


def test_the_next_stories_run_takes_todays_texts(room: Room) -> None:
    pages = {"one": LONG, "two": f"HIDDEN {LONG}"}

    def then(capture: Capture) -> Article | Rejection:
        return Reader("1.0")(replace(capture, body=OTHER.encode()) if capture.body.startswith(b"HIDDEN") else capture)

    replace(room, reader=then).run(0, pages)
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert cluster(room.store, now).versions == 2
    assert read_stories(room.store).num_rows == 0
    room.reextract(Reader("2.0"))
    looked = cluster(room.store, now)
    assert (looked.versions, looked.members) == (1, 2)
    assert cluster(room.store, now).versions == 0


def test_partitions_are_a_sites_months_within_bounds(room: Room) -> None:
    room.run(0, {"bridge": "The bridge opens."})
    room.run(60 * 24 * 20, {"lost": "404"})
    assert [part.name for part in list_partitions(room.store)] == ["times/2026-11", "times/2026-12"]
    assert [part.name for part in list_partitions(room.store, until=datetime(2026, 12, 1, tzinfo=UTC))] == [
        "times/2026-11"
    ]
    assert [part.name for part in list_partitions(room.store, since=datetime(2026, 12, 1, tzinfo=UTC))] == [
        "times/2026-12"
    ]
    assert list_partitions(room.store, site="other") == []
    assert Partition.named("times/2026-11") == MONTH
    for wrong in ("times", "times/11", "times/2026-13", "../x/2026-11"):
        with pytest.raises(ValueError, match="is no partition"):
            Partition.named(wrong)
