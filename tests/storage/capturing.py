"""WARC segments as a crawl writes them, with requests, revisits and fetch facts, for the tests of exports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from extract.capture import WarcRecord
from extract.warc import read_captures
from spiders.cdxj import index
from spiders.exchange import Exchange
from spiders.reread import scan
from spiders.warc import Facts, Original, exchange_members, payload_digest, warc_date, warcinfo
from storage.captures import S3CaptureArchive
from storage.client import Store
from storage.layout import run_started, segment_key


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of https://times.example/NAME at a moment; `same_as` is the moment of the one that it repeats."""

    name: str
    at: datetime
    body: str = ""
    same_as: datetime | None = None
    status: int = 200

    @property
    def url(self) -> str:
        return f"https://times.example/{self.name}"

    def members(self) -> bytes:
        head = f"HTTP/1.1 {self.status} X\r\nContent-Type: text/html\r\n\r\n".encode()
        body = b"" if self.status == 304 else self.body.encode()
        exchange = Exchange(self.url, self.status, b"GET / HTTP/1.1\r\n\r\n", head, body, None, None, self.at, 5)
        original = (
            Original(payload_digest(self.body.encode()), self.url, warc_date(self.same_as)) if self.same_as else None
        )
        return b"".join(one.data for one in exchange_members(exchange, Facts("page", self.url), original))


def put_pages(
    store: Store, folder: Path, run: str, pages: Iterable[Page], *, site: str = "times", number: int = 1, day: datetime | None = None
) -> list[WarcRecord]:  # fmt: skip
    """Store a segment of `run` with `pages`, and its index; return where its page responses lie."""
    opened = (day or run_started(run)).astimezone(UTC)
    key = segment_key(site, run, number, opened.date())
    path = folder / "segment.warc.gz"
    path.write_bytes(warcinfo(site, run, key, opened) + b"".join(page.members() for page in pages))
    with path.open("rb") as stream:
        lines = scan(stream, key, key, run).lines
    S3CaptureArchive(store).put_segment(site, run, number, opened.date(), path, index(lines))
    with path.open("rb") as stream:
        return [capture.record for capture in read_captures(stream, key, site) if capture.record]
