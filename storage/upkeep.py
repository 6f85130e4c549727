"""What keeps the archive quick and small: few large files, no leftovers, nothing older than a site keeps it.

Every part can be killed, repeated and raced: a file is deleted only when no version of the last days needs it, and a
compaction that loses its race to another commit changes nothing.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
from deltalake import DeltaTable

from storage import layout, schema
from storage.client import Store
from storage.erase_finish import finish_erasures, purge_recent
from storage.erase_lock import erasing
from storage.erase_rows import TABLES
from storage.erasures import read_log
from storage.errors import ErasureUnderWay, NotAllErased, StoreConflict
from storage.heads import Heads, read_heads, write_heads
from storage.marks import committed_apps
from storage.retention import Keep, Retained, Retire, retain
from storage.tables import compact_day, mark, open_table, table_errors
from storage.tombstones import read_tombstones, restore_tombstones
from storage.uploads import abort_uploads
from storage.verify_tables import DATA_FILE
from storage.window import read_window, sweep_days

log = logging.getLogger(__name__)
TARGET_BYTES = 128 * 2**20  # of a compacted file
MANY = 2  # files of a day below half of it, before they are written anew
TRIES = 5
UPLOADS_AFTER = timedelta(days=1)  # an upload takes minutes


@dataclass(frozen=True, slots=True)
class UpkeepReport:
    """What was done. `files_before` and `files`: of the compacted days; `old_files`: of earlier versions, deleted.

    `unfinished`: erasures that were killed on the way; `waiting`: runs whose captures one still waits for.
    """

    days: int = 0
    files_before: int = 0
    files: int = 0
    old_files: int = 0
    staged: int = 0
    uploads: int = 0
    captures: int = 0
    articles: int = 0
    rejections: int = 0
    waiting: int = 0
    unfinished: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Return the report as one line."""
        return json.dumps(asdict(self))


def upkeep(store: Store, retire: Retire, keeps: Mapping[str, Keep], now: datetime) -> UpkeepReport:
    """Do all of it once. `keeps`: by site; `now` is an aware datetime."""
    waiting = _finish(store, now)
    retained = _retain(store, retire, keeps, now)
    counts: Counter[str] = Counter()
    for key in TABLES:
        counts += compact(store, key)
        counts["old_files"] += drop_old_files(store, key)
    window = read_window(store)
    if window.etag is not None:
        sweep_days(store, window.days, window.generation)
    unfinished = tuple(entry.name for entry in read_log(store) if not entry.done)
    return UpkeepReport(
        **counts, **asdict(retained), staged=_drop_staged(store), uploads=abort_uploads(store, now - UPLOADS_AFTER),
        waiting=waiting, unfinished=unfinished,
    )  # fmt: skip


def _finish(store: Store, now: datetime) -> int:
    try:
        return finish_erasures(store, now)
    except (ErasureUnderWay, NotAllErased) as error:  # the rest is to be done all the same
        log.warning("an erasure still waits: %s", error.message)
        return len(read_tombstones(store).waiting)


def _retain(store: Store, retire: Retire, keeps: Mapping[str, Keep], now: datetime) -> Retained:
    try:
        with erasing(store, f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"):
            restore_tombstones(store)
            purge_recent(store, now)
            return retain(store, retire, keeps, now)
    except ErasureUnderWay as error:
        log.warning("nothing goes by age today: %s", error.message)
        return Retained()


def compact(store: Store, key: str) -> Counter[str]:
    """Write each day's small files into one; a day that others keep writing to waits for the next time."""
    counts: Counter[str] = Counter()
    table = open_table(store, key)
    if table is None:
        return counts
    heads = _Heads(store, key, table)
    for day, files in _crowded(store, key, table).items():
        if _compact(store, key, day, heads):
            counts += Counter(days=1, files_before=files)
    heads.keep()
    left = open_table(store, key)
    counts["files"] = sum(_small_files(store, key, left).values()) if left and counts else 0
    return counts


def _compact(store: Store, key: str, day: date, heads: _Heads) -> bool:
    for _ in range(TRIES):
        table = open_table(store, key)
        if table is None:
            return False
        version = table.version()
        try:
            compact_day(store, key, table, day, TARGET_BYTES)
        except StoreConflict as error:
            log.info("%s of %s was written meanwhile: %s", day, key, error.message)
        else:
            heads.move(version, table.version())
            return True
    log.warning("%s of %s is compacted next time: others wrote to it %d times", day, key, TRIES)
    return False


class _Heads:
    """The cache of heads, carried over our own commits, which change no head: the next publish need not scan."""

    def __init__(self, store: Store, key: str, table: DeltaTable) -> None:
        self._store, self._key = store, key
        is_cached = key == layout.ARTICLES
        self._heads: Heads | None = read_heads(store, table) if is_cached else None
        self._version = table.version()
        self._moved = False

    def move(self, before: int, after: int) -> None:
        if self._version == before and after == before + 1:
            self._version, self._moved = after, True
        else:
            self._heads = None

    def keep(self) -> None:
        table = open_table(self._store, self._key) if self._heads and self._moved else None
        if table and self._heads and table.version() == self._version:
            write_heads(self._store, table, self._heads)


def _small_files(store: Store, key: str, table: DeltaTable) -> Counter[date]:
    with table_errors(store, key):
        actions = pa.table(table.get_add_actions(flatten=True))
    days, sizes = (actions[name].to_pylist() for name in (f"partition.{schema.PARTITION.name}", "size_bytes"))
    return Counter(day for day, size in zip(days, sizes, strict=True) if size < TARGET_BYTES // 2)


def _crowded(store: Store, key: str, table: DeltaTable) -> dict[date, int]:
    return {day: count for day, count in sorted(_small_files(store, key, table).items()) if count >= MANY}


def drop_old_files(store: Store, key: str) -> int:
    """Delete the files and the log that no version of the table's last 7 days needs; return how many files.

    deltalake names them and this room deletes them: its own vacuum makes two commits and takes whatever lies there.
    """
    table = open_table(store, key)
    if table is None:
        return 0
    with table_errors(store, key):
        old = [path for path in table.vacuum(dry_run=True, full=True) if DATA_FILE.fullmatch(path)]
    store.delete(f"{key}/{path}" for path in old)
    with table_errors(store, key):
        if not list(store.list(f"{key}/_delta_log/{table.version():020d}.checkpoint")):
            table.create_checkpoint()  # one that is there is not written again: verify knows its bytes
        table.cleanup_metadata()
    return len(old)


def _drop_staged(store: Store) -> int:
    """Delete staged files whose run the articles table remembers: a publisher died before it did."""
    staged = {one.key: run for one in store.list(layout.STAGED) if (run := layout.staged_run(one.key))}
    if not staged or open_table(store, layout.ARTICLES) is None:
        return 0
    published = committed_apps(store, layout.ARTICLES)
    old = [key for key, run in staged.items() if mark(run) in published]
    store.delete(old)
    return len(old)
