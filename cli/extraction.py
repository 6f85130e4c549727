"""Reading WARC segments in processes of their own: extraction is what costs, and every core takes part."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import get_context

from cli.reading import read_guarded, start_reader
from extract.article import Article
from extract.capture import Capture
from extract.lessons import Notes, pack
from extract.profile import Profile
from extract.rejection import Rejection
from extract.warc import read_captures
from storage.client import Store
from storage.connect import open_store
from storage.lessons import write_lessons
from storage.profiles import unpack_profile
from storage.settings import StoreSettings
from storage.staging import Extracted, write_part

_worker: dict[str, Store] = {}


@dataclass(frozen=True, slots=True)
class SegmentTask:
    """A segment to read: number `number` of a run, the WARC at `key`, with the packed `profile` of its site.

    With `keep_lessons` what it teaches is stored beside the part, for a step that may have to be repeated.
    """

    site: str
    run_id: str
    number: int
    key: str
    profile: bytes = field(repr=False)
    keep_lessons: bool = False


@dataclass(frozen=True, slots=True)
class SegmentRead:
    """The part that a segment gave, and what its pages taught (packed lessons)."""

    part: Extracted
    lessons: bytes = field(repr=False)


class Extractors:
    """A pool of extracting processes; each has its own connection to the bucket."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def submit(self, task: SegmentTask) -> Future[SegmentRead]:
        """Read a segment and store its outcomes as the run's part of its number."""
        return self._pool.submit(_extract_segment, task)


@contextmanager
def extractors(processes: int | None = None) -> Iterator[Extractors]:
    """Give a pool of `processes` (default: one a core) that ends with the block."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["cli.extraction", "cli.preload"])
    pool = ProcessPoolExecutor(processes or os.cpu_count(), mp_context=context, initializer=_start_worker)
    try:
        yield Extractors(pool)
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    start_reader()
    stack = ExitStack()  # for the life of the process
    _worker["store"] = stack.enter_context(open_store(StoreSettings.from_env(), check=False))


def _extract_segment(task: SegmentTask) -> SegmentRead:
    store, profile = _worker["store"], _profile(task.profile)
    notes = Notes(profile)
    with store.open(task.key) as stream:
        captures = read_captures(stream, task.key, task.site)
        outcomes = _read_captures(captures, profile, notes)
        part = write_part(store, task.site, task.run_id, task.number, outcomes)
    lessons = notes.lessons()
    if task.keep_lessons:
        write_lessons(store, task.site, task.run_id, task.number, lessons)
    return SegmentRead(part, pack(lessons))


def _read_captures(captures: Iterator[Capture], profile: Profile | None, notes: Notes) -> Iterator[Article | Rejection]:
    for capture in captures:
        reading = read_guarded(capture, profile)
        notes.add(reading)
        yield reading.outcome


@lru_cache(maxsize=4)
def _profile(packed: bytes) -> Profile | None:
    """Return the profile; a site's next segment finds it unpacked."""
    return unpack_profile(packed)
