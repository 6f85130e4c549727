"""Reading objects to check them: by the store's word, or byte by byte with every record of a WARC segment."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, cast

from extract.stored import StoredObject
from extract.warc import BLOCK_BYTES, BadWarcError, read_members, read_record
from storage.client import Store
from storage.errors import ObjectMissing, ObjectRefused, StoreUnavailable

READERS = 8  # threads that wait for S3
DEEP_READERS = 3  # each holds a block and an inflated record
BATCH = 512
MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Record:
    """Where a response lies in its segment, and the digest of its payload."""

    offset: int
    length: int
    digest: str
    status: int


@dataclass(frozen=True, slots=True)
class Checked:
    """An object as it was found: `wrong` says in a few words what is wrong with it, None if nothing is."""

    listed: StoredObject
    wrong: str | None
    records: tuple[Record, ...] = field(default=(), repr=False)


class ObjectChecker:
    """Compares objects with what a manifest lists; what was right once is not read again."""

    def __init__(self, store: Store, *, deep: bool) -> None:
        self._store, self.is_deep = store, deep
        self._right: dict[StoredObject, Checked] = {}
        self.bytes_read = 0

    def check(self, listed: Iterable[StoredObject]) -> Iterator[Checked]:
        """Yield each of `listed` as it was found."""
        pending = iter(listed)
        with ThreadPoolExecutor(DEEP_READERS if self.is_deep else READERS, "verify") as readers:
            while batch := list(islice(pending, BATCH)):
                for checked in readers.map(self._check, batch):
                    if checked.wrong is None:
                        self._right[checked.listed] = checked
                        self.bytes_read += checked.listed.size if self.is_deep else 0
                    yield checked

    def _check(self, listed: StoredObject) -> Checked:
        if known := self._right.get(listed):
            return known
        try:
            return self._read(listed) if self.is_deep else self._ask(listed)
        except ObjectMissing:
            return Checked(listed, MISSING)
        except ObjectRefused as error:
            return Checked(listed, f"cannot be read: {error.message}")
        except StoreUnavailable as error:
            self._store.check_reachable()  # raises when it is the store that is gone, not this object
            return Checked(listed, f"cannot be read: {error.message}")

    def _ask(self, listed: StoredObject) -> Checked:
        sha256, _, size = self._store.sha256(listed.key)
        return Checked(listed, difference(listed, sha256, size))

    def _read(self, listed: StoredObject) -> Checked:
        with self._store.open(listed.key) as stream:
            hashing = HashingStream(stream)
            if not listed.key.endswith(".warc.gz"):
                hashing.drain()
                return Checked(listed, difference(listed, hashing.sha256, hashing.size))
            try:
                records = tuple(read_responses(cast("IO[bytes]", hashing), listed.key))
                broken = None
            except BadWarcError as error:
                records, broken = (), str(error).removeprefix(f"{listed.key}: ")
            hashing.drain()
        wrong = difference(listed, hashing.sha256, hashing.size)
        return Checked(listed, f"{wrong}; {broken}" if wrong and broken else wrong or broken, records)


class HashingStream:
    """A stream whose bytes are hashed as they are read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._hash = stream, hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        """The hex sha256 of what was read so far."""
        return self._hash.hexdigest()

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes."""
        data = self._stream.read(size)
        self._hash.update(data)
        self.size += len(data)
        return data

    def drain(self) -> None:
        """Read to the end."""
        while self.read(BLOCK_BYTES):
            pass


def read_responses(stream: IO[bytes], key: str) -> Iterator[Record]:
    """Yield the response records of a WARC; BadWarcError where one's payload does not have the digest it names."""
    for member in read_members(stream, key):
        record = read_record(member, key)
        if record.rec_type != "response":
            continue
        told = record.rec_headers.get_header("WARC-Payload-Digest") or ""
        sha1 = hashlib.sha1(record.raw_stream.read(), usedforsecurity=False).digest()
        if told != f"sha1:{base64.b32encode(sha1).decode()}":
            raise BadWarcError(f"{key}: the payload of the record at byte {member.offset} is not that of its digest")
        status = int(record.http_headers.get_statuscode())
        yield Record(member.offset, member.length, told, status)


def difference(listed: StoredObject, sha256: str, size: int) -> str | None:
    """Return in a few words how an object differs from what a manifest lists, None if it does not."""
    if size != listed.size:
        return f"{size} bytes, its manifest says {listed.size}; restore it from a backup"
    if sha256 != listed.sha256:
        return "altered: its sha256 is not the one in its manifest; restore it from a backup"
    return None
