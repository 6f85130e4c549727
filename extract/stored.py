"""A whole object in the bucket, as a manifest lists it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object that is whole: its key below the prefix, the hex sha256 of its bytes and their number."""

    key: str
    sha256: str
    size: int
