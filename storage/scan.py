"""Reading rows of a Delta table by what their columns hold, whoever wrote the files."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from pyarrow.dataset import FileSystemDataset
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
    Only files whose statistics allow a match are read. Text is compared after a cast: files that deltalake
    rewrites (an update does) hold Arrow's string_view, which nothing compares with string.
    """
    prune = keep = when
    for name, values in (texts or {}).items():
        column = pc.field(name)
        prune = both(prune, (column >= min(values)) & (column <= max(values)))
        keep = both(keep, column.cast(pa.string()).isin(list(values)))
    dataset = table.to_pyarrow_dataset(filesystem=files)
    fragments = [one for one in dataset.get_fragments(filter=prune) if only is None or one.path in only]
    chosen = FileSystemDataset(fragments, dataset.schema, dataset.format, dataset.filesystem)
    yield from chosen.to_batches(columns=list(columns), filter=keep)


def both(one: pc.Expression | None, other: pc.Expression) -> pc.Expression:
    """Return the expression that holds where both do."""
    return other if one is None else one & other
