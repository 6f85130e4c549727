"""New data files of a Delta table, written from a stream of rows.

deltalake's own writer joins whatever it is given into batches of 8,192 rows before it writes any: a commit of some
thousand articles took 200 MiB. This one holds the rows of one row group.
"""

from __future__ import annotations

import json
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from storage import schema
from storage.client import Store

GROUP_ROWS = 256  # of a row group: some 10 MiB of articles
LONGEST = 128  # characters of a text that the log repeats as a column's bound
MILLISECOND = timedelta(milliseconds=1)


def write_data_files(store: Store, key: str, batches: Iterable[pa.RecordBatch]) -> list[AddAction]:
    """Store the rows of `batches` below the table at `key`, a file a partition; a commit of what is returned adds them.

    Files whose commit fails belong to no version: `upkeep` removes them.
    """
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as folder:
        return [_store(store, key, day, path) for day, path in _write(Path(folder), batches).items()]


def _write(folder: Path, batches: Iterable[pa.RecordBatch]) -> dict[date, Path]:
    paths: dict[date, Path] = {}
    with ExitStack() as closing:
        writers: dict[date, pq.ParquetWriter] = {}
        for group in _groups(batches):
            for day in pc.unique(group[schema.PARTITION.name]).to_pylist():
                rows = group.filter(pc.field(schema.PARTITION.name) == day).drop_columns(schema.PARTITION.name)
                if day not in writers:
                    paths[day] = folder / f"{day}.parquet"
                    writer = pq.ParquetWriter(paths[day], rows.schema, compression="zstd", compression_level=3)
                    writers[day] = closing.enter_context(writer)
                writers[day].write_table(rows, GROUP_ROWS)
    return paths


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield the rows of `batches` in tables of some GROUP_ROWS: runs of few rows share a row group."""
    numbered = groupby(_numbered(batches), key=lambda pair: pair[0])
    return (pa.Table.from_batches([batch for _, batch in pairs]) for _, pairs in numbered)


def _numbered(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, pa.RecordBatch]]:
    group = rows = 0
    for batch in batches:
        for start in range(0, batch.num_rows, GROUP_ROWS):
            part = batch.slice(start, GROUP_ROWS)
            if rows and rows + part.num_rows > GROUP_ROWS:
                group, rows = group + 1, 0
            rows += part.num_rows
            yield group, part


def _store(store: Store, key: str, day: date, path: Path) -> AddAction:
    name = f"{schema.PARTITION.name}={day}/part-00000-{uuid.uuid4()}-c000.zstd.parquet"
    stored = store.put_file(f"{key}/{name}", path)
    return AddAction(
        name, stored.size, {schema.PARTITION.name: str(day)}, int(time.time() * 1000), data_change=True,
        stats=json.dumps(statistics(pq.read_metadata(path))),
    )  # fmt: skip


def statistics(metadata: pq.FileMetaData) -> dict[str, Any]:
    """Return what the table's log says of a file, by which readers leave it out: rows, bounds and nulls of columns.

    Of columns that are neither struct nor list. Without bounds where a text is long or a column has no value at all.
    """
    said: dict[str, Any] = {"numRecords": metadata.num_rows, "minValues": {}, "maxValues": {}, "nullCount": {}}
    for column in range(metadata.num_columns):
        name = metadata.schema.column(column).path
        if "." in name:
            continue
        found = [metadata.row_group(group).column(column).statistics for group in range(metadata.num_row_groups)]
        if not all(one and one.has_null_count for one in found):
            continue
        said["nullCount"][name] = sum(one.null_count for one in found)
        bounded = [one for one in found if one.has_min_max]
        if not bounded or any(one.num_values and not one.has_min_max for one in found):
            continue
        low, high = min(one.min for one in bounded), max(one.max for one in bounded)
        if isinstance(low, str) and max(len(low), len(high)) > LONGEST:
            continue
        said["minValues"][name], said["maxValues"][name] = _bound(low), _bound(high, up=True)
    return said


def _bound(value: Any, *, up: bool = False) -> Any:  # noqa: ANN401 - of any column's type
    """Return a bound as the log writes it: times in whole milliseconds, the upper one not below the time."""
    if not isinstance(value, datetime):
        return value
    whole = value.replace(microsecond=value.microsecond // 1000 * 1000)
    if up and whole < value:
        whole += MILLISECOND
    return whole.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
