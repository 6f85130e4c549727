"""One run of one site: sources, then articles, each answer into the WARC and each URL into the books."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from click import ClickException

from extract.capture import Past
from extract.rejection import Reason
from spiders.address import ascii_url
from spiders.client import Ask
from spiders.discovery import Discovery
from spiders.errors import FrontierConflict
from spiders.exchange import Exchange, NoResponse
from spiders.fetch import Circle, Fetcher, Wanted, one_url
from spiders.frontier import Frontier
from spiders.gate import HostClosed, Stopped
from spiders.guard import Guard
from spiders.house import House
from spiders.known import REFUSED, KnownUrl
from spiders.ledger import Ledger
from spiders.outcome import Answered, after_answer, after_failure, is_moved, original_of
from spiders.plan import Planner
from spiders.recovery import Recovered, recover
from spiders.report import CrawlReport
from spiders.scope import Scope
from spiders.site import Site
from spiders.spool import Spool, StoredSegment
from spiders.void import Voids
from spiders.warc import Facts, Original, exchange_members
from spiders.withheld import forbids_keeping

log = logging.getLogger(__name__)
_PROGRESS_S = 0.5
_CONFLICTS = 5  # a frontier replaced so often while we write is being fought over


class Visit:
    """One site's run. After `run`, `report` is there, or `error` says why there is none."""

    def __init__(self, site: Site, house: House, guard: Guard) -> None:
        self.site = site
        self.report: CrawlReport | None = None
        self.error: ClickException | None = None
        self._house, self._guard, self._scope = house, guard, Scope(site)
        self._ledger = Ledger()
        self._frontier = Frontier(site.name)
        self._recovered = Recovered()
        self._listed: dict[str, str] = {}
        self._etag: str | None = None
        self._captures = 0
        self._finish_reason = "finished"
        self._spool = Spool(site.name, house.run_id, house.archive, house.limits, house.executor, self._tell_stored)
        self._began = self._written_at = time.monotonic()
        self._told_at = 0.0

    async def run(self, download: Callable[[Ask], Awaitable[Exchange]]) -> None:
        """Crawl the site. Afterwards all captures are in the bucket and the frontier knows them, or `error` is set."""
        try:
            if self._house.stop.is_set():  # it came before this site's turn
                self._finish_reason = "stopped"
                self.report = self._build_report()
                return
            await self._open()
            try:
                await self._crawl(download)
            except Stopped:
                self._finish_reason = "stopped"
            await self._close()
        except ClickException as error:
            self.error = error
        except OSError as error:  # the spool's disk is full or may not be written
            spool = self._house.archive.spool_dir()
            self.error = ClickException(
                f"{self.site.name}: cannot write to {spool}: {error.strerror or error}; free some space"
            )

    async def _open(self) -> None:
        house, name = self._house, self.site.name
        body, self._etag = await house.call(house.archive.read_frontier, name)
        self._frontier = await asyncio.to_thread(Frontier.load, body, name)  # seconds for a large one
        self._frontier.first_run_at = self._frontier.first_run_at or datetime.now(UTC)
        self._recovered = await house.call(recover, house.archive, name, house.run_id)
        for fact in self._recovered.facts:
            fact.enter(self._frontier, self.site)
            if fact.run_id == house.run_id:
                self._ledger.note(fact.requested_url, fact.outcome)
        self._spool.start_at(self._recovered.next_number)

    async def _crawl(self, download: Callable[[Ask], Awaitable[Exchange]]) -> None:
        circle = Circle(
            self.site, self._guard, self._scope, self._house.limits, self._house.gates, self._frontier,
            partial(self._bounded, download), self._record,
        )  # fmt: skip
        fetcher = Fetcher(circle)
        voids = Voids(circle, fetcher)
        discovery = Discovery(circle, fetcher, revisit_now=self._house.revisit_now)
        self._ledger.sources = discovery.found.sources
        try:
            await discovery.run()
        finally:  # a stop in the middle of it: what was named so far is in the books and remembered
            self._listed = discovery.found.listed
            planner = Planner(self.site, self._scope, self._frontier, self._ledger, revisit_now=self._house.revisit_now)
            plan = planner.plan(discovery.found, datetime.now(UTC))
        for place, known in enumerate(plan):
            if halt := self._halt():
                self._finish_reason = halt
                log.info("%s: %s with %d pages left for the next run", self.site.name, halt, len(plan) - place)
                return
            await self._visit(fetcher, voids, known)
            self._tell_progress()
            if time.monotonic() - self._written_at > self._house.limits.checkpoint_s:
                await self._checkpoint()

    async def _visit(self, fetcher: Fetcher, voids: Voids, known: KnownUrl) -> None:
        """Fetch one article and book its outcome."""
        try:
            answer = await fetcher.fetch(self._wanted(known))
            listed = self._listed.get(known.url)
            if answer.exchange.status in {404, 410} and listed and not known.visits:
                # some servers know a page by its feed's tracking parameters only
                self._record(answer.exchange, Facts("retry", known.url, answer.robots))
                known = replace(known, ask_url=listed)
                answer = await fetcher.fetch(self._wanted(known))
            answered, original, past = await self._compare(voids, known, answer.exchange)
        except NoResponse as failure:
            self._fail(known, failure)
            return
        except HostClosed as closed:
            log.info("%s: %s is left for the next run: %s", self.site.name, known.url, closed)
            return
        facts = Facts("page", known.url, answer.robots, known.hints, past)
        self._record(answer.exchange, facts, original, answered.digest)
        self._captures += 1
        self._ledger.note(known.url, _outcome(answered, original))
        now, is_same = datetime.now(UTC), original is not None
        after = after_answer(known, answered, self.site, now, is_same=is_same, is_moved=past.is_moved)
        self._frontier.urls[known.url] = after

    async def _compare(
        self, voids: Voids, known: KnownUrl, exchange: Exchange
    ) -> tuple[Answered, Original | None, Past]:
        """Return an answer beside what is known of its page; raises NoResponse if it may not be kept."""
        with one_url(self.site.name, known.url):
            if forbids_keeping(exchange):
                raise NoResponse(Reason.NOARCHIVE, "the page says noarchive")
            answered = Answered.of(exchange)
            # what was missing is recorded whole: only what is extracted again can make its article live again
            original = None if known.missing else original_of(known, answered)
            is_void = original is None and await voids.is_void(known, exchange)
            moved = is_moved(known, answered, self._frontier.urls)
            return answered, original, Past(known.content_sha256 is not None, known.missing, is_void, moved)

    def _wanted(self, known: KnownUrl) -> Wanted:
        url = ascii_url(known.ask_url or known.url)
        max_bytes, where = self._house.limits.page_bytes, known.final_url or url
        if known.missing:
            return Wanted(url, "page", max_bytes)
        return Wanted(url, "page", max_bytes, known.etag, known.last_modified, where)

    def _fail(self, known: KnownUrl, failure: NoResponse) -> None:
        self._ledger.fail(known.url, failure.reason, failure.detail)
        if failure.reason == Reason.ROBOTS:
            if failure.transient:  # a robots.txt out of reach says nothing about the page
                return
            known = replace(known, state=REFUSED)
        self._frontier.urls[known.url] = after_failure(known, failure.reason, datetime.now(UTC))

    async def _bounded(self, download: Callable[[Ask], Awaitable[Exchange]], ask: Ask) -> Exchange:
        """Download, but give an answer in flight only `drain_s` more once the crawl is to stop."""
        self._ledger.requests += 1
        fetch = asyncio.ensure_future(download(ask))
        stop = asyncio.ensure_future(self._house.stop.wait())
        try:
            await asyncio.wait({fetch, stop}, return_when=asyncio.FIRST_COMPLETED)
            if not fetch.done():
                await asyncio.wait({fetch}, timeout=self._house.limits.drain_s)
            if not fetch.done():
                raise Stopped
            return await fetch
        finally:
            stop.cancel()
            if not fetch.done():
                fetch.cancel()

    def _record(
        self, exchange: Exchange, facts: Facts, original: Original | None = None, digest: str | None = None
    ) -> None:
        self._ledger.bytes_received += exchange.size
        if facts.kind in {"redirect", "retry"} and forbids_keeping(exchange):
            return
        self._spool.write(exchange_members(exchange, facts, original, digest), is_page=facts.kind == "page")

    def _halt(self) -> str | None:
        """Return why to leave the rest for the next run, or None."""
        if self._house.stop.is_set():
            return "stopped"
        if self._spool.error is not None:
            return "storage"
        if self._captures >= self.site.max_pages:
            return "max_pages"
        return "time_budget" if time.monotonic() - self._began > self._house.limits.run_s else None

    async def _checkpoint(self) -> None:
        """Bring the bucket's frontier up to date; segments first, so that it never speaks of what is not there."""
        await self._spool.hand_over()
        if self._spool.error is None:
            await self._write_frontier()
            self._spool.forget(run_ended=False)
        self._written_at = time.monotonic()

    async def _close(self) -> None:
        await self._spool.hand_over()
        if self._spool.error is not None:
            raise self._spool.error
        self._frontier.prune(datetime.now(UTC))
        await self._write_frontier()
        self.report = self._build_report()

    def end(self) -> None:
        """Let go of the site's spool; once the report is out, its marks are removed too."""
        if self.report is not None:
            self._spool.forget(run_ended=True)
            self._recovered.forget()
        self._recovered.release()

    async def _write_frontier(self) -> None:
        house, name = self._house, self.site.name
        for _ in range(_CONFLICTS):
            body = await asyncio.get_running_loop().run_in_executor(None, self._frontier.dump)
            try:
                self._etag = await house.call(house.archive.write_frontier, name, body, self._etag)
            except FrontierConflict:
                theirs, self._etag = await house.call(house.archive.read_frontier, name)
                self._frontier.merge(Frontier.load(theirs, name))
            else:
                return
        raise FrontierConflict(
            f"state/{name}/frontier: replaced {_CONFLICTS} times meanwhile; is another crawl of {name} running?"
        )

    def _build_report(self) -> CrawlReport:
        own = [pair for _, pair in sorted(self._recovered.own.items())]
        own += [(stored.warc, stored.index) for _, stored in sorted(self._spool.stored.items())]
        return CrawlReport(
            site=self.site.name,
            run_id=self._house.run_id,
            started_at=self._ledger.started_at,
            finished_at=datetime.now(UTC),
            discovered=self._ledger.discovered,
            outcomes=self._ledger.outcomes(),
            failures=self._ledger.failures(),
            sources=dict(self._ledger.sources),
            segments=tuple(warc for warc, _ in own),
            indexes=tuple(index for _, index in own),
            recovered=tuple(self._recovered.dead.items()),
            requests=self._ledger.requests,
            bytes_received=self._ledger.bytes_received,
            finish_reason=self._finish_reason,
        )

    def _tell_stored(self, stored: StoredSegment) -> None:
        warc = stored.warc
        self._house.emit(
            {
                "event": "segment",
                "site": self.site.name,
                "run_id": self._house.run_id,
                "object": {"key": warc.key, "sha256": warc.sha256, "size": warc.size},
                "captures": stored.captures,
            }
        )

    def _tell_progress(self) -> None:
        now = time.monotonic()
        if now - self._told_at >= _PROGRESS_S:
            self._told_at = now
            self._house.emit(
                {
                    "event": "progress",
                    "site": self.site.name,
                    "fetched": self._captures,
                    "discovered": self._ledger.discovered,
                }
            )


def _outcome(answered: Answered, original: Original | None) -> str:
    if original is None:  # also a 304 that nobody asked for: extraction rejects it
        return "captured"
    return "not_modified" if answered.status == 304 else "unchanged"
