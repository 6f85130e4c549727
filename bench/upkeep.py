"""`python -m bench.upkeep`: what compaction is worth. Many small commits, then a scan before upkeep and one after.

On a real S3 server of its own: publishes runs of a few articles each, a commit each, then reads the titles and sites,
and all texts, in a fresh process each time. Prints seconds, S3 requests and files, then the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.environment import ROOT, store_environment
from bench.stories import Writer
from extract.article import Article, Extraction, content_sha256
from extract.url import article_id
from storage import layout
from storage.articles import Archive
from storage.client import Store
from storage.embedded import EmbeddedStore
from storage.metrics import count_requests
from storage.publish import publish
from storage.settings import StoreSettings
from storage.staging import stage_parts, write_part
from storage.tables import open_table
from storage.upkeep import upkeep

START = datetime(2026, 11, 1, tzinfo=UTC)
SCANS = {"titles": ["site", "title"], "all texts": ["text"]}


def fill(store: Store, commits: int, articles: int, days: int) -> None:
    """Publish `commits` runs of `articles` each, spread over `days`."""
    texts = Writer(1).texts()
    for number in range(commits):
        at = START + timedelta(days=days) * number / commits
        outcomes = [
            _article(f"https://site-{one % 5}.example/{number}/{one}", next(texts), at) for one in range(articles)
        ]
        run = f"{at:%Y%m%dT%H%M%SZ}-{number:06x}"
        write_part(store, "bench", run, 0, outcomes)
        stage_parts(store, "bench", run, [0], [])
        publish(store)


def _article(url: str, text: str, at: datetime) -> Article:
    return Article(
        article_id=article_id(url), site=url.split("/")[2].partition(".")[0], url=url, canonical_url=None, title=url,
        authors=(), published_at=at, modified_at=None, published_source="meta", captured_at=at, language="en",
        section=None, tags=(), description=None, image=None, text=text, word_count=text.count(" ") + 1,
        text_sha256=content_sha256(url, text), rights=(), extraction=Extraction("bench", "1"),
    )  # fmt: skip


def scan() -> None:
    """What the child does: each scan once, cold, timed without the interpreter's start."""
    archive = Archive(Store(StoreSettings.from_env()))
    seconds = {}
    for name, columns in SCANS.items():
        started = time.perf_counter()
        table = open_table(archive.store, layout.ARTICLES)
        assert table is not None
        rows = table.to_pyarrow_dataset(filesystem=archive.store.table_files(layout.ARTICLES)).to_table(columns=columns)
        seconds[name] = time.perf_counter() - started
        assert rows.num_rows
    print(json.dumps(seconds))


def measure(store: Store, metrics: Any, runs: int) -> dict[str, float]:  # noqa: ANN401
    """Scan in `runs` processes; return the median seconds of each scan, and the requests and files."""
    found: list[dict[str, float]] = []
    before = count_requests(metrics).total()
    for _ in range(runs):
        argv = [sys.executable, "-m", "bench.upkeep", "--scan"]
        done = subprocess.run(
            argv, env=os.environ | store_environment(store), cwd=ROOT, check=True, capture_output=True, text=True
        )
        found.append(json.loads(done.stdout.splitlines()[-1]))
    table = open_table(store, layout.ARTICLES)
    return {name: statistics.median(one[name] for one in found) for name in SCANS} | {
        "requests": (count_requests(metrics).total() - before) / runs,
        "files": len(table.file_uris()) if table else 0,
    }


def main() -> None:
    """Parse the arguments, fill, scan, keep up, scan again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=int, default=500)
    parser.add_argument("--articles", type=int, default=10, help="in each")
    parser.add_argument("--days", type=int, default=5)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scan", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.scan:
        scan()
        return
    with tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as folder:
        embedded = EmbeddedStore(StoreSettings(home=Path(folder), min_free_mib=0))
        server = embedded.start()
        try:
            store = Store(embedded.settings(server))
            fill(store, args.commits, args.articles, args.days)
            before = measure(store, server, args.runs)
            started = time.perf_counter()
            report = upkeep(store, lambda body, _site, _articles: body, {}, datetime.now(UTC))
            seconds = time.perf_counter() - started
            after = measure(store, server, args.runs)
            store.close()
        finally:
            embedded.stop()
    print(f"{args.commits} commits of {args.articles} articles over {args.days} days")
    print(f"upkeep: {seconds:.1f} s, {report.files_before} files into {report.files}")
    for name, value in before.items():
        print(f"{name}: {value:.2f} before, {after[name]:.2f} after: x {value / after[name]:.1f}")


if __name__ == "__main__":
    main()
