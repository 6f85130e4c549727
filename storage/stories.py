"""Story clusters: copies and rewrites of one report share a story_id, whoever published them.

One run takes the versions that the articles table gained since the last, compares each with the window's, and puts the
stories' changed rows into the stories table in one commit. The rows are decided from what is linked, not from when it
came; so a run may be killed, repeated or raced: the next decides the same rows and finds them there.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from itertools import chain, islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from extract.minhash import copied_share, fingerprints, is_copy
from storage import layout, schema
from storage.client import Store
from storage.errors import ObjectMissing, ObjectRefused, StoreConflict
from storage.meeting import meeting, sorted_index
from storage.members import Link, Member, Sighting, regroup
from storage.scan import scan
from storage.session import COMMIT_OPTIONS
from storage.story_rows import StoryRows, as_table, having, members_of
from storage.tables import files_by_day, make_table, open_table, replace_days, table_errors
from storage.tombstones import read_tombstones
from storage.window import (
    KEPT,
    WINDOW,
    Entry,
    Window,
    add_entries,
    candidates,
    empty_window,
    read_window,
    write_window,
)

log = logging.getLogger(__name__)
SLICE = 4096  # versions compared and committed at once
RACE_TRIES = 30
READ_ROWS = 512  # texts in memory at once
DAY = pc.field(schema.PARTITION.name)
_IDS = ["article_id", "version", "captured_at"]
_READ = [*_IDS, "site", "url", "title", "published_at", "text"]


@dataclass(frozen=True, slots=True)
class StoriesReport:
    """What one run changed. `versions`: looked at; `members`: articles that joined a story; `stories`: new ones.

    `merged`: those that went into an older one; `table_version`: of the stories table, None before its first commit.
    """

    versions: int = 0
    members: int = 0
    stories: int = 0
    merged: int = 0
    table_version: int | None = None

    def to_json(self) -> str:
        """Return the report as one line."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class _Unseen:
    """The versions to look at: (article, version) → first capture of its article, and the files they are in."""

    firsts: dict[tuple[str, int], datetime]
    files: set[str] | None
    oldest: datetime


def cluster(store: Store, now: datetime | None = None) -> StoriesReport:
    """Find the stories of all articles published since the last run; repeatable after a crash at any point.

    `now` bounds what a worker with a wrong clock can do: a capture from the future does not move the window.
    """
    now = now or datetime.now(UTC)
    window = read_window(store)
    for races in range(1, RACE_TRIES + 1):
        try:
            return _cluster(store, window, now)
        except (StoreConflict, ObjectMissing, ObjectRefused) as error:
            if races == RACE_TRIES:
                raise
            found = read_window(store)
            if found.etag == window.etag and not isinstance(error, StoreConflict):  # lost or damaged, not replaced
                log.warning("%s; the story window is built again", error.message)
                found = empty_window(store, window.etag)
            window = found
            time.sleep(random.uniform(0, 0.05 * min(races, 10)))  # noqa: S311 - spreads racers, guards no secret
    raise AssertionError("every try returns or raises")


def _cluster(store: Store, window: Window, now: datetime) -> StoriesReport:
    articles = open_table(store, layout.ARTICLES)
    report = StoriesReport()
    if articles is not None and window.articles != (mark := _mark(articles)):
        unseen = _unseen(store, articles, window, now)
        for entries, is_last in _slices(_entries(store, articles, unseen)):
            part = _commit(store, _links(store, window, entries), report.table_version)
            report = _added(report, replace(part, versions=len(entries)))
            window = add_entries(store, window, entries, unseen.oldest)
            window = write_window(store, replace(window, articles=mark if is_last else window.articles))
    if report.table_version is None and (stories := open_table(store, layout.STORIES)):
        report = replace(report, table_version=stories.version())
    return report


def _mark(table: DeltaTable) -> str:
    return f"{table.metadata().id} {table.version()}"


def _unseen(store: Store, table: DeltaTable, window: Window, now: datetime) -> _Unseen:
    """Return what the table has and the window does not, among the files written since the window's version of it.

    An article enters by its first version: one whose first is older than the window stays out of it for good.
    """
    files = files_by_day(table)
    days = [day for day in files.values() if day <= now.date()]
    newest = datetime.combine(max(days, default=now.date()), datetime.max.time(), UTC)
    oldest = newest - KEPT
    before = _files_before(store, table, window.articles)
    fresh = {path for path, day in files.items() if day >= oldest.date() and path not in before}
    found: list[tuple[str, int, datetime]] = []
    with table_errors(store, layout.ARTICLES):
        for batch in scan(table, store.table_files(layout.ARTICLES), _IDS, only=fresh):
            found += zip(*(batch[name].to_pylist() for name in _IDS), strict=True)
    known = window.versions(article for article, _, _ in found)
    firsts = {article: captured_at for article, version, captured_at in found if version == 1}
    firsts |= window.first_captures(article for article, _, _ in found)
    taken = {
        (article, version): firsts[article]
        for article, version, _ in found
        if (article, version) not in known and article in firsts and firsts[article] >= oldest
    }
    return _Unseen(taken, fresh, oldest)


def _files_before(store: Store, table: DeltaTable, mark: str) -> dict[str, date]:
    """Return the files of the version that `mark` names; none if it is not this table's or its log is gone."""
    identity, _, version = mark.partition(" ")
    if identity != str(table.metadata().id):
        return {}
    try:
        options = store.table_options() | COMMIT_OPTIONS
        return files_by_day(DeltaTable(store.table_uri(layout.ARTICLES), version=int(version), storage_options=options))
    except DeltaError as error:
        log.info("version %s of %s cannot be read any more (%s): all of the window is", version, layout.ARTICLES, error)
        return {}


def _entries(store: Store, table: DeltaTable, unseen: _Unseen) -> Iterator[Entry]:
    if not unseen.firsts:
        return
    with table_errors(store, layout.ARTICLES):
        for batch in scan(table, store.table_files(layout.ARTICLES), _READ, only=unseen.files):
            ids = zip(batch["article_id"].to_pylist(), batch["version"].to_pylist(), strict=True)
            rows = [row for row, version in enumerate(ids) if version in unseen.firsts]
            for start in range(0, len(rows), READ_ROWS):
                yield from _read_entries(batch.take(pa.array(rows[start : start + READ_ROWS], pa.int64())), unseen)


def _read_entries(batch: pa.RecordBatch, unseen: _Unseen) -> Iterator[Entry]:
    rows = batch.to_pylist()
    for row, found in zip(rows, fingerprints(row.pop("text") for row in rows), strict=True):
        day = row["captured_at"].date()
        first = unseen.firsts[row["article_id"], row["version"]]
        yield Entry(Sighting(**(row | {"captured_at": first})), day, found)


def _slices(entries: Iterator[Entry]) -> Iterator[tuple[list[Entry], bool]]:
    """Yield SLICE entries at a time, and whether they are the last; at least once, be it with none."""
    taken = list(islice(entries, SLICE))
    while len(taken) == SLICE and (following := list(islice(entries, SLICE))):
        yield taken, False
        taken = following
    yield taken, True


def _links(store: Store, window: Window, entries: Sequence[Entry]) -> list[Link]:
    """Return the pairs of copies among `entries` and between them and the window."""
    asked = [one for one in entries if one.fingerprint]
    if not asked:
        return []
    keys = np.stack([one.fingerprint.keys for one in asked if one.fingerprint])
    links = [_link(asked[one], asked[other]) for one, other in meeting(*sorted_index(keys), keys) if one < other]
    since = min(one.sighting.captured_at for one in asked) - WINDOW
    for day in sorted(window.days):
        if day >= since.date():
            links += [_link(asked[new], old) for new, old in candidates(store, window, day, keys)]
    return [link for link in links if link]


def _link(one: Entry, other: Entry) -> Link | None:
    here, there = one.sighting, other.sighting
    is_near = abs(here.captured_at - there.captured_at) <= WINDOW
    if here.article_id == there.article_id or not is_near or not one.fingerprint or not other.fingerprint:
        return None
    share = copied_share(one.fingerprint, other.fingerprint)
    return Link(here, there, share) if is_copy(share, same_site=here.site == there.site) else None


def _commit(store: Store, links: Sequence[Link], version: int | None) -> StoriesReport:
    """Put what `links` change into the stories table; without a change there is no commit."""
    if not links:
        return StoriesReport(table_version=version)
    table = make_table(store, layout.STORIES)
    erased = read_tombstones(store).articles  # after the table: see storage.tombstones
    links = [link for link in links if erased.isdisjoint((link.one.article_id, link.other.article_id))]
    if not links:
        return StoriesReport(table_version=table.version())
    rows = StoryRows(store, table)
    known = _known(rows, links)
    changed = regroup(links, known.values())
    if changed:
        days = {row.captured_at.date() for row in changed}
        kept = {row.article_id: row for row in members_of(rows.of(days))} | {row.article_id: row for row in changed}
        replace_days(store, layout.STORIES, table, days, as_table(kept.values()))
    before = {row.story_id for row in known.values()}
    after = {row.article_id: row for row in (*known.values(), *changed)}
    stories = {row.story_id for row in after.values()}
    return StoriesReport(
        members=len(after) - len(known), stories=len(stories - before), merged=len(before - stories),
        table_version=table.version(),
    )  # fmt: skip


def _known(rows: StoryRows, links: Iterable[Link]) -> dict[str, Member]:
    """Return the members of every story that a linked article is in, by article."""
    sightings = list(chain.from_iterable((link.one, link.other) for link in links))
    linked = members_of(having(rows.of({one.captured_at.date() for one in sightings}), "article_id", sightings))
    if not linked:
        return {}
    since = min(row.story_captured_at for row in linked).date()
    listed = having(rows.of(day for day in rows.days if day >= since), "story_id", linked)
    return {row.article_id: row for row in members_of(listed)}


def _added(report: StoriesReport, part: StoriesReport) -> StoriesReport:
    return StoriesReport(
        report.versions + part.versions, report.members + part.members, report.stories + part.stories,
        report.merged + part.merged, part.table_version,
    )  # fmt: skip
