"""A site's run, as the steps of its DAG share it: each reads what the one before wrote to S3, prints one line.

The steps are modules of their own, since each is a process: Scrapy, trafilatura or the tables' libraries take half a
second each, and no step needs all.
"""

from __future__ import annotations

import click
import orjson

from cli.errors import RunFailed
from storage.client import Store
from storage.errors import ObjectMissing
from storage.manifest import RunManifest, read_manifest

SITE = click.argument("site_name", metavar="SITE")
RUN = click.option("--run", "run_id", required=True, help="The run's id, the same for all its steps and their retries.")


def say(**counts: object) -> None:
    """Print what a step did as its one line of JSON, which becomes the task's XCom."""
    click.echo(orjson.dumps(counts).decode())


def find_manifest(store: Store, site_name: str, run_id: str) -> tuple[RunManifest, str] | None:
    """Return the run's manifest with its ETag; None before its crawl has ended."""
    try:
        return read_manifest(store, site_name, run_id)
    except ObjectMissing:
        return None


def crawled_manifest(store: Store, site_name: str, run_id: str) -> tuple[RunManifest, str]:
    """Return the run's manifest with its ETag; raises RunFailed before its crawl has ended."""
    found = find_manifest(store, site_name, run_id)
    if found is None:
        raise RunFailed(f"{site_name}: run {run_id} was not crawled; clear its crawl task")
    return found
