"""Erasing from what waits for the tables: the parts of runs under way, and staged files."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from extract.passages import Passages, letters
from extract.rejection import Reason, Rejection
from storage import layout, schema
from storage.client import Store
from storage.erase_rows import Dropped, cleaned_row, own_passages
from storage.erase_warc import Wanted
from storage.errors import ObjectMissing, ObjectRefused
from storage.nameless import nameless
from storage.rows import staged_row
from storage.staging import BATCH_ROWS, read_tables
from storage.tombstones import stand_in


def waiting_files(store: Store, sites: Collection[str]) -> Iterator[str]:
    """Yield the keys of the parts and staged files of `sites`: in this order, which rows take on their way."""
    for site in sorted(sites):
        keys = (one.key for one in store.list(f"runs/{site}/"))
        yield from (key for key in keys if layout.part_run(key) and key.endswith(".parquet"))
        yield from (one.key for one in store.list(f"{layout.STAGED}{site}/") if layout.staged_run(one.key))


def waiting_rows(store: Store, key: str, articles: Collection[str]) -> list[dict[str, Any]]:
    """Return the rows of `articles` in the file at `key`, none if it is gone or damaged: sweeping it says so."""
    try:
        rows, _ = read_tables(store, key)
    except (ObjectMissing, ObjectRefused):
        return []
    return [row for row in rows.to_pylist() if row["article_id"] in articles]


def own_words(store: Store, wanted: Wanted, sites: Collection[str]) -> Wanted:
    """Return what to look for without the words that other articles of `sites` have in their texts, too."""
    own = _own_among_waiting(store, wanted, sites)  # first: rows go from there to the table
    return replace(wanted, texts=own_passages(store, replace(wanted, texts=own), sites))


def _own_among_waiting(store: Store, wanted: Wanted, sites: Collection[str]) -> Passages:
    own = wanted.texts
    for key in waiting_files(store, sites) if own else ():
        with suppress(ObjectMissing, ObjectRefused):  # gone or damaged: sweeping it says so
            rows, _ = read_tables(store, key)
            for batch in rows.select(["article_id", "title", "description", "text"]).to_batches(BATCH_ROWS):
                for row in batch.to_pylist():
                    if row.pop("article_id") not in wanted.articles:
                        own = own.without(letters("\n".join(filter(None, row.values()))))
    return own


def swept_rows(body: bytes, key: str, wanted: Wanted, urls: Collection[str], dropped: Dropped) -> bytes:
    """Return the file `body` without the articles in `wanted` and what others repeat of them; `body` if it has none.

    In a part a rejection takes an article's place, since the run counts what was read; a staged file's were counted.
    """
    try:
        file = pq.ParquetFile(io.BytesIO(body))
        rows = file.read().to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise ObjectRefused(f"{key}: no Parquet file ({str(error).splitlines()[0]}); delete it") from error
    kept = []
    for row in rows:
        article, rejection = row["article"], row["rejection"]
        if article and article["article_id"] in wanted.articles:
            if layout.part_run(key):
                gone = Rejection(
                    article["site"], stand_in(article["article_id"]), article["captured_at"], Reason.ERASED
                )
                kept.append(staged_row(gone, article["run_id"]))
            continue
        if article:
            article = cleaned_row(article, wanted, dropped)
        elif rejection:
            of_one = pa.Table.from_pylist([rejection], schema=schema.REJECTION_ROW)
            (rejection,) = nameless(of_one, wanted.articles, urls).to_pylist()
        kept.append({"article": article, "rejection": rejection})
    if kept == rows:
        return body
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(kept, schema=schema.STAGED), sink, compression="zstd")
    return sink.getvalue()
