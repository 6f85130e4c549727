"""Captures read back from a WARC: each page response with the facts of its fetch."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecordLoader
from warcio.statusandheaders import StatusAndHeadersParserException
from zlib_ng import zlib_ng

from extract.capture import Capture, Hints, Past, WarcRecord
from extract.dates import parse_date

BLOCK_BYTES = 4 * 2**20  # of the object read at a time: few S3 reads, little memory
MAX_RECORD_BYTES = 128 * 2**20  # inflated; the crawl's largest body is far below, so more is a bomb or a foreign file
_LOADER = ArcWarcRecordLoader()


class BadWarcError(ValueError):
    """The file is no whole gzip-per-record WARC: the message names it and the byte where reading ended."""


@dataclass(frozen=True, slots=True)
class Member:
    """One gzip member: `length` compressed bytes at `offset`, and what they inflate to."""

    offset: int
    length: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Blank:
    """What stands in place of an erased page: the id of the article that was asked for, and when."""

    article: str
    captured_at: datetime


def read_members(stream: IO[bytes], key: str) -> Iterator[Member]:
    """Yield the gzip members of `stream` in order; raises BadWarcError where it is cut, damaged or too large."""
    offset, buffer = 0, stream.read(BLOCK_BYTES)
    while buffer:
        inflater, parts, used, size = zlib_ng.decompressobj(31), [], 0, 0
        while not inflater.eof:
            if not buffer and not (buffer := stream.read(BLOCK_BYTES)):
                raise BadWarcError(f"{key}: cut short in the record at byte {offset}")
            try:
                part = inflater.decompress(buffer, MAX_RECORD_BYTES - size + 1)
            except zlib_ng.error as error:  # type: ignore[misc]
                raise BadWarcError(f"{key}: damaged at byte {offset}: {error}") from error
            size += len(part)
            if size > MAX_RECORD_BYTES:
                raise BadWarcError(
                    f"{key}: the record at byte {offset} inflates beyond {MAX_RECORD_BYTES // 2**20} MiB"
                )
            parts.append(part)
            used += len(buffer) - len(inflater.unused_data)
            buffer = inflater.unused_data
        yield Member(offset, used, b"".join(parts))
        offset += used
        buffer = buffer or stream.read(BLOCK_BYTES)


def read_record(member: Member, key: str) -> Any:  # noqa: ANN401 - warcio has no types
    """Return the warcio record in `member`; raises BadWarcError when it is none."""
    try:
        return _LOADER.parse_record_stream(io.BytesIO(member.data), known_format="warc")
    except (ArchiveLoadFailed, StatusAndHeadersParserException, EOFError, ValueError) as error:
        raise BadWarcError(f"{key}: no WARC record at byte {member.offset}: {error}") from error


def read_captures(stream: IO[bytes], key: str, site: str, blanks: list[Blank] | None = None) -> Iterator[Capture]:
    """Yield a Capture for each page response of the .warc.gz `stream`, in file order, holding one body at a time.

    A page response is one whose fetch facts (the `metadata` record that follows) say `kind: page`; feeds,
    robots files, redirects and revisits give none. `key` is noted as the place of the records. `blanks` is added to:
    where page responses were that an erasure took.
    """
    response: tuple[Member, Any] | None = None
    for member in read_members(stream, key):
        record = read_record(member, key)
        if record.rec_type == "response":
            response = (member, record)
        elif record.rec_type == "metadata":
            facts = parse_fields(record.raw_stream.read())
            header = record.rec_headers.get_header
            owner = header("WARC-Concurrent-To") or header("WARC-Refers-To")
            if owner is None and "erased-page" in facts:  # a fetch's facts, in which its site has a say, have an owner
                if blanks is not None:
                    blanks.append(_blank(facts, key, member.offset))
            elif response is not None and owner == response[1].rec_headers.get_header("WARC-Record-ID"):
                if facts.get("kind") == ["page"]:
                    yield _own_capture(response, facts, key, site)
                response = None


def blank_fields(article: str, date: str) -> str:
    """Return the fields of the record that `read_captures` knows as a Blank; `date` is the page's WARC-Date."""
    return f"erased-page: {article}\r\nerased-date: {date}\r\n"


def _blank(facts: dict[str, list[str]], key: str, offset: int) -> Blank:
    try:
        return Blank(facts["erased-page"][0], datetime.fromisoformat(facts["erased-date"][0]).astimezone(UTC))
    except (ValueError, KeyError) as error:
        raise BadWarcError(f"{key}: no blank of ours at byte {offset}: {error}") from error


def parse_fields(block: bytes) -> dict[str, list[str]]:
    """Return the fields of an application/warc-fields block, names in lower case, repeated ones in order."""
    found: dict[str, list[str]] = {}
    for line in block.decode("utf-8", "replace").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip().lower(), []).append(value.strip())
    return found


def _own_capture(response: tuple[Member, Any], facts: dict[str, list[str]], key: str, site: str) -> Capture:
    try:
        return _capture(response, facts, key, site)
    except (ValueError, TypeError, AttributeError) as error:  # somebody else's record, which says less than ours
        raise BadWarcError(f"{key}: no record of ours at byte {response[0].offset}: {error}") from error


def _capture(response: tuple[Member, Any], facts: dict[str, list[str]], key: str, site: str) -> Capture:
    member, record = response
    header, http = record.rec_headers.get_header, record.http_headers
    status, final_url = int(http.get_statuscode()), header("WARC-Target-URI")
    captured_at = datetime.fromisoformat(header("WARC-Date")).astimezone(UTC)
    return Capture(
        site=site,
        url=facts.get("requested-url", [final_url])[0],
        final_url=final_url,
        status=status,
        headers=tuple((name, value) for name, value in http.headers),
        body=record.raw_stream.read(),
        captured_at=captured_at,
        hints=read_hints(facts),
        record=WarcRecord(key, member.offset, member.length, header("WARC-Payload-Digest") or "", status),
        past=read_past(facts),
        truncated=header("WARC-Truncated"),
    )


def read_past(facts: dict[str, list[str]]) -> Past:
    """Return what the fetch facts say that the crawl knew of a page."""
    missed = facts.get("missed", ["0"])[0]
    is_number = missed.isascii() and missed.isdigit() and len(missed) < 10
    return Past(
        facts.get("was-article") == ["yes"],
        int(missed) if is_number else 0,
        facts.get("is-void") == ["yes"],
        facts.get("is-moved") == ["yes"],
    )


def read_hints(facts: dict[str, list[str]]) -> Hints:
    """Return what the fetch facts say of a page's discovery."""

    def one(name: str) -> str | None:
        return facts.get(name, [""])[0] or None

    return Hints(
        via=one("via"),
        source=one("hint-source"),
        title=one("hint-title"),
        published_at=parse_date(one("hint-published")),
        modified_at=parse_date(one("hint-modified")),
        language=one("hint-language"),
        authors=tuple(facts.get("hint-author", ())),
        tags=tuple(facts.get("hint-tag", ())),
    )
