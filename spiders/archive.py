"""Where captures go, as the crawl sees it. storage/ has the implementation; the rooms meet in cli/."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Protocol

from extract.stored import StoredObject


class CaptureArchive(Protocol):
    """The bucket, to a crawl. Calls block and may come from several threads at once.

    What fails after the implementation's own retries is raised as a click.ClickException with a one-line message.
    """

    def read_frontier(self, site: str) -> tuple[bytes | None, str | None]:
        """Return the frontier's bytes and etag, or (None, None) for a site never crawled."""

    def write_frontier(self, site: str, body: bytes, etag: str | None) -> str:
        """Replace the frontier read with `etag` (None: there was none); return the new etag.

        Raises FrontierConflict if it was replaced meanwhile.
        """

    def put_segment(
        self, site: str, run_id: str, number: int, day: date, warc: Path, cdxj: bytes
    ) -> tuple[StoredObject, StoredObject]:
        """Store a closed WARC segment and its index; storing the same bytes again is no error.

        Raises SegmentTaken if others have its number.
        """

    def segments(self, site: str, run_id: str) -> list[StoredObject]:
        """Return the whole WARC segments that `run_id` already has, in order."""

    def read_segment(self, stored: StoredObject, to: Path) -> None:
        """Fetch a stored WARC segment into the file `to`."""

    def segment_key(self, site: str, run_id: str, number: int, day: date) -> str:
        """Return the key that `put_segment` will use for the WARC."""

    def spool_dir(self) -> Path:
        """Return the local folder for segments that are being written."""
