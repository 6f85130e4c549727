"""Runs that were begun and not staged yet: how the next run finds what a dead one captured."""

from __future__ import annotations

import hashlib
import logging
import os
import socket
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

import orjson
import psutil

from storage import layout
from storage.client import Store
from storage.errors import ObjectMissing, ObjectRefused, StoreConflict

log = logging.getLogger(__name__)
FOREIGN_DEAD_AFTER = timedelta(hours=6)  # another machine's process cannot be asked; no run takes this long


@dataclass(frozen=True, slots=True)
class OpenRun:
    """One run of some sites by one process. It is closed, site by site, when what it captured is staged."""

    run_id: str
    sites: tuple[str, ...]
    host: str
    pid: int
    process_created: float

    @property
    def key(self) -> str:
        """The object that says that the run is open. One process's, so no other run's marker has this key."""
        owner = hashlib.sha256(f"{self.host}/{self.pid}/{self.process_created}".encode()).hexdigest()[:12]
        return f"{layout.OPEN_RUNS}{self.run_id}.{owner}.json"


def open_run(store: Store, run_id: str, sites: Iterable[str]) -> OpenRun:
    """Say that this process begins `run_id` for `sites`: before anything of the run is written."""
    opened = own_run(run_id, sites)
    store.put(opened.key, orjson.dumps(asdict(opened)))
    return opened


def own_run(run_id: str, sites: Iterable[str]) -> OpenRun:
    """Return a run of this very process."""
    process = psutil.Process(os.getpid())
    return OpenRun(run_id, tuple(sites), socket.gethostname(), process.pid, process.create_time())


def close_runs(store: Store, runs: Iterable[OpenRun], sites: Iterable[str]) -> None:
    """Say that what `runs` captured of `sites` is staged."""
    done = set(sites)
    for opened in runs:
        _drop_sites(store, opened.key, done)


def _drop_sites(store: Store, key: str, done: set[str]) -> None:
    while True:
        try:
            stored = store.get(key)
        except ObjectMissing:
            return
        opened = parse_run(stored.body, key)
        left = tuple(site for site in opened.sites if site not in done)
        if not left:
            store.delete([key])
            return
        try:
            store.put(key, orjson.dumps(asdict(replace(opened, sites=left))), if_match=stored.etag)
        except StoreConflict:
            continue  # another site of the run was closed meanwhile
        return


def list_open(store: Store) -> list[OpenRun]:
    """Return the open runs, oldest first."""
    found = []
    for listed in store.list(layout.OPEN_RUNS):
        try:
            found.append(parse_run(store.get(listed.key).body, listed.key))
        except ObjectMissing:  # it has ended since the list was made
            continue
    return found


def own_runs(store: Store, run_id: str, site: str) -> list[OpenRun]:
    """Return the open runs of `site` under `run_id`: one for each process that began it, as a retry does."""
    return [found for found in list_open(store) if found.run_id == run_id and site in found.sites]


def dead_runs(store: Store, sites: Iterable[str], but: str) -> list[OpenRun]:
    """Return the open runs of any of `sites` whose process is gone, `but` one, oldest first.

    A run that is taken for dead and lives is read twice: its articles are the same, so nothing is lost or doubled.
    """
    wanted = set(sites)
    return [
        found for found in list_open(store) if found.run_id != but and wanted & set(found.sites) and not is_alive(found)
    ]


def is_alive(opened: OpenRun) -> bool:
    """Return whether the process that opened it still runs, as far as this machine can tell."""
    if opened.host != socket.gethostname():
        return layout.run_started(opened.run_id) + FOREIGN_DEAD_AFTER > datetime.now(UTC)
    try:
        return abs(psutil.Process(opened.pid).create_time() - opened.process_created) < 1
    except psutil.NoSuchProcess:
        return False


def parse_run(body: bytes, key: str) -> OpenRun:
    """Return the run in `body`; ObjectRefused, naming `key`, when it is none."""
    try:
        found = orjson.loads(body)
        return OpenRun(found["run_id"], tuple(found["sites"]), found["host"], found["pid"], found["process_created"])
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise ObjectRefused(
            f"{key}: no open run ({error!r}); delete the object if no run of that id is under way"
        ) from error
