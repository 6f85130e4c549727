"""WARC segments on their way to the bucket: written to a local file first, handed over whole while the crawl goes on.

RUN-NNN.warc.gz.open   being written; after a kill -9 it ends in half a record at most
RUN-NNN.warc.gz        whole, waiting for the bucket
RUN-NNN.warc.gz.done   in the bucket; kept until the frontier that knows its pages is there too, then emptied,
                       and deleted when the run's report is out: what is left tells of a run that died
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from io import FileIO
from pathlib import Path

from click import ClickException

from extract.stored import StoredObject
from spiders.archive import CaptureArchive
from spiders.cdxj import index, index_line, is_indexed
from spiders.limits import Limits
from spiders.warc import Member, warcinfo

OPEN, DONE = ".open", ".done"


@dataclass(slots=True)
class _Segment:
    number: int
    day: date
    path: Path
    file: FileIO
    filename: str
    opened: float
    size: int = 0
    captures: int = 0
    lines: list[bytes] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A segment that is in the bucket, and how many page responses it holds."""

    warc: StoredObject
    index: StoredObject
    captures: int


class Spool:
    """The segments of one run of one site. Not thread-safe: it belongs to the reactor's thread."""

    def __init__(
        self,
        site: str,
        run_id: str,
        archive: CaptureArchive,
        limits: Limits,
        executor: Executor,
        on_stored: Callable[[StoredSegment], None],
    ) -> None:
        self._site, self._run_id, self._archive, self._limits, self._executor = site, run_id, archive, limits, executor
        self._on_stored = on_stored
        self._folder = spool_folder(archive, site)
        self._number = 1
        self._segment: _Segment | None = None
        self._uploads: list[asyncio.Task[None]] = []
        self._age: asyncio.TimerHandle | None = None
        self.stored: dict[int, StoredSegment] = {}
        self.error: ClickException | None = None  # the bucket gave up: what is spooled stays for the next run

    def start_at(self, number: int) -> None:
        """Number the segments from here on: the run has some already."""
        self._number = number

    def write(self, members: Sequence[Member], *, is_page: bool) -> None:
        """Append the records of one exchange. They are on the way to disk before this returns."""
        segment = self._segment or self._open()
        offset = segment.size
        for member in members:
            if is_indexed(member.rec_type, member.status):
                segment.lines.append(
                    index_line(
                        uri=member.uri,
                        date=member.date,
                        rec_type=member.rec_type,
                        mime=member.mime,
                        status=member.status,
                        digest=member.digest,
                        length=len(member.data),
                        offset=offset,
                        filename=segment.filename,
                    )
                )
            offset += len(member.data)
        _write_all(segment.file, b"".join(member.data for member in members))
        segment.size = offset
        segment.captures += is_page and any(member.rec_type == "response" for member in members)
        if segment.size >= self._limits.segment_bytes:
            self._close_segment()

    async def hand_over(self) -> None:
        """Close and store what there is so far; afterwards `error` says whether the bucket took it all."""
        self._close_segment()
        while self._uploads:
            uploads, self._uploads = self._uploads, []
            await asyncio.gather(*uploads)

    def forget(self, *, run_ended: bool) -> None:
        """The frontier knows what the stored segments hold: free their copies, and at the run's end their marks."""
        for number in self.stored:
            mark = self._path(number).with_name(self._path(number).name + DONE)
            if run_ended:
                mark.unlink(missing_ok=True)
            elif mark.exists():
                mark.write_bytes(b"")

    def _path(self, number: int) -> Path:
        return self._folder / f"{self._run_id}-{number:03d}.warc.gz"

    def _open(self) -> _Segment:
        now = datetime.now(UTC)
        path = self._path(self._number)
        filename = self._archive.segment_key(self._site, self._run_id, self._number, now.date())
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.with_name(path.name + OPEN).open("wb", buffering=0)
        self._segment = _Segment(self._number, now.date(), path, file, filename, time.monotonic())
        self._number += 1
        start = warcinfo(self._site, self._run_id, Path(filename).name, now)
        _write_all(file, start)
        self._segment.size = len(start)
        self._age = asyncio.get_running_loop().call_later(self._limits.segment_s, self._close_segment)
        return self._segment

    def _close_segment(self) -> None:
        segment, self._segment = self._segment, None
        if self._age is not None:
            self._age.cancel()
            self._age = None
        if segment is None:
            return
        segment.file.close()
        segment.path.with_name(segment.path.name + OPEN).rename(segment.path)
        self._uploads.append(asyncio.ensure_future(self._store(segment)))

    async def _store(self, segment: _Segment) -> None:
        cdxj = index(segment.lines)
        put = self._archive.put_segment
        args = (self._site, self._run_id, segment.number, segment.day, segment.path, cdxj)
        try:
            warc, index_object = await asyncio.get_running_loop().run_in_executor(self._executor, put, *args)
        except ClickException as error:
            self.error = self.error or error
            return
        segment.path.rename(segment.path.with_name(segment.path.name + DONE))
        stored = StoredSegment(warc, index_object, segment.captures)
        self.stored[segment.number] = stored
        self._on_stored(stored)


def spool_folder(archive: CaptureArchive, site: str) -> Path:
    """Return the folder of a site's spool."""
    return archive.spool_dir() / site


def _write_all(file: FileIO, data: bytes) -> None:
    """Write unbuffered; a full disk raises OSError, and what was written before is still whole records."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
