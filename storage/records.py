"""Records of WARC segments with the compressed bytes that they are, for copying."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any, cast

from extract.warc import BadWarcError, Member, read_members, read_record
from storage.errors import ObjectRefused

ANSWERS = frozenset({"response", "revisit"})


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record: warcio's view of it, its URI ("" for none), WARC-Date as written and as a moment, and its bytes."""

    record: Any = field(repr=False)
    kind: str
    offset: int
    uri: str
    date: str
    moment: datetime
    original: tuple[str, str] | None  # (URI, WARC-Date) of the response that a revisit stands for
    data: bytes = field(repr=False)  # the gzip member


def read_raw(stream: IO[bytes], key: str) -> Iterator[RawRecord]:
    """Yield the records of a segment; ObjectRefused, naming it, where it is damaged or foreign."""
    passing = _Passing(stream)
    try:
        for member in read_members(cast("IO[bytes]", passing), key):
            yield _record(member, passing.take(member.length), key)
    except BadWarcError as error:
        where = " ".join(str(error).split())
        raise ObjectRefused(
            f"{where}; ./broadsheet verify --deep says more, and --since, --until or --site can leave it out"
        ) from error


def _record(member: Member, data: bytes, key: str) -> RawRecord:
    record = read_record(member, key)
    header = record.rec_headers.get_header
    try:
        moment = datetime.fromisoformat(header("WARC-Date")).astimezone(UTC)
        if record.rec_type in ANSWERS:
            int(record.http_headers.get_statuscode())
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise BadWarcError(f"{key}: no record of ours at byte {member.offset}: {error}") from error
    uri = header("WARC-Target-URI") or ""
    original = header("WARC-Refers-To-Target-URI"), header("WARC-Refers-To-Date")
    stands_for = original if record.rec_type == "revisit" and all(original) else None
    return RawRecord(record, record.rec_type, member.offset, uri, header("WARC-Date"), moment, stands_for, data)


class _Passing:
    """A stream that keeps the bytes read from it until they are taken: the compressed records as they are."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._kept = stream, bytearray()

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes."""
        data = self._stream.read(size)
        self._kept += data
        return data

    def take(self, size: int) -> bytes:
        """Return the first `size` of the bytes read and not taken yet."""
        data = bytes(self._kept[:size])
        del self._kept[:size]
        return data
