"""A slice of the archive's captures as one WACZ, or as one index for a wayback machine that reads the bucket.

Segments are read once, from front to back, in large blocks; their records go out as the bytes they are. What must be
looked up again lies in a scratch database (storage.contents), so memory does not grow with the archive.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from typing import IO, Any

import orjson

from storage import layout
from storage.articles import Archive
from storage.client import Store
from storage.contents import Answer, Contents, open_contents
from storage.errors import ObjectMissing
from storage.records import ANSWERS, RawRecord, read_raw
from storage.slices import DAY, Segment, Slice, list_segments
from storage.wacz import PAGES, Part, WaczFile

Indexer = Callable[[Any, int, int, str], list[bytes]]  # warcio record, its length, offset, file name → its index lines
Tell = Callable[[int, int], None]  # segments done, of how many
Address = tuple[str, str]  # of a capture: its URI and its WARC-Date as written
BATCH_ROWS = 1024
_PAGE_COLUMNS = ("article_id", "version", "title", "capture")


@dataclass(slots=True)
class Exported:
    """What went into a WACZ. `originals` lie outside the slice: revisits in it stand for them."""

    segments: int = 0
    captures: int = 0
    pages: int = 0
    originals: int = 0
    lost_originals: int = 0  # erased, or gone by age: what is left of them is the revisit
    lost_captures: int = 0  # article versions in the slice whose capture is not there any more
    newest: datetime = field(default=datetime.min.replace(tzinfo=UTC))


def export_wacz(
    store: Store, out: IO[bytes], chosen: Slice, indexer: Indexer, *, texts: bool = False,
    tell: Tell = lambda _, __: None,
) -> Exported:  # fmt: skip
    """Write the slice `chosen` to `out`, with the responses that its revisits stand for, and return what went in.

    With `texts` the list of pages holds the articles' texts too, for full-text search. Of an empty slice (no captures)
    `out` holds nothing of use. ObjectRefused, naming the segment, where one is damaged: a copy without it would not
    say so.
    """
    with open_contents() as contents, WaczFile(out) as wacz:
        export = _Export(store, wacz, contents, indexer)
        export.add_slice(chosen, tell)
        if export.done.captures:
            export.add_originals()
            export.finish(chosen, texts=texts)
        return export.done


def export_index(
    store: Store, out: IO[bytes], chosen: Slice, indexer: Indexer, *, tell: Tell = lambda _, __: None
) -> int:
    """Write one sorted CDXJ of the slice's whole segments, which names their keys; return how many lines it has."""
    count = 0
    with open_contents() as contents:
        segments = list(list_segments(store, chosen))
        for number, segment in enumerate(segments):
            tell(number, len(segments))
            for line in _index_lines(store, segment, indexer):
                contents.add_line(line)
        for count, line in enumerate(contents.lines(), 1):  # noqa: B007 - the count is what is returned
            out.write(line)
    return count


def _index_lines(store: Store, segment: Segment, indexer: Indexer) -> list[bytes]:
    try:
        return store.get(layout.index_key(segment.key)).body.splitlines(keepends=True)
    except ObjectMissing:  # a crawl is about to write it, or died before it did
        with store.open(segment.key) as stream:
            answers = (record for record in read_raw(stream, segment.key) if record.kind in ANSWERS)
            lines = (indexer(one.record, len(one.data), one.offset, segment.key) for one in answers)
            return [line for found in lines for line in found]


class _Export:
    """One WACZ under way."""

    def __init__(self, store: Store, wacz: WaczFile, contents: Contents, indexer: Indexer) -> None:
        self._store, self._wacz, self._contents, self._indexer = store, wacz, contents, indexer
        self._days: dict[str, list[Segment]] = {}
        self.done = Exported()

    def copy(self, segment: Segment, wants: Callable[[RawRecord], bool], part: str = "") -> set[Address]:
        """Copy the records of `segment` that are wanted; return the answers among them.

        Request, response and facts of one exchange share URI and date, so they stay together. If all is wanted the
        file is the segment, byte for byte; if nothing is, there is no file.
        """
        opening = b""  # the warcinfo record, until something of the segment is wanted
        path, answers = segment.name(part), set()
        with self._store.open(segment.key) as stream, ExitStack() as closing:
            file: Part | None = None
            for record in read_raw(stream, segment.key):
                if record.kind == "warcinfo" and file is None:
                    opening = record.data
                    continue
                if not wants(record):
                    continue
                if file is None:
                    writing = self._wacz.part(f"archive/{path}", segment.started, at_most=segment.size)
                    file = closing.enter_context(writing)
                    file.write(opening)
                if record.kind in ANSWERS:
                    self._note(segment, record, file.size, path)
                    answers.add((record.uri, record.date))
                self.done.newest = max(self.done.newest, record.moment)
                file.write(record.data)
        return answers

    def _note(self, segment: Segment, record: RawRecord, offset: int, path: str) -> None:
        lines = self._indexer(record.record, len(record.data), offset, path)
        line = lines[0] if lines else None
        place = (segment.site, segment.key, record.offset, record.uri, record.date)
        self._contents.add(Answer(*place, line, record.original))

    def add_slice(self, chosen: Slice, tell: Tell) -> None:
        """Add what was fetched in the slice."""
        segments = list(list_segments(self._store, chosen))
        for number, segment in enumerate(segments):
            tell(number, len(segments))
            found = self.copy(segment, lambda record: chosen.has(record.moment))
            self.done.segments += bool(found)
            self.done.captures += len(found)

    def add_originals(self) -> None:
        """Add the responses that revisits stand for and that lie outside the slice, until none is missing.

        A response lies in a run that had begun by then, most likely the last one, so runs are tried from there back.
        A round either finds a missing one or gives it up; what a found one stands for itself is the next round's.
        """
        for turn in count(1):
            missing = self._contents.missing_originals()
            if not missing:
                return
            for site, originals in missing.items():
                self._add_originals(site, originals, f".originals-{turn}")

    def _add_originals(self, site: str, originals: list[Address], part: str) -> None:
        missing, tried = set(originals), set[str]()

        def is_missing(record: RawRecord) -> bool:
            return (record.uri, record.date) in missing

        for original in originals:
            for segment in self._likely(site, original[1]) if original in missing else ():
                if segment.key not in tried:  # each gives all that it has, at once
                    tried.add(segment.key)
                    found = self.copy(segment, is_missing, part)
                    missing -= found
                    self.done.originals += len(found)
                if original not in missing:
                    break
            if original in missing:
                self._contents.give_up(site, *original)
                self.done.lost_originals += 1

    def _likely(self, site: str, written: str) -> list[Segment]:
        try:
            moment = datetime.fromisoformat(written).astimezone(UTC)
            days = [(moment + shift * DAY).date() for shift in (-1, 0, 1)]
        except (ValueError, OverflowError):
            return []
        near = [one for day in days for one in self._of_day(site, day)]
        return sorted(near, key=lambda one: (one.started > moment, abs(one.started - moment), one.key))

    def _of_day(self, site: str, day: date) -> list[Segment]:
        prefix = layout.raw_day_prefix(site, day)
        if prefix not in self._days:
            self._days[prefix] = [one for listed in self._store.list(prefix) if (one := Segment.of(listed))]
        return self._days[prefix]

    def finish(self, chosen: Slice, *, texts: bool) -> None:
        """Write index, pages and what proves them."""
        newest = self.done.newest
        self._wacz.write_index(self._contents.lines(), newest, at_most=self._contents.index_bytes)
        self._find_pages(chosen, texts=texts)
        with self._wacz.part(PAGES, newest) as part:
            part.write(
                orjson.dumps({"format": "json-pages-1.0", "id": "pages", "title": "Articles", "hasText": texts}) + b"\n"
            )
            for line in self._contents.pages():
                part.write(line)
        description = f"Captures of {chosen}, with the articles read from them. Made by Broadsheet."
        self._wacz.finish(f"News archive: {chosen}", description, newest)

    def _find_pages(self, chosen: Slice, *, texts: bool) -> None:
        columns = [*_PAGE_COLUMNS, *(["text"] if texts else [])]
        batches = Archive(self._store).article_batches(
            site=chosen.site,
            since=chosen.since,
            until=chosen.until,
            all_versions=True,
            columns=columns,
            at_most=BATCH_ROWS,
        )
        for row in (row for batch in batches for row in batch.to_pylist()):
            capture = row["capture"]
            place = self._contents.answer(capture["key"], capture["offset"]) if capture else None
            if place is None:
                self.done.lost_captures += 1
                continue
            uri, written = place
            at = datetime.fromisoformat(written).astimezone(UTC).isoformat(timespec="milliseconds")
            page = {
                "id": f"{row['article_id']}-{row['version']}",
                "url": uri,
                "ts": at.replace("+00:00", "Z"),
                "title": row["title"],
            }
            page |= {"text": row["text"]} if texts else {}
            self._contents.add_page(written, uri, orjson.dumps(page) + b"\n")
            self.done.pages += 1
