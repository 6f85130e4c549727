"""`python -m bench.stories`: what it costs to find the stories of new articles, as the window to compare with grows.

Fills windows of two sizes with invented articles on a real S3 server, publishes some more, a tenth of them reworded
copies, and runs the step that the DAG runs, in a process of its own. Prints for each size the time an article, peak
memory, S3 requests and bytes, then the ratios between the sizes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from bench.environment import ROOT, store_environment
from extract.article import Article, Extraction, content_sha256
from extract.minhash import fingerprints
from extract.url import article_id
from storage import layout
from storage.client import Store
from storage.embedded import EmbeddedStore
from storage.members import Sighting
from storage.metrics import count_requests
from storage.publish import publish
from storage.settings import StoreSettings
from storage.staging import stage_parts, write_part
from storage.stories import cluster
from storage.window import WINDOW, Entry, add_entries, read_window, write_window

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAYS = WINDOW.days
WORDS = 40_000
SITES = 200
RATIOS = {"ms": "time an article", "cpu": "CPU an article", "peak": "peak memory", "requests": "S3 requests"}


class Writer:
    """Writes articles of words that are as common as a language's are (Zipf), so that unrelated texts share some."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        spell = random.Random(1)  # noqa: S311 - the same words in every run
        self._words = np.array(
            ["".join(spell.choices("aeionrtlsdm", k=2 + min(int(rank**0.25), 8))) for rank in range(WORDS)]
        )
        weights = 1 / np.arange(2, WORDS + 2)
        self._weights = np.cumsum(weights / weights.sum())

    def texts(self) -> Iterator[str]:
        """Yield texts of 150 to 900 words, for ever."""
        while True:
            count = int(self._random.integers(150, 900))
            yield " ".join(self._words[np.searchsorted(self._weights, self._random.random(count))])

    def reworded(self, text: str) -> str:
        """Return `text` with every seventh word or so replaced."""
        words = np.array(text.split())
        changed = self._random.random(len(words)) < 0.15
        words[changed] = self._words[self._random.integers(0, WORDS, changed.sum())]
        return " ".join(words)


def fill_window(store: Store, size: int, writer: Writer) -> list[str]:
    """Put `size` articles of the last two weeks into the window; return some of their texts."""
    samples: list[str] = []
    window, texts, number = read_window(store), writer.texts(), 0
    for back in range(DAYS, 0, -1):
        entries = []
        captured_at = NOW - timedelta(days=back) + timedelta(hours=1)
        while number < size * (DAYS - back + 1) // DAYS:
            part = list(islice(texts, min(256, size * (DAYS - back + 1) // DAYS - number)))
            samples += part[:1]
            for text_print in fingerprints(part):
                sighting = _sighting(number, captured_at)
                entries.append(Entry(sighting, captured_at.date(), text_print))
                number += 1
        window = write_window(store, add_entries(store, window, entries, NOW - timedelta(days=30)))
    return samples


def _sighting(number: int, captured_at: datetime) -> Sighting:
    site = f"site-{number % SITES}"
    url = f"https://{site}.example/2026/{number}/what-the-council-decided-on-the-evening-of-its-meeting"
    return Sighting(article_id(url), 1, site, url, f"What the council decided, part {number}", captured_at, captured_at)


def publish_articles(store: Store, batch: int, texts: list[str]) -> None:
    """Publish `texts` as one run's articles, captured now."""
    outcomes = []
    for number, text in enumerate(texts):
        site, url = f"new-{number % 50}", f"https://new-{number % 50}.example/{batch}/{number}"
        outcomes.append(
            Article(
                article_id=article_id(url), site=site, url=url, canonical_url=None, title=f"New {number}", authors=(),
                published_at=NOW, modified_at=None, published_source="meta", captured_at=NOW + timedelta(seconds=batch),
                language="en", section=None, tags=(), description=None, image=None, text=text,
                word_count=text.count(" ") + 1, text_sha256=content_sha256("", text), rights=(),
                extraction=Extraction("bench", "1"),
            )
        )  # fmt: skip
    run = f"{NOW + timedelta(minutes=batch):%Y%m%dT%H%M%SZ}-{batch:06x}"
    write_part(store, "bench", run, 0, outcomes)
    stage_parts(store, "bench", run, [0], [])
    publish(store)


def run_step() -> None:
    """What the child does: one run, timed without the interpreter's start."""
    store = Store(StoreSettings.from_env())
    started, cpu = time.perf_counter(), time.process_time()
    report = cluster(store, NOW + timedelta(hours=1))
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mib": peak, "members": report.members}))


def measure(settings: StoreSettings, metrics: Any, size: int, args: argparse.Namespace) -> dict[str, float]:  # noqa: ANN401
    """Measure one size in a prefix of its own and print it."""
    store = Store(settings.model_copy(update={"prefix": f"window-{size}"}))
    writer = Writer(size)
    samples = fill_window(store, size, writer)
    runs = []
    for batch in range(args.runs + 1):
        fresh = list(islice(writer.texts(), args.new - args.new // 10))
        copies = [writer.reworded(samples[(batch * 97 + one) % len(samples)]) for one in range(args.new // 10)]
        publish_articles(store, batch, fresh + copies)
        before = count_requests(metrics).total()
        done = subprocess.run(
            [sys.executable, "-m", "bench.stories", "--step"],
            env={**os.environ, **store_environment(store)}, cwd=ROOT, check=True, capture_output=True, text=True,
        )  # fmt: skip
        run = json.loads(done.stdout.splitlines()[-1])
        runs.append(run | {"requests": count_requests(metrics).total() - before})
    runs = runs[1:]  # the first creates the table
    sizes = {name: sum(one.size for one in store.list(layout.STORY_DAYS) if f".{name}." in one.key) / 2**20
             for name in ("index", "entries")}  # fmt: skip
    found = {
        "size": size,
        "ms": statistics.median(run["seconds"] for run in runs) * 1000 / args.new,
        "cpu": statistics.median(run["cpu"] for run in runs) * 1000 / args.new,
        "peak": max(run["peak_mib"] for run in runs),
        "requests": max(run["requests"] for run in runs),
    }
    cost = f"{found['ms']:.2f} ms an article, {found['cpu']:.2f} of them CPU"
    told = ", ".join(f"{run['seconds']:.2f}" for run in runs)
    print(
        f"window of {size}: {cost} ({args.runs} runs of {args.new} new ones: "
        f"{told} s), peak memory {found['peak']:.0f} MiB, "
        f"{found['requests']} S3 requests a run; state {sizes['index']:.0f} MiB of index, read by each run, and "
        f"{sizes['entries']:.0f} MiB of sketches; {sum(run['members'] for run in runs)} articles joined a story"
    )
    store.close()
    return found


def main() -> None:
    """Parse the arguments and measure each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, nargs="+", default=[10_000, 200_000])
    parser.add_argument("--new", type=int, default=1000, help="articles a run")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--step", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.step:
        run_step()
        return
    with tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as folder:
        embedded = EmbeddedStore(StoreSettings(home=Path(folder), min_free_mib=0))
        server = embedded.start()
        try:
            found = [measure(embedded.settings(server), server, size, args) for size in sorted(args.windows)]
        finally:
            embedded.stop()
    for small, large in pairwise(found):
        times = {name: large[key] / small[key] for key, name in RATIOS.items()}
        told = ", ".join(f"{name} x {ratio:.2f}" for name, ratio in times.items())
        print(f"{small['size']:.0f} to {large['size']:.0f} articles in the window: {told}")


if __name__ == "__main__":
    main()
