"""The steps of a run, assembled from the rooms: what `ingest` does in one go and the DAG tasks one by one."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
from storage.captures import S3CaptureArchive
from storage.client import Store
from storage.errors import StoreConflict
from storage.manifest import RunManifest, RunState, add_objects
from storage.open_runs import OpenRun
from storage.staging import Noted, stage_parts

FRONTIER_TRIES = 10


def new_run_id(moment: datetime | None = None) -> str:
    """Return a run id, YYYYMMDDTHHMMSSZ-xxxxxx: sorts by time, never given twice."""
    return f"{moment or datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def crawl_manifest(store: Store, site: Site, report: CrawlReport, dead: Iterable[OpenRun]) -> RunManifest:
    """Return the manifest of a finished crawl: its own captures and those of the `dead` runs that it takes over."""
    run_ids = {opened.run_id for opened in dead if site.name in opened.sites}
    run_ids |= {run_id for run_id, _ in report.recovered}
    archive = S3CaptureArchive(store)
    adopted = sorted(run_ids - {report.run_id})
    taken = [segment for run_id in adopted for segment in archive.segments(site.name, run_id)]
    taken += [index for run_id in adopted for index in archive.indexes(site.name, run_id)]
    told = report.to_json()
    manifest = RunManifest(
        site.name,
        report.run_id,
        asked={"site": site.model_dump(mode="json"), "adopted": adopted}
        | {key: told[key] for key in ("started_at", "finished_at", "finish_reason")},
        counts={key: told[key] for key in ("discovered", "outcomes", "requests", "bytes_received")},
        failures=tuple(told["failures"]),
        sources=report.sources,
        versions={name: version(name) for name in ("scrapy", "trafilatura")} | {"broadsheet": __version__},
    )
    return add_objects(manifest, *report.segments, *report.indexes, *taken)


def run_segments(manifest: RunManifest) -> list[StoredObject]:
    """Return the WARC segments of a run in reading order: those it took over, then its own."""
    segments = (one for one in manifest.objects if one.key.endswith(".warc.gz"))
    return sorted(segments, key=lambda one: one.key.rpartition("/")[2])


def stage_run(
    store: Store, site: Site, manifest: RunManifest, numbers: Sequence[int]
) -> tuple[RunManifest, str | None]:
    """Join the parts `numbers` of a run, check that nothing is missing, and hand it to the publisher.

    Returns the manifest as it is to be stored, and in one line why the run gave less than the site's file
    expects, if it did. Repeatable. Raises CountsDiffer when a capture has no outcome: the run is not staged then.
    """
    failed = [_failure(manifest, one) for one in manifest.failures]
    staged = stage_parts(store, site.name, manifest.run_id, numbers, failed)
    read, captured = len(staged.noted) - len(failed), manifest.counts["outcomes"].get("captured", 0)
    if read < captured:
        raise CountsDiffer(
            f"{site.name}: {captured} pages captured but {read} read; "
            f"clear the extract task of run {manifest.run_id} and everything after it"
        )
    frontier = _note_extractions(store, site.name, staged.noted)
    reasons = Counter(noted.reason for noted in staged.noted if noted.reason)
    counts = {
        "articles": sum(noted.reason is None for noted in staged.noted),
        "rejections": dict(sorted(reasons.items())),
        "recovered": read - captured,
    }
    listed = add_objects(manifest, *([staged.object] if staged.object else []))
    marked = replace(listed, state=RunState.STAGED, counts={**manifest.counts, **counts})
    return marked, shortfall(_report(marked), frontier, site, datetime.now(UTC))


def run_shortfall(store: Store, site: Site, manifest: RunManifest) -> str | None:
    """Return in one line why a run that was staged before gave less than the site's file expects, or None."""
    frontier = Frontier.load(S3CaptureArchive(store).read_frontier(site.name)[0], site.name)
    return shortfall(_report(manifest), frontier, site, datetime.now(UTC))


def _report(manifest: RunManifest) -> CrawlReport:
    """Return the crawl's report as far as the manifest tells it."""
    nothing: dict[str, Any] = dict.fromkeys(("segments", "indexes", "recovered"), ())
    told = {key: getattr(manifest, key) for key in ("site", "run_id", "sources", "failures")}
    return CrawlReport.from_json({**manifest.asked, **manifest.counts, **told, **nothing})


def _failure(manifest: RunManifest, failure: Mapping[str, Any]) -> Rejection:
    at = datetime.fromisoformat(failure["at"])
    reason, detail = Reason(failure["reason"]), failure["detail"]
    return Rejection(manifest.site, failure["url"], at, reason, detail, None, manifest.run_id)


def _note_extractions(store: Store, site: str, noted: Sequence[Noted]) -> Frontier:
    """Tell the frontier what became of the pages, whoever else writes it at the same time; return it.

    Not of erased ones: a page that went because it repeats an erased article is to be asked for again.
    """
    archive = S3CaptureArchive(store)
    noted = [one for one in noted if one.reason != Reason.ERASED]
    for attempt in range(1, FRONTIER_TRIES + 1):
        body, etag = archive.read_frontier(site)
        frontier = Frontier.load(body, site)
        if not noted:
            return frontier
        for one in noted:
            digest = content_sha256(one.title or "", one.text_sha256) if one.text_sha256 else None
            frontier.note_extraction(one.url, digest, one.reason, one.captured_at)
        try:
            archive.write_frontier(site, frontier.dump(), etag)
        except StoreConflict:
            if attempt == FRONTIER_TRIES:
                raise
        else:
            return frontier
    raise AssertionError("every try returns or raises")
