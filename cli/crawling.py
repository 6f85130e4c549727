"""Where the spiders' captures go: storage's archive under the names that spiders/ knows."""

from __future__ import annotations

from spiders.errors import FrontierConflict
from storage.captures import S3CaptureArchive
from storage.errors import StoreConflict


class SpiderArchive(S3CaptureArchive):
    """S3CaptureArchive as spiders' CaptureArchive: a lost race for the frontier is a FrontierConflict."""

    def write_frontier(self, site: str, body: bytes, etag: str | None) -> str:
        """Replace the frontier of `etag`; FrontierConflict if another run replaced it."""
        try:
            return super().write_frontier(site, body, etag)
        except StoreConflict as error:
            raise FrontierConflict(error.message) from error
