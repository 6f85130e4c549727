"""`python -m bench.ingest`: the whole pipeline against trafilatura alone, on the same pages and cores in the same run.

Prints pages a second of both and their ratio, the peak memory of every process, and the S3 requests by count.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil
import trafilatura

from bench.replay import choose_hosts, page_bodies, replay, site_file
from storage.embedded import EmbeddedStore
from storage.settings import StoreSettings

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_S = 0.1


def bare(page: tuple[str, bytes]) -> bool:
    """Read one page with trafilatura alone, as its users do."""
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    return trafilatura.bare_extraction(page[1], url=page[0], with_metadata=METADATA) is not None


METADATA = os.environ.get("BENCH_METADATA", "1") == "1"


def time_bare(pages: list[tuple[str, bytes]]) -> float:
    """Return pages a second of trafilatura alone on every core, pool start excluded."""
    with ProcessPoolExecutor() as pool:
        list(pool.map(bare, pages[:32]))
        started = time.monotonic()
        sum(pool.map(bare, pages, chunksize=16))
        return len(pages) / (time.monotonic() - started)


class PeakMemory(Thread):
    """Samples the resident memory of a process tree and of the S3 server."""

    def __init__(self, pids: list[int]) -> None:
        super().__init__(daemon=True)
        self._roots, self.ended, self.peaks = pids, Event(), Counter[str]()

    def run(self) -> None:
        while not self.ended.wait(SAMPLE_S):
            for pid in self._roots:
                try:
                    root = psutil.Process(pid)
                    tree = [root, *root.children(recursive=True)]
                except psutil.NoSuchProcess:
                    continue
                for process in tree:
                    try:
                        name = f"{_label(process.cmdline())} {process.pid}"
                        self.peaks[name] = max(self.peaks[name], process.memory_info().rss)
                    except psutil.NoSuchProcess:
                        continue


def _label(argv: list[str]) -> str:
    line = " ".join(argv)
    for mark, label in (
        ("crawl-worker", "crawl"),
        ("forkserver", "extract"),
        ("spawn_main", "extract"),
        ("cli ingest", "ingest"),
        ("cli publish", "publish"),
        ("cli cluster", "cluster"),
        ("mini", "S3"),
    ):
        if mark in line:
            return label
    return argv[0].rpartition("/")[2] if argv else "?"


def s3_requests(metrics_url: str) -> Counter[str]:
    """Return the S3 server's own count of requests, by kind."""
    with urllib.request.urlopen(metrics_url) as answer:  # noqa: S310 - loopback
        text = answer.read().decode()
    found: Counter[str] = Counter()
    for kind, count in re.findall(r'SeaweedFS_s3_request_total\{[^}]*type="(\w+)"[^}]*\} ([\d.e+]+)', text):
        found[kind] += int(float(count))
    return found


def run_ingest(home: Path, sites: Path, proxy: str) -> tuple[dict[str, Any], float, Counter[str], Counter[str]]:
    """Ingest once; return the run report, its seconds, peak memory by process, and S3 requests by kind."""
    env = {
        **os.environ,
        "BROADSHEET_HOME": str(home),
        "BROADSHEET_SITES": str(sites),
        "http_proxy": proxy,
        "PYTHONPATH": str(ROOT),
    }
    embedded = EmbeddedStore(StoreSettings(home=home))
    server = embedded.start()
    before = s3_requests(server.metrics_url)
    started = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "cli", "ingest", "--json"], env=env, stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        memory = PeakMemory([process.pid, server.pid])
        memory.start()
        out, _ = process.communicate()
        seconds = time.monotonic() - started
        memory.ended.set()
    requests = s3_requests(server.metrics_url) - before
    embedded.stop()
    return json.loads(out.splitlines()[-1]), seconds, memory.peaks, requests


def measure(args: argparse.Namespace, pages: int) -> tuple[int, int]:
    """Measure one size and print it; return the pages read and the S3 requests made."""
    hosts, originals = choose_hosts(args.shared, args.sites)
    copies = max(1, round(pages / originals))
    bodies = page_bodies(args.shared, hosts, copies)
    home = Path(tempfile.mkdtemp(prefix="broadsheet-bench-"))
    try:
        rates = [] if args.no_peer else [time_bare(bodies)]
        with replay(args.shared, args.port, hosts, copies, 1.0) as served:
            site_file(served.sites, home / "sites.yaml")
            report, seconds, peaks, requests = run_ingest(home, home / "sites.yaml", served.proxy)
        rates += [] if args.no_peer else [time_bare(bodies)]
    finally:
        shutil.rmtree(home, ignore_errors=True)
    totals = report["totals"]
    rejected = totals["rejections"]
    # what says noarchive is fetched but not read: leaving it out makes the ratio an honest one
    fetched = totals["articles"] + sum(rejected.values()) - rejected.get("noarchive", 0)
    print(
        f"{len(bodies)} pages on {len(hosts)} sites: {totals['articles']} articles, rejections {totals['rejections']}"
    )
    print(f"  ingest {seconds:.1f} s, {fetched / seconds:.1f} pages read a second (start-up included)")
    if rates:
        alone = sum(rates) / len(rates)
        told = " and ".join(f"{rate:.1f}" for rate in rates)
        print(f"  trafilatura alone {told} pages/s; ratio {fetched / seconds / alone:.2f}")
    kinds = Counter[str]()
    for name, peak in peaks.items():
        kinds[name.split()[0]] = max(kinds[name.split()[0]], peak)
    print("  peak memory MiB: " + ", ".join(f"{name} {peak / 2**20:.0f}" for name, peak in sorted(kinds.items())))
    total = sum(requests.values())
    print(f"  S3 requests {total} ({dict(requests)}): {total / len(hosts):.1f} a site")
    return fetched, total


def main() -> None:
    """Parse the arguments and measure each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="folder with corpus/ and replay/")
    parser.add_argument("--pages", type=int, nargs="+", default=[2000])
    parser.add_argument("--sites", type=int, default=30, help="sites that the pages are spread over; 0: all")
    parser.add_argument("--port", type=int, default=8070)
    parser.add_argument("--no-peer", action="store_true", help="leave trafilatura alone out")
    args = parser.parse_args()
    if not (args.shared / "corpus/index.json").exists():
        sys.exit(f"{args.shared} has no corpus/index.json: give the place of stored pages with --shared")
    measured = [measure(args, pages) for pages in args.pages]
    for (fewer, before), (more, after) in pairwise(sorted(measured)):
        rate = 1000 * (after - before) / (more - fewer)
        print(f"S3 requests beyond a run's fixed ones, {fewer} to {more} pages: {rate:.1f} per 1,000")


if __name__ == "__main__":
    main()
