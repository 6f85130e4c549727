"""New data files of a Delta table, written from a stream of rows.

deltalake's own writer joins whatever it is given into batches of 8,192 rows before it writes any, so that memory grew
with a run. This one holds the rows of one row group.
"""

from __future__ import annotations

import json
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from storage import schema
from storage.client import Store

GROUP_ROWS = 256  # of a row group
OPEN_FILES = 32  # at once, of a batch of many days
LONGEST = 128  # characters of a text that the log repeats as a column's bound
LAST = chr(0x10FFFF)  # not below any character
MILLISECOND = timedelta(milliseconds=1)


def write_data_files(store: Store, key: str, batches: Iterable[pa.RecordBatch]) -> list[AddAction]:
    """Store the rows of `batches` below the table at `key`, by partition; a commit of what is returned adds them.

    Files whose commit fails belong to no version: `upkeep` removes them.
    """
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as folder:
        return [_store(store, key, day, path) for day, path in _write(Path(folder), batches)]


def _write(folder: Path, batches: Iterable[pa.RecordBatch]) -> list[tuple[date, Path]]:
    files: list[tuple[date, Path]] = []
    writers: dict[date, pq.ParquetWriter] = {}
    try:
        for group in _groups(batches):
            for day in pc.unique(group[schema.PARTITION.name]).to_pylist():
                rows = group.filter(pc.field(schema.PARTITION.name) == day).drop_columns(schema.PARTITION.name)
                if day not in writers:
                    if len(writers) == OPEN_FILES:
                        writers.pop(next(iter(writers))).close()  # should its day come again, it gets a second file
                    files.append((day, folder / f"{len(files)}.parquet"))
                    writers[day] = pq.ParquetWriter(files[-1][1], rows.schema, compression="zstd", compression_level=3)
                writers[day].write_table(rows, GROUP_ROWS)
    finally:
        for writer in writers.values():
            writer.close()
    return files


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield the rows of `batches` in tables of at most GROUP_ROWS: runs of few rows share a row group."""
    group: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        for start in range(0, batch.num_rows, GROUP_ROWS):
            part = batch.slice(start, GROUP_ROWS)
            if group and rows + part.num_rows > GROUP_ROWS:
                yield pa.Table.from_batches(group)
                group, rows = [], 0
            group.append(part)
            rows += part.num_rows
    if group:
        yield pa.Table.from_batches(group)


def _store(store: Store, key: str, day: date, path: Path) -> AddAction:
    name = f"{schema.PARTITION.name}={day}/part-00000-{uuid.uuid4()}-c000.zstd.parquet"
    stored = store.put_file(f"{key}/{name}", path)
    return AddAction(
        name, stored.size, {schema.PARTITION.name: str(day)}, int(time.time() * 1000), data_change=True,
        stats=json.dumps(statistics(pq.read_metadata(path))),
    )  # fmt: skip


def statistics(metadata: pq.FileMetaData) -> dict[str, Any]:
    """Return what the table's log says of a file, by which readers leave it out: rows, bounds and nulls of columns.

    Of columns that are neither struct nor list; TypeError for a kind that has no bounds here. A column with any value
    has both bounds, if wide ones: pyarrow's reader of Delta tables takes a missing one to mean that nothing matches.
    """
    said: dict[str, Any] = {"numRecords": metadata.num_rows, "minValues": {}, "maxValues": {}, "nullCount": {}}
    for number in range(metadata.num_columns):
        name = metadata.schema.column(number).path
        if "." in name:
            continue
        columns = [metadata.row_group(group).column(number) for group in range(metadata.num_row_groups)]
        said["nullCount"][name] = sum(one.statistics.null_count for one in columns)
        if filled := [one.statistics for one in columns if one.statistics.num_values]:
            is_bounded = all(one.has_min_max for one in filled)  # pyarrow keeps none of a text beyond 4 KiB
            low, high = (min(one.min for one in filled), max(one.max for one in filled)) if is_bounded else ("", LAST)
            if not is_bounded and filled[0].physical_type != "BYTE_ARRAY":
                raise TypeError(f"{name}: no bounds of such a column")
            said["minValues"][name], said["maxValues"][name] = _bound(low), _bound(high, up=True)
    return said


def _bound(value: str | int | datetime, *, up: bool = False) -> str | int:
    """Return a bound as the log writes it: short texts, times in whole milliseconds; with `up` not below `value`."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[:LONGEST] + (LAST if up else "")
    if not isinstance(value, datetime):
        return value
    whole = value.replace(microsecond=value.microsecond // 1000 * 1000)
    if up and whole < value:
        whole += MILLISECOND
    return whole.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
