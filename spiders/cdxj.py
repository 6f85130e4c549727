"""The index beside a WARC: a sorted line for each response and repeated payload, as pywb reads it."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from spiders.surt import surt

ANSWERS = frozenset({"response", "revisit"})  # the record types that hold an answer


def is_indexed(rec_type: str, status: int) -> bool:
    """Return whether a record has a line.

    A 304 has none: its record is in the WARC, but pywb would replay it as a bare 304 in place of the page it confirms.
    """
    return rec_type in ANSWERS and not (rec_type == "revisit" and status == 304)


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
