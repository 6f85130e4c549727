"""Proof that the bucket enforces conditional writes: on one that ignores them, racing writers lose articles."""

from __future__ import annotations

import hashlib
import logging
import secrets
from pathlib import Path

from storage import layout
from storage.client import Store
from storage.errors import StoreConflict, StoreRefused

log = logging.getLogger(__name__)
PROBE_VERSION = "1"


def check_store(store: Store, *, remembered: bool = False) -> None:
    """Raise StoreRefused, StoreUnavailable or StoreConfigError, one line, unless the bucket can hold an archive.

    Reads, lists, writes and deletes one tiny object below `state/probe/`; six requests. With `remembered`, a bucket
    that passed on this machine before is believed.
    """
    store.check_reachable()
    memory = _memory(store)
    if remembered and memory.exists():
        return
    key = f"{layout.PROBE}{secrets.token_hex(8)}"
    etag = store.put(key, b"first", if_none_match=True)
    try:
        _must_conflict(store, key, "If-None-Match", etag=None)
        _must_conflict(store, key, "If-Match", etag='"0123456789abcdef0123456789abcdef"')
        store.put(key, b"second", if_match=etag)
        if store.get(key).body != b"second":
            raise StoreRefused(f"{store.settings.place}: a replaced object reads as before; use another store")
    finally:
        store.delete([key])
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.touch()
    log.info("checked %s: conditional writes are enforced", store.settings.place)


def _must_conflict(store: Store, key: str, header: str, etag: str | None) -> None:
    try:
        store.put(key, b"stolen", if_none_match=etag is None, if_match=etag)
    except StoreConflict:
        return
    raise StoreRefused(
        f"{store.settings.place}: ignores {header} on PUT, so racing writers would lose articles; "
        "use a store with conditional writes (AWS S3, MinIO, R2, Ceph, SeaweedFS)"
    )


def _memory(store: Store) -> Path:
    place = f"{PROBE_VERSION} {store.settings.place} {store.settings.prefix} {store.settings.access_key}"
    return store.settings.home / "s3-checked" / hashlib.sha256(place.encode()).hexdigest()[:16]
