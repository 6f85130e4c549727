"""`crawl-worker`: the crawl process that `ingest` starts: many sites on one reactor, events as JSON lines on stdout."""

from __future__ import annotations

import sys

import click
import orjson

from cli.crawling import SpiderArchive
from spiders.crawl import crawl_sites
from spiders.site import load_sites, select_sites
from storage.connect import open_store


@click.command("crawl-worker", hidden=True)
@click.argument("sites", nargs=-1, required=True)
@click.option("--run", "run_id", required=True)
@click.option("--revisit-now", is_flag=True)
def crawl_worker(*, sites: tuple[str, ...], run_id: str, revisit_now: bool) -> None:
    """Crawl SITES once each and say on stdout, in JSON lines, what is on S3."""
    chosen = select_sites(sites, load_sites())
    with open_store(check=False) as store:
        crawl_sites(chosen, run_id, SpiderArchive(store), emit, revisit_now=revisit_now)


def emit(event: dict[str, object]) -> None:
    """Write one event and flush it: the reader acts on it at once."""
    sys.stdout.buffer.write(orjson.dumps(event) + b"\n")
    sys.stdout.buffer.flush()
