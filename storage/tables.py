"""The Delta tables: opening, creating, and commits that a race or a repeat cannot double."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from storage import layout, schema
from storage.client import Store
from storage.data_files import write_data_files
from storage.errors import ObjectMissing, StoreConflict, StoreUnavailable, TableError
from storage.session import COMMIT_OPTIONS

SCHEMAS = {
    layout.ARTICLES: schema.ARTICLES,
    layout.REJECTIONS: schema.REJECTIONS,
    layout.STORIES: schema.STORIES,
}
CONFIGURATION: dict[str, str | None] = {
    "delta.checkpointInterval": "10",  # 2 GETs to open after 500 commits instead of 199 (facts/storage.md)
    "delta.logRetentionDuration": "interval 7 days",
    # a staged file lives minutes; a run's mark must outlive it, and all runs' marks together must stay few
    "delta.setTransactionRetentionDuration": "interval 7 days",
}
ZSTD = WriterProperties(compression="ZSTD", compression_level=3)
FENCE = "publisher"  # an app transaction of every commit: of two made at once from one version, the second fails


def open_table(store: Store, key: str) -> DeltaTable | None:
    """Return the table at `key`, or None before its first commit."""
    with table_errors(store, key):
        try:
            return DeltaTable(store.table_uri(key), storage_options=store.table_options() | COMMIT_OPTIONS)
        except TableNotFoundError:
            return None


def make_table(store: Store, key: str) -> DeltaTable:
    """Return the table at `key`, created if need be; several may race to create it."""
    found = open_table(store, key)
    if found:
        return found
    with table_errors(store, key):
        return DeltaTable.create(
            store.table_uri(key), schema=SCHEMAS[key], mode="ignore", partition_by=[schema.PARTITION.name],
            configuration=CONFIGURATION, storage_options=store.table_options() | COMMIT_OPTIONS,
        )  # fmt: skip


def append_rows(
    store: Store, key: str, table: DeltaTable, batches: Iterable[pa.RecordBatch], runs: Iterable[tuple[str, str]]
) -> bool:
    """Append the rows of `batches` and mark `runs`, in one commit. StoreConflict if anybody published meanwhile.

    Return whether `table` is what this commit made of it: another may have followed by the time it is looked at.
    """
    files: list[AddAction | RemoveAction] = [*write_data_files(store, key, batches)]
    own = _fence()
    with table_errors(store, key):
        table.create_write_transaction(
            files, "append", table.schema(), schema.PARTITION.name, commit_properties=_fenced(runs, own)
        )
        table.update_incremental()
        return table.transaction_version(FENCE) == own.version


def fence(store: Store, key: str) -> DeltaTable:
    """Make a commit without rows, the table too if need be: whoever opened it before fails to commit, and looks again.

    Returns the table as it is then. StoreConflict if anybody committed meanwhile.
    """
    table = make_table(store, key)
    append_rows(store, key, table, (), ())
    return table


def replace_days(store: Store, key: str, table: DeltaTable, days: Iterable[date], rows: pa.Table) -> None:
    """Put `rows` in place of all rows of `days`, in one commit. StoreConflict if anybody wrote meanwhile."""
    listed = ", ".join(f"'{day}'" for day in sorted(days))
    replace_rows(store, key, table, f"{schema.PARTITION.name} IN ({listed})", rows)


def replace_rows(store: Store, key: str, table: DeltaTable, where: str, rows: pa.Table) -> None:
    """Put `rows` in place of those that the SQL predicate `where` names, in one commit; fenced like `append_rows`.

    Every one of `rows` must fulfil `where`: the table refuses the commit otherwise.
    """
    with table_errors(store, key):
        write_deltalake(
            table, rows, mode="overwrite", predicate=where, writer_properties=ZSTD, commit_properties=_fenced(),
        )  # fmt: skip


def set_status(store: Store, table: DeltaTable, status: str, where: str, runs: Iterable[tuple[str, str]] = ()) -> None:
    """Set the status of the article versions that the SQL predicate `where` names; fenced like `append_rows`."""
    with table_errors(store, layout.ARTICLES):
        table.update(
            updates={"status": f"'{status}'"}, predicate=where, writer_properties=ZSTD,
            commit_properties=_fenced(runs),
        )  # fmt: skip


def change_versions(store: Store, table: DeltaTable, changes: pa.Table) -> None:
    """Delete or change the article versions that `changes` (schema.CHANGES) names, in one commit; fenced."""
    keys = (schema.PARTITION.name, "article_id", "version")
    same = " AND ".join(f"t.{name} = s.{name}" for name in keys)
    updates = {name: f"s.{name}" for name in changes.schema.names if name not in {*keys, "gone"}}
    with table_errors(store, layout.ARTICLES):
        merged = table.merge(
            changes, same, source_alias="s", target_alias="t", writer_properties=ZSTD, commit_properties=_fenced()
        )
        merged.when_matched_delete("s.gone").when_matched_update(updates).execute()


def delete_rows(store: Store, key: str, table: DeltaTable, where: str) -> int:
    """Delete the rows that the SQL predicate `where` names, in one commit; fenced. Returns how many."""
    with table_errors(store, key):
        found = table.delete(where, writer_properties=ZSTD, commit_properties=_fenced())
    return int(found["num_deleted_rows"] or 0)


def compact_day(store: Store, key: str, table: DeltaTable, day: date, target_bytes: int) -> None:
    """Write a day's small files into one, in one commit. StoreConflict if one of them was replaced meanwhile.

    Not fenced: it changes no row, and a publisher under way is not to begin again for it.
    """
    with table_errors(store, key):
        table.optimize.compact(
            [(schema.PARTITION.name, "=", str(day))], target_bytes, max_concurrent_tasks=1, writer_properties=ZSTD
        )


def files_by_day(table: DeltaTable) -> dict[str, date]:
    """Return the table's files: path → captured_day."""
    actions = pa.table(table.get_add_actions(flatten=True))
    days = actions[f"partition.{schema.PARTITION.name}"].to_pylist()
    return dict(zip(actions["path"].to_pylist(), days, strict=True))


def mark(run: tuple[str, str]) -> str:
    """Return the app id under which a table remembers that it holds `run`, (site, run id)."""
    return "/".join(run)


def _fenced(runs: Iterable[tuple[str, str]] = (), own: Transaction | None = None) -> CommitProperties:
    own = own or _fence()
    marks = (Transaction(mark(run), 1, own.last_updated) for run in runs)
    return CommitProperties(app_transactions=[own, *marks])


def _fence() -> Transaction:
    now = int(time.time() * 1000)  # lets the table forget a mark after its retention
    return Transaction(FENCE, now, now)


@contextmanager
def table_errors(store: Store, key: str) -> Iterator[None]:
    """Turn deltalake's errors into this room's: one line that names the table."""
    try:
        yield
    except CommitFailedError as error:
        raise StoreConflict(f"{store.settings.place}: {key}: {_line(error)}") from error
    except DeltaError as error:
        if "Invalid table version" in str(error):  # an erasure took the log of before it away, while this one wrote
            raise StoreConflict(f"{store.settings.place}: {key}: {_line(error)}") from error
        kind = StoreUnavailable if "S3" in str(error) or "error sending request" in str(error) else TableError
        raise kind(f"{store.settings.place}: {key}: {_line(error)}") from error
    except FileNotFoundError as error:
        raise ObjectMissing(
            f"{store.settings.place}: {key}: {_line(error)}; an erasure took it meanwhile, or restore it from a backup"
        ) from error
    except OSError as error:
        raise StoreUnavailable(f"no answer from S3 at {store.settings.place} for {key}: {_line(error)}") from error


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
