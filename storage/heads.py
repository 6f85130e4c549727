"""The latest state of every article, cached beside the table so that publishing need not scan it.

The cache names the table's version it was made from and is believed only then; otherwise the table is scanned.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable

from storage import layout
from storage.client import Store
from storage.errors import ObjectMissing
from storage.scan import scan
from storage.tables import table_errors
from storage.versions import Head, State, content_digest

log = logging.getLogger(__name__)
SCHEMA = pa.schema(
    {
        "article_id": pa.string(), "version": pa.int64(), "last_version": pa.int64(), "digest": pa.binary(16),
        "status": pa.string(), "captured_at": pa.timestamp("us", tz="UTC"), "captured_day": pa.date32(),
    }
)  # fmt: skip
_COLUMNS = ["article_id", "version", "title", "text_sha256", "status", "captured_at", "captured_day"]
_NAME = b"broadsheet.heads"


@dataclass(frozen=True, slots=True)
class Heads:
    """All heads as of one version of the table."""

    rows: pa.Table

    @classmethod
    def empty(cls) -> Heads:
        """Return the heads of an empty table."""
        return cls(SCHEMA.empty_table())

    def of(self, articles: Iterable[str]) -> dict[str, Head]:
        """Return the heads of those `articles` that the table has."""
        wanted = pa.array(sorted(set(articles)), pa.string())
        found = self.rows.filter(pc.is_in(self.rows["article_id"], value_set=wanted))
        return {row.pop("article_id"): Head(**row) for row in found.to_pylist()}

    def without(self, articles: Collection[str]) -> Heads:
        """Return the heads of all other articles."""
        gone = pc.is_in(self.rows["article_id"], value_set=pa.array(sorted(articles), pa.string()))
        return Heads(self.rows.filter(pc.invert(gone)))

    def replaced(self, changed: Mapping[str, Head]) -> Heads:
        """Return the heads with those of `changed` put in."""
        wanted = pa.array(sorted(changed), pa.string())
        kept = self.rows.filter(pc.invert(pc.is_in(self.rows["article_id"], value_set=wanted)))
        names = SCHEMA.names[1:]
        rows = [
            {"article_id": article} | {name: getattr(head, name) for name in names} for article, head in changed.items()
        ]
        return Heads(pa.concat_tables([kept, pa.Table.from_pylist(rows, schema=SCHEMA)]))


def read_heads(store: Store, table: DeltaTable) -> Heads:
    """Return the heads of `table` as of the version it was opened at."""
    return cached_heads(store, table) or _scan_heads(store, table)


def cached_heads(store: Store, table: DeltaTable) -> Heads | None:
    """Return the cached heads, None if there are none of the version that `table` was opened at."""
    try:
        rows = pq.read_table(io.BytesIO(store.get(layout.HEADS).body))
    except (ObjectMissing, pa.ArrowException, OSError):
        return None
    if (rows.schema.metadata or {}).get(_NAME) != _mark(table) or not rows.schema.equals(SCHEMA):
        return None
    return Heads(rows.replace_schema_metadata(None))


def write_heads(store: Store, table: DeltaTable, heads: Heads) -> None:
    """Cache `heads` for `table`'s present version."""
    sink = io.BytesIO()
    pq.write_table(heads.rows.replace_schema_metadata({_NAME: _mark(table)}), sink, compression="zstd")
    store.put(layout.HEADS, sink.getvalue())


def read_history(store: Store, table: DeltaTable, articles: set[str]) -> dict[str, list[State]]:
    """Return (captured_at, digest) of every version of `articles`."""
    found: dict[str, list[State]] = {}
    for row in _scan(store, table, {"article_id": sorted(articles)} if articles else {}):
        state = (row["captured_at"], content_digest(row["title"], row["text_sha256"]))
        found.setdefault(row["article_id"], []).append(state)
    return found


def _scan_heads(store: Store, table: DeltaTable) -> Heads:
    log.info("reading the heads of %s at version %s", layout.ARTICLES, table.version())
    heads: dict[str, Head] = {}
    for row in _scan(store, table, {}):
        article, version = row["article_id"], row["version"]
        known = heads.get(article)
        last = max(version, known.last_version if known else 0)
        if known and _order(row["captured_at"], version) < _order(known.captured_at, known.version):
            heads[article] = replace(known, last_version=last)
        else:
            digest = content_digest(row["title"], row["text_sha256"])
            heads[article] = Head(version, last, digest, row["status"], row["captured_at"], row["captured_day"])
    return Heads.empty().replaced(heads)


def _scan(store: Store, table: DeltaTable, texts: Mapping[str, Sequence[str]]) -> Iterator[dict[str, Any]]:
    with table_errors(store, layout.ARTICLES):
        for batch in scan(table, store.table_files(layout.ARTICLES), _COLUMNS, texts=texts):
            yield from batch.to_pylist()


def _order(captured_at: datetime, version: int) -> tuple[datetime, int]:
    return captured_at, version


def _mark(table: DeltaTable) -> bytes:
    return f"{table.metadata().id} {table.version()}".encode()
