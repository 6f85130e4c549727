"""The readers' API: the archive's articles and rejections as Arrow tables or a polars LazyFrame."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import pyarrow as pa
import pyarrow.compute as pc

from extract.url import article_id, normalise_url
from storage import layout, schema
from storage.client import Store
from storage.connect import open_store
from storage.scan import both, scan
from storage.settings import StoreSettings
from storage.tables import open_table, table_errors

if TYPE_CHECKING:
    import polars as pl
    from deltalake import DeltaTable
    from pyarrow.fs import FileSystem


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
        url: str | None = None, all_versions: bool = False,
    ) -> pa.Table:  # fmt: skip
        """Return article rows by captured_at, then URL: of each article the latest version, or every one.

        `since` (inclusive) and `until` (exclusive) are aware datetimes about captured_at; with `until` the latest
        version is the one in force then. `url` is normalised first.
        """
        chosen = _Chosen.of(site, since, until, url)
        batches = self._batches(layout.ARTICLES, chosen, schema.ARTICLES, latest=not all_versions)
        return pa.Table.from_batches(batches, schema=schema.ARTICLES).sort_by(
            [("captured_at", "ascending"), ("url", "ascending"), ("version", "ascending")]
        )

    def article_batches(
        self, *, site: str | None = None, since: datetime | None = None, until: datetime | None = None,
        all_versions: bool = False,
    ) -> Iterator[pa.RecordBatch]:  # fmt: skip
        """Yield the rows of `articles`, unsorted and a batch at a time: for exports larger than memory."""
        chosen = _Chosen.of(site, since, until)
        yield from self._batches(layout.ARTICLES, chosen, schema.ARTICLES, latest=not all_versions)

    def rejections(
        self, *, site: str | None = None, since: datetime | None = None, until: datetime | None = None
    ) -> pa.Table:
        """Return rejection rows by captured_at, then URL."""
        chosen = _Chosen.of(site, since, until)
        batches = self._batches(layout.REJECTIONS, chosen, schema.REJECTIONS, latest=False)
        return pa.Table.from_batches(batches, schema=schema.REJECTIONS).sort_by(
            [("captured_at", "ascending"), ("url", "ascending")]
        )

    def lazy(self, *, all_versions: bool = False) -> pl.LazyFrame:
        """Return the articles as a polars LazyFrame, whose filters and columns are pushed down to S3."""
        import polars as pl  # noqa: PLC0415 - a second of import that the other readers need not pay

        if open_table(self.store, layout.ARTICLES) is None:
            return pl.DataFrame(schema.ARTICLES.empty_table()).lazy()
        uri = self.store.table_uri(layout.ARTICLES)
        frame = pl.scan_delta(uri, storage_options=self.store.table_options())
        if all_versions:
            return frame
        newest = frame.sort("captured_at", "version").group_by("article_id").agg(pl.col("version").last())
        return frame.join(newest, on=["article_id", "version"], how="semi")

    def table_version(self) -> int | None:
        """Return the articles table's version, None before the first publish."""
        table = open_table(self.store, layout.ARTICLES)
        return table.version() if table else None

    def _batches(self, key: str, chosen: _Chosen, columns: pa.Schema, *, latest: bool) -> Iterator[pa.RecordBatch]:
        table = open_table(self.store, key)
        if table is None:
            return
        with table_errors(self.store, key):
            files = self.store.table_files(key)
            old = _superseded(table, files, chosen) if latest else pa.array([], pa.string())
            for batch in scan(table, files, columns.names, when=chosen.when, texts=chosen.texts):
                kept = batch.filter(pc.invert(pc.is_in(_version_key(batch), value_set=old))) if len(old) else batch
                if kept.num_rows:
                    yield kept


def _superseded(table: DeltaTable, files: FileSystem, chosen: _Chosen) -> pa.Array:
    """Return "article_id:version" of the chosen rows that are not the latest of their article."""
    order_by = pa.schema([schema.ARTICLES.field(name) for name in ("article_id", "version", "captured_at")])
    rows = pa.Table.from_batches(
        scan(table, files, order_by.names, when=chosen.when, texts=chosen.texts), schema=order_by
    )
    order = rows.sort_by([("captured_at", "descending"), ("version", "descending")])
    newest: set[str] = set()
    old = []
    for article, version in zip(order["article_id"].to_pylist(), order["version"].to_pylist(), strict=True):
        if article in newest:
            old.append(f"{article}:{version}")
        newest.add(article)
    return pa.array(old, pa.string())


def _version_key(batch: pa.RecordBatch) -> pa.Array:
    return pc.binary_join_element_wise(batch["article_id"], pc.cast(batch["version"], pa.string()), ":")


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Which rows: `when` prunes whole partitions by their day before any file is opened."""

    when: pc.Expression | None
    texts: dict[str, list[str]]

    @classmethod
    def of(cls, site: str | None, since: datetime | None, until: datetime | None, url: str | None = None) -> _Chosen:
        when = None
        day, moment = pc.field(schema.PARTITION.name), pc.field("captured_at")
        if since is not None:
            when = both(when, (day >= _utc(since).date()) & (moment >= _utc(since)))
        if until is not None:
            when = both(when, (day <= _utc(until).date()) & (moment < _utc(until)))
        texts = {"site": [site]} if site is not None else {}
        return cls(when, texts | ({"article_id": [article_id(normalise_url(url))]} if url is not None else {}))


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone; give an aware datetime")
    return moment.astimezone(UTC)
