"""Where the spiders' captures go: storage's archive under the names that spiders/ knows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from extract.stored import StoredObject
from spiders.errors import FrontierConflict, SegmentTaken
from storage.captures import S3CaptureArchive
from storage.errors import StoreConflict


class SpiderArchive(S3CaptureArchive):
    """S3CaptureArchive as spiders' CaptureArchive: a lost race is a FrontierConflict or SegmentTaken."""

    def write_frontier(self, site: str, body: bytes, etag: str | None) -> str:
        """Replace the frontier of `etag`; FrontierConflict if another run replaced it."""
        try:
            return super().write_frontier(site, body, etag)
        except StoreConflict as error:
            raise FrontierConflict(error.message) from error

    def put_segment(
        self, site: str, run_id: str, number: int, day: date, warc: Path, cdxj: bytes
    ) -> tuple[StoredObject, StoredObject]:
        """Store a segment and its index; SegmentTaken if others have its number."""
        try:
            return super().put_segment(site, run_id, number, day, warc, cdxj)
        except StoreConflict as error:
            raise SegmentTaken(error.message) from error
