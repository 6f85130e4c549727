"""A feed's, sitemap's or section page's body without its Content-Encoding, never larger than asked for."""

from __future__ import annotations

import codecs
import re
import zlib

GZIP_MAGIC = b"\x1f\x8b"
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([a-zA-Z0-9_.:-]{2,40})""", re.IGNORECASE)
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([a-zA-Z0-9_.:-]{2,40})""", re.IGNORECASE)
_XML = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([a-zA-Z0-9_.:-]{2,40})""", re.IGNORECASE)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip


class Undecodable(ValueError):
    """The body is not what its Content-Encoding says, or inflates beyond the bound."""


def inflate(body: bytes, content_encoding: str | None, max_bytes: int) -> bytes:
    """Return `body` without gzip or deflate; raises Undecodable beyond `max_bytes`, so that a bomb never goes off."""
    codings = [coding.strip().lower() for coding in (content_encoding or "").split(",")]
    for coding in reversed([coding for coding in codings if coding not in {"", "identity"}]):
        if coding in {"gzip", "x-gzip"}:
            body = _inflate(body, 31, max_bytes)
        elif coding == "deflate":  # RFC 9110 means zlib; some servers send it raw
            zlib_wrapped = len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
            body = _inflate(body, 15 if zlib_wrapped else -15, max_bytes)
        else:
            raise Undecodable(f"Content-Encoding {coding[:40]!r} was not asked for")
    return body


def gunzip(body: bytes, max_bytes: int) -> bytes:
    """Return a .gz file's content."""
    return _inflate(body, 31, max_bytes)


def _inflate(body: bytes, window: int, max_bytes: int) -> bytes:
    parts: list[bytes] = []
    room = max_bytes
    while body:  # gzip allows several members
        stream = zlib.decompressobj(window)
        try:
            part = stream.decompress(body, room + 1)
        except zlib.error as error:
            if parts:  # padding after the last member
                break
            raise Undecodable(f"not what its encoding says: {error}") from error
        room -= len(part)
        if room < 0:
            raise Undecodable(f"inflates beyond {max_bytes // 2**20} MiB")
        if not stream.eof:
            raise Undecodable("its compressed body ends too early")
        parts.append(part)
        body = stream.unused_data
    return b"".join(parts)


def decode(body: bytes, content_type: str | None) -> str:
    """Return the characters of an XML, JSON or HTML `body`; never raises, what does not decode becomes U+FFFD.

    Order: byte order mark, valid UTF-8, the header's charset, the document's own claim, Windows-1252.
    """
    for bom, coding in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(coding, "replace")
    if body[:4].count(b"\0") >= 2 or body[:2].count(b"\0") == 1:  # UTF-16 or -32 without a mark
        coding = "utf-16-le" if body[1:2] == b"\0" else "utf-16-be"
        return body.decode(coding, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    claims = [found[1] for found in [_CHARSET.search(content_type or "")] if found]
    claims += [found[1].decode("ascii") for found in (_XML.search(body[:400]), _META.search(body[:4096])) if found]
    for label in claims:
        try:
            name = codecs.lookup(label).name
        except LookupError:
            continue
        if not name.startswith(("utf-16", "utf-32", "utf-7")):  # a wrong label; its bytes would have shown above
            try:
                return body.decode(name, "replace")
            except (LookupError, UnicodeError):  # a codec of Python's that is no charset, such as "rot13"
                continue
    return body.decode("cp1252", "replace")
