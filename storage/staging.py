"""A run's articles and rejections on their way to the tables, in Parquet.

Parts first, one a WARC segment, written as the segments are read; then, joined, the staged file that waits for publish.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from extract.article import Article
from extract.rejection import Rejection
from extract.stored import StoredObject
from storage import layout, schema
from storage.client import Store
from storage.errors import ObjectRefused
from storage.rows import staged_row

BATCH_ROWS = 256  # rows held as Python objects at once: some 10 MiB of articles
DECISIVE = ("captured_at", "article_id", "title", "text_sha256", "site", "extraction")  # whether it is a new version


@dataclass(frozen=True, slots=True)
class Extracted:
    """A written part and what is in it."""

    object: StoredObject
    articles: int
    rejections: int


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
        articles, rejections = _write_rows(path, outcomes, run_id)
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
        yield from _open_rows(store.get(key).body, key).iter_batches(BATCH_ROWS)
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


def _write_rows(path: Path | IO[bytes], outcomes: Iterable[Article | Rejection], run_id: str) -> tuple[int, int]:
    articles = rejections = 0
    pending = iter(outcomes)
    with pq.ParquetWriter(path, schema.STAGED, compression="zstd") as writer:
        while batch := list(islice(pending, BATCH_ROWS)):
            rows = [staged_row(outcome, run_id) for outcome in batch]
            found = sum(isinstance(outcome, Article) for outcome in batch)
            articles, rejections = articles + found, rejections + len(batch) - found
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=schema.STAGED))
    return articles, rejections


def read_tables(store: Store, key: str) -> tuple[pa.Table, pa.Table]:
    """Return the article rows and the rejection rows of the file at `key`.

    Raises ObjectRefused, naming the key, for a damaged file or one that a newer version wrote.
    """
    parsed = _open_rows(store.get(key).body, key)
    return _tables(parsed, key)


@dataclass(frozen=True, slots=True)
class FetchedRows:
    """A staged file on this disk, read through once: what is decided by is in memory, the articles are not."""

    path: Path
    key: str
    decisive: pa.Table  # the columns DECISIVE of the article rows, in their order
    rejections: pa.Table

    def articles(self) -> Iterator[pa.RecordBatch]:
        """Yield the article rows, a small batch at a time, in the order of `decisive`."""
        return _parts(_open_rows(self.path, self.key), "article")


def fetch_rows(store: Store, key: str, path: Path) -> FetchedRows:
    """Copy the file at `key` to `path`. Raises ObjectRefused like `read_tables`; then nothing in it fails any more."""
    with store.open(key) as stored, path.open("wb") as file:
        shutil.copyfileobj(stored, file)
    parsed = _open_rows(path, key)
    with _damage_of(key):
        decisive = [part.select(list(DECISIVE)) for part in _parts(parsed, "article")]
        rejections = pa.Table.from_batches(_parts(parsed, "rejection"), schema=schema.REJECTION_ROW)
    columns = pa.schema([schema.ARTICLE_ROW.field(name) for name in DECISIVE])
    return FetchedRows(path, key, pa.Table.from_batches(decisive, schema=columns), rejections)


def pack_outcomes(outcomes: Iterable[Article | Rejection]) -> bytes:
    """Return `outcomes` as the bytes of a file such as a part, without a run: for another process."""
    sink = io.BytesIO()
    _write_rows(sink, outcomes, run_id="")
    return sink.getvalue()


def unpack_outcomes(packed: bytes) -> tuple[pa.Table, pa.Table]:
    """Return the article rows and the rejection rows in the bytes of `pack_outcomes`."""
    return _tables(_open_rows(packed, "outcomes"), "outcomes")


def _tables(parsed: pq.ParquetFile, key: str) -> tuple[pa.Table, pa.Table]:
    with _damage_of(key):
        articles = pa.Table.from_batches(_parts(parsed, "article"), schema=schema.ARTICLE_ROW)
        rejections = pa.Table.from_batches(_parts(parsed, "rejection"), schema=schema.REJECTION_ROW)
    return articles, rejections


@contextmanager
def _damage_of(key: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno:  # of this machine, not of the file
            raise
        raise ObjectRefused(f"{key}: damaged ({str(error).splitlines()[0]}); extract the run again") from error


def stored_object(key: str, body: bytes) -> StoredObject:
    """Return how a manifest lists `body` at `key`."""
    return StoredObject(key, hashlib.sha256(body).hexdigest(), len(body))


def _open_rows(file: bytes | Path, key: str) -> pq.ParquetFile:
    try:
        parsed = pq.ParquetFile(io.BytesIO(file) if isinstance(file, bytes) else file)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise ObjectRefused(f"{key}: no Parquet file ({str(error).splitlines()[0]}); extract the run again") from error
    version = (parsed.schema_arrow.metadata or {}).get(schema.VERSION_KEY, b"none").decode()
    if version != str(schema.STAGED_VERSION) or not parsed.schema_arrow.equals(schema.STAGED):
        raise ObjectRefused(
            f"{key}: staged layout {version}, this version reads {schema.STAGED_VERSION}; "
            "publish it with the version of Broadsheet that wrote it, or extract the run again"
        )
    return parsed


def _parts(parsed: pq.ParquetFile, name: str) -> Iterator[pa.RecordBatch]:
    """Yield the rows of one kind, their struct taken apart into columns."""
    target = schema.ARTICLE_ROW if name == "article" else schema.REJECTION_ROW
    for batch in parsed.iter_batches(BATCH_ROWS, columns=[name]):
        if len(part := batch.column(0).drop_null()):
            yield pa.RecordBatch.from_struct_array(part).cast(target)
