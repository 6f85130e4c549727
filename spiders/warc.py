"""WARC 1.1 records of one exchange: request, response or revisit, and the facts of the fetch."""

from __future__ import annotations

import base64
import hashlib
import io
import platform
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter
from zlib_ng import zlib_ng

from extract import __version__
from extract.capture import Hints, Past
from spiders.exchange import Exchange
from spiders.listing import NO_HINTS

# zlib-ng on 150 news pages, ms per 280 KB and times smaller: level 4 1.8, 5.06; 5 1.9, 5.17; 6 2.4, 5.20; 9 5.1, 5.23
GZIP_LEVEL = 5
SERVER_NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
IDENTICAL_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NO_PAST = Past()
_KEPT = b"X-Crawler-Transfer-Encoding"  # what the server said before the framing was taken off


@dataclass(frozen=True, slots=True)
class Facts:
    """What only the crawler knows of a fetch; the `metadata` record.

    `kind` is page, feed, sitemap, section, robots, redirect (its target follows), retry (a later answer counts) or void
    (the answer to a made-up address).
    """

    kind: str
    requested_url: str
    robots: str = ""
    hints: Hints = NO_HINTS
    past: Past = NO_PAST


@dataclass(frozen=True, slots=True)
class Original:
    """The response that a revisit stands for. `date` is its WARC-Date as written."""

    digest: str
    uri: str
    date: str


@dataclass(frozen=True, slots=True)
class Member:
    """One record as a gzip member. The rest is what its line of the index needs; `urlless` records have none."""

    data: bytes = field(repr=False)
    rec_type: str
    uri: str
    date: str
    digest: str
    status: int
    mime: str | None


def payload_digest(body: bytes) -> str:
    """Return WARC's spelling of the digest of `body`."""
    return "sha1:" + base64.b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode("ascii")


def warc_date(moment: datetime) -> str:
    """Return `moment` as WARC 1.1 writes it, with microseconds: exchanges of one host are told apart by it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def warcinfo(site: str, run_id: str, filename: str, opened_at: datetime) -> bytes:
    """Return the record that opens a segment, as a gzip member."""
    fields = {
        "software": f"Broadsheet/{__version__} Python/{platform.python_version()}",
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "robots": "RFC 9309",
        "isPartOf": f"{site} {run_id}",
    }
    block = "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode()
    headers = [("WARC-Date", warc_date(opened_at)), ("WARC-Filename", filename)]
    return _member("warcinfo", headers, block, "application/warc-fields")


def exchange_members(
    exchange: Exchange, facts: Facts, original: Original | None = None, digest: str | None = None
) -> list[Member]:
    """Return request, response (or revisit, when `original` is given) and metadata, in this order.

    The metadata record comes last and so marks a whole exchange. An `original` means a 304, or a payload equal to it.
    `digest` is the payload's, if known already.
    """
    date = warc_date(exchange.started_at)
    response_id = _record_id()
    shared = [("WARC-Target-URI", exchange.url), ("WARC-Date", date)]
    if exchange.ip:
        shared.append(("WARC-IP-Address", exchange.ip))
    head = _stored_head(exchange)
    digest = original.digest if original else digest or payload_digest(exchange.body)
    response = [*shared, ("WARC-Record-ID", response_id), ("WARC-Payload-Digest", digest)]
    if original:
        profile = SERVER_NOT_MODIFIED if exchange.status == 304 else IDENTICAL_PAYLOAD
        response += [
            ("WARC-Profile", profile),
            ("WARC-Refers-To-Target-URI", original.uri),
            ("WARC-Refers-To-Date", original.date),
        ]
    if exchange.truncated:
        response.append(("WARC-Truncated", exchange.truncated))
    rec_type = "revisit" if original else "response"
    linked = [*shared, ("WARC-Concurrent-To", response_id)]
    mime = None if original else (exchange.header("Content-Type") or "").partition(";")[0].split(" ")[0].strip() or None
    members = (
        ("request", linked, _sent_head(exchange.request_head), "application/http; msgtype=request"),
        (rec_type, response, head if original else head + exchange.body, "application/http; msgtype=response"),
        (
            "metadata",
            [*linked, ("WARC-Refers-To", response_id)],
            _facts_block(exchange, facts),
            "application/warc-fields",
        ),
    )
    return [
        Member(_member(kind, headers, block, content_type), kind, exchange.url, date, digest, exchange.status, mime)
        for kind, headers, block, content_type in members
    ]


def _member(rec_type: str, headers: list[tuple[str, str]], block: bytes, content_type: str) -> bytes:
    """Return one record as a gzip member. The block is given whole, so that no parser touches the heads in it."""
    named = dict(headers)
    lines = [("WARC-Type", rec_type), *headers]
    if "WARC-Record-ID" not in named:
        lines.append(("WARC-Record-ID", _record_id()))
    lines.append(("WARC-Block-Digest", payload_digest(block)))
    # To warcio every block is opaque ("resource"): of a revisit it would write the head only if it had parsed it.
    record = ArcWarcRecord(
        "warc",
        "resource",
        StatusAndHeaders("", lines, protocol="WARC/1.1"),
        io.BytesIO(block),
        None,
        content_type,
        len(block),
    )
    record.payload_length = len(block)
    out = io.BytesIO()
    writer: Any = WARCWriter(out, gzip=False, warc_version="WARC/1.1")
    writer.ensure_digest = _digests_are_there
    writer.write_record(record)
    deflater = zlib_ng.compressobj(GZIP_LEVEL, zlib_ng.DEFLATED, 31)
    return bytes(deflater.compress(out.getbuffer()) + deflater.flush())


def _digests_are_there(record: Any, *, block: bool = True, payload: bool = True) -> None:  # noqa: ANN401
    """Stand in for warcio's own digests, which would read the block twice more."""


def _record_id() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


def _stored_head(exchange: Exchange) -> bytes:
    """Return the response's head as received; if the body came in chunks, re-labelled for a body without them."""
    lines = exchange.response_head.split(b"\n")
    names = [line.partition(b":")[0].strip().lower() for line in lines]
    if b"transfer-encoding" not in names:
        return exchange.response_head
    kept = []
    for line, name in zip(lines, names, strict=True):
        if name == b"transfer-encoding":
            kept.append(_KEPT + line[line.index(b":") :])
        elif name != b"content-length":
            kept.append(line)
    end = b"\r" if lines[0].endswith(b"\r") else b""
    blank = next(place for place, line in enumerate(kept) if line in {b"", b"\r"})
    kept.insert(blank, b"Content-Length: %d%s" % (len(exchange.body), end))
    return b"\n".join(kept)


def _sent_head(head: bytes) -> bytes:
    """Return the request's head without the proxy's password."""
    return b"\n".join(line for line in head.split(b"\n") if not line.lower().startswith(b"proxy-authorization:"))


def _facts_block(exchange: Exchange, facts: Facts) -> bytes:
    hints = facts.hints
    fields: list[tuple[str, str | None]] = [
        ("kind", facts.kind),
        ("requested-url", facts.requested_url),
        ("via", hints.via),
        ("hint-source", hints.source),
        ("hint-title", hints.title),
        ("hint-published", _iso(hints.published_at)),
        ("hint-modified", _iso(hints.modified_at)),
        ("hint-language", hints.language),
        *(("hint-author", author) for author in hints.authors),
        *(("hint-tag", tag) for tag in hints.tags),
        ("was-article", "yes" if facts.past.is_article else None),
        ("missed", str(facts.past.missed) if facts.past.missed else None),
        ("is-void", "yes" if facts.past.is_void else None),
        ("is-moved", "yes" if facts.past.is_moved else None),
        ("robots", facts.robots),
        ("fetchTimeMs", str(exchange.elapsed_ms)),
        ("truncated", exchange.truncated),
    ]
    return "".join(f"{name}: {' '.join(value.split())}\r\n" for name, value in fields if value).encode(
        "utf-8", "replace"
    )


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
