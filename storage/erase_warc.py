"""Erasing from WARC segments: the records of an article, and of feeds and pages that repeat it, give way to blanks.

A blank has exactly the length of what it replaces: one gzip member, stored and not deflated, that holds one small
`metadata` record and filler. So every other record keeps its bytes, its digests and its place, and neither their lines
of the index nor the rows that point to them change.
"""

from __future__ import annotations

import io
import re
import struct
import uuid
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urldefrag, urljoin

import orjson

from extract.encoding import BadEncodingError, decode_payload, decode_text
from extract.entities import unescape
from extract.passages import Passages, page_letters
from extract.url import article_id, normalise_url
from extract.warc import BadWarcError, Member, blank_fields, parse_fields, read_members, read_record
from storage.errors import ObjectRefused

SOURCES = frozenset({"feed", "sitemap", "section"})
# Passages of 40 letters that another article's page has of the erased one before its record goes: 65 letters in one
# run, a dozen words. Its own text was taken off the passages before, so this is a teaser, or a copy that is no article.
PAGE_PASSAGES = 26
_STORED = 65535  # bytes in one stored block of a deflate stream, which costs 5 more
_GZIP = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
_URL = re.compile(r"""https?:(?:\\?/){2}[^\s"'<>]+|(?:href|src)\s*=\s*["']?([^\s"'<>]+)""", re.IGNORECASE)
_FILLER = b"erased: on purpose"
_LENGTH_DIGITS = 10
Original = tuple[str, str]  # WARC-Target-URI and WARC-Date of a response


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to go: articles by their ids, and passages of their texts that no other article of the site has."""

    articles: frozenset[str]
    texts: Passages = field(default_factory=lambda: Passages({}))
    titles: Passages = field(default_factory=lambda: Passages({}))


@dataclass(slots=True)
class Swept:
    """A segment without what was to go. `dropped`: the offsets of the records; `originals`: what the responses were."""

    body: bytes = field(repr=False)
    dropped: set[int] = field(default_factory=set)
    originals: set[Original] = field(default_factory=set)


@dataclass(slots=True)
class _Exchange:
    """The records of one exchange that stand together: request, answer, metadata. `kind` is None of a foreign one.

    `asked` is the URL that its metadata says was asked for.
    """

    members: list[Member] = field(default_factory=list)
    urls: set[str] = field(default_factory=set)
    answer: Any = None
    payload: bytes = field(default=b"", repr=False)
    kind: str | None = None
    asked: str | None = None


def sweep_segment(body: bytes, key: str, wanted: Wanted, gone: set[Original], now: datetime) -> Swept:
    """Return the segment `body` with blanks for what `wanted` names and for repeats of the responses in `gone`.

    Raises ObjectRefused for a damaged segment: what it holds cannot be told.
    """
    swept = Swept(body)
    spans: list[tuple[int, int, str]] = []
    try:
        for exchange in _exchanges(body, key):
            if not _goes(exchange, wanted, gone | swept.originals):
                continue
            swept.dropped.update(member.offset for member in exchange.members)
            last = exchange.members[-1]
            spans.append((exchange.members[0].offset, last.offset + last.length, _left(exchange)))
            if exchange.answer is not None and exchange.answer.rec_type == "response":
                swept.originals.add(_place(exchange.answer))
    except BadWarcError as error:
        raise ObjectRefused(f"{error}; it cannot be searched: restore it from a backup, or delete it") from error
    for start, end, left in spans:
        swept.body = swept.body[:start] + blank(end - start, now, left) + swept.body[end:]
    return swept


def sweep_index(body: bytes, dropped: set[int]) -> bytes:
    """Return the CDXJ `body` without the lines of records at the offsets `dropped`."""
    return b"".join(line for line in body.splitlines(keepends=True) if _offset(line) not in dropped)


def blank(length: int, now: datetime, fields: str = "") -> bytes:
    """Return a gzip member of `length` bytes with one record that says that something was erased, and `fields`.

    Raises ObjectRefused below some 230 bytes and the fields': no exchange is so short.
    """
    filler = _FILLER + (f"\r\n{fields}".encode() if fields else b"")
    blocks = -(-(length - len(_GZIP) - 8) // (_STORED + 5))
    room = length - len(_GZIP) - 8 - 5 * blocks
    head = (
        f"WARC/1.1\r\nWARC-Type: metadata\r\nWARC-Record-ID: <urn:uuid:{uuid.uuid4()}>\r\n"
        f"WARC-Date: {now:%Y-%m-%dT%H:%M:%SZ}\r\nContent-Type: application/warc-fields\r\nContent-Length: "
    ).encode()
    size = room - len(head) - _LENGTH_DIGITS - 8
    if size < len(filler):
        raise ObjectRefused(f"a record of {length} bytes is too short to be blanked; delete the object")
    record = head + f"{size:0{_LENGTH_DIGITS}d}\r\n\r\n".encode() + filler.ljust(size) + b"\r\n\r\n"
    parts = [_GZIP]
    for number in range(blocks):
        part = record[number * _STORED : (number + 1) * _STORED]
        parts += [bytes([number == blocks - 1]), struct.pack("<HH", len(part), len(part) ^ 0xFFFF), part]
    return b"".join([*parts, struct.pack("<II", zlib.crc32(record), len(record))])


def _left(exchange: _Exchange) -> str:
    """Return what a blank says of a page: a run that reads its captures only after the erasure counts it too."""
    if exchange.kind != "page" or exchange.answer is None or exchange.answer.rec_type != "response":
        return ""
    target, date = _place(exchange.answer)
    return blank_fields(article_id(exchange.asked or target), date)


def _exchanges(body: bytes, key: str) -> Iterator[_Exchange]:
    records = ((member, read_record(member, key)) for member in read_members(io.BytesIO(body), key))
    for _, group in groupby(records, key=lambda pair: _owner(pair[1])):
        exchange = _Exchange()
        for member, record in group:
            exchange.members.append(member)
            if target := record.rec_headers.get_header("WARC-Target-URI"):
                exchange.urls.add(target)
            if record.rec_type == "metadata":
                facts = parse_fields(record.raw_stream.read())
                exchange.kind = facts.get("kind", [None])[0]
                exchange.urls.update(facts.get("requested-url", ()))
                exchange.asked = facts.get("requested-url", [None])[0]
            elif record.rec_type in {"response", "revisit"}:
                exchange.answer, exchange.payload = record, record.raw_stream.read()
        yield exchange


def _owner(record: Any) -> str | None:  # noqa: ANN401 - warcio has no types
    """Return the id of the answer that a record is about: an answer's own."""
    header = record.rec_headers.get_header
    about = None if record.rec_type in {"response", "revisit"} else header("WARC-Concurrent-To")
    return str(about or header("WARC-Record-ID"))


def _goes(exchange: _Exchange, wanted: Wanted, gone: set[Original]) -> bool:
    answer = exchange.answer
    if any(_id(url) in wanted.articles for url in exchange.urls):
        return True
    if answer is None or exchange.kind == "robots":
        return False
    if answer.rec_type == "revisit":
        header = answer.rec_headers.get_header
        return (header("WARC-Refers-To-Target-URI"), header("WARC-Refers-To-Date")) in gone
    return _repeats(exchange, wanted)


def _repeats(exchange: _Exchange, wanted: Wanted) -> bool:
    """Return whether a source names an article or says some of it, or a page says a good deal of its text."""
    markup = _markup(exchange)
    if exchange.kind in SOURCES and any(
        _id(url) in wanted.articles for url in _links(markup, _place(exchange.answer)[0])
    ):
        return True
    if not wanted.texts and not wanted.titles:
        return False
    said = page_letters(markup)
    if exchange.kind in SOURCES:
        return any(some.count(plain) for some in (wanted.texts, wanted.titles) for plain in said)
    return any(wanted.texts.count(plain) >= PAGE_PASSAGES for plain in said)


def _markup(exchange: _Exchange) -> str:
    header = exchange.answer.http_headers.get_header if exchange.answer.http_headers else lambda _name: None
    payload = exchange.payload
    with suppress(BadEncodingError):
        payload = decode_payload(payload, header("Content-Encoding"))
    if payload.startswith(b"\x1f\x8b"):  # a sitemap.xml.gz
        with suppress(BadEncodingError):
            payload = decode_payload(payload, "gzip")
    return decode_text(payload, header("Content-Type"))


def _links(markup: str, base: str) -> Iterator[str]:
    for found in _URL.finditer(unescape(markup)):
        with suppress(ValueError):
            yield urljoin(base, (found[1] or found[0]).replace("\\/", "/").rstrip("\\,;)]}"))


def _id(url: str) -> str | None:
    try:
        return article_id(normalise_url(urldefrag(url).url))
    except ValueError:
        return None


def _place(answer: Any) -> Original:  # noqa: ANN401
    header = answer.rec_headers.get_header
    return header("WARC-Target-URI") or "", header("WARC-Date") or ""


def _offset(line: bytes) -> int | None:
    """Return the offset in a line of an index, None for a line that is none of ours."""
    try:
        return int(orjson.loads(line.split(b" ", 2)[2])["offset"])
    except (orjson.JSONDecodeError, IndexError, KeyError, TypeError, ValueError):
        return None
