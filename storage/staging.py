"""A run's articles and rejections on their way to the tables: one Parquet file, extracted first, then staged."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from extract.article import Article
from extract.rejection import Rejection
from extract.stored import StoredObject
from storage import layout, schema
from storage.client import Store
from storage.errors import ObjectRefused
from storage.rows import from_row, staged_row

BATCH_ROWS = 256  # rows held as Python objects at once: some 10 MiB of articles


@dataclass(frozen=True, slots=True)
class Extracted:
    """A written file and what is in it."""

    object: StoredObject
    articles: int
    rejections: int


def write_extracted(store: Store, site: str, run_id: str, outcomes: Iterable[Article | Rejection]) -> Extracted:
    """Store a run's outcomes below runs/; the iterable is read in small batches, so a long run stays small in memory.

    Repeating it replaces the file.
    """
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as folder:
        path = Path(folder) / "rows.parquet"
        articles, rejections = write_rows(path, outcomes, run_id)
        return Extracted(store.put_file(layout.extracted_key(site, run_id), path), articles, rejections)


def write_rows(path: Path, outcomes: Iterable[Article | Rejection], run_id: str) -> tuple[int, int]:
    articles = rejections = 0
    pending = iter(outcomes)
    with pq.ParquetWriter(path, schema.STAGED, compression="zstd") as writer:
        while batch := list(islice(pending, BATCH_ROWS)):
            rows = [staged_row(outcome, run_id) for outcome in batch]
            found = sum(isinstance(outcome, Article) for outcome in batch)
            articles, rejections = articles + found, rejections + len(batch) - found
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=schema.STAGED))
    return articles, rejections


def stage_run(store: Store, site: str, run_id: str) -> Extracted:
    """Hand a run's extracted file over to the publisher; repeatable, and publishing twice adds nothing."""
    body = store.get(layout.extracted_key(site, run_id)).body
    parsed = open_rows(body, layout.extracted_key(site, run_id))
    key = layout.staged_key(site, run_id)
    store.put(key, body)
    articles, rejections = (
        sum(len(part) for part in _parts(parsed, name)) if parsed.metadata.num_rows else 0
        for name in ("article", "rejection")
    )
    return Extracted(stored_object(key, body), articles, rejections)


def write_staged(store: Store, site: str, run_id: str, outcomes: Iterable[Article | Rejection]) -> Extracted:
    """Extract and stage in one: what `ingest` does."""
    write_extracted(store, site, run_id, outcomes)
    return stage_run(store, site, run_id)


def read_extracted(store: Store, site: str, run_id: str) -> Iterator[Article | Rejection]:
    """Yield a run's outcomes: its articles, then its rejections."""
    return read_outcomes(store, layout.extracted_key(site, run_id))


def read_staged(store: Store, site: str, run_id: str) -> Iterator[Article | Rejection]:
    """Yield a staged run's outcomes: its articles, then its rejections."""
    return read_outcomes(store, layout.staged_key(site, run_id))


def read_outcomes(store: Store, key: str) -> Iterator[Article | Rejection]:
    """Yield the outcomes in the file at `key`."""
    articles, rejections = read_tables(store, key)
    yield from (from_row(Article, row) for batch in articles.to_batches(BATCH_ROWS) for row in batch.to_pylist())
    yield from (from_row(Rejection, row) for batch in rejections.to_batches(BATCH_ROWS) for row in batch.to_pylist())


def read_tables(store: Store, key: str) -> tuple[pa.Table, pa.Table]:
    """Return the article rows and the rejection rows of the file at `key`.

    Raises ObjectRefused, naming the key, for a damaged file or one that a newer version wrote.
    """
    parsed = open_rows(store.get(key).body, key)
    try:
        articles = pa.Table.from_batches(_parts(parsed, "article"), schema=schema.ARTICLE_ROW)
        rejections = pa.Table.from_batches(_parts(parsed, "rejection"), schema=schema.REJECTION_ROW)
    except (pa.ArrowException, OSError) as error:
        raise ObjectRefused(f"{key}: damaged ({str(error).splitlines()[0]}); extract the run again") from error
    return articles, rejections


def stored_object(key: str, body: bytes) -> StoredObject:
    """Return how a manifest lists `body` at `key`."""
    return StoredObject(key, hashlib.sha256(body).hexdigest(), len(body))


def open_rows(body: bytes, key: str) -> pq.ParquetFile:
    try:
        parsed = pq.ParquetFile(io.BytesIO(body))
    except (pa.ArrowException, OSError) as error:
        raise ObjectRefused(f"{key}: no Parquet file ({str(error).splitlines()[0]}); extract the run again") from error
    version = (parsed.schema_arrow.metadata or {}).get(schema.VERSION_KEY, b"none").decode()
    if version != str(schema.STAGED_VERSION) or not parsed.schema_arrow.equals(schema.STAGED):
        raise ObjectRefused(
            f"{key}: staged layout {version}, this version reads {schema.STAGED_VERSION}; "
            "publish it with the version of Broadsheet that wrote it, or extract the run again"
        )
    return parsed


def _parts(parsed: pq.ParquetFile, name: str) -> list[pa.RecordBatch]:
    """Return the rows of one kind, their struct taken apart into columns."""
    structs = (batch.column(0).drop_null() for batch in parsed.iter_batches(BATCH_ROWS, columns=[name]))
    target = schema.ARTICLE_ROW if name == "article" else schema.REJECTION_ROW
    return [pa.RecordBatch.from_struct_array(part).cast(target) for part in structs if len(part)]
