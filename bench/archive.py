"""`python -m bench.archive`: what reading from and publishing to an archive of 200,000 articles costs.

Fills the articles table of a real S3 server with invented articles, then prints, in one run:

* the time of `articles --site S --since T` for the last day, each in a fresh process, and which objects it read;
* what the view of the latest versions costs against a plain scan of all rows;
* time and S3 requests of publishing 100, 1,000 and 4,000 staged articles.

Seconds are of this machine as it is; beside them stand CPU seconds, which other work disturbs less.
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
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from bench.stories import Writer
from bench.wire import Relay
from extract.article import Article, Extraction, RemovedSpan
from extract.capture import WarcRecord
from extract.url import article_id
from storage import layout, schema
from storage.articles import Archive
from storage.client import Store
from storage.embedded import EmbeddedStore
from storage.heads import read_heads, write_heads
from storage.metrics import count_requests
from storage.publish import publish
from storage.rows import to_row
from storage.server import Server
from storage.settings import StoreSettings
from storage.staging import stage_parts, write_part
from storage.tables import append_rows, make_table

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
COMMITS_A_DAY = 4
EDITED = 10  # one article in so many has a second version, hours after its first
TEXTS = 20_000  # different ones; each is used several times, on other days
FIRST_RUN = 1
SITE = "site-7"


def invented(number: int, site: str, captured_at: datetime, text: str, version: int = 1) -> Article:
    """Return one version of article `number`."""
    url = f"https://{site}.example/{number}/what-the-council-decided-on-the-evening-of-its-meeting"
    digest = f"{number:032x}{version:032x}"
    return Article(
        article_id=article_id(url), site=site, url=url, canonical_url=url, title=f"What the council decided, {number}",
        authors=("Ann Lee", "Bo Ek"), published_at=captured_at, modified_at=None, published_source="json-ld",
        captured_at=captured_at, language="en", section="Town", tags=("council", "budget"), description=text[:150],
        image=f"{url}.jpg", text=text, word_count=text.count(" ") + 1, text_sha256=digest, rights=(),
        extraction=Extraction("trafilatura", "2.3.1", "profile-1", 0.9),
        removed=(RemovedSpan(text[-60:], "repeated", "/html/body/div[3]/p[2]"),),
        capture=WarcRecord(f"raw/{site}/{captured_at:%Y/%m/%d}/x-000.warc.gz", 10, 20, "sha1:" + "A" * 32, 200),
        version=version, run_id="bench",
    )  # fmt: skip


def fill(store: Store, rows: int, days: int, sites: int) -> None:
    """Put `rows` article versions of the last `days` days into the table, as publishers do: some commits a day."""
    texts = list(islice(Writer(1).texts(), min(TEXTS, rows)))
    table = make_table(store, layout.ARTICLES)
    choose = random.Random(1)  # noqa: S311 - the same archive in every run
    commits = days * COMMITS_A_DAY
    number = 0
    edited: list[int] = []
    for commit in range(commits):
        start = NOW - timedelta(days=1) * (commits - commit) / COMMITS_A_DAY
        wanted = rows * (commit + 1) // commits - rows * commit // commits
        batch = [
            invented(old, f"site-{old % sites}", start, choose.choice(texts), 2)
            for old in edited[: wanted // (EDITED + 1)]
        ]
        fresh = range(number, number + wanted - len(batch))
        moments = (start + timedelta(seconds=choose.randrange(21_000)) for _ in fresh)
        batch += [
            invented(new, f"site-{new % sites}", moment, choose.choice(texts))
            for new, moment in zip(fresh, moments, strict=True)
        ]
        number, edited = fresh.stop, [new for new in fresh if choose.randrange(EDITED) == 0]
        listed = [to_row(one) | {schema.PARTITION.name: one.captured_at.date()} for one in batch]
        listing = pa.RecordBatch.from_pylist(listed, schema=schema.ARTICLES)
        append_rows(store, layout.ARTICLES, table, [listing], ())
    write_heads(store, table, read_heads(store, table))  # as each publish leaves them


def measure_day(store: Store, runs: int) -> None:
    """Print the cost of reading one site's last day by the CLI, and what it asked the store for."""
    since = NOW - timedelta(days=1)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "day.jsonl"
        argv = [
            "-m",
            "cli",
            "articles",
            "--site",
            SITE,
            "--since",
            since.isoformat(),
            "--format",
            "jsonl",
            "-o",
            str(out),
        ]
        figures = [run_timed(argv, environment(store.settings)) for _ in range(runs)]
        found = len(out.read_bytes().splitlines())
        with Relay(str(store.settings.endpoint)) as relay:
            run_timed(argv, environment(store.settings.model_copy(update={"endpoint": relay.url})))
    files = {path for _, path in relay.requests if path.endswith(".parquet") and "_delta_log" not in path}
    days = {path.split(f"{schema.PARTITION.name}=")[1].partition("/")[0] for path in files}
    listed = [one for one in store.list(f"{layout.ARTICLES}/") if "_delta_log" not in one.key]
    read = sum(relay.received[path] for path in files)
    print(
        f"articles --site {SITE} --since {since:%Y-%m-%dT%H:%M}Z: {found} articles in {told(figures)}, "
        f"each a fresh process; "
        f"it read {len(files)} of {len(listed)} data files, of the days {', '.join(sorted(days))}, "
        f"{read / 2**20:.1f} of {sum(one.size for one in listed) / 2**20:.0f} MiB, "
        f"by {relay.requests.total()} requests; in all {relay.received.total() / 2**20:.1f} MiB"
    )


def measure_view(store: Store, runs: int) -> None:
    """Print what the latest versions cost against all rows, in turns, in one process of its own."""
    done = child(["-m", "bench.archive", "--step", "view", "--runs", str(runs)], store.settings)
    for line in done:
        print(line)


def view(store: Store, runs: int) -> None:
    """What the child does: read all rows, then the latest, again and again."""
    archive = Archive(store)

    def table(*, all_versions: bool) -> int:
        return int(archive.articles(all_versions=all_versions).num_rows)

    def batches(*, all_versions: bool) -> int:
        return sum(batch.num_rows for batch in archive.article_batches(all_versions=all_versions))

    def lazily(*, all_versions: bool) -> int:
        return int(archive.lazy(all_versions=all_versions).collect().height)

    ways: dict[str, Callable[..., int]] = {
        "article_batches()": batches, "articles(), sorted": table, "lazy().collect()": lazily,
    }  # fmt: skip
    for name, read in ways.items():
        read(all_versions=True)  # once for the caches
        plain, latest = [], []
        for _ in range(runs):
            plain.append(timed(lambda read=read: read(all_versions=True)))  # type: ignore[misc]
            latest.append(timed(lambda read=read: read(all_versions=False)))  # type: ignore[misc]
        ratio, cpu = (
            statistics.median(one[at] for one in latest) / statistics.median(one[at] for one in plain) for at in (0, 1)
        )
        print(f"latest versions by {name}: {told(latest)}; all rows: {told(plain)}; x {ratio:.2f}, of CPU x {cpu:.2f}")


def measure_publish(store: Store, metrics: Server, sizes: list[int], runs: int) -> None:
    """Print what publishing costs: staged runs of ten sites, onto the filled table, by the step that the DAG runs."""
    texts = list(islice(Writer(2).texts(), 1000))
    number = FIRST_RUN
    stage(store, 10, number, texts)
    publish(store)  # reads the heads of the filled table once, and makes the rejections' table
    for size in sizes:
        figures, requests = [], []
        for _ in range(runs):
            number += 1
            stage(store, size, number, texts)
            before = count_requests(metrics).total()
            figures.append(tuple(json.loads(child(["-m", "bench.archive", "--step", "publish"], store.settings)[-1])))
            requests.append(count_requests(metrics).total() - before)
        print(
            f"publish of {size} staged articles of ten sites: {told(figures)}, "
            f"{min(requests)} to {max(requests)} S3 requests"
        )


def stage(store: Store, articles: int, batch: int, texts: list[str]) -> None:
    """Stage `articles` new ones, a tenth of them at each of ten sites."""
    moment = NOW + timedelta(minutes=batch)
    run_id = f"{moment:%Y%m%dT%H%M%SZ}-{batch:06x}"
    for site in range(10):
        numbers = range(batch * 1_000_000 + site, batch * 1_000_000 + articles, 10)
        outcomes = [invented(one, f"site-{site}", moment, texts[one % len(texts)]) for one in numbers]
        write_part(store, f"site-{site}", run_id, 0, outcomes)
        stage_parts(store, f"site-{site}", run_id, [0], [])
        store.delete([layout.part_key(f"site-{site}", run_id, 0)])


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Return seconds and CPU seconds of `work`."""
    started, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started, time.process_time() - cpu


def run_timed(argv: list[str], env: dict[str, str]) -> tuple[float, float]:
    """Return seconds and CPU seconds of a Python process, from its start to its end."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *argv], env=env, cwd=ROOT, check=True)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def told(figures: list[Any]) -> str:
    """Return the median of (seconds, CPU seconds) and the span of the seconds."""
    seconds, cpu = zip(*figures, strict=True)
    return (
        f"{statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f}), "
        f"CPU {statistics.median(cpu):.2f} s"
    )


def child(argv: list[str], settings: StoreSettings) -> list[str]:
    """Return the lines that a Python process printed."""
    done = subprocess.run(
        [sys.executable, *argv], env=environment(settings), cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.splitlines()


def environment(settings: StoreSettings) -> dict[str, str]:
    """Return the environment by which a process finds the store."""
    secret = settings.secret_key.get_secret_value() if settings.secret_key else ""
    own = {
        "BROADSHEET_HOME": str(settings.home), "BROADSHEET_S3_ENDPOINT": str(settings.endpoint),
        "BROADSHEET_S3_BUCKET": str(settings.bucket), "BROADSHEET_S3_PREFIX": settings.prefix,
        "BROADSHEET_S3_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": str(settings.access_key),
        "AWS_SECRET_ACCESS_KEY": secret, "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    return os.environ | own


def step(name: str, runs: int) -> None:
    """What the children do."""
    store = Store(StoreSettings.from_env())
    if name == "view":
        view(store, runs)
    else:
        print(json.dumps(timed(lambda: publish(store))))


def parsed() -> argparse.Namespace:
    """Return the arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--sites", type=int, default=50)
    parser.add_argument("--publish", type=int, nargs="+", default=[100, 1000, 4000], metavar="ARTICLES")
    parser.add_argument("--runs", type=int, default=5, help="of each measurement")
    parser.add_argument("--step", choices=["view", "publish"], help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Parse the arguments, fill an archive and measure."""
    args = parsed()
    if args.step:
        step(args.step, args.runs)
        return
    with tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as folder:
        embedded = EmbeddedStore(StoreSettings(home=Path(folder), min_free_mib=0))
        server = embedded.start()
        try:
            store = Store(embedded.settings(server))
            started = time.monotonic()
            fill(store, args.rows, args.days, args.sites)
            seconds = time.monotonic() - started
            print(f"{args.rows} rows of {args.days} days and {args.sites} sites made in {seconds:.0f} s")
            measure_day(store, args.runs)
            measure_view(store, args.runs)
            measure_publish(store, server, args.publish, args.runs)
            store.close()
        finally:
            embedded.stop()


if __name__ == "__main__":
    main()
