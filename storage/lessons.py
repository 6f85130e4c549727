"""What the parts of a run taught of its site, kept until the run is staged: a retried step reads it back."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from extract.lessons import Lessons, pack, unpack
from extract.profile import ProfileError
from storage import layout
from storage.client import Store

log = logging.getLogger(__name__)


def write_lessons(store: Store, site: str, run_id: str, number: int, lessons: Lessons) -> None:
    """Store what reading a run's segment `number` taught. Repeating it replaces it."""
    store.put(layout.lessons_key(site, run_id, number), pack(lessons))


def written_lessons(store: Store, site: str, run_id: str) -> set[int]:
    """Return the numbers of the segments whose lessons the run has."""
    prefix = layout.lessons_prefix(site, run_id)
    return {int(listed.key.removeprefix(prefix).partition(".")[0]) for listed in store.list(prefix)}


def read_lessons(store: Store, site: str, run_id: str, number: int) -> Lessons:
    """Return what reading segment `number` taught; nothing, with a warning, if it is damaged."""
    key = layout.lessons_key(site, run_id, number)
    try:
        return unpack(store.get(key).body)
    except ProfileError as error:
        log.warning("%s: left out of the profile: %s", key, error)
        return Lessons()


def drop_lessons(store: Store, site: str, run_id: str, numbers: Iterable[int]) -> None:
    """Delete the lessons of a run whose manifest says that it is staged."""
    store.delete(layout.lessons_key(site, run_id, number) for number in numbers)
