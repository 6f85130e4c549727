"""The readers' API: the archive's articles, rejections and stories as Arrow tables, streams or a polars LazyFrame."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

import pyarrow as pa
import pyarrow.compute as pc

from extract.spelling import spellings
from extract.url import article_id, normalise_url
from storage import layout, schema
from storage.client import Store
from storage.connect import open_store
from storage.errors import BadQuestion
from storage.heads import cached_heads
from storage.latest import IDENTITY, KEYS, Latest, is_latest
from storage.moments import in_utc
from storage.scan import both, choose
from storage.settings import StoreSettings
from storage.story_rows import read_stories
from storage.tables import open_table, table_errors

if TYPE_CHECKING:
    import polars as pl
    from deltalake import DeltaTable
    from pyarrow.dataset import Dataset

DAY = schema.PARTITION.name
_ORDER = ("captured_at", "url", "version")


class Archive:
    """The published articles. Tables are opened at each call, so every call sees the latest commit."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._closing = ExitStack()

    @classmethod
    def open(cls, settings: StoreSettings | None = None) -> Archive:
        """Return the archive of `settings` (default: the environment); starts the embedded server if need be.

        Close it, use it in a `with` block, or leave that to the end of the program.
        """
        closing = ExitStack()
        archive = cls(closing.enter_context(open_store(settings, check=False)))
        archive._closing = closing
        weakref.finalize(archive, closing.close)
        return archive

    def close(self) -> None:
        """Let go of the store; an embedded server that nobody else uses is stopped."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def articles(
        self, *, site: str | None = None, since: datetime | None = None, until: datetime | None = None,
        url: str | None = None, all_versions: bool = False, columns: Sequence[str] | None = None,
    ) -> pa.Table:  # fmt: skip
        """Return article rows by captured_at, then URL: of each article the latest version, or every one.

        `since` (inclusive) and `until` (exclusive) are aware datetimes about captured_at; with `until` the latest
        version is the one in force then. `url` is normalised first, and looked up percent-encoded and bare where it is
        not filed as it stands. With `columns` only these are read. BadQuestion for what cannot be asked.
        """
        ids = None if url is None else _ids(url)
        chosen = _Chosen.of(site, since, until, ids)
        return self._table(layout.ARTICLES, chosen, schema.ARTICLES, columns, latest=not all_versions)

    def filed(self, urls: Sequence[str]) -> list[str]:
        """Return those of the normalised `urls` that articles are filed under."""
        chosen = _Chosen.of(None, None, None, [article_id(url) for url in urls])
        rows = self._batches(layout.ARTICLES, chosen, _subset(schema.ARTICLES, ["url"]), latest=False)
        found = {url for batch in rows for url in batch["url"].to_pylist()}
        return [url for url in urls if url in found]

    def article_batches(
        self, *, site: str | None = None, since: datetime | None = None, until: datetime | None = None,
        all_versions: bool = False, columns: Sequence[str] | None = None, at_most: int | None = None,
    ) -> pa.RecordBatchReader:  # fmt: skip
        """Return the rows of `articles`, unsorted and a batch at a time: for what is larger than memory.

        Arrow's own stream, once through: loop over it, or hand it to DuckDB or polars. `at_most` so many rows a batch,
        and none read ahead: less memory for less speed.
        """
        chosen, wanted = _Chosen.of(site, since, until), _subset(schema.ARTICLES, columns)
        batches = self._batches(layout.ARTICLES, chosen, wanted, latest=not all_versions, at_most=at_most)
        return pa.RecordBatchReader.from_batches(wanted, batches)

    def rejections(
        self, *, site: str | None = None, since: datetime | None = None, until: datetime | None = None,
        columns: Sequence[str] | None = None,
    ) -> pa.Table:  # fmt: skip
        """Return rejection rows by captured_at, then URL."""
        chosen = _Chosen.of(site, since, until)
        return self._table(layout.REJECTIONS, chosen, schema.REJECTIONS, columns, latest=False)

    def stories(self, *, since: datetime | None = None, min_sites: int = 2) -> pa.Table:
        """Return the rows of stories that at least `min_sites` sites had, a row an article, the origin first.

        With `since` those that an article captured since then is in, with all their articles. It is what the last
        `cluster` found: the DAG `stories`, `ingest` and `./broadsheet stories` run one.
        """
        return read_stories(self.store, since=None if since is None else in_utc(since), min_sites=min_sites)

    def lazy(
        self, *, site: str | None = None, since: datetime | None = None, until: datetime | None = None,
        all_versions: bool = False,
    ) -> pl.LazyFrame:  # fmt: skip
        """Return the rows of `articles`, unsorted, as a polars LazyFrame, whose filters and columns reach S3."""
        import polars as pl  # noqa: PLC0415 - a second of import that the other readers need not pay

        since, until = None if since is None else in_utc(since), None if until is None else in_utc(until)
        _check_site(site)
        if open_table(self.store, layout.ARTICLES) is None:
            return pl.DataFrame(schema.ARTICLES.empty_table()).lazy()
        uri = self.store.table_uri(layout.ARTICLES)
        frame = pl.scan_delta(uri, storage_options=self.store.table_options())
        if site is not None:
            frame = frame.filter(site=site)
        if since:
            frame = frame.filter(pl.col(DAY) >= since.date(), pl.col("captured_at") >= since)
        if until:
            frame = frame.filter(pl.col(DAY) <= until.date(), pl.col("captured_at") < until)
        if all_versions:
            return frame
        newest = frame.sort("captured_at", "version").group_by("article_id").agg(pl.col("version").last())
        return frame.join(newest, on=["article_id", "version"], how="semi")

    def table_version(self) -> int | None:
        """Return the articles table's version, None before the first publish."""
        table = open_table(self.store, layout.ARTICLES)
        return table.version() if table else None

    def _table(
        self, key: str, chosen: _Chosen, every: pa.Schema, columns: Sequence[str] | None, *, latest: bool
    ) -> pa.Table:
        """Return all chosen rows in order. They are read once: the few older versions among them fit in memory too."""
        wanted = _subset(every, columns)
        read = _widened(wanted, every, {*IDENTITY, *_ORDER})
        rows = _of_first(chosen.ids, pa.Table.from_batches(self._batches(key, chosen, read, latest=False), schema=read))
        if latest:
            rows = rows.filter(is_latest(rows))
        order = [(name, "ascending") for name in _ORDER if name in read.names]
        return rows.sort_by(order).select(wanted.names)

    def _batches(
        self, key: str, chosen: _Chosen, columns: pa.Schema, *, latest: bool, at_most: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        table = open_table(self.store, key)
        if table is None:
            return
        with table_errors(self.store, key):
            files = self.store.table_files(key)
            found = choose(table, files, when=chosen.when, texts=chosen.texts, days=chosen.days)
            read = _widened(columns, schema.ARTICLES, IDENTITY) if latest else columns
            newest = self._latest(table, chosen, found) if latest else None
            reading = {"batch_size": at_most, "batch_readahead": 1, "fragment_readahead": 1} if at_most else {}
            for batch in found.to_batches(columns=read.names, **reading):
                kept = newest.only(batch) if newest else batch
                if kept.num_rows:
                    yield kept.select(columns.names)

    def _latest(self, table: DeltaTable, chosen: _Chosen, found: Dataset) -> Latest:
        """Return what is the latest among the rows `found`; publish has noted it of the whole table."""
        if chosen.has_newest and (heads := cached_heads(self.store, table)):
            return Latest.of_heads(heads)
        return Latest.of_rows(found.to_batches(columns=KEYS.names))


def _check_site(site: object) -> None:
    if site is not None and not isinstance(site, str):
        raise BadQuestion(f"site={site!r} is no name; give one as text, or none for all sites")


def _ids(url: str) -> list[str]:
    """Return the ids that an article at `url` may have: the first is that of the spelling given."""
    if not isinstance(url, str):
        raise BadQuestion(f"{url!r} is no URL; give one as text")
    try:
        return [article_id(spelling) for spelling in spellings(normalise_url(url))]
    except ValueError as error:
        raise BadQuestion(str(error)) from error


def _of_first(ids: Sequence[str], rows: pa.Table) -> pa.Table:
    """Return the rows of the first of `ids` that has any: two spellings may be two articles."""
    there = set(rows["article_id"].to_pylist()) if len(ids) > 1 else set()
    first = next((one for one in ids if one in there), None)
    return rows if first is None else rows.filter(pc.field("article_id") == first)


def _subset(every: pa.Schema, columns: Sequence[str] | None) -> pa.Schema:
    if isinstance(columns, str):
        raise BadQuestion(f"columns={columns!r} is one name; give a list of them")
    if unknown := set(columns or ()) - set(every.names):
        raise BadQuestion(f"no column {', '.join(sorted(unknown))}; there are {', '.join(every.names)}")
    return every if columns is None else pa.schema([every.field(name) for name in columns])


def _widened(columns: pa.Schema, every: pa.Schema, names: Iterable[str]) -> pa.Schema:
    """Return `columns` and those of `names` that the table has."""
    missing = (name for name in every.names if name in names and name not in columns.names)
    return pa.schema([*columns, *map(every.field, missing)])


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Which rows: `days` leaves whole partitions out before any file is opened; None means all."""

    when: pc.Expression | None
    texts: dict[str, list[str]]
    days: str | None
    ids: Sequence[str]  # in which to look for the article asked for, the likeliest first
    has_newest: bool  # of every article that it has at all, the newest version is in it

    @classmethod
    def of(
        cls, site: str | None, since: datetime | None, until: datetime | None, ids: Sequence[str] | None = None
    ) -> _Chosen:
        _check_site(site)
        when, days, moment = None, [], pc.field("captured_at")
        if since is not None:
            when, days = moment >= in_utc(since), [f"{DAY} >= '{in_utc(since).date()}'"]
        if until is not None:
            when, days = both(when, moment < in_utc(until)), [*days, f"{DAY} <= '{in_utc(until).date()}'"]
        texts = {"site": [site]} if site is not None else {}
        texts |= {"article_id": list(ids)} if ids is not None else {}
        return cls(when, texts, " AND ".join(days) or None, ids or (), has_newest=not texts and until is None)
