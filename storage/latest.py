"""Which rows of the articles table are the latest version of their article: last by captured_at, then by version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storage import schema
from storage.heads import Heads

IDENTITY = ("article_id", "version", "captured_at")
KEYS = pa.schema([schema.ARTICLE_ROW.field(name) for name in IDENTITY])


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest version of each article that has several. `articles`: their ids as 16 bytes each, sorted."""

    articles: np.ndarray
    versions: np.ndarray

    @classmethod
    def of_heads(cls, heads: Heads) -> Self:
        """Return what the heads of the whole table say."""
        return cls._of(heads.rows.filter(pc.field("last_version") > 1))

    @classmethod
    def of_rows(cls, batches: Iterable[pa.RecordBatch]) -> Self:
        """Return what some rows, of the columns KEYS, say of each other."""
        rows = pa.Table.from_batches(batches, schema=KEYS)
        latest = is_latest(rows)
        several = rows.filter(pc.invert(latest))["article_id"]
        return cls._of(rows.filter(pc.and_(latest, pc.is_in(rows["article_id"], value_set=pc.unique(several)))))

    @classmethod
    def _of(cls, rows: pa.Table) -> Self:
        articles = _ids(rows["article_id"].combine_chunks())
        order = np.argsort(articles)
        return cls(articles[order], rows["version"].to_numpy()[order])

    def only(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the rows of `batch` that are not older than what is known here."""
        if not len(self.articles):
            return batch
        articles, versions = _ids(batch["article_id"]), batch["version"].to_numpy()
        at = np.minimum(np.searchsorted(self.articles, articles), len(self.articles) - 1)
        kept = (self.articles[at] != articles) | (self.versions[at] == versions)
        if kept.all():
            return batch
        mask = pa.array(kept)  # by columns: RecordBatch.filter takes six times as long
        return pa.RecordBatch.from_arrays([column.filter(mask) for column in batch.columns], schema=batch.schema)


def is_latest(rows: pa.Table) -> pa.Array:
    """Return for each row whether it is the latest of its article among `rows`, which have the columns of KEYS."""
    articles = rows["article_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    moments = rows["captured_at"].cast(pa.int64()).to_numpy()
    order = np.lexsort((rows["version"].to_numpy(), moments, articles))
    latest = np.empty(rows.num_rows, bool)
    latest[order] = np.diff(articles[order], append=-1) != 0
    return pa.array(latest)


def _ids(column: pa.Array) -> np.ndarray:
    """Return article ids, 16 characters each, as one numpy array of bytes."""
    fixed = column.cast(pa.string()).cast(pa.binary()).cast(pa.binary(16))
    data = fixed.buffers()[1]
    return np.frombuffer(data, "S16", len(fixed), fixed.offset * 16) if len(fixed) else np.empty(0, "S16")
