"""Which runs a table holds: the app transactions in its Delta log, read once for any number of runs.

deltalake's own transaction_version() reads the log again for every id: some 10 requests a run.
"""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.parquet as pq

from storage.client import Store
from storage.errors import ObjectMissing, TableError

READERS = 8


def committed_apps(store: Store, table: str) -> set[str]:
    """Return the ids of all app transactions of the Delta table at key `table`, as of now or a little later.

    Format: the Delta protocol's JSON commits since the last checkpoint, and that checkpoint's `txn` column.
    """
    log = f"{table}/_delta_log/"
    names = _checkpoint_files(store, log)
    found = {app for name in names for app in _checkpoint_apps(store, name)}
    start = names[0].removeprefix(log)[:20] if names else ""
    commits = [one.key for one in store.list(log, start_after=f"{log}{start}") if one.key.endswith(".json")]
    with ThreadPoolExecutor(READERS, "marks") as readers:
        for apps in readers.map(lambda key: _commit_apps(store, key), commits):
            found |= apps
    return found


def _checkpoint_files(store: Store, log: str) -> list[str]:
    """Return the keys of the last checkpoint's files, none before the first one."""
    try:
        last = json.loads(store.get(f"{log}_last_checkpoint").body)
    except ObjectMissing:
        return []
    name, parts = f"{log}{last['version']:020d}.checkpoint", last.get("parts")
    if not parts:
        return [f"{name}.parquet"]
    return [f"{name}.{part:010d}.{parts:010d}.parquet" for part in range(1, parts + 1)]


def _checkpoint_apps(store: Store, key: str) -> set[str]:
    try:
        column = pq.read_table(io.BytesIO(store.get(key).body), columns=["txn"])["txn"]
    except pa.ArrowException as error:
        raise TableError(f"{key}: not the checkpoint that the table's log names ({error})") from error
    return {txn["appId"] for txn in column.drop_null().to_pylist() if txn["appId"]}


def _commit_apps(store: Store, key: str) -> set[str]:
    lines = store.get(key).body.splitlines()
    return {json.loads(line)["txn"]["appId"] for line in lines if line.startswith(b'{"txn"')}
