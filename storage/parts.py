"""A run's outcomes in parts, one a WARC segment: written as segments are read, joined when the run is staged."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from extract.article import Article
from extract.rejection import Rejection
from extract.stored import StoredObject
from storage import layout, schema
from storage.client import Store
from storage.rows import staged_row
from storage.staging import Extracted, open_rows, write_rows

BATCH_ROWS = 256


@dataclass(frozen=True, slots=True)
class Noted:
    """What became of one URL: an article of this title and text, or a rejection's reason."""

    url: str
    captured_at: datetime
    title: str | None
    text_sha256: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A run's staged file (None when there is nothing to publish), and what became of each URL in it, in its order."""

    object: StoredObject | None
    noted: tuple[Noted, ...]


def write_part(store: Store, site: str, run_id: str, number: int, outcomes: Iterable[Article | Rejection]) -> Extracted:
    """Store the outcomes of a run's segment `number`, read in small batches. Repeating it replaces the part."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as folder:
        path = Path(folder) / "rows.parquet"
        articles, rejections = write_rows(path, outcomes, run_id)
        return Extracted(store.put_file(layout.part_key(site, run_id, number), path), articles, rejections)


def written_parts(store: Store, site: str, run_id: str) -> set[int]:
    """Return the numbers of the parts that the run has."""
    prefix = layout.parts_prefix(site, run_id)
    return {int(listed.key.removeprefix(prefix).partition(".")[0]) for listed in store.list(prefix)}


def stage_parts(store: Store, site: str, run_id: str, numbers: Iterable[int], more: Sequence[Rejection]) -> StagedFile:
    """Join the parts `numbers` and the rejections `more` into the run's staged file. ObjectMissing without a part.

    Batches are copied as they are, so that a run of any length needs little memory.
    """
    noted: list[Noted] = []
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as folder:
        path = Path(folder) / "rows.parquet"
        with pq.ParquetWriter(path, schema.STAGED, compression="zstd") as writer:
            for batch in _batches(store, site, run_id, numbers, more):
                writer.write_batch(batch)
                noted += _note(batch)
        if not noted:
            return StagedFile(None, ())
        return StagedFile(store.put_file(layout.staged_key(site, run_id), path), tuple(noted))


def drop_parts(store: Store, site: str, run_id: str, numbers: Iterable[int]) -> None:
    """Delete the parts of a run whose manifest says that it is staged."""
    store.delete(layout.part_key(site, run_id, number) for number in numbers)


def _batches(
    store: Store, site: str, run_id: str, numbers: Iterable[int], more: Sequence[Rejection]
) -> Iterator[pa.RecordBatch]:
    for number in numbers:
        key = layout.part_key(site, run_id, number)
        yield from open_rows(store.get(key).body, key).iter_batches(BATCH_ROWS)
    if more:
        yield pa.RecordBatch.from_pylist([staged_row(rejection, run_id) for rejection in more], schema=schema.STAGED)


def _note(batch: pa.RecordBatch) -> Iterator[Noted]:
    articles, rejections = batch.column("article").drop_null(), batch.column("rejection").drop_null()
    for url, at, title, digest in _columns(articles, "url", "captured_at", "title", "text_sha256"):
        yield Noted(url, at, title, digest, reason=None)
    for url, at, reason in _columns(rejections, "url", "captured_at", "reason"):
        yield Noted(url, at, title=None, text_sha256=None, reason=reason)


def _columns(rows: pa.StructArray, *names: str) -> Iterator[tuple[Any, ...]]:
    return zip(*(rows.field(name).to_pylist() for name in names), strict=True)
