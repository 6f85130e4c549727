"""The tables' rows as a verification reads them: few columns in a compact frame, or batch by batch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from extract.article import content_sha256
from storage import layout
from storage.errors import TableError
from storage.findings import Share
from storage.scan import scan
from storage.tables import open_table
from storage.verify_runs import Place
from storage.verify_tables import first_line, unreadable

COLUMNS = {
    layout.ARTICLES: ["site", "run_id", "article_id", "version", "title", "text_sha256", "captured_at", "capture"],
    layout.REJECTIONS: ["site", "run_id", "captured_at", "capture"],
}
ROWS: dict[str, Any] = {  # the columns' types
    "site": pl.Categorical, "run_id": pl.Categorical, "article_id": pl.String, "version": pl.Int64,
    "content": pl.String, "captured_at": pl.Datetime("us", "UTC"), "key": pl.Categorical, "offset": pl.Int64,
    "length": pl.Int64, "digest": pl.String, "status": pl.Int64,
}  # fmt: skip
EVERYTHING = Share(1, date.min)
WIDE = {"batch_size": 1024, "batch_readahead": 1, "fragment_readahead": 1}


def read_rows(place: Place, key: str, sites: Collection[str], share: Share) -> pl.DataFrame:
    """Return the rows of `sites` whose runs are in `share`, as a frame of the columns ROWS."""
    frames = [pl.DataFrame(schema=ROWS)]
    for batch in table_batches(place, key, COLUMNS[key], {"site": sorted(sites)} if sites else None):
        frame = _frame(batch)
        if not share.is_all:
            runs = [run_id for run_id in frame["run_id"].unique().cast(pl.String) if share.has_run(run_id)]
            frame = frame.filter(pl.col("run_id").is_in(runs))
        frames.append(frame)
    return pl.concat(frames)


def table_batches(
    place: Place, key: str, columns: Sequence[str], texts: Mapping[str, Sequence[str]] | None = None,
    *, is_wide: bool = False,
) -> Iterator[pa.RecordBatch]:  # fmt: skip
    """Yield the table's rows, none if there is no table; TableError, naming the file, where one cannot be read.

    `is_wide`: whole texts are among the columns, so few rows are held at once, and nothing is read ahead.
    """
    table = open_table(place.store, key)
    if table is None:
        return
    files = place.store.table_files(key)
    try:
        if is_wide:
            dataset = table.to_pyarrow_dataset(filesystem=files)
            batches = dataset.to_batches(columns=list(columns), **WIDE)
        else:
            batches = scan(table, files, columns, texts=texts)
        for batch in batches:
            batch.validate(full=True)  # damaged text may be no UTF-8
            yield batch
    except (pa.ArrowException, OSError) as error:
        place.store.check_reachable()  # raises when it is the store that is gone, not a file of the table
        raise TableError(f"{unreadable(table, files, columns)} cannot be read: {first_line(error)}") from error


def _frame(batch: pa.RecordBatch) -> pl.DataFrame:
    columns: dict[str, Any] = {name: pc.cast(batch[name], pa.string()) for name in ("site", "run_id")}
    columns["captured_at"] = batch["captured_at"]
    names = batch.schema.names
    if "article_id" in names:
        columns["article_id"] = pc.cast(batch["article_id"], pa.string())
        columns["version"] = batch["version"]
        pairs = zip(batch["title"].to_pylist(), batch["text_sha256"].to_pylist(), strict=True)
        columns["content"] = [content_of(title, text) for title, text in pairs]
    capture = batch["capture"]
    fields = {"key": "key", "offset": "offset", "length": "length", "digest": "payload_digest", "status": "http_status"}
    for name, told in fields.items():
        values = pc.struct_field(capture, told)
        columns[name] = pc.cast(values, pa.string()) if name in {"key", "digest"} else values
    empty = {name: pl.lit(None, dtype) for name, dtype in ROWS.items() if name not in columns}
    frame = pl.DataFrame({name: pl.Series(name, values) for name, values in columns.items()}).with_columns(**empty)
    return frame.select([pl.col(name).cast(dtype) for name, dtype in ROWS.items()])


def content_of(title: str, text_sha256: str) -> str:
    """Return what tells versions apart, half of content_sha256 in hex."""
    return content_sha256(title, text_sha256)[:32]
