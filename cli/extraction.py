"""Reading WARC segments in processes of their own: extraction is what costs, and every core takes part."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from multiprocessing import parent_process

from cli.readers import Readers
from cli.reading import read_guarded, start_reader
from extract.article import Article
from extract.capture import Capture
from extract.lessons import Notes, pack
from extract.profile import Profile
from extract.rejection import Reason, Rejection
from extract.warc import BadWarcError, Blank, read_captures
from storage.client import Store
from storage.connect import open_store
from storage.errors import ObjectMissing, ObjectRefused
from storage.lessons import write_lessons
from storage.profiles import unpack_profile
from storage.settings import StoreSettings
from storage.staging import Extracted, pack_outcomes, write_part
from storage.tombstones import stand_in

log = logging.getLogger(__name__)
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
    """The part that a segment gave, and what its pages taught (packed lessons); `wrong`: why not all of it was read."""

    part: Extracted
    lessons: bytes = field(repr=False)
    wrong: str | None = None


@dataclass(frozen=True, slots=True)
class RereadTask:
    """Captures to read again: those at `offsets` of the WARC at `key`, with the packed `profile` of their site."""

    site: str
    key: str
    offsets: frozenset[int]
    profile: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reread:
    """What the captures of a segment give today (`storage.staging.unpack_outcomes`); `wrong`: why not all were read."""

    task: RereadTask
    outcomes: bytes = field(repr=False)
    wrong: str | None


class Extractors:
    """Processes that read segments (default: one a core); each has its own connection to the bucket."""

    def __init__(self, readers: Readers) -> None:
        self._readers, self.processes = readers, readers.processes

    def extract(self, task: SegmentTask) -> Future[SegmentRead]:
        """Read a segment and store its outcomes as the run's part of its number."""
        return self._readers.submit(_extract_segment, task)

    def reread(self, task: RereadTask) -> Future[Reread]:
        """Read captures again, and write nothing."""
        return self._readers.submit(_reread_segment, task)


@contextmanager
def extractors(processes: int | None = None) -> Iterator[Extractors]:
    """Give extractors that end with the block."""
    with Readers(processes, ["cli.extraction"], _start_worker) as readers:
        yield Extractors(readers)


def _start_worker() -> None:
    start_reader()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    stack = ExitStack()  # for the life of the process
    _worker["store"] = stack.enter_context(open_store(StoreSettings.from_env(), check=False))


def _end_with_parent() -> None:
    """End this process when its parent is gone: killed, that cannot end it, and it would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _extract_segment(task: SegmentTask) -> SegmentRead:
    store, profile = _worker["store"], _profile(task.profile)
    notes, wrong = Notes(profile), list[str]()
    with store.open(task.key) as stream:
        blanks: list[Blank] = []
        captures = _whole(read_captures(stream, task.key, task.site, blanks), wrong)
        outcomes = chain(_read_captures(captures, profile, notes), _erased(task.site, blanks))
        part = write_part(store, task.site, task.run_id, task.number, outcomes)
    lessons = notes.lessons()
    if task.keep_lessons:
        write_lessons(store, task.site, task.run_id, task.number, lessons)
    return SegmentRead(part, pack(lessons), next(iter(wrong), None))


def _whole(captures: Iterator[Capture], wrong: list[str]) -> Iterator[Capture]:
    """Yield the captures up to where a segment is cut or is none of ours: what a dead run left must not stop the next.

    A run's own captures are counted when it is staged, so that none of them goes missing by this.
    """
    try:
        yield from captures
    except (BadWarcError, ObjectRefused) as error:
        wrong.append(str(error))


def _read_captures(captures: Iterator[Capture], profile: Profile | None, notes: Notes) -> Iterator[Article | Rejection]:
    for capture in captures:
        reading = read_guarded(capture, profile)
        notes.add(reading)
        yield reading.outcome


def _erased(site: str, blanks: list[Blank]) -> Iterator[Rejection]:
    """Yield what is counted for pages that were erased between their crawl and this; `blanks` fills until then."""
    for one in blanks:
        yield Rejection(site, stand_in(one.article), one.captured_at, Reason.ERASED)


def _reread_segment(task: RereadTask) -> Reread:
    wrong: list[str] = []
    packed = pack_outcomes(read_guarded(one, _profile(task.profile)).outcome for one in _asked(task, wrong))
    return Reread(task, packed, next(iter(wrong), None))


def _asked(task: RereadTask, wrong: list[str]) -> Iterator[Capture]:
    """Yield the captures that are asked for; what is whole of a damaged segment is read all the same."""
    left = len(task.offsets)
    try:
        with _worker["store"].open(task.key) as stream:
            for capture in read_captures(stream, task.key, task.site):
                if capture.record and capture.record.offset in task.offsets:
                    yield capture
                    left -= 1
                if not left:
                    return
    except ObjectMissing:  # erased or too old to be kept, or lost: verify knows which
        log.info("%s: missing", task.key)
    except (BadWarcError, ObjectRefused) as error:
        wrong.append(str(error))


@lru_cache(maxsize=4)
def _profile(packed: bytes) -> Profile | None:
    """Return the profile; a site's next segment finds it unpacked."""
    return unpack_profile(packed)
