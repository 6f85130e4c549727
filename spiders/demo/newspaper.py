"""The demo newspaper for programs and tests: what a path answers at a moment, the truth about it, live servers.

`with serve_demo(ManualClock(600)) as demo:` gives `demo.sites`, `demo.truth(600)`, `demo.papers[0].base_url`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from spiders.demo.clock import Clock, ManualClock, WallClock
from spiders.demo.edition import Desk
from spiders.demo.paper import Paper, load_papers
from spiders.demo.routes import Response, respond
from spiders.demo.server import PaperServer
from spiders.demo.truth import Expected, TextBlock, expected_articles
from spiders.site import Site

TEST_EPOCH = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
# A demo is watched for minutes: its articles are checked again much sooner than real ones.
REVISIT = ("1m", "2m", "4m", "8m", "15m", "1h", "6h", "1d")


class Newspaper(Desk):
    """One paper at one address: a pure function of path and time."""

    def render(self, path: str, at_s: float) -> Response:
        """Return what `path` answers `at_s` seconds after the epoch; always the same for the same moment."""
        return respond(self, path, at_s)

    def truth(self, at_s: float) -> tuple[Expected, ...]:
        """Return what should be known of every article published until `at_s`: live ones, then deleted ones."""
        return expected_articles(self, at_s)

    def site_entry(self) -> dict[str, Any]:
        """Return this paper as an entry of sites.yaml."""
        entry: dict[str, Any] = {
            "name": self.paper.name,
            "home": self.url("/"),
            "feeds": [self.url(path) for path in self.paper.feeds],
            "sitemaps": [self.url(path) for path in self.paper.sitemaps],
            "sections": [self.url(path) for path in self.paper.sections],
            "article_url": self.paper.article_url,
            "allow_hosts": [self.base_url.removeprefix("http://")],  # loopback is refused unless a site file names it
            "schedule": "*/2 * * * *",
            "delay": 0.05,
            "revisit": list(REVISIT),
            "expect_within": "36500d",  # the paper falls silent after its last story, and that is no fault
            "demo": True,
        }
        return {key: value for key, value in entry.items() if value not in (None, [])}


@dataclass(frozen=True, slots=True)
class Demo:
    """The running demo: its papers, in the order of papers.yaml."""

    papers: tuple[Newspaper, ...]

    @property
    def sites(self) -> tuple[Site, ...]:
        """The papers as sites.yaml would have them."""
        return tuple(Site(**paper.site_entry()) for paper in self.papers)

    def truth(self, at_s: float) -> tuple[Expected, ...]:
        """Return the truth about all papers."""
        return tuple(expected for paper in self.papers for expected in paper.truth(at_s))


@contextmanager
def serve_demo(clock: Clock, epoch: datetime = TEST_EPOCH, speed: float = 1.0) -> Iterator[Demo]:
    """Serve every paper on a free loopback port, at the time that `clock` tells, until the block ends."""
    with ExitStack() as stack:
        servers = [stack.enter_context(PaperServer(0, gzips=paper.gzip)) for paper in load_papers()]
        yield stack.enter_context(serving(servers, clock, epoch, speed))


@contextmanager
def serving(servers: Sequence[PaperServer], clock: Clock, epoch: datetime, speed: float) -> Iterator[Demo]:
    """Let bound `servers`, one a paper, answer until the block ends."""
    papers = zip(load_papers(), servers, strict=True)
    demo = Demo(tuple(Newspaper(paper, server.base_url, epoch, speed) for paper, server in papers))
    threads = []
    for newspaper, server in zip(demo.papers, servers, strict=True):
        server.render = partial(_now, newspaper, clock)
        threads.append(threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True))
    for thread in threads:
        thread.start()
    try:
        yield demo
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()


def _now(newspaper: Newspaper, clock: Clock, path: str) -> Response:
    return newspaper.render(path, clock())


__all__ = [
    "TEST_EPOCH",
    "Clock",
    "Demo",
    "Expected",
    "ManualClock",
    "Newspaper",
    "Paper",
    "Response",
    "TextBlock",
    "WallClock",
    "load_papers",
    "serve_demo",
]
