"""The pages of `extract` as its processes read them: a chunk of lines of the input file at a time."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from cli.errors import PagesFileError
from cli.reading import read_guarded
from extract.article import Article
from extract.capture import Capture
from extract.lessons import Notes, nothing_taught, pack, unpack
from extract.profile import SitePages
from extract.rejection import Reason, Rejection
from extract.rows import article_fields
from extract.url import article_id, normalise_url

MAX_PAGE_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Page:
    """What a line of the input says; `number` is the line's."""

    number: int
    url: str
    site: str
    html_path: Path | None
    html_base64: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Line:
    """Where a page's line lies: `at` among the pages, `number` in the file, `length` bytes at `offset`."""

    at: int
    number: int
    offset: int
    length: int
    site: str


@dataclass(frozen=True, slots=True)
class Source:
    """The input: its file, the folder that `html_path` is relative to, and the moment that no date may be after."""

    path: Path
    base: Path
    moment: datetime


@dataclass(frozen=True, slots=True)
class Learned:
    """What full readings taught of a site, packed.

    `marks`: by page, the lines by which its article is known again. `final`: by page, what is written of it without
    another reading, because the first took too long.
    """

    lessons: bytes = field(default=b"", repr=False)
    marks: Mapping[int, str] = field(default_factory=dict, repr=False)
    final: Mapping[int, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines of one site, or of pages that learn nothing."""

    lines: tuple[Line, ...]
    learned: Learned = field(default_factory=Learned)


def learn_chunk(source: Source, chunk: Chunk) -> Learned:
    """Read pages in full and return what they teach."""
    notes, marks, final = Notes(None), {}, {}
    for line, page in _pages(source, chunk):
        given = _capture(page, source)
        if isinstance(given, Rejection):
            continue
        reading = read_guarded(given)
        notes.add(reading)
        if reading.evidence:
            marks[line.at] = " ".join(reading.evidence.lines)
        elif isinstance(reading.outcome, Rejection) and reading.outcome.reason == Reason.TIMEOUT:
            final[line.at] = _row(page, reading.outcome)
    return Learned(pack(notes.lessons()), marks, final)


def read_chunk(source: Source, chunk: Chunk) -> list[bytes]:
    """Return what is written of each page of the chunk, in order."""
    return [
        chunk.learned.final.get(line.at) or _row(page, _read(page, source, chunk.learned, line))
        for line, page in _pages(source, chunk)
    ]


def _read(page: Page, source: Source, learned: Learned, line: Line) -> Article | Rejection:
    given = _capture(page, source)
    if isinstance(given, Rejection):
        return given
    profile = None
    if learned.lessons:
        own = nothing_taught(article_id(given.url), tuple(learned.marks.get(line.at, "").split()))
        profile = _site_pages(learned.lessons).without(own)
    return read_guarded(given, profile if profile and profile.pages else None).outcome


@lru_cache(maxsize=2)
def _site_pages(lessons: bytes) -> SitePages:
    """Return what a site's pages teach; its next chunk finds it counted."""
    return SitePages.of(unpack(lessons).evidence)


def _pages(source: Source, chunk: Chunk) -> Iterator[tuple[Line, Page]]:
    with source.path.open("rb") as file:
        for line in chunk.lines:
            file.seek(line.offset)
            yield line, read_line(line.number, file.read(line.length))


def read_line(number: int, line: bytes) -> Page:
    """Return what a line of the input says; PagesFileError, naming the line, if that is wrong."""
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise PagesFileError(f"line {number}: not JSON: {error}") from error
    if not isinstance(fields, dict) or not isinstance(fields.get("url"), str):
        raise PagesFileError(f'line {number}: url: missing; each line is {{"url": …, "html_path": …}}')
    path, inline = fields.get("html_path"), fields.get("html_base64")
    if not isinstance(path, str) and not isinstance(inline, str):
        raise PagesFileError(f"line {number}: html_path or html_base64: missing")
    site = fields.get("site")
    return Page(
        number=number,
        url=fields["url"],
        site=site if isinstance(site, str) else _host(fields["url"]),
        html_path=Path(path) if isinstance(path, str) else None,
        html_base64=inline if isinstance(inline, str) else None,
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:  # "http://[", a label all the same
        return ""


def _capture(page: Page, source: Source) -> Capture | Rejection:
    try:
        url = normalise_url(page.url)
    except ValueError:
        url = page.url  # nothing is fetched here: a label will do
    try:
        body = _body(page, source.base)
    except OSError as error:
        raise PagesFileError(
            f"line {page.number}: {page.html_path}: {error.strerror}; a path is relative to {source.base}"
        ) from error
    except binascii.Error as error:
        return Rejection(page.site, page.url, source.moment, Reason.BAD_ENCODING, f"html_base64: {error}")
    if len(body) > MAX_PAGE_BYTES:
        return Rejection(page.site, page.url, source.moment, Reason.TOO_LARGE, f"over {MAX_PAGE_BYTES // 2**20} MiB")
    headers = (("Content-Encoding", "gzip"),) if body.startswith(b"\x1f\x8b") else ()
    return Capture(page.site, url, url, 200, headers, body, source.moment)


def _body(page: Page, base: Path) -> bytes:
    """Return the page's bytes, of a file at most one more than are allowed."""
    if page.html_path is None:
        return base64.b64decode(page.html_base64 or "", validate=True)
    with (base / page.html_path).open("rb") as file:
        return file.read(MAX_PAGE_BYTES + 1)


def _row(page: Page, result: Article | Rejection) -> bytes:
    if isinstance(result, Article):
        fields = article_fields(result) | {"captured_at": None}  # nobody captured it here
        return orjson.dumps(fields, option=orjson.OPT_UTC_Z)
    return orjson.dumps({"url": page.url, "rejected": result.reason, "detail": result.detail})
