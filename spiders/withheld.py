"""Whether a page forbids keeping it: noarchive is obeyed before anything of the answer is written."""

from __future__ import annotations

from extract.encoding import decode_head
from extract.rights import HEAD_BYTES, forbids_archiving
from spiders.exchange import Exchange


def forbids_keeping(exchange: Exchange) -> bool:
    """Return whether the answer's headers, or the head of its HTML, say noarchive to us or to all robots."""
    headers = []
    for line in exchange.response_head.split(b"\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            headers.append((name.strip().decode("latin-1"), value.strip().decode("latin-1")))
    return forbids_archiving(headers, decode_head(exchange.body, exchange.header("Content-Encoding"), HEAD_BYTES))
