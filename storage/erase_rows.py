"""Erasing from the tables: an article's rows go, other rows lose what they repeat of it, and so does the history.

What is to be done is decided from the rows that are there, so a race or a crash only means to look again.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable

from extract.passages import Passages, letters
from extract.url import article_id
from storage import layout, schema
from storage.client import Store
from storage.erase_warc import Wanted
from storage.errors import ObjectMissing, StoreConflict
from storage.heads import read_heads, write_heads
from storage.nameless import nameless
from storage.scan import scan
from storage.tables import change_versions, fence, open_table, replace_days, table_errors
from storage.verify_reading import WIDE
from storage.verify_tables import active_files

log = logging.getLogger(__name__)
TRIES = 30
TABLES = (layout.ARTICLES, layout.REJECTIONS, layout.STORIES)
DAY = schema.PARTITION.name
Note = Callable[[Collection[date]], None]  # called with the partitions that are about to be written
Dropped = Mapping[str, Collection[int]]  # WARC segment → offsets of the records that are blank now


def read_articles(store: Store, **texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows whose columns hold one of the values in `texts`: what an erasure must know of them."""
    table = open_table(store, layout.ARTICLES)
    if table is None:
        return []
    columns = ["article_id", "site", "url", "canonical_url", "title", "description", "text", "captured_at", DAY]
    with table_errors(store, layout.ARTICLES):
        batches = scan(table, store.table_files(layout.ARTICLES), columns, texts=texts)
        return [row for batch in batches for row in batch.to_pylist()]


def own_passages(store: Store, wanted: Wanted, sites: Collection[str]) -> Passages:
    """Return the passages of `wanted` that no other article of `sites` has in its text: those are others' words too."""
    own = wanted.texts
    for batch in _wide(store, sites, ["article_id", "title", "description", "text"]):
        kept = batch.filter(pc.invert(_is_in(batch["article_id"], wanted.articles)))
        said = [kept[name].to_pylist() for name in ("title", "description", "text")]
        own = own.without(letters("\n".join(text or "" for column in said for text in column)))
        if not own:
            break
    return own


def fence_tables(store: Store) -> None:
    """Have every commit fail that was prepared before now: its writer looks again, and finds the tombstones.

    For an erasure that finds no row of an article commits nothing, while a publisher may hold the article in memory.
    """
    for key in TABLES:
        for _ in _tries(key):
            before = open_table(store, key)
            heads = read_heads(store, before) if before and key == layout.ARTICLES else None
            try:
                after = fence(store, key)
            except StoreConflict as error:
                log.info("%s was written meanwhile (%s): once more", key, error.message)
                continue
            if heads and before and after.version() == before.version() + 1:  # no row changed: spare the next a scan
                write_heads(store, after, heads)
            break


def erase_articles(
    store: Store, wanted: Wanted, sites: Collection[str], dropped: Dropped, note: Note = lambda _days: None
) -> None:
    """Delete the rows of the articles in `wanted`, and from others of `sites` what they had removed of their text.

    A row whose capture is among `dropped` no longer names it.
    """
    for _ in _tries(layout.ARTICLES):
        table = open_table(store, layout.ARTICLES)
        if table is None:
            return
        changes = _changes(store, table, wanted, sites, dropped)
        if not changes.num_rows:
            return
        note(set(changes[DAY].to_pylist()))
        heads = read_heads(store, table)
        try:
            change_versions(store, table, changes)
        except StoreConflict as error:
            log.info("%s was written meanwhile (%s): looked at again", layout.ARTICLES, error.message)
            continue
        gone = changes.filter(changes["gone"])["article_id"]
        write_heads(store, table, heads.without(set(gone.to_pylist())))


def _changes(store: Store, table: DeltaTable, wanted: Wanted, sites: Collection[str], dropped: Dropped) -> pa.Table:
    columns = [DAY, "article_id", "version", "removed", "capture"]
    found: list[dict[str, Any]] = []
    with table_errors(store, layout.ARTICLES):
        texts = {"article_id": sorted(wanted.articles)}
        for batch in scan(table, store.table_files(layout.ARTICLES), columns[:3], texts=texts):
            found += [row | {"removed": [], "capture": None, "gone": True} for row in batch.to_pylist()]
    repeats = wanted.texts or wanted.titles
    for batch in _wide(store, sites, columns, table) if repeats or dropped else ():
        kept = batch.filter(pc.invert(_is_in(batch["article_id"], wanted.articles)))
        found += [row | {"gone": False} for row in _cleaned(kept, wanted, dropped)]
    return pa.Table.from_pylist(found, schema=schema.CHANGES)


def _cleaned(batch: pa.RecordBatch, wanted: Wanted, dropped: Dropped) -> Iterator[dict[str, Any]]:
    spans = "\n".join(text for text in pc.list_flatten(batch["removed"]).field("text").to_pylist())
    is_said = _says(spans, wanted)
    keys = pc.struct_field(batch["capture"], "key")
    if not is_said and not pc.any(_is_in(keys, dropped)).as_py():
        return
    for row in batch.to_pylist():
        cleaned = cleaned_row(row, wanted, dropped)
        if cleaned != row:
            yield cleaned


def cleaned_row(row: dict[str, Any], wanted: Wanted, dropped: Dropped) -> dict[str, Any]:
    """Return another article's row without what it had removed of the text of those in `wanted`."""
    capture = row["capture"]
    if capture is not None and capture["offset"] in dropped.get(capture["key"], ()):
        capture = None
    left = [span for span in row["removed"] if not _says(span["text"], wanted)]
    return row | {"removed": left, "capture": capture}


def _says(text: str, wanted: Wanted) -> bool:
    plain = letters(text)
    return any(some.count(plain) for some in (wanted.texts, wanted.titles))


def erase_rejections(
    store: Store, wanted: Wanted, urls: Collection[str], sites: Collection[str], dropped: Dropped, *, note: Note
) -> None:
    """Take the URLs of the articles out of the rejections of `sites`, and captures that are `dropped`.

    The rows stay, for they are counted.
    """

    def change(rows: pa.Table) -> pa.Table:
        rows = nameless(rows, wanted.articles, urls)
        kept = [None if one and one["offset"] in dropped.get(one["key"], ()) else one
                for one in rows["capture"].to_pylist()]  # fmt: skip
        at = rows.schema.get_field_index("capture")
        return rows.set_column(at, rows.schema.field(at), pa.array(kept, rows.schema.field(at).type))

    for _ in _tries(layout.REJECTIONS):
        table = open_table(store, layout.REJECTIONS)
        days = _touched(store, table, {"site": sorted(sites)}, change) if table else ()
        if not table or not days:
            return
        note(days)
        try:
            for day in sorted(days):  # a commit each, so that no more than a day's rows are in memory
                rows = _rejections(store, table, pc.field(DAY) == day)
                replace_days(store, layout.REJECTIONS, table, [day], change(rows))
        except StoreConflict as error:
            log.info("%s was written meanwhile (%s): looked at again", layout.REJECTIONS, error.message)


def _touched(
    store: Store, table: DeltaTable, texts: dict[str, list[str]], change: Callable[[pa.Table], pa.Table]
) -> set[date]:
    """Return the days on which `change` changes any of the rejections that `texts` name."""
    named = _rejections(store, table, None, texts)
    days = pc.unique(named[DAY]).to_pylist()
    of_days = {day: named.filter(pc.field(DAY) == day) for day in days}
    return {day for day, rows in of_days.items() if not change(rows).equals(rows)}


def _rejections(
    store: Store, table: DeltaTable, when: pc.Expression | None, texts: dict[str, list[str]] | None = None
) -> pa.Table:
    with table_errors(store, layout.REJECTIONS):
        files = store.table_files(layout.REJECTIONS)
        batches = scan(table, files, schema.REJECTIONS.names, when=when, texts=texts or {})
        return pa.Table.from_batches(batches, schema=schema.REJECTIONS)


def purge_history(store: Store, key: str, days: Iterable[date], articles: Collection[str]) -> None:
    """Delete what the table at `key` keeps of before its present version: the log, with the statistics in it, and
    the files of `days` that earlier versions had.

    A file that no version has may be of a commit under way: it goes if it holds one of `articles`, for then that commit
    began before the rows went and fails.
    """
    table = open_table(store, key)
    if table is None:
        return
    log_prefix = f"{key}/_delta_log/"
    version = table.version()
    checkpoint = f"{log_prefix}{version:020d}.checkpoint.parquet"
    if not list(store.list(checkpoint)):  # one that is there is not written again: verify knows its bytes
        with table_errors(store, key):
            table.create_checkpoint()
    names = [one.key for one in store.list(log_prefix)]
    old = [name for name in names if (digits := name.removeprefix(log_prefix)[:20]).isdigit() and int(digits) < version]
    removed = _removed(store, checkpoint)
    active = active_files(store, key, table)
    for day in days:
        for listed in store.list(layout.table_day_prefix(key, day)):
            path = listed.key.removeprefix(f"{key}/")
            if listed.key not in active and (path in removed or _holds(store, listed.key, articles)):
                old.append(listed.key)
    store.delete(old)


def _removed(store: Store, checkpoint: str) -> set[str]:
    column = pq.read_table(io.BytesIO(store.get(checkpoint).body), columns=["remove"])["remove"]
    return {one["path"] for one in column.drop_null().to_pylist() if one["path"]}


def _holds(store: Store, key: str, articles: Collection[str]) -> bool:
    try:
        file = pq.ParquetFile(io.BytesIO(store.get(key).body))
    except (ObjectMissing, pa.ArrowException):
        return False  # gone meanwhile, or cut short by a writer that died: verify names it
    names = file.schema_arrow.names
    if "article_id" in names:
        ids: Iterable[str] = file.read(["article_id"])["article_id"].to_pylist()
    else:
        ids = map(article_id, file.read(["url"])["url"].to_pylist())
    return not set(ids).isdisjoint(articles)


def _wide(
    store: Store, sites: Collection[str], columns: Sequence[str], table: DeltaTable | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield the articles' rows of `sites`, few at a time: whole texts are among the columns."""
    table = table or open_table(store, layout.ARTICLES)
    if table is None:
        return
    with table_errors(store, layout.ARTICLES):
        dataset = table.to_pyarrow_dataset(filesystem=store.table_files(layout.ARTICLES))
        is_theirs = pc.field("site").cast(pa.string()).isin(sorted(sites))
        yield from dataset.to_batches(columns=list(columns), filter=is_theirs, **WIDE)


def _is_in(column: pa.Array, values: Iterable[str]) -> pa.Array:
    return pc.is_in(pc.cast(column, pa.string()), value_set=pa.array(sorted(values), pa.string()))


def _tries(key: str) -> Iterator[int]:
    yield from range(TRIES)
    raise StoreConflict(f"{key}: written {TRIES} times meanwhile; run the command again")
