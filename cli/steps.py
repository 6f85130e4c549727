"""The steps that the DAG tasks start: each reads what the one before wrote to S3 and prints one line of JSON."""

from __future__ import annotations

from concurrent.futures import as_completed
from dataclasses import replace
from typing import Any

import click

from cli.crawling import SpiderArchive
from cli.erase import erase_rest
from cli.errors import LessThanExpected, RunFailed
from cli.extraction import SegmentTask, extractors
from cli.learning import learn_run
from cli.publish import say
from cli.runs import crawl_manifest, run_segments, run_shortfall, stage_run
from spiders.crawl import crawl_sites
from spiders.report import CrawlReport
from spiders.site import Site, load_sites, select_sites
from storage.client import Store
from storage.connect import open_store
from storage.errors import ObjectMissing
from storage.lessons import drop_lessons, read_lessons, written_lessons
from storage.manifest import RunManifest, RunState, change_manifest, read_manifest, write_manifest
from storage.open_runs import close_runs, dead_runs, list_open, open_run, own_runs
from storage.profiles import StoredProfile, read_profile
from storage.staging import drop_parts, written_parts

SITE = click.argument("site_name", metavar="SITE")
RUN = click.option("--run", "run_id", required=True, help="The run's id, the same for all its steps and their retries.")


@click.command(hidden=True)
@SITE
@RUN
@click.option("--revisit-now", is_flag=True)
def crawl(*, site_name: str, run_id: str, revisit_now: bool) -> None:
    """Crawl SITE once. A run that was crawled already is not crawled again."""
    site = select_sites([site_name], load_sites())[0]
    with open_store() as store:
        found = _manifest(store, site_name, run_id)
        manifest = found[0] if found else _crawl(store, site, run_id, revisit_now=revisit_now)
        say(site=site_name, run_id=run_id, **manifest.counts, sources=dict(manifest.sources))


def _crawl(store: Store, site: Site, run_id: str, *, revisit_now: bool) -> RunManifest:
    open_run(store, run_id, [site.name])
    dead = dead_runs(store, [site.name], run_id)
    ended: dict[str, dict[str, Any]] = {}

    def follow(event: dict[str, Any]) -> None:
        if event["event"] in {"report", "error"}:
            ended[event["event"]] = event

    crawl_sites([site], run_id, SpiderArchive(store), follow, revisit_now=revisit_now)
    if "report" not in ended:
        raise RunFailed(f"{site.name}: {ended.get('error', {}).get('error', 'the crawl ended without a report')}")
    report = CrawlReport.from_json(ended["report"]["report"])
    manifest = crawl_manifest(store, site, report, dead)
    write_manifest(store, manifest)
    return manifest


@click.command("extract-run", hidden=True)
@SITE
@RUN
def extract_run(*, site_name: str, run_id: str) -> None:
    """Read every page that the run captured. Segments that were read already are not read again."""
    with open_store(check=False) as store, extractors() as pool:
        manifest, _ = _crawled(store, site_name, run_id)
        articles = rejections = 0
        wrong: list[str] = []
        if manifest.state == RunState.CRAWLED:
            current = read_profile(store, site_name)
            done = written_parts(store, site_name, run_id) & written_lessons(store, site_name, run_id)
            tasks = [
                SegmentTask(site_name, run_id, number, one.key, current.packed, keep_lessons=True)
                for number, one in enumerate(run_segments(manifest))
                if number not in done
            ]
            reads = [done.result() for done in as_completed([pool.submit(task) for task in tasks])]
            articles, rejections = (
                sum(getattr(one.part, kind) for one in reads) for kind in ("articles", "rejections")
            )
            wrong = [f"{one.wrong}; what came before it was read" for one in reads if one.wrong]
            _learn(store, manifest, current, wrong)
        say(
            site=site_name,
            run_id=run_id,
            segments=len(run_segments(manifest)),
            articles=articles,
            rejections=rejections,
        )
    if wrong:  # the parts are written, so that a retry of this task goes on; `stage` says it again
        raise RunFailed("; ".join(wrong))


@click.command(hidden=True)
@SITE
@RUN
def stage(*, site_name: str, run_id: str) -> None:
    """Check that nothing of the run is missing, hand it to the publisher; exit 3 if the site gave too little."""
    site = select_sites([site_name], load_sites())[0]
    with open_store(check=False) as store:
        manifest, etag = _crawled(store, site_name, run_id)
        if manifest.state == RunState.STAGED:
            why = run_shortfall(store, site, manifest)
        else:
            numbers = range(len(run_segments(manifest)))
            manifest, why = stage_run(store, site, manifest, numbers)
            write_manifest(store, manifest, etag)
            drop_parts(store, site_name, run_id, numbers)
            drop_lessons(store, site_name, run_id, numbers)
        adopted = [opened for opened in list_open(store) if opened.run_id in manifest.asked["adopted"]]
        close_runs(store, [*own_runs(store, run_id, site_name), *adopted], [site_name])
        erase_rest(store)
        counts = {key: manifest.counts[key] for key in ("discovered", "articles", "rejections", "recovered")}
        say(site=site_name, run_id=run_id, **counts)
    if reasons := [*manifest.damaged, *filter(None, [why])]:
        raise LessThanExpected("; ".join(reasons))


def _learn(store: Store, manifest: RunManifest, current: StoredProfile, wrong: list[str]) -> None:
    """Teach the site's profile what the run's pages taught, in an earlier try too; note it, and what is `wrong`."""
    site, run_id = manifest.site, manifest.run_id
    numbers = range(len(run_segments(manifest)))
    told = learn_run(store, site, run_id, current, (read_lessons(store, site, run_id, number) for number in numbers))

    def note(one: RunManifest) -> RunManifest:
        damaged = tuple(dict.fromkeys([*one.damaged, *wrong]))
        return replace(one, profile=told, damaged=damaged) if one.state == RunState.CRAWLED else one

    change_manifest(store, site, run_id, note)


def _manifest(store: Store, site_name: str, run_id: str) -> tuple[RunManifest, str] | None:
    try:
        return read_manifest(store, site_name, run_id)
    except ObjectMissing:
        return None


def _crawled(store: Store, site_name: str, run_id: str) -> tuple[RunManifest, str]:
    found = _manifest(store, site_name, run_id)
    if found is None:
        raise RunFailed(f"{site_name}: run {run_id} was not crawled; clear its crawl task")
    return found
