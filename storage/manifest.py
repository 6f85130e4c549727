"""A run's manifest: what was asked, every object written, and the counts. Each step of the run adds its part."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from extract.stored import StoredObject
from storage import layout
from storage.chain import Link, seal
from storage.client import Store
from storage.errors import ObjectRefused, StoreConflict

MANIFEST_VERSION = 1
CONFLICT_TRIES = 10


class RunState(StrEnum):
    """How far a run is; each step starts from the one before it."""

    CRAWLED = "crawled"
    STAGED = "staged"


@dataclass(frozen=True, slots=True)
class RunManifest:
    """One run of one site. The mappings hold JSON values only.

    `previous` is the site's run that was staged before this one, `previous_sha256` of its manifest's bytes: written
    with the manifest of a staged run (storage.chain), which is final.
    """

    site: str
    run_id: str
    state: RunState = RunState.CRAWLED
    asked: Mapping[str, Any] = field(default_factory=dict)
    objects: tuple[StoredObject, ...] = ()
    counts: Mapping[str, Any] = field(default_factory=dict)
    failures: tuple[Mapping[str, Any], ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    damaged: tuple[str, ...] = ()  # segments that a dead run left cut short, and where: what was lost with it
    profile: Mapping[str, Any] = field(default_factory=dict)  # how far the site's profile held (docs/records.md)
    versions: Mapping[str, str] = field(default_factory=dict)  # of the code that wrote it
    previous: str | None = None
    previous_sha256: str | None = None

    def to_json(self) -> bytes:
        """Return the manifest as indented JSON, for people too."""
        return json.dumps({"manifest": MANIFEST_VERSION, **asdict(self)}, indent=1, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, body: bytes, key: str) -> RunManifest:
        """Return the manifest in `body`; ObjectRefused, naming `key`, when it is damaged or by a newer version."""
        try:
            found = json.loads(body)
            version = found.pop("manifest")
            if version != MANIFEST_VERSION or set(found) - {one.name for one in fields(cls)}:
                raise ObjectRefused(f"{key}: manifest layout {version}, this version reads {MANIFEST_VERSION}")
            found["objects"] = tuple(StoredObject(**one) for one in found["objects"])
            found["failures"] = tuple(found["failures"])
            found["damaged"] = tuple(found.get("damaged", ()))
            return cls(**found | {"state": RunState(found["state"])})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ObjectRefused(f"{key}: no manifest ({error!r}); run the crawl again") from error


def read_manifest(store: Store, site: str, run_id: str) -> tuple[RunManifest, str]:
    """Return a run's manifest and its ETag; ObjectMissing when the run has none."""
    key = layout.manifest_key(site, run_id)
    stored = store.get(key)
    return RunManifest.from_json(stored.body, key), stored.etag


def write_manifest(store: Store, manifest: RunManifest, etag: str | None = None) -> str:
    """Store a manifest over the one of `etag`, or as the run's first; return the new ETag. StoreConflict if raced.

    That of a staged run is linked to the one before it, and is never replaced.
    """
    if manifest.state == RunState.STAGED:
        return _seal_manifest(store, manifest, etag)
    key = layout.manifest_key(manifest.site, manifest.run_id)
    return store.put(key, manifest.to_json(), if_none_match=etag is None, if_match=etag)


def _seal_manifest(store: Store, manifest: RunManifest, etag: str | None) -> str:
    def encode(link: Link | None) -> bytes:
        previous, sha256 = (link.run_id, link.sha256) if link else (None, None)
        return replace(manifest, previous=previous, previous_sha256=sha256).to_json()

    return seal(store, manifest.site, manifest.run_id, encode, etag)


def change_manifest(store: Store, site: str, run_id: str, change: Callable[[RunManifest], RunManifest]) -> RunManifest:
    """Apply `change` to a run's manifest (an empty one if it has none) until no other writer came between."""
    for attempt in range(1, CONFLICT_TRIES + 1):
        etag: str | None
        try:
            manifest, etag = read_manifest(store, site, run_id)
        except KeyError:
            manifest, etag = RunManifest(site, run_id), None
        changed = change(manifest)
        if changed == manifest and etag:
            return manifest
        try:
            write_manifest(store, changed, etag)
        except StoreConflict:
            if attempt == CONFLICT_TRIES:
                raise
        else:
            return changed
    raise AssertionError("every try returns or raises")


def add_objects(manifest: RunManifest, *objects: StoredObject) -> RunManifest:
    """Return `manifest` with `objects` listed, each key once, the latest word winning."""
    listed = {one.key: one for one in (*manifest.objects, *objects)}
    return replace(manifest, objects=tuple(listed.values()))
