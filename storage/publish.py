"""The single publisher: staged runs in, a few commits on the tables out, each run exactly once whatever dies."""

from __future__ import annotations

import json
import logging
import random
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields, replace
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from extract.rejection import Reason
from extract.url import article_id
from storage import layout, schema
from storage.client import Listed, Store
from storage.edits import Edit, ReadAs, reread_before
from storage.errors import ObjectMissing, ObjectRefused, StoreConflict
from storage.heads import Heads, read_heads, read_history, write_heads
from storage.marks import committed_apps
from storage.nameless import nameless
from storage.staging import FetchedRows, fetch_rows
from storage.tables import append_rows, make_table, mark, open_table, set_status
from storage.tombstones import read_tombstones
from storage.versions import Decisions, Head, Kind, Seen, content_digest, decide, late_articles

log = logging.getLogger(__name__)
BATCH_BYTES = 16 * 2**20  # of staged Parquet in one commit
BATCH_RUNS = 1000
READERS = 8
RACE_TRIES = 30  # another publisher came between: begin again, it has done part of the work
GONE = pa.array([Reason.GONE.value])  # one `not_found` may be a hiccup; a page missing again is `gone`
Run = tuple[str, str]  # site, run id


@dataclass(frozen=True, slots=True)
class PublishReport:
    """What one publish changed. `runs`: staged files consumed; `articles`: new ones; `versions`: edits;
    `gone`: articles that became so; `table_version`: of the articles table, None before its first commit.
    """

    runs: int = 0
    articles: int = 0
    versions: int = 0
    unchanged: int = 0
    rejections: int = 0
    gone: int = 0
    table_version: int | None = None

    def to_json(self) -> str:
        """Return the report as one line."""
        return json.dumps(asdict(self))


class StagedRefused(ObjectRefused):
    """Some staged files cannot be read; the others were published, as `report` says."""

    def __init__(self, message: str, report: PublishReport) -> None:
        super().__init__(message)
        self.report = report


@dataclass(frozen=True, slots=True)
class StagedRun:
    """One staged file, fetched."""

    run: Run
    rows: FetchedRows


class _ReadAgainError(Exception):
    """Versions in the table were read again: what is new is to be decided anew."""


def publish(store: Store, read_as: ReadAs | None = None) -> PublishReport:
    """Commit every staged run to the tables, then delete its staged file; repeatable after a crash at any point.

    With `read_as`, a version is made only if its text differs from the one before it as the same reader reads that.
    Raises StagedRefused at the end if a file was damaged or by a newer version: it stays where it is.
    """
    report, races = PublishReport(), 0
    refused: dict[str, str] = {}
    rereading = _Rereading(store, read_as)
    pending = _pending(store)
    while pending:
        batch = _next_batch(pending)
        try:
            part = _publish_batch(store, batch, refused, rereading)
        except _ReadAgainError:
            continue
        except (StoreConflict, ObjectMissing) as error:
            races += 1
            if races > RACE_TRIES:
                raise
            log.info("another publisher was faster (%s), begin again", error)
            time.sleep(random.uniform(0, 0.05 * min(races, 10)))  # noqa: S311 - spreads racers, guards no secret
            pending = [one for one in _pending(store) if one.key not in refused]
        else:
            report = _added(report, part)
            pending = pending[len(batch) :]
            pa.default_memory_pool().release_unused()
    if report.table_version is None and (table := open_table(store, layout.ARTICLES)):
        report = replace(report, table_version=table.version())
    if refused:
        raise StagedRefused("; ".join(refused.values()), report)
    return report


class _Rereading:
    """Reads the version before an edit again, each once for each reader."""

    def __init__(self, store: Store, read_as: ReadAs | None) -> None:
        self._store, self._read_as = store, read_as
        self._asked: set[Edit] = set()

    def reread(self, edits: Iterable[Edit]) -> None:
        """Raise _ReadAgainError if a row changed."""
        wanted = set(edits) - self._asked
        if self._read_as is None or not wanted:
            return
        self._asked |= wanted
        if reread_before(self._store, sorted(wanted, key=lambda one: one.article_id), self._read_as):
            raise _ReadAgainError


def _pending(store: Store) -> list[Listed]:
    """Return the staged files, oldest run first."""
    found = [(run, one) for one in store.list(layout.STAGED) if (run := layout.staged_run(one.key))]
    return [one for _, one in sorted(found, key=lambda pair: (pair[0][1], pair[0][0]))]


def _next_batch(pending: list[Listed]) -> list[Listed]:
    size = 0
    for count, one in enumerate(pending[:BATCH_RUNS]):
        size += one.size
        if count and size > BATCH_BYTES:
            return pending[:count]
    return pending[:BATCH_RUNS]


def _publish_batch(store: Store, batch: list[Listed], refused: dict[str, str], rereading: _Rereading) -> PublishReport:
    table = make_table(store, layout.ARTICLES)
    erased = read_tombstones(store).articles  # after the table: see storage.tombstones
    published = committed_apps(store, layout.ARTICLES)
    fresh = [one for one in batch if mark(_run(one)) not in published]
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as folder:
        runs = list(_fetch_runs(store, fresh, Path(folder), refused))
        rejections = _publish_rejections(store, runs)
        made = _publish_articles(store, table, runs, erased, rereading)
    store.delete(one.key for one in batch if one.key not in refused)
    return PublishReport(
        runs=sum(one.key not in refused for one in batch), articles=made.articles, versions=made.versions,
        unchanged=made.unchanged, rejections=rejections, gone=made.gone, table_version=table.version(),
    )  # fmt: skip


def _run(staged: Listed) -> Run:
    run = layout.staged_run(staged.key)
    if run is None:
        raise ValueError(f"{staged.key} is no staged file")
    return run


def _fetch_runs(store: Store, staged: list[Listed], folder: Path, refused: dict[str, str]) -> Iterator[StagedRun]:
    def fetch(numbered: tuple[int, Listed]) -> StagedRun | ObjectRefused:
        number, one = numbered
        try:
            return StagedRun(_run(one), fetch_rows(store, one.key, folder / f"{number}.parquet"))
        except ObjectRefused as error:
            return error

    with ThreadPoolExecutor(READERS, "publish") as readers:
        for one, found in zip(staged, readers.map(fetch, enumerate(staged)), strict=True):
            if isinstance(found, ObjectRefused):
                log.error("%s", found.message)
                refused[one.key] = found.message
            else:
                yield found


def _publish_rejections(store: Store, runs: list[StagedRun]) -> int:
    """Append the runs' rejections; their commit comes before the articles', whose marks mean that a run is done."""
    some = [one for one in runs if one.rows.rejections.num_rows]
    if not some:
        return 0
    table = make_table(store, layout.REJECTIONS)
    erased = read_tombstones(store).articles  # after this table, too
    published = committed_apps(store, layout.REJECTIONS)
    some = [one for one in some if mark(one.run) not in published]
    if some:
        rows = nameless(pa.concat_tables(one.rows.rejections for one in some), erased)
        append_rows(store, layout.REJECTIONS, table, map(_with_day, rows.to_batches()), [one.run for one in some])
    return sum(one.rows.rejections.num_rows for one in some)


def _publish_articles(
    store: Store, table: DeltaTable, runs: list[StagedRun], erased: frozenset[str], rereading: _Rereading
) -> Decisions:
    """Append new articles and versions, mark gone ones. Without any change there is no commit, and none is needed."""
    if not runs:
        return Decisions()
    decisive = pa.concat_tables(one.rows.decisive for one in runs)
    seen = [one for one in _seen_articles(decisive) if one.article_id not in erased]
    seen += _seen_gone(one.rows.rejections for one in runs)
    heads = read_heads(store, table) if seen else Heads.empty()
    known = heads.of(one.article_id for one in seen)
    rereading.reread(_edits(seen, known, decisive))
    late = late_articles(seen, known)
    made = decide(seen, known, read_history(store, table, late) if late else {})
    marks = [one.run for one in runs]
    for status in ("gone", "live"):  # first: a crash after it repeats the same decisions on the rest
        if where := _where(made.updates, status):
            set_status(store, table, status, where, marks if not made.rows and _is_last(made, status) else ())
    is_ours = True
    if made.rows:
        batches = chain.from_iterable(one.rows.articles() for one in runs)
        is_ours = append_rows(store, layout.ARTICLES, table, _new_rows(batches, made.rows), marks)
    if is_ours and (made.rows or made.updates):  # else another's commit came after: the heads are its to write
        changed = {article: head for article, head in made.heads.items() if known.get(article) != head}
        write_heads(store, table, heads.replaced(changed))
    return made


def _edits(seen: Iterable[Seen], known: Mapping[str, Head], decisive: pa.Table) -> Iterator[Edit]:
    """Yield what is to become a new latest version of an article in the table."""
    for one in seen:
        head = known.get(one.article_id)
        if one.kind is Kind.GONE or head is None or one.digest == head.digest or one.captured_at < head.captured_at:
            continue
        extraction = decisive["extraction"][one.row].as_py()
        read_by = extraction["version"], extraction["profile"]
        yield Edit(one.article_id, decisive["site"][one.row].as_py(), head.version, read_by)


def _is_last(made: Decisions, status: str) -> bool:
    return status == "live" or all(head.status == "gone" for head in made.updates.values())


def _where(updates: dict[str, Head], status: str) -> str:
    """Return the SQL predicate of the versions that become `status`: literals are hex ids, numbers and dates only."""
    wanted = {article: head for article, head in updates.items() if head.status == status}
    if not wanted:
        return ""
    days = ", ".join(f"'{day}'" for day in sorted({head.captured_day for head in wanted.values()}))
    pairs = " OR ".join(
        f"(article_id = '{_hex(article)}' AND version = {int(head.version)})"
        for article, head in sorted(wanted.items())
    )
    return f"captured_day IN ({days}) AND ({pairs})"


def _hex(article: str) -> str:
    return f"{int(article, 16):016x}"


def _seen_articles(articles: pa.Table) -> Iterator[Seen]:
    columns = (articles[name].to_pylist() for name in ("captured_at", "article_id", "title", "text_sha256"))
    for row, (captured_at, article, title, text_sha256) in enumerate(zip(*columns, strict=True)):
        yield Seen(captured_at, Kind.ARTICLE, article, row, content_digest(title, text_sha256))


def _seen_gone(rejections: Iterable[pa.Table]) -> Iterator[Seen]:
    for table in rejections:
        found = table.filter(pc.is_in(table["reason"], value_set=GONE))
        for url, captured_at in zip(found["url"].to_pylist(), found["captured_at"].to_pylist(), strict=True):
            yield Seen(captured_at, Kind.GONE, article_id(url))


def _new_rows(batches: Iterable[pa.RecordBatch], rows: dict[int, tuple[int, str]]) -> Iterator[pa.RecordBatch]:
    """Yield the rows to be appended, named by their number in all `batches`, with their version, status and day."""
    first = 0
    for batch in batches:
        chosen = [row for row in range(first, first + batch.num_rows) if row in rows]
        taken = batch.take(pa.array([row - first for row in chosen], pa.int64()))
        for at, name in enumerate(("version", "status")):
            field = schema.ARTICLE_ROW.field(name)
            values = pa.array([rows[row][at] for row in chosen], field.type)
            taken = taken.set_column(taken.schema.get_field_index(name), field, values)
        yield _with_day(taken)
        first += batch.num_rows


def _with_day(rows: pa.RecordBatch) -> pa.RecordBatch:
    days = pc.cast(pc.local_timestamp(rows["captured_at"]), pa.date32(), safe=False)
    return rows.append_column(schema.PARTITION, days)


def _added(report: PublishReport, part: PublishReport) -> PublishReport:
    names = [one.name for one in fields(report) if one.name != "table_version"]
    sums = {name: getattr(report, name) + getattr(part, name) for name in names}
    return PublishReport(**sums, table_version=part.table_version)
