"""A small whole archive for the tests of `verify`: runs with real WARC segments, manifests, staged files and frontier."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from extract.article import Article, content_sha256
from extract.capture import Capture
from extract.rejection import Reason, Rejection
from extract.stored import StoredObject
from extract.warc import read_captures
from spiders.frontier import Frontier
from storage.captures import S3CaptureArchive
from storage.client import Store
from storage.manifest import RunManifest, RunState, write_manifest
from storage.publish import publish
from storage.staging import drop_parts, stage_parts, write_part
from tests.storage.making import START, article, run_id

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Newsroom:
    """Makes runs as `ingest` does, without a network. A page is its article's text, or "404"."""

    store: Store
    folder: Path
    site: str = "times"

    def run(self, number: int, pages: Mapping[str, str], *, adopted: int | None = None) -> RunManifest:
        """Crawl, read, stage and publish `pages`; take over the captures of run number `adopted`."""
        manifest = self.stage(number, self.crawl(number, pages), adopted=adopted)
        publish(self.store)
        return manifest

    def crawl(self, number: int, pages: Mapping[str, str]) -> tuple[StoredObject, StoredObject]:
        """Store a segment with `pages`, and its index."""
        path = self.folder / "segment.warc.gz"
        path.write_bytes(segment({f"https://times.example/{name}": text for name, text in pages.items()}, number))
        day = (START + timedelta(minutes=number)).date()
        cdxj = f"an index of {number}\n".encode()
        return S3CaptureArchive(self.store).put_segment(self.site, run_id(number), 1, day, path, cdxj)

    def stage(
        self, number: int, written: tuple[StoredObject, ...], *, adopted: int | None = None, frontier: bool = True
    ) -> RunManifest:
        """Read what was `written` and hand it to the publisher."""
        archive, dead = S3CaptureArchive(self.store), [] if adopted is None else [run_id(adopted)]
        taken = [
            one for died in dead for one in (*archive.segments(self.site, died), *archive.indexes(self.site, died))
        ]
        run = run_id(number)
        outcomes = [outcome for one in (*taken, *written) for outcome in self.read(one)]
        write_part(self.store, self.site, run, 0, outcomes)
        staged = stage_parts(self.store, self.site, run, [0], [])
        if frontier:
            self.note(outcomes)
        reasons = Counter(one.reason.value for one in outcomes if isinstance(one, Rejection))
        manifest = RunManifest(
            self.site, run, RunState.STAGED, asked={"adopted": dead},
            objects=(*written, *taken, *([staged.object] if staged.object else [])),
            counts={"discovered": len(outcomes), "outcomes": {"captured": len(outcomes)}, "recovered": 0,
                    "articles": len(outcomes) - reasons.total(), "rejections": dict(reasons)},
        )  # fmt: skip
        write_manifest(self.store, manifest)
        drop_parts(self.store, self.site, run, [0])
        return manifest

    def read(self, stored: StoredObject) -> list[Article | Rejection]:
        """Return the outcome of every page in a segment, nothing of an index."""
        if not stored.key.endswith(".warc.gz"):
            return []
        with self.store.open(stored.key) as stream:
            return [self._outcome(capture) for capture in read_captures(stream, stored.key, self.site)]

    def _outcome(self, capture: Capture) -> Article | Rejection:
        text = capture.body.decode()
        if text == "404":
            return Rejection(self.site, capture.url, capture.captured_at, Reason.GONE, "", capture.record)
        made = article(capture.url.rpartition("/")[2], text, captured_at=capture.captured_at, capture=capture.record)
        return replace(made, site=self.site, text_sha256=hashlib.sha256(text.encode()).hexdigest())

    def note(self, outcomes: list[Article | Rejection]) -> None:
        """Tell the frontier what became of the pages."""
        archive = S3CaptureArchive(self.store)
        body, etag = archive.read_frontier(self.site)
        frontier = Frontier.load(body, self.site)
        frontier.first_run_at = frontier.first_run_at or START
        for one in outcomes:
            content = content_sha256(one.title, one.text_sha256) if isinstance(one, Article) else None
            reason = one.reason if isinstance(one, Rejection) else None
            frontier.note_extraction(one.url, content, reason, one.captured_at)
        archive.write_frontier(self.site, frontier.dump(), etag)


def segment(pages: Mapping[str, str], number: int) -> bytes:
    """Return a WARC of `pages` by URL, fetched in the minute `number` after START."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="WARC/1.1")
    date = f"{START + timedelta(minutes=number):%Y-%m-%dT%H:%M:%S.%fZ}"
    opened = writer.create_warcinfo_record("x", {"software": "test"})
    opened.rec_headers.replace_header("WARC-Date", date)
    writer.write_record(opened)
    for url, text in pages.items():
        http = StatusAndHeaders("404 Gone" if text == "404" else "200 OK", [], protocol="HTTP/1.1")
        response = writer.create_warc_record(
            url, "response", io.BytesIO(text.encode()), http_headers=http, warc_headers_dict={"WARC-Date": date}
        )
        writer.write_record(response)
        about = {"WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID"), "WARC-Date": date}
        facts = io.BytesIO(f"kind: page\r\nrequested-url: {url}\r\n".encode())
        writer.write_record(
            writer.create_warc_record(
                url, "metadata", facts, warc_headers_dict=about, warc_content_type="application/warc-fields"
            )
        )
    return out.getvalue()
