"""The steps of a run, assembled from the rooms: what `ingest` does in one go and the DAG tasks one by one."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from cli.errors import CountsDiffer
from extract import __version__
from extract.article import content_sha256
from extract.rejection import Reason, Rejection
from extract.stored import StoredObject
from spiders.frontier import Frontier
from spiders.report import CrawlReport
from spiders.shortfall import shortfall
from spiders.site import Site
from storage import parts
from storage.captures import S3CaptureArchive
from storage.client import Store
from storage.errors import StoreConflict
from storage.manifest import RunManifest, RunState, add_objects, change_manifest
from storage.open_runs import OpenRun, close_runs

FRONTIER_TRIES = 10


def new_run_id(moment: datetime | None = None) -> str:
    """Return a run id, YYYYMMDDTHHMMSSZ-xxxxxx: sorts by time, never given twice."""
    return f"{moment or datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def record_crawl(store: Store, site: Site, report: CrawlReport, dead: Iterable[OpenRun]) -> RunManifest:
    """Write the manifest of a finished crawl: its own segments and those of the `dead` runs that it takes over."""
    run_ids = {opened.run_id for opened in dead if site.name in opened.sites} | {
        run_id for run_id, _ in report.recovered
    }
    archive = S3CaptureArchive(store)
    adopted = {run_id: archive.segments(site.name, run_id) for run_id in sorted(run_ids - {report.run_id})}
    taken = [segment for segments in adopted.values() for segment in segments]

    def crawled(manifest: RunManifest) -> RunManifest:
        return replace(
            add_objects(manifest, *report.segments, *report.indexes, *taken),
            state=RunState.CRAWLED,
            asked={
                "site": site.model_dump(mode="json"),
                "started_at": report.started_at.isoformat(),
                "finished_at": report.finished_at.isoformat(),
                "finish_reason": report.finish_reason,
                "adopted": sorted(adopted),
            },
            counts={
                "discovered": report.discovered,
                "outcomes": report.outcomes,
                "requests": report.requests,
                "bytes_received": report.bytes_received,
            },
            failures=tuple({**one, "at": str(one["at"])} for one in report.to_json()["failures"]),
            sources=report.sources,
            versions={name: version(name) for name in ("scrapy", "trafilatura")} | {"broadsheet": __version__},
        )

    return change_manifest(store, site.name, report.run_id, crawled)


def run_segments(manifest: RunManifest) -> list[StoredObject]:
    """Return the WARC segments of a run in reading order: those it took over, then its own."""
    segments = (one for one in manifest.objects if one.key.endswith(".warc.gz"))
    return sorted(segments, key=lambda one: one.key.rpartition("/")[2])


def stage_run(store: Store, manifest: RunManifest, dead: Iterable[OpenRun] = ()) -> RunManifest:
    """Join what was extracted of a run, check that nothing is missing, and hand it to the publisher.

    Repeatable. Raises CountsDiffer when a capture has no outcome: the run is not staged then.
    """
    site, run_id, count = manifest.site, manifest.run_id, len(run_segments(manifest))
    failed = [_failure(site, run_id, one) for one in manifest.failures]
    staged = parts.stage_parts(store, site, run_id, count, failed)
    captured = manifest.counts["outcomes"].get("captured", 0)
    if len(staged.noted) - len(failed) < captured:
        raise CountsDiffer(
            f"{site}: {captured} pages captured but {len(staged.noted) - len(failed)} read; "
            f"clear the extract task of run {run_id} and everything after it"
        )
    _note_extractions(store, site, staged.noted)
    reasons = Counter(noted.reason for noted in staged.noted if noted.reason)
    counts = {
        "articles": sum(noted.reason is None for noted in staged.noted),
        "rejections": dict(sorted(reasons.items())),
        "recovered": len(staged.noted) - len(failed) - captured,
    }

    def mark(listed: RunManifest) -> RunManifest:
        return replace(add_objects(listed, staged.object), state=RunState.STAGED, counts={**listed.counts, **counts})

    marked = change_manifest(store, site, run_id, mark)
    parts.drop_parts(store, site, run_id, count)
    close_runs(store, run_id, [site], [opened for opened in dead if site in opened.sites])
    return marked


def _failure(site: str, run_id: str, failure: Any) -> Rejection:  # noqa: ANN401 - a manifest's JSON
    at = datetime.fromisoformat(failure["at"])
    return Rejection(site, failure["url"], at, Reason(failure["reason"]), failure["detail"], None, run_id)


def run_shortfall(store: Store, site: Site, manifest: RunManifest) -> str | None:
    """Return in one line why a staged run gave less than the site's file expects, or None."""
    frontier = Frontier.load(S3CaptureArchive(store).read_frontier(site.name)[0], site.name)
    told = {**manifest.asked, **manifest.counts, "site": manifest.site, "run_id": manifest.run_id, "sources": manifest.sources,
            "failures": manifest.failures, "segments": (), "indexes": (), "recovered": ()}  # fmt: skip
    return shortfall(CrawlReport.from_json(told), frontier, site, datetime.now(UTC))


def _note_extractions(store: Store, site: str, noted: Iterable[parts.Noted]) -> None:
    """Tell the frontier what became of the pages, whoever else writes it at the same time."""
    noted = list(noted)
    if not noted:
        return
    archive = S3CaptureArchive(store)
    for attempt in range(1, FRONTIER_TRIES + 1):
        body, etag = archive.read_frontier(site)
        frontier = Frontier.load(body, site)
        for one in noted:
            digest = content_sha256(one.title or "", one.text_sha256) if one.text_sha256 else None
            frontier.note_extraction(one.url, digest, one.reason, one.captured_at)
        try:
            archive.write_frontier(site, frontier.dump(), etag)
        except StoreConflict:
            if attempt == FRONTIER_TRIES:
                raise
        else:
            return
