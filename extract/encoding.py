"""From the bytes of a page to its characters, and from a coded payload to the bytes of the page."""

from __future__ import annotations

import codecs
import re
import zlib

MAX_DECODED_BYTES = 20 * 2**20
MAX_MEMBERS = 200  # of a gzip payload: what follows each is copied, and thousands of empty ones take minutes
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([a-zA-Z0-9_.:-]{2,40})""", re.IGNORECASE)
_HEADER_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([a-zA-Z0-9_.:-]{2,40})""", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# WHATWG: these labels mean the Windows code pages that contain them
_WIDER = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}


class BadEncodingError(ValueError):
    """The payload is not what its Content-Encoding says."""


class InflatesTooFarError(BadEncodingError):
    """The payload inflates beyond the bound."""


def decode_payload(payload: bytes, content_encoding: str | None, max_bytes: int = MAX_DECODED_BYTES) -> bytes:
    """Return `payload` without its Content-Encoding (gzip and deflate, possibly several in a row).

    Never returns more than `max_bytes`: raises BadEncodingError for a cut stream or an unknown coding, and
    InflatesTooFarError for a bomb.
    """
    for coding in _codings(content_encoding):
        payload = _inflate(payload, coding, max_bytes)
    return payload


def decode_head(payload: bytes, content_encoding: str | None, max_bytes: int) -> bytes:
    """Return the first `max_bytes` of what `decode_payload` gives, or what there is of them; never raises."""
    for coding in _codings(content_encoding):
        try:
            window = _window(payload, coding)
        except BadEncodingError:
            break
        parts: list[bytes] = []
        room = max_bytes
        while payload and room > 0 and len(parts) < MAX_MEMBERS:
            stream = zlib.decompressobj(window)
            try:
                parts.append(stream.decompress(payload, room))
            except zlib.error:
                break
            room -= len(parts[-1])
            payload = stream.unused_data
        payload = b"".join(parts)
    return payload[:max_bytes]


def _codings(content_encoding: str | None) -> list[str]:
    """Return the codings to undo, in that order."""
    codings = [coding.strip().lower() for coding in (content_encoding or "").split(",")]
    return [coding for coding in reversed(codings) if coding not in {"", "identity"}]


def _window(payload: bytes, coding: str) -> int:
    """Return zlib's `wbits` for a payload; raises BadEncodingError for a coding that nobody asked for."""
    if coding in {"gzip", "x-gzip"}:
        return 31
    if coding == "deflate":  # RFC 9110 means zlib; some servers send it raw
        return 15 if payload[:1] and payload[0] & 0x0F == 8 and int.from_bytes(payload[:2], "big") % 31 == 0 else -15
    raise BadEncodingError(f"Content-Encoding {coding[:40]!r} was not asked for")


def _inflate(payload: bytes, coding: str, max_bytes: int) -> bytes:
    window = _window(payload, coding)
    parts: list[bytes] = []
    room = max_bytes
    while payload:  # gzip allows several members
        if len(parts) == MAX_MEMBERS:
            raise BadEncodingError(f"more than {MAX_MEMBERS} members of {coding}")
        stream = zlib.decompressobj(window)
        try:
            part = stream.decompress(payload, room + 1)
        except zlib.error as error:
            if parts:  # bytes after the last member are padding, not data
                break
            raise BadEncodingError(f"payload is no {coding}: {error}") from error
        room -= len(part)
        if room < 0:
            raise InflatesTooFarError(f"inflates beyond {max_bytes // 2**20} MiB")
        if not stream.eof:
            raise BadEncodingError(f"{coding} payload ends too early")
        parts.append(part)
        payload = stream.unused_data
    return b"".join(parts)


def decode_text(body: bytes, content_type: str | None) -> str:
    """Return the characters of an HTML `body`; never raises, undecodable bytes become U+FFFD.

    Valid UTF-8 is UTF-8 whatever header and markup claim (text in another coding is practically never
    valid UTF-8); then the Content-Type's charset, the page's own meta, and a guess by frequency.
    """
    for bom, coding in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(coding, "replace")
    if (text := _from_utf8(body)) is not None:
        return text
    for coding in _candidates(body, content_type):
        try:
            return body.decode(coding)
        except (UnicodeError, LookupError):  # the codec "undefined" raises the former of anything
            continue
    return body.decode("utf-8", "replace")


def text_in_utf8(body: bytes, content_type: str | None) -> bytes:
    """Return what `decode_text` does, in UTF-8: most bodies as they are."""
    if not body.startswith(codecs.BOM_UTF8) and _from_utf8(body) is not None:
        return body
    return decode_text(body, content_type).encode("utf-8", "replace")


def _from_utf8(body: bytes) -> str | None:
    is_escaped = b"\x1b" in body and b"\x1b$" in body  # one byte is looked for in a tenth of the time of two
    if is_escaped or body.count(b"\0", 0, 4096) >= 16:  # ISO-2022-JP and UTF-16 look like ASCII with oddities
        return None
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _candidates(body: bytes, content_type: str | None) -> list[str]:
    from trafilatura.utils import detect_encoding  # noqa: PLC0415 - 0.2 s, for other pages than UTF-8

    named = []
    if header := _HEADER_CHARSET.search(content_type or ""):
        named.append(header[1])
    if meta := _META_CHARSET.search(body[:4096]):
        named.append(meta[1].decode("ascii"))
    found = []
    for label in [*named, *detect_encoding(body)]:
        try:
            coding = codecs.lookup(label).name
        except LookupError:
            continue
        if coding.startswith("utf-16") and body.count(b"\0", 0, 4096) < 16:
            continue  # a wrong label: nearly any bytes decode as UTF-16, into nonsense
        found.append(_WIDER.get(coding, coding))
    return found
