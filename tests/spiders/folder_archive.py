"""A CaptureArchive in a folder: the same promises as the bucket's, for crawls without an S3 server."""

from __future__ import annotations

import hashlib
import threading
from datetime import date
from pathlib import Path

from extract.stored import StoredObject
from spiders.errors import FrontierConflict, SegmentTaken, SpiderError


class FolderArchive:
    """Keeps objects as files below `root`; the etag of a frontier is its sha256."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()

    def read_frontier(self, site: str) -> tuple[bytes | None, str | None]:
        path = self._frontier(site)
        if not path.exists():
            return None, None
        body = path.read_bytes()
        return body, hashlib.sha256(body).hexdigest()

    def write_frontier(self, site: str, body: bytes, etag: str | None) -> str:
        with self._lock:
            if self.read_frontier(site)[1] != etag:
                raise FrontierConflict(f"state/{site}/frontier was replaced")
            self._put(self._frontier(site), body)
        return hashlib.sha256(body).hexdigest()

    def put_segment(
        self, site: str, run_id: str, number: int, day: date, warc: Path, cdxj: bytes
    ) -> tuple[StoredObject, StoredObject]:
        if (self.root / "down").exists():
            raise SpiderError("the bucket is out of reach")
        key = self.segment_key(site, run_id, number, day)
        return self._store(key, warc.read_bytes()), self._store(key.removesuffix(".warc.gz") + ".cdxj", cdxj)

    def segments(self, site: str, run_id: str) -> list[StoredObject]:
        found = sorted((self.root / "raw" / site).glob(f"*/*/*/{run_id}-*.warc.gz"), key=lambda path: path.name)
        return [self._stored(str(path.relative_to(self.root)), path.read_bytes()) for path in found]

    def read_segment(self, stored: StoredObject, to: Path) -> None:
        to.write_bytes((self.root / stored.key).read_bytes())

    def segment_key(self, site: str, run_id: str, number: int, day: date) -> str:
        return f"raw/{site}/{day:%Y/%m/%d}/{run_id}-{number:03d}.warc.gz"

    def spool_dir(self) -> Path:
        return self.root / "spool"

    def _frontier(self, site: str) -> Path:
        return self.root / "state" / site / "frontier.json.gz"

    def _store(self, key: str, body: bytes) -> StoredObject:
        path = self.root / key
        if path.exists() and path.read_bytes() != body:
            raise SegmentTaken(f"{key} is there with other bytes")
        self._put(path, body)
        return self._stored(key, body)

    def _put(self, path: Path, body: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f"{path.name}.{threading.get_ident()}")
        half.write_bytes(body)
        half.replace(path)

    @staticmethod
    def _stored(key: str, body: bytes) -> StoredObject:
        return StoredObject(key, hashlib.sha256(body).hexdigest(), len(body))
