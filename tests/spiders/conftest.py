"""Crawls of a loopback server, in a worker process with a reactor of its own."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from extract.capture import Capture
from extract.warc import read_captures
from spiders.frontier import Frontier
from spiders.report import CrawlReport
from tests.spiders.folder_archive import FolderArchive
from tests.spiders.news_server import NewsServer

WORKER = Path(__file__).with_name("worker.py")
QUICK = {"backoff_s": 0.01}  # otherwise the bounds of production
_numbers = itertools.count(1)


def new_run_id() -> str:
    return f"20261122T000000Z-{next(_numbers):06x}"


@dataclass
class Ended:
    """What a crawl said and left."""

    events: list[dict[str, Any]]
    archive: FolderArchive
    reports: dict[str, CrawlReport] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for event in self.events:
            if event["event"] == "report":
                self.reports[event["site"]] = CrawlReport.from_json(event["report"])

    @property
    def report(self) -> CrawlReport:
        (report,) = self.reports.values()
        return report

    @property
    def errors(self) -> list[str]:
        return [event["error"] for event in self.events if event["event"] == "error"]

    @property
    def counts(self) -> dict[str, int]:
        """The outcomes that are not zero."""
        return {name: count for name, count in self.report.outcomes.items() if count}

    @property
    def failures(self) -> dict[str, str]:
        return {failure.url: failure.reason for failure in self.report.failures}

    @property
    def warcs(self) -> list[Path]:
        return [self.archive.root / stored.key for report in self.reports.values() for stored in report.segments]

    def captures(self) -> list[Capture]:
        found = []
        for path in self.warcs:
            with path.open("rb") as stream:
                found += list(read_captures(stream, str(path), "times"))
        return found

    def records(self) -> list[tuple[str, Any, bytes]]:
        """Return (type, warc headers, block) of each record."""
        found = []
        for path in self.warcs:
            with path.open("rb") as stream:
                records = ArchiveIterator(stream, no_record_parse=True)
                found += [(record.rec_type, record.rec_headers, record.raw_stream.read()) for record in records]
        return found

    def frontier(self, site: str = "times") -> Frontier:
        return Frontier.load(self.archive.read_frontier(site)[0], site)


class Crawls:
    """Runs crawls one after another in one worker."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, job: dict[str, Any]) -> list[dict[str, Any]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        events = []
        for line in self._process.stdout:
            event = json.loads(line)
            if event["event"] == "job-ended":
                return events
            events.append(event)
        raise AssertionError("the worker died")

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture(scope="session")
def crawls() -> Iterator[Crawls]:
    crawls = Crawls()
    yield crawls
    crawls.close()


@pytest.fixture
def server() -> Iterator[NewsServer]:
    server = NewsServer()
    yield server
    server.close()


def site_of(server: NewsServer, **named: Any) -> dict[str, Any]:
    return {"name": "times", "home": f"{server.url}/", "delay": 0} | named


def job_of(root: Path, *sites: dict[str, Any], revisit_now: bool = False, **named: Any) -> dict[str, Any]:
    limits = QUICK | named.pop("limits", {})
    run_id = named.pop("run_id", None) or new_run_id()
    job = {"sites": list(sites), "root": str(root), "run_id": run_id, "revisit_now": revisit_now, "limits": limits}
    return job | {"names": named.pop("names", {}), "concurrency": named.pop("concurrency", 32)}


@pytest.fixture
def crawl(crawls: Crawls, server: NewsServer, tmp_path: Path) -> Any:
    """Return a function that crawls `server` as one site, whose entry is its keyword `site`."""

    def run(site: dict[str, Any] | None = None, *others: dict[str, Any], **named: Any) -> Ended:
        first = site_of(server, **({"feeds": [f"{server.url}/feed.xml"]} if site is None else site))
        return Ended(crawls.run(job_of(tmp_path, first, *others, **named)), FolderArchive(tmp_path))

    return run
