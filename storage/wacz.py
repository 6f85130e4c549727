"""A WACZ file under way: a ZIP whose parts are written one after the other, each hashed as it passes.

Source: WACZ 1.1.1, specs.webrecorder.net/wacz/1.1.1/. The same parts give the same bytes: times come from what is
written, and nothing is deflated here (captures and index are gzip already), so no zlib's version shows.
"""

from __future__ import annotations

import gzip
import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any, Self

import orjson

from extract import __version__

WACZ_VERSION = "1.1.1"
INDEX, INDEX_SUMMARY, PAGES = "indexes/index.cdx.gz", "indexes/index.idx", "pages/pages.jsonl"
BLOCK_LINES = 1024  # of the index in one gzip member: what a replay fetches to look up one URL
_OLDEST, _NEWEST = datetime(1980, 1, 1, tzinfo=UTC), datetime(2107, 12, 31, tzinfo=UTC)  # a ZIP's own bounds


@dataclass(slots=True)
class Part:
    """One file in the ZIP while it is written."""

    path: str
    size: int = 0
    _file: IO[bytes] = field(kw_only=True, repr=False)
    _hash: Any = field(default_factory=hashlib.sha256, repr=False)

    def write(self, data: bytes) -> None:
        """Append `data`."""
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)

    def resource(self) -> dict[str, Any]:
        """Return its entry in datapackage.json."""
        return {
            "name": self.path.rpartition("/")[2].lower(), "path": self.path,
            "hash": f"sha256:{self._hash.hexdigest()}", "bytes": self.size,
        }  # fmt: skip


class WaczFile:
    """Writes to `out`, which must be seekable, in a `with` block that ends with `finish`: before, `out` is no WACZ."""

    def __init__(self, out: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(out, "w", zipfile.ZIP_STORED)
        self._resources: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    @contextmanager
    def part(self, path: str, at: datetime, *, at_most: int = 0) -> Iterator[Part]:
        """Give the file `path`, to be written whole before the next; dated `at`, it has about `at_most` bytes."""
        with self._zip.open(_entry(path, at, at_most), "w", force_zip64=at_most > 2**30) as file:
            part = Part(path, _file=file)
            yield part
        self._resources.append(part.resource())

    def write_index(self, lines: Iterable[bytes], at: datetime, *, at_most: int) -> None:
        """Write the compressed index of sorted CDXJ `lines`, and the list of its blocks that is searched first."""
        blocks = [b'!meta 0 {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}\n']
        with self.part(INDEX, at, at_most=at_most) as part:
            for block in _blocks(lines):
                data = gzip.compress(b"".join(block), mtime=0)
                place = {
                    "offset": part.size,
                    "length": len(data),
                    "digest": f"sha256:{hashlib.sha256(data).hexdigest()}",
                }
                key = block[0].partition(b" {")[0]
                blocks.append(key + b" " + orjson.dumps(place) + b"\n")
                part.write(data)
        self.write(INDEX_SUMMARY, b"".join(blocks), at)

    def write(self, path: str, data: bytes, at: datetime) -> None:
        """Write the file `path` in one piece."""
        with self.part(path, at, at_most=len(data)) as part:
            part.write(data)

    def finish(self, title: str, description: str, at: datetime) -> None:
        """Write what names and proves the parts; `at` is the time of the newest thing in them."""
        package = {
            "profile": "data-package", "wacz_version": WACZ_VERSION, "title": title, "description": description,
            "created": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", "software": f"Broadsheet/{__version__}",
            "resources": self._resources,
        }  # fmt: skip
        body = orjson.dumps(package, option=orjson.OPT_INDENT_2)
        digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(body).hexdigest()}"}
        for path, data in (("datapackage.json", body), ("datapackage-digest.json", orjson.dumps(digest))):
            with self._zip.open(_entry(path, at, len(data)), "w") as file:
                file.write(data)


def _entry(path: str, at: datetime, at_most: int) -> zipfile.ZipInfo:
    moment = min(max(at.astimezone(UTC), _OLDEST), _NEWEST)
    entry = zipfile.ZipInfo(path, moment.timetuple()[:6])
    entry.file_size = at_most  # zipfile's hint whether the sizes need 64 bits
    entry.create_system, entry.external_attr = 3, 0o644 << 16
    return entry


def _blocks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    for line in lines:
        block.append(line)
        if len(block) == BLOCK_LINES:
            yield block
            block = []
    if block:
        yield block
