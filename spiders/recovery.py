"""After a crash: what dead runs left in the spool, and what this very run has in the bucket, is taken up again."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import IO

from extract.stored import StoredObject
from extract.warc import BadWarcError, read_members
from spiders.archive import CaptureArchive
from spiders.cdxj import index
from spiders.errors import SegmentTaken, SpiderError
from spiders.reread import PageFact, Scanned, scan
from spiders.spool import DONE, OPEN, spool_folder

log = logging.getLogger(__name__)
_NAME = re.compile(r"(?P<run>\d{8}T\d{6}Z-[0-9a-f]{6})-(?P<number>\d{3,})\.warc\.gz(?P<state>\.open|\.done)?")
_LOCK_WAIT_S = 45.0  # an earlier crawl of the site may still be draining after its SIGTERM


@dataclass(slots=True)
class Recovered:
    """What was found: `own` are this run's segments from before it was cut off, `dead` those of others by run id."""

    facts: list[PageFact] = field(default_factory=list)
    own: dict[int, tuple[StoredObject, StoredObject]] = field(default_factory=dict)
    dead: dict[str, tuple[StoredObject, ...]] = field(default_factory=dict)
    marks: list[Path] = field(default_factory=list)
    lock: IO[bytes] | None = None

    @property
    def next_number(self) -> int:
        """The number of this run's next segment."""
        return max(self.own, default=0) + 1

    def forget(self) -> None:
        """Remove the marks of the dead runs: the report that names them is out."""
        for mark in self.marks:
            mark.unlink(missing_ok=True)
        self.marks.clear()

    def release(self) -> None:
        """Let the next crawl of the site begin."""
        if self.lock is not None:
            self.lock.close()
            self.lock = None


def recover(archive: CaptureArchive, site: str, run_id: str) -> Recovered:
    """Hand over what the site's dead runs left behind and say which pages it holds; blocks, so call it in a thread.

    The site's spool is locked until `release`: a second crawl of it waits, then raises SpiderError.
    """
    folder = spool_folder(archive, site)
    folder.mkdir(parents=True, exist_ok=True)
    recovered = Recovered(lock=_lock(folder / ".lock", site))
    try:
        dead = set()
        for path in sorted(folder.iterdir()):
            named = _NAME.fullmatch(path.name)
            if named is None:
                continue
            if named["run"] != run_id:
                dead.add(named["run"])
            _take_up(path, named, archive, site, recovered, is_own=named["run"] == run_id)
        recovered.dead = {name: tuple(archive.segments(site, name)) for name in sorted(dead)}
        _read_own(archive, site, run_id, recovered)
    except BaseException:
        recovered.release()
        raise
    return recovered


def _lock(path: Path, site: str) -> IO[bytes]:
    file = path.open("ab")
    deadline = time.monotonic() + _LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                file.close()
                raise SpiderError(f"{site}: another crawl of it runs on this machine; wait for it or stop it") from None
            time.sleep(0.2)
        else:
            return file


def _take_up(
    path: Path, named: re.Match[str], archive: CaptureArchive, site: str, recovered: Recovered, *, is_own: bool
) -> None:
    """Bring one spool file to its end: cut to whole exchanges, stored, read for the frontier."""
    run_id, number, state = named["run"], int(named["number"]), named["state"]
    closed = path.with_name(f"{run_id}-{named['number']}.warc.gz")
    mark = closed.with_name(closed.name + DONE)
    if not is_own:
        recovered.marks.append(mark)
    if state == DONE:
        if path.stat().st_size:
            recovered.facts += _scan(path, "", run_id).facts
        return
    if state == OPEN:
        scanned = _scan(path, "", run_id)
        if not scanned.whole_bytes:
            path.unlink()
            return
        os.truncate(path, scanned.whole_bytes)
        path.rename(closed)
    number, scanned, stored = _store(closed, archive, site, run_id, number)
    log.warning("%s: recovered %s of run %s, which died", site, closed.name, run_id)
    recovered.facts += scanned.facts
    if is_own:
        recovered.own[number] = stored
    closed.rename(mark)


def _store(
    path: Path, archive: CaptureArchive, site: str, run_id: str, number: int
) -> tuple[int, Scanned, tuple[StoredObject, StoredObject]]:
    """Store a closed segment and its index; return its number, what is in it, and both.

    Where the run went on on another machine, which counts segments from those in the bucket, its number may be taken:
    then it gets the one after the last.
    """
    day = _day(path)
    while True:
        scanned = _scan(path, archive.segment_key(site, run_id, number, day), run_id)
        try:
            return number, scanned, archive.put_segment(site, run_id, number, day, path, index(scanned.lines))
        except SegmentTaken as error:
            taken = {int(named["number"]): one for one in archive.segments(site, run_id) if (named := _named(one))}
            if number > max(taken, default=0):
                raise  # nothing has this number: the bucket contradicts itself
            own = _sha256(path)  # it may have been stored so before, by a crawl that died right after
            number = next((at for at, one in taken.items() if one.sha256 == own), max(taken) + 1)
            log.warning("%s: %s; it is stored as number %d", site, error.message, number)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _named(stored: StoredObject) -> re.Match[str] | None:
    return _NAME.fullmatch(stored.key.rpartition("/")[2])


def _read_own(archive: CaptureArchive, site: str, run_id: str, recovered: Recovered) -> None:
    """Read back this run's segments in the bucket that the spool here knows nothing of: it began on another machine."""
    for stored in archive.segments(site, run_id):
        named = _named(stored)
        if named is None or int(named["number"]) in recovered.own:
            continue
        number = int(named["number"])
        with _fetched(archive, stored) as path:
            scanned = _scan(path, stored.key, run_id)
            known = {(fact.requested_url, fact.date) for fact in recovered.facts}
            recovered.facts += [fact for fact in scanned.facts if (fact.requested_url, fact.date) not in known]
            # the same bytes again: no new object, but its index is there for certain
            recovered.own[number] = archive.put_segment(site, run_id, number, _day(path), path, index(scanned.lines))


@contextmanager
def _fetched(archive: CaptureArchive, stored: StoredObject) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=archive.spool_dir()) as folder:
        path = Path(folder) / "segment.warc.gz"
        archive.read_segment(stored, path)
        yield path


def _scan(path: Path, filename: str, run_id: str) -> Scanned:
    with path.open("rb") as stream:
        return scan(stream, str(path), filename, run_id)


def _day(path: Path) -> date:
    """Return the UTC day on which a segment was opened, which is part of its key."""
    with path.open("rb") as stream:
        try:
            first = next(read_members(stream, str(path)))
        except (BadWarcError, StopIteration) as error:
            raise SpiderError(f"{path}: no WARC segment ({error}); move it away") from error
    found = re.search(rb"WARC-Date: (\d{4}-\d{2}-\d{2})", first.data)
    if found is None:
        raise SpiderError(f"{path}: its first record has no date; move it away")
    return datetime.fromisoformat(found[1].decode()).date()
