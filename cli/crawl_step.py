"""`crawl SITE --run RUN`: the first step of a site's DAG."""

from __future__ import annotations

from typing import Any

import click

from cli.crawling import SpiderArchive
from cli.errors import RunFailed
from cli.runs import crawl_manifest
from cli.site_run import RUN, SITE, find_manifest, say
from spiders.crawl import crawl_sites
from spiders.report import CrawlReport
from spiders.site import Site, load_sites, select_sites
from storage.client import Store
from storage.connect import open_store
from storage.manifest import RunManifest, write_manifest
from storage.open_runs import dead_runs, open_run


@click.command(hidden=True)
@SITE
@RUN
@click.option("--revisit-now", is_flag=True)
def crawl(*, site_name: str, run_id: str, revisit_now: bool) -> None:
    """Crawl SITE once. A run that was crawled already is not crawled again."""
    site = select_sites([site_name], load_sites())[0]
    with open_store() as store:
        found = find_manifest(store, site_name, run_id)
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
