"""Reading rows of a Delta table by what their columns hold, whoever wrote the files."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from pyarrow.dataset import Dataset, FileSystemDataset
from pyarrow.fs import FileSystem


def scan(
    table: DeltaTable,
    files: FileSystem,
    columns: Sequence[str],
    *,
    when: pc.Expression | None = None,
    texts: Mapping[str, Sequence[str]] | None = None,
    only: Container[str] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield batches of the rows that `when` lets pass and whose text columns hold one of the values in `texts`.

    `files` is the file system rooted at the table (Store.table_files); `only` leaves all but these of its files out.
    """
    yield from choose(table, files, when=when, texts=texts, only=only).to_batches(columns=list(columns))


def choose(
    table: DeltaTable,
    files: FileSystem,
    *,
    when: pc.Expression | None = None,
    texts: Mapping[str, Sequence[str]] | None = None,
    only: Container[str] | None = None,
    days: str | None = None,
) -> Dataset:
    """Return the rows that `scan` yields as a dataset, which reads each file's footer once however often it is read.

    Only files whose statistics allow a match are read. `days`, SQL about the partition column alone, spares making the
    statistics of the other days' files: a millisecond each. Text is compared after a cast: files that deltalake
    rewrites (an update does) hold Arrow's string_view, which nothing compares with string.
    """
    prune = keep = when
    for name, values in (texts or {}).items():
        column = pc.field(name)
        prune = both(prune, (column >= min(values)) & (column <= max(values)))
        keep = both(keep, column.cast(pa.string()).isin(list(values)))
    dataset = table.to_pyarrow_dataset(filesystem=files, file_pruning_predicate=days)
    fragments = [one for one in dataset.get_fragments(filter=prune) if only is None or one.path in only]
    chosen = FileSystemDataset(fragments, dataset.schema, dataset.format, dataset.filesystem)
    return chosen if keep is None else chosen.filter(keep)


def both(one: pc.Expression | None, other: pc.Expression) -> pc.Expression:
    """Return the expression that holds where both do."""
    return other if one is None else one & other
