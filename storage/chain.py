"""The chain of a site's runs: each manifest carries the sha256 of the one before it, so that a removed or altered
run shows.

`state/SITE/newest.json` is the newest sealed manifest, byte for byte, replaced with If-Match: of two runs that end at
once one comes after the other. It is written first, and so holds what a run that died before it wrote its own
manifest wanted to write; the next run of the site writes it then.
"""

from __future__ import annotations

import hashlib
import json
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from storage import layout
from storage.client import Store, Stored
from storage.errors import ObjectMissing, ObjectRefused, StoreConflict

log = logging.getLogger(__name__)
TRIES = 30  # another run of the site was sealed meanwhile: come after it


@dataclass(frozen=True, slots=True)
class Link:
    """What a manifest says of the one before it: its run, and the hex sha256 of its bytes."""

    run_id: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest sealed manifest of a site; `link` is its word on the one before it, None of the site's first."""

    run_id: str
    link: Link | None
    body: bytes = field(repr=False)
    etag: str

    @property
    def sha256(self) -> str:
        """The hex sha256 that the next manifest will carry."""
        return hashlib.sha256(self.body).hexdigest()


def read_newest(store: Store, site: str) -> Newest | None:
    """Return the newest sealed manifest of a site, None before its first; ObjectRefused if the object is damaged."""
    key = layout.newest_key(site)
    try:
        stored = store.get(key)
    except ObjectMissing:
        return None
    try:
        told = json.loads(stored.body)
        layout.manifest_key(site, told["run_id"])  # ValueError for what is no run id
        before = Link(told["previous"], told["previous_sha256"]) if told["previous_sha256"] else None
        return Newest(told["run_id"], before, stored.body, stored.etag)
    except (ValueError, TypeError, KeyError) as error:
        raise ObjectRefused(
            f"{key}: no manifest ({error!r}); copy the newest manifest of runs/{site}/ over it"
        ) from error


def seal(store: Store, site: str, run_id: str, encode: Callable[[Link | None], bytes], etag: str | None) -> str:
    """Store the final manifest of a run as the newest of its site; return its ETag.

    `encode` gives its bytes for the manifest that it comes after. `etag` is of the manifest that the run has so far,
    None if it has none: StoreConflict if that was replaced meanwhile. A crash at any point leaves the chain whole.
    """
    key = layout.manifest_key(site, run_id)
    for attempt in range(TRIES):
        newest = read_newest(store, site)
        if newest and newest.run_id != run_id:
            _complete(store, site, newest)
        # After `newest` was read: a run that was sealed before it has its manifest in place by now.
        _check_unsealed(store, key, etag)
        if newest is None or newest.run_id != run_id:
            body = encode(Link(newest.run_id, newest.sha256) if newest else None)
        else:  # this very run, begun by a process that died in between
            body = encode(newest.link)
        try:
            store.put(
                layout.newest_key(site), body, if_none_match=newest is None, if_match=newest.etag if newest else None
            )
        except StoreConflict:
            time.sleep(random.uniform(0, 0.05 * min(attempt + 1, 10)))  # noqa: S311 - spreads racers
            continue
        return _write_own(store, key, body, etag)
    raise StoreConflict(f"{layout.newest_key(site)}: replaced {TRIES} times meanwhile; run the step again")


def _check_unsealed(store: Store, key: str, etag: str | None) -> None:
    found = _get(store, key)
    if (found and found.etag) != etag:
        raise StoreConflict(f"{key} was written by another meanwhile")


def _write_own(store: Store, key: str, body: bytes, etag: str | None) -> str:
    try:
        return store.put(key, body, if_none_match=etag is None, if_match=etag)
    except StoreConflict:
        found = _get(store, key)  # the next run of the site may have written it for us
        if found is None or found.body != body:
            raise
        return found.etag


def _complete(store: Store, site: str, newest: Newest) -> None:
    """Write the newest run's manifest, unless it did so. One that is sealed and differs was altered: it stays."""
    key = layout.manifest_key(site, newest.run_id)
    found = _get(store, key)
    if found and found.body == newest.body:
        return
    if found and _is_sealed(found.body):
        log.error("%s is not as its run wrote it; ./broadsheet verify says what else is wrong", key)
        return
    log.warning("%s: written from %s, its run died before", key, layout.newest_key(site))
    try:
        store.put(key, newest.body, if_none_match=found is None, if_match=found.etag if found else None)
    except StoreConflict:
        log.info("%s was written by another meanwhile", key)


def _get(store: Store, key: str) -> Stored | None:
    try:
        return store.get(key)
    except ObjectMissing:
        return None


def _is_sealed(body: bytes) -> bool:
    try:
        return bool(json.loads(body)["state"] == "staged")
    except (ValueError, TypeError, KeyError):
        return True
