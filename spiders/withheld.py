"""Whether a page forbids keeping it: noarchive is obeyed before anything of the answer is written."""

from __future__ import annotations

import zlib

from extract.rights import forbids_archiving
from spiders.exchange import Exchange

_HEAD_BYTES = 256 * 1024  # of the decoded page: robots directives stand in its head


def forbids_keeping(exchange: Exchange) -> bool:
    """Return whether the answer's headers, or the head of its HTML, say noarchive to us or to all robots."""
    headers = []
    for line in exchange.response_head.split(b"\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            headers.append((name.strip().decode("latin-1"), value.strip().decode("latin-1")))
    return forbids_archiving(headers, _head(exchange))


def _head(exchange: Exchange) -> bytes:
    coding = (exchange.header("Content-Encoding") or "").strip().lower()
    if coding not in {"gzip", "x-gzip", "deflate"}:
        return exchange.body[:_HEAD_BYTES]
    for window in (47, -15):  # gzip or zlib by their own headers, then deflate without one
        try:
            return zlib.decompressobj(window).decompress(exchange.body, _HEAD_BYTES)
        except zlib.error:
            continue
    return b""
