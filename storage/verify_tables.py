"""The files of the Delta tables: those that a table's log names are there and never change, and there are no others.

A table's log names its files with their size and without a hash. So what is seen of a file is noted in
`state/tables.json.gz` (size, ETag and, after a deep look, sha256), and compared at every later look: these files are
written once.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from deltalake import DeltaTable
from pyarrow.fs import FileSystem

from storage import layout
from storage.client import Store
from storage.errors import ObjectMissing, ObjectRefused, StoreConflict, StoreError
from storage.findings import Findings
from storage.inventory import Found, Inventory
from storage.tables import open_table, table_errors

TABLES = "tables/"
UNUSED_AFTER = timedelta(
    days=14
)  # twice the time that a table keeps replaced files for readers of its earlier versions
DATA_FILE = re.compile(r"(?:\w+=[^/]+/)*part-\d{5}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-c\d{3}\S*\.parquet")
_BLOCK = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Note:
    """What was seen of a file; `sha256` in hex, None before its bytes were read."""

    size: int
    etag: str
    sha256: str | None = None


Notes = dict[str, Note]


def read_notes(store: Store) -> tuple[Notes, str | None]:
    """Return the notes by key, with the object's ETag; none yet, none and None."""
    try:
        stored = store.get(layout.TABLE_NOTES)
    except ObjectMissing:
        return {}, None
    try:
        told = json.loads(gzip.decompress(stored.body))
        return {key: Note(*values) for key, values in told.items()}, stored.etag
    except (OSError, EOFError, zlib.error, ValueError, TypeError, AttributeError) as error:
        raise ObjectRefused(f"{layout.TABLE_NOTES}: no notes ({error!r}); delete it to begin anew") from error


def write_notes(store: Store, notes: Notes, etag: str | None) -> None:
    """Keep the notes, unless another verification wrote its own meanwhile: those do as well."""
    body = gzip.compress(json.dumps({key: astuple(note) for key, note in sorted(notes.items())}).encode(), mtime=0)
    try:
        store.put(layout.TABLE_NOTES, body, if_none_match=etag is None, if_match=etag)
    except StoreConflict:
        return


def note_tables(store: Store) -> None:
    """Note the tables' files as they are now: after a publish, so that a change is seen from then on."""
    inventory = Inventory(store)
    try:
        notes, etag = read_notes(store)
        checker = TableChecker(store, inventory, notes, deep=False)
        checker.check()
        if checker.kept != notes:
            write_notes(store, checker.kept, etag)
    finally:
        inventory.close()


class TableChecker:
    """Checks the tables' files once. `kept` are the notes as they are to be kept afterwards."""

    def __init__(self, store: Store, inventory: Inventory, notes: Mapping[str, Note], *, deep: bool) -> None:
        self._store, self._inventory, self._notes, self._deep = store, inventory, notes, deep
        self.kept: Notes = {}
        self.found = Findings()

    def check(self) -> Findings:
        """Check every table against its log and the notes."""
        folders, keys = self._inventory.below(TABLES)
        for key in keys:
            self.found.add(key, "orphan: of no table")
        for key in (f"{TABLES}{name}" for name in folders):
            try:
                self._check_table(key)
            except StoreError as error:
                self._store.check_reachable()  # raises when it is the store that is gone, not this table
                self.found.add(key, error.message)
                self.kept |= {name: note for name, note in self._notes.items() if name.startswith(f"{key}/")}
        return self.found

    def _check_table(self, key: str) -> None:
        table = open_table(self._store, key)  # first: files are written before the commit that names them
        there = {one.key: one for one in self._inventory.objects(f"{key}/")}
        if table is None:
            if there:
                self.found.add(f"{key}/", f"orphans: no table's log names the {len(there)} objects below it")
            return
        active = active_files(self._store, key, table)
        self.found.counts["table files"] += len(active)
        for name, size in active.items():
            seen = there.get(name)
            if seen is None:
                self.found.add(name, "missing, though the table's log names it; restore it from a backup")
            elif seen.size != size:
                self.found.add(name, f"{seen.size} bytes, the table's log says {size}; restore it from a backup")
        log = f"{key}/_delta_log/"
        self._check_unused(key, table, [one for one in there.values() if one.key not in active and log not in one.key])
        for one in there.values():  # each is written once, but for the log's pointer to its last checkpoint
            if one.key in active or (log in one.key and not one.key.endswith("_last_checkpoint")):
                self._compare(one)

    def _check_unused(self, key: str, table: DeltaTable, unused: list[Found]) -> None:
        """Name what no version needs: at once where Delta never gives such names, else once it is old enough to go."""
        before = datetime.now(UTC) - UNUSED_AFTER
        old: set[str] = set()
        if any(one.modified < before for one in unused):
            hours = UNUSED_AFTER // timedelta(hours=1)
            with table_errors(self._store, key):
                old = set(table.vacuum(hours, dry_run=True, enforce_retention_duration=False, full=True))
        waiting = 0
        for one in unused:
            path = one.key.removeprefix(f"{key}/")
            if not DATA_FILE.fullmatch(path):
                self.found.add(one.key, "orphan: the table's log does not name it")
            elif one.modified < before and path in old:
                days = UNUSED_AFTER.days
                self.found.add(one.key, f"orphan: no version of the last {days} days has it; vacuum the table")
            else:
                waiting += 1
        if waiting:
            self.found.in_flight.add(f"{waiting} files of {key} are of earlier versions or of commits not made yet")

    def _compare(self, one: Found) -> None:
        """Compare a file that never changes with what was seen of it first."""
        noted = self._notes.get(one.key)
        is_rewritten = noted is not None and noted.etag != one.etag
        sha256 = noted.sha256 if noted else None
        if self._deep or (is_rewritten and sha256):
            try:
                now = _sha256(self._store, one.key)
            except ObjectMissing:
                return  # a commit of the log that the table needs no more
            is_other = now != sha256 if sha256 else is_rewritten
            sha256 = sha256 or now
        else:
            is_other = is_rewritten
        if noted and is_other:
            self.found.add(one.key, "altered since it was seen first; restore it from a backup")
            self.kept[one.key] = noted
        else:
            self.kept[one.key] = Note(one.size, one.etag, sha256)


def active_files(store: Store, key: str, table: DeltaTable) -> dict[str, int]:
    """Return the size of each data file of the table's version, by key."""
    with table_errors(store, key):
        actions = pa.table(table.get_add_actions(flatten=True))
    paths, sizes = actions["path"].to_pylist(), actions["size_bytes"].to_pylist()
    return {f"{key}/{path}": size for path, size in zip(paths, sizes, strict=True)}


def count_rows(store: Store, key: str) -> int:
    """Return how many rows the table's log says that it has, 0 without a table."""
    table = open_table(store, key)
    if table is None:
        return 0
    with table_errors(store, key):
        return sum(count or 0 for count in pa.table(table.get_add_actions(flatten=True))["num_records"].to_pylist())


def unreadable(table: DeltaTable, files: FileSystem, columns: Sequence[str]) -> str:
    """Return the path of the first file of `table` whose `columns` cannot be read, "a file" if all can be now."""
    for fragment in table.to_pyarrow_dataset(filesystem=files).get_fragments():
        try:
            for batch in fragment.to_batches(columns=list(columns)):
                batch.validate(full=True)
        except (pa.ArrowException, OSError):
            return str(fragment.path)
    return "a file"


def first_line(error: BaseException) -> str:
    """Return what `error` says, in one line."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _sha256(store: Store, key: str) -> str:
    digest = hashlib.sha256()
    with store.open(key) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
