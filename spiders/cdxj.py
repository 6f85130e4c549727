"""The index beside a WARC: one sorted line for each response and revisit, as pywb reads it."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from spiders.surt import surt

INDEXED = frozenset({"response", "revisit"})


def index_line(  # noqa: PLR0913 - the fields of the format
    *,
    uri: str,
    date: str,
    rec_type: str,
    mime: str | None,
    status: int,
    digest: str,
    length: int,
    offset: int,
    filename: str,
) -> bytes:
    """Return the line of a record: `length` bytes at `offset` of the object `filename`; `date` is its WARC-Date."""
    stamp = "".join(char for char in date.partition(".")[0] if char.isdigit())[:14]
    fields: dict[str, str] = {"url": uri}
    if rec_type == "revisit":
        fields["mime"] = "warc/revisit"
    elif mime:
        fields["mime"] = mime
    fields |= {
        "status": str(status),
        "digest": digest,
        "length": str(length),
        "offset": str(offset),
        "filename": filename,
    }
    return f"{surt(uri)} {stamp} ".encode() + orjson.dumps(fields) + b"\n"


def index(lines: Iterable[bytes]) -> bytes:
    """Return the whole index: sorted by bytes, since pywb finds nothing in an unsorted one and does not say so."""
    return b"".join(sorted(lines))
