"""Reading captures again in processes of their own, and putting what they give in the tables, a slice at a time."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

import pyarrow as pa

from cli.errors import RunFailed
from cli.extraction import Extractors, Reread, RereadTask
from cli.progress import Bar
from spiders.frontier import Frontier
from storage.captures import S3CaptureArchive
from storage.client import Store
from storage.errors import StoreConflict
from storage.noted import stale_notes
from storage.partitions import Partition, list_captures
from storage.profiles import read_profile
from storage.reextract import Reextraction
from storage.reextracted import Place, note_pass
from storage.replaced import Change, Row
from storage.staging import unpack_outcomes

log = logging.getLogger(__name__)
SLICE = 1000  # captures in one commit a table: their rows, old and new, are in memory, some 100 MiB
AHEAD = 2  # segments under way or waiting per process
SEGMENT_ROWS = 500  # captures read by a process at a time: a segment may hold thousands
SAMPLES = 5  # changes shown of a run
FRONTIER_TRIES = 10
CHANGED = ("texts", "metadata", "provenance", "articles", "repeated", "reasons")  # rows that are others then


@dataclass(slots=True)
class Report:
    """What a run over some partitions changed, or would change (docs/reextract.md); `wrong` segments were not read."""

    counts: Counter[str] = field(default_factory=Counter)
    samples: list[Change] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def reread(store: Store, pool: Extractors, parts: Sequence[Partition], bar: Bar, *, dry_run: bool) -> Report:
    """Re-extract `parts`, one after the other."""
    report = Report()
    for part in parts:
        _reread_partition(store, pool, part, bar, report, dry_run=dry_run)
    return report


def _reread_partition(
    store: Store, pool: Extractors, part: Partition, bar: Bar, report: Report, *, dry_run: bool
) -> None:
    profile = read_profile(store, part.site)

    def read_again(place: Place) -> Row | None:
        done = pool.reread(RereadTask(part.site, place[0], frozenset([place[1]]), profile.packed)).result()
        rows: list[Row] = unpack_outcomes(done.outcomes)[0].to_pylist()
        return rows[0] if rows else None

    asked = [
        RereadTask(part.site, key, frozenset(some), profile.packed)
        for key, offsets in list_captures(store, part).items()
        for some in _some(sorted(offsets))
    ]
    making = Reextraction(store, part, read_again, dry_run=dry_run)
    for done in _slices(pool, asked):
        tables = [unpack_outcomes(one.outcomes) for one in done]
        articles, rejections = (pa.concat_tables(own) for own in zip(*tables, strict=True))
        making.put(articles, rejections)
        count = sum(len(one.task.offsets) for one in done)
        making.counts["missing"] += count - articles.num_rows - rejections.num_rows
        report.wrong += [one.wrong for one in done if one.wrong]
        report.samples = [*report.samples, *making.changes][:SAMPLES]
        making.changes.clear()
        bar.advance(count)
    report.counts += making.counts
    if not dry_run:
        tell_frontier(store, part)
        if changed := sum(making.counts[kind] for kind in CHANGED):
            note_pass(
                store, part.site, part.month,
                {"at": datetime.now(UTC).isoformat(), "read_by": making.read_by, "rows": changed},
            )  # fmt: skip


def _some(offsets: Sequence[int]) -> Iterator[Sequence[int]]:
    return (offsets[start : start + SEGMENT_ROWS] for start in range(0, len(offsets), SEGMENT_ROWS))


def _slices(pool: Extractors, asked: Sequence[RereadTask]) -> Iterator[list[Reread]]:
    """Yield what was read, SLICE captures and a segment at most together, in the order asked; a few are read ahead."""
    pending = iter(asked)
    running: deque[Future[Reread]] = deque(map(pool.reread, islice(pending, AHEAD * pool.processes)))
    done: list[Reread] = []
    while running:
        done.append(running.popleft().result())
        running.extend(map(pool.reread, islice(pending, 1)))
        if sum(len(one.task.offsets) for one in done) >= SLICE:
            yield done
            done = []
    if done:
        yield done


def tell_frontier(store: Store, part: Partition) -> None:
    """Have the site's frontier note texts that the table has, whoever else writes it at the same time."""
    archive = S3CaptureArchive(store)
    for attempt in range(1, FRONTIER_TRIES + 1):
        body, etag = archive.read_frontier(part.site)
        if body is None:
            return  # verify names it
        frontier = Frontier.load(body, part.site)
        stale = stale_notes(store, part, {url: known.content_sha256 for url, known in frontier.urls.items()})
        if not stale:
            return
        for url, content in stale.items():
            frontier.note_reextraction(url, content)
        try:
            archive.write_frontier(part.site, frontier.dump(), etag)
        except StoreConflict:
            if attempt == FRONTIER_TRIES:
                raise
        else:
            return
    raise RunFailed(f"{part.site}: its frontier was replaced {FRONTIER_TRIES} times meanwhile; run it again")
