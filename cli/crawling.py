"""Where the spiders' captures go: storage's archive under the names that spiders/ knows."""

from __future__ import annotations

from pathlib import Path

from extract.stored import StoredObject
from spiders.errors import FrontierConflict
from storage.captures import S3CaptureArchive
from storage.client import Store
from storage.errors import StoreConflict

COPY_BYTES = 4 * 2**20


class SpiderArchive(S3CaptureArchive):
    """S3CaptureArchive as spiders' CaptureArchive: a lost race for the frontier is a FrontierConflict."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._bucket = store

    def write_frontier(self, site: str, body: bytes, etag: str | None) -> str:
        """Replace the frontier of `etag`; FrontierConflict if another run replaced it."""
        try:
            return super().write_frontier(site, body, etag)
        except StoreConflict as error:
            raise FrontierConflict(error.message) from error

    def read_segment(self, stored: StoredObject, to: Path) -> None:
        """Fetch a stored segment into the file `to`."""
        with self._bucket.open(stored.key) as stream, to.open("wb") as file:
            while block := stream.read(COPY_BYTES):
                file.write(block)
