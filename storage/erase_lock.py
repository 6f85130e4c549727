"""One erasure at a time: each logs what it makes of an object, which only holds if nobody else changes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import orjson

from storage import layout
from storage.client import Store
from storage.errors import ErasureUnderWay, ObjectMissing, StoreConflict
from storage.open_runs import is_alive, own_run, parse_run


@contextmanager
def erasing(store: Store, name: str) -> Iterator[None]:
    """Hold the eraser's lock; ErasureUnderWay if another process that lives has it. One that died leaves it behind."""
    body = orjson.dumps(asdict(own_run(name, ())))
    etag = _dead(store)
    try:
        store.put(layout.ERASING, body, if_none_match=etag is None, if_match=etag)
    except StoreConflict as error:
        raise ErasureUnderWay(f"another erasure began just now; wait for it ({layout.ERASING})") from error
    try:
        yield
    finally:
        store.delete([layout.ERASING])


def _dead(store: Store) -> str | None:
    """Return the ETag of the lock that a dead process left behind, None if there is none."""
    try:
        stored = store.get(layout.ERASING)
    except ObjectMissing:
        return None
    holder = parse_run(stored.body, layout.ERASING)
    if is_alive(holder):
        raise ErasureUnderWay(
            f"an erasure runs on {holder.host}, process {holder.pid}; wait for it, or delete {layout.ERASING} "
            "if that process is gone"
        )
    return stored.etag
