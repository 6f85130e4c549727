"""One pass over many sites: a few crawl processes, extraction on every core meanwhile, then staging and one publish."""

from __future__ import annotations

import logging
import queue
import signal
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import orjson
from click import ClickException

from cli.erase_rest import erase_rest
from cli.errors import RunFailed
from cli.extraction import Extractors, SegmentRead, SegmentTask, extractors
from cli.learning import learn_run
from cli.progress import Bar, progress
from cli.runs import crawl_manifest, new_run_id, run_segments, stage_run
from extract.lessons import unpack
from extract.stored import StoredObject
from spiders.errors import CrawlFailed
from spiders.process import CrawlProcess
from spiders.report import CrawlReport
from spiders.site import Site
from storage.client import Store
from storage.manifest import RunManifest, write_manifest
from storage.open_runs import OpenRun, close_runs, dead_runs, open_run
from storage.profiles import StoredProfile, read_profile
from storage.staging import drop_parts

log = logging.getLogger(__name__)
SITES_PER_PROCESS = 300  # one reactor crawls this many at ease; the other cores are better spent on extraction
STAGERS = 8  # threads that mostly wait for S3
Event = dict[str, Any]


@dataclass(slots=True)
class SitePass:
    """What is under way for one site: `parts` are the segments being read, by key; `empty` those without a page.

    `profile` is read when the first segment is.
    """

    site: Site
    profile: StoredProfile | None = None
    parts: dict[str, Future[SegmentRead]] = field(default_factory=dict)
    empty: set[str] = field(default_factory=set)
    finishing: Future[RunManifest] | None = None
    fetched: int = 0
    discovered: int = 0
    error: str | None = None
    shortfall: str | None = None


class Ingestion:
    """One run over `sites`. Call `run` once."""

    def __init__(self, store: Store, sites: Sequence[Site], *, revisit_now: bool) -> None:
        self._store, self._revisit_now = store, revisit_now
        self._passes = {site.name: SitePass(site) for site in sites}
        self._run_id = new_run_id()
        self._dead: list[OpenRun] = []
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._processes: list[CrawlProcess] = []
        self._stopped = False
        self._refused: str | None = None
        self._unclustered: str | None = None

    def run(self) -> dict[str, Any]:
        """Do the whole pass and return its report; what fails for one site is in that site's part of it."""
        started_at, clock = datetime.now(UTC), time.monotonic()
        opened = open_run(self._store, self._run_id, self._passes)
        self._dead = dead_runs(self._store, self._passes, self._run_id)
        with ExitStack() as stack:
            pool = stack.enter_context(extractors())
            stagers = stack.enter_context(ThreadPoolExecutor(STAGERS, thread_name_prefix="stage"))
            stack.enter_context(self._graceful_stop())
            bar = stack.enter_context(progress(f"{len(self._passes)} sites"))
            self._crawl()
            self._follow(pool, stagers, bar)
            manifests = self._finish(bar)
        close_runs(self._store, [opened, *self._dead], manifests)
        erase_rest(self._store)
        steps = {"published": self._publish(), "stories": self._cluster()}
        return self._report(started_at, time.monotonic() - clock, manifests, steps)

    def _crawl(self) -> None:
        """Start the crawl processes; their events, and the end of each, come through the queue.

        One process has all sites of a host: one connection a host is kept within a process.
        """
        count = -(-len(self._passes) // SITES_PER_PROCESS)
        shares: list[list[str]] = [[] for _ in range(count)]
        for name, one in self._passes.items():
            shares[zlib.crc32((urlsplit(one.site.home).hostname or "").encode()) % count].append(name)
        for own in filter(None, shares):
            argv = [sys.executable, "-m", "cli", "crawl-worker", "--run", self._run_id]
            argv += ["--revisit-now"] if self._revisit_now else []
            process = CrawlProcess([*argv, "--", *own])
            self._processes.append(process)
            threading.Thread(target=self._listen, args=(process, own), daemon=True).start()

    def _listen(self, process: CrawlProcess, names: list[str]) -> None:
        try:
            for event in process:
                self._events.put(event)
            ending = ""
        except CrawlFailed as error:
            ending = error.message
        self._events.put({"event": "ended", "sites": names, "error": ending})

    def _follow(self, pool: Extractors, stagers: ThreadPoolExecutor, bar: Bar) -> None:
        running = len(self._processes)
        while running:
            event = self._events.get()
            if event["event"] == "stop":
                for process in self._processes:
                    process.terminate()
            elif event["event"] == "ended":
                running -= 1
                for name in event["sites"]:
                    one = self._passes[name]
                    if one.finishing is None and one.error is None:
                        one.error = event["error"] or "the crawl process ended without a report"
            else:
                self._take(event, pool, stagers, bar)

    def _take(self, event: Event, pool: Extractors, stagers: ThreadPoolExecutor, bar: Bar) -> None:
        """Note what a crawl process says of a site."""
        one = self._passes[event["site"]]
        if event["event"] == "segment":
            segment = StoredObject(**event["object"])
            if event["captures"]:
                self._extract(pool, one, segment)
            else:
                one.empty.add(segment.key)
        elif event["event"] == "report":
            report = CrawlReport.from_json(event["report"])
            one.finishing = stagers.submit(self._finish_site, pool, one, report)
        elif event["event"] == "error":
            one.error = event["error"]
        elif event["event"] == "progress":
            one.fetched, one.discovered = event["fetched"], event["discovered"]
            self._show(bar)

    def _extract(self, pool: Extractors, one: SitePass, segment: StoredObject) -> None:
        if segment.key not in one.parts:
            one.profile = one.profile or read_profile(self._store, one.site.name)
            task = SegmentTask(one.site.name, self._run_id, len(one.parts), segment.key, one.profile.packed)
            one.parts[segment.key] = pool.extract(task)

    def _finish_site(self, pool: Extractors, one: SitePass, report: CrawlReport) -> RunManifest:
        """Record the crawl, read what is not read yet, and stage it; runs in a thread of its own."""
        manifest = crawl_manifest(self._store, one.site, report, self._dead)
        for segment in run_segments(manifest):
            if segment.key not in one.empty:
                self._extract(pool, one, segment)
        reads = [part.result() for part in one.parts.values()]
        lessons = [read.lessons for read in reads]
        wrong = tuple(f"{read.wrong}; what came before it was read" for read in reads if read.wrong)
        one.error = "; ".join(wrong) or None
        numbers = range(len(lessons))
        staged, one.shortfall = stage_run(self._store, one.site, manifest, numbers)
        if one.profile:
            told = learn_run(self._store, one.site.name, self._run_id, one.profile, map(unpack, lessons))
            staged = replace(staged, profile=told)
        staged = replace(staged, damaged=wrong)
        one.profile = None
        one.parts.clear()  # thousands of sites: their lessons are not to stay
        write_manifest(self._store, staged)
        drop_parts(self._store, one.site.name, self._run_id, numbers)
        return staged

    def _finish(self, bar: Bar) -> dict[str, RunManifest]:
        manifests = {}
        for name, one in self._passes.items():
            if one.finishing is None:
                continue
            try:
                manifests[name] = one.finishing.result()
            except ClickException as error:
                one.error = error.message
            except BrokenProcessPool:
                one.error = (
                    "extracting processes are killed each time (out of memory?); the captures are kept, run again"
                )
            self._show(bar)
        return manifests

    def _publish(self) -> Event:
        """Publish what is staged; what was refused is kept for the report."""
        published, self._refused = _step("publish")
        if published is None:
            raise RunFailed(f"not published: {self._refused}")
        return published

    def _cluster(self) -> Event | None:
        """Find the stories of what was published; the next pass looks again at what this one fails to."""
        stories, self._unclustered = _step("cluster")
        return stories

    def _show(self, bar: Bar) -> None:
        passes = self._passes.values()
        staged = sum(one.finishing is not None and one.finishing.done() for one in passes)
        fetched, discovered = sum(one.fetched for one in passes), sum(one.discovered for one in passes)
        bar.update(fetched, discovered or None, f"pages fetched, {staged} sites done")

    @contextmanager
    def _graceful_stop(self) -> Iterator[None]:
        """SIGINT and SIGTERM end the crawls, once and gracefully; what they captured is still archived."""

        def stop(_signum: int, _frame: FrameType | None) -> None:
            self._stopped = True
            self._events.put({"event": "stop"})  # all that is safe here: a lock may be held by what was interrupted

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _report(
        self, started_at: datetime, seconds: float, manifests: dict[str, RunManifest], steps: Event
    ) -> dict[str, Any]:
        sites = {name: self._site_report(one, manifests.get(name)) for name, one in self._passes.items()}
        return {
            "run_id": self._run_id,
            "started_at": started_at.isoformat(),
            "seconds": round(seconds, 3),
            "stopped": self._stopped,
            "refused": self._refused,
            "unclustered": self._unclustered,
            "totals": _totals(list(sites.values())),
            **steps,
            "sites": sites,
        }

    def _site_report(self, one: SitePass, manifest: RunManifest | None) -> Event:
        report: Event = {"discovered": 0, "articles": 0, "rejections": {}, "recovered": 0}
        if manifest is not None:
            counts = manifest.counts
            outcomes = {name: count for name, count in counts["outcomes"].items() if name not in {"captured", "failed"}}
            report = {key: counts[key] for key in report} | outcomes | {"sources": dict(manifest.sources)}
            report |= {"profile": dict(manifest.profile)}
        report |= {"error": one.error} if one.error else {}
        return report | ({"shortfall": one.shortfall} if one.shortfall else {})


def _step(verb: str) -> tuple[Event | None, str | None]:
    """Return what a step printed, and why it failed if it did; in a process of its own, whose memory goes with it."""
    argv = [sys.executable, "-m", "cli", verb]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, start_new_session=True, check=False)
    *said, last = done.stderr.decode("utf-8", "replace").splitlines() or [""]
    for line in said if done.returncode else [*said, last]:
        sys.stderr.write(f"{line}\n" if line else "")
    printed = done.stdout.splitlines()
    return orjson.loads(printed[-1]) if printed else None, last.removeprefix("Error: ") if done.returncode else None


def _totals(sites: list[Event]) -> Event:
    """Return the sums. They balance like each site's own (docs/records.md)."""
    names = ("discovered", "recovered", "articles", "not_modified", "unchanged", "not_due", "deferred")
    reasons: Counter[str] = Counter()
    for site in sites:
        reasons.update(site["rejections"])
    return {name: sum(site.get(name, 0) for site in sites) for name in names} | {"rejections": dict(reasons)}
