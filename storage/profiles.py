"""The profile that each site has taught: the one in force, and those before it.

`state/SITE/profile.json.gz` is the profile in force with the history of its predecessors; one that is replaced is
copied to `state/SITE/profiles/ID.json.gz` first. A profile only makes reading better and faster: what is wrong with
one is logged, and never ends a run.
"""

from __future__ import annotations

import gzip
import logging
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from extract.agreement import better
from extract.profile import Evidence, Profile, ProfileError, from_json, learn, to_json
from storage import layout
from storage.client import Store
from storage.errors import ObjectMissing, StoreConflict, StoreError

log = logging.getLogger(__name__)
KEPT = 20  # earlier profiles of a site
TRIES = 5


@dataclass(frozen=True, slots=True)
class StoredProfile:
    """The profile in force as it lies in the bucket: `packed` is empty before the first and in place of a damaged one.

    `history`: (profile id, id of the run that taught it), the newest, which is the one in force, first; both are
    empty for a damaged one.
    """

    packed: bytes = field(default=b"", repr=False)
    etag: str | None = None
    history: tuple[tuple[str, str], ...] = ()

    @property
    def profile(self) -> Profile | None:
        """The profile itself; what `unpack_profile` makes of it."""
        return unpack_profile(self.packed)


@dataclass(frozen=True, slots=True)
class Taught:
    """What became of a run's lessons: the id of the profile now in force, or of one that failed its test."""

    stored: str | None = None
    refused: str | None = None


def read_profile(store: Store, site: str) -> StoredProfile:
    """Return the profile in force; one that cannot be read is as none, and the next one takes its place."""
    key = layout.profile_key(site)
    try:
        stored = store.get(key)
    except ObjectMissing:
        return StoredProfile()
    except StoreError as error:
        log.warning("%s: read without a profile: %s", site, error.message)
        return StoredProfile()
    try:
        found = _decode(stored.body)
        history = tuple((str(profile), str(run)) for profile, run in found["history"])
        from_json(orjson.dumps(found["profile"]))
    except (ProfileError, KeyError, TypeError, ValueError) as error:
        log.warning("%s: learned anew: %s", key, error)
        return StoredProfile(b"", stored.etag, (("", ""), *_earlier(store, site)))
    return StoredProfile(stored.body, stored.etag, history)


def _earlier(store: Store, site: str) -> list[tuple[str, str]]:
    """Return the earlier profiles of a site whose history is lost, in no order."""
    prefix = layout.earlier_profiles_prefix(site)
    return [(one.key.removeprefix(prefix).partition(".")[0], "") for one in store.list(prefix)]


def unpack_profile(packed: bytes) -> Profile | None:
    """Return the profile in the bytes of `StoredProfile.packed`, None if they are empty; raises ProfileError."""
    return from_json(orjson.dumps(_decode(packed)["profile"])) if packed else None


def read_profile_of(store: Store, site: str, profile_id: str) -> Profile:
    """Return the profile that an article of `site` was read with, in force or earlier.

    ObjectMissing when it is none of the last KEPT; raises ProfileError.
    """
    profile = unpack_profile(packed_profile(store, site, profile_id))
    if profile is None:
        raise ProfileError(f"{layout.earlier_profile_key(site, profile_id)}: empty")
    return profile


def packed_profile(store: Store, site: str, profile_id: str) -> bytes:
    """Return the profile that an article of `site` was read with, as it is stored; ObjectMissing like the above."""
    current = read_profile(store, site)
    if current.packed and current.history[0][0] == profile_id:
        return current.packed
    return store.get(layout.earlier_profile_key(site, profile_id)).body


def teach(store: Store, site: str, run_id: str, current: StoredProfile, evidence: Sequence[Evidence]) -> Taught:
    """Replace the profile in force by what it and `evidence` teach, if that passes its test; repeating it adds nothing.

    `current` is the profile as the run read it. Another run that replaced it meanwhile comes first: what that one
    stored is taught instead.
    """
    try:
        for _ in range(TRIES):
            if done := dict(_by_run(current)).get(run_id):
                return Taught(stored=done)
            old = current.profile
            new = learn(old, evidence)
            if not new.pages or (old and new.id == old.id):
                return Taught()
            if not better(old, new, evidence):
                log.warning("%s: profile %s would read this run's pages worse: the one before it stays", site, new.id)
                return Taught(refused=new.id)
            try:
                _replace(store, site, run_id, current, new)
            except StoreConflict:
                current = read_profile(store, site)
            else:
                return Taught(stored=new.id)
        log.warning("%s: profile replaced %d times meanwhile: this run teaches nothing", site, TRIES)
    except StoreError as error:
        log.warning("%s: the profile stays as it is: %s", site, error.message)
    return Taught()


def _by_run(current: StoredProfile) -> list[tuple[str, str]]:
    return [(run, profile) for profile, run in current.history]


def _replace(store: Store, site: str, run_id: str, current: StoredProfile, new: Profile) -> None:
    """Put `new` in force; StoreConflict if `current` is not any more. A crash or a lost race leaves nothing astray."""
    history = [(new.id, run_id), *(one for one in current.history if one[0])]
    if current.packed:
        store.put(layout.earlier_profile_key(site, current.history[0][0]), current.packed)
    packed = _encode({"history": history[: KEPT + 1], "profile": orjson.Fragment(to_json(new))})
    store.put(layout.profile_key(site), packed, if_none_match=current.etag is None, if_match=current.etag)
    if dropped := history[KEPT + 1 :]:
        store.delete(layout.earlier_profile_key(site, profile) for profile, _ in dropped)


def _encode(told: dict[str, Any]) -> bytes:
    return gzip.compress(orjson.dumps(told), compresslevel=6, mtime=0)


def _decode(packed: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(gzip.decompress(packed))
    except (OSError, EOFError, zlib.error, orjson.JSONDecodeError) as error:
        raise ProfileError(f"no profile: {error}") from error
    if not isinstance(found, dict):
        raise ProfileError("no profile: not an object")
    return found
