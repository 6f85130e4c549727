"""One run of one site: sources, then articles, each answer into the WARC and each URL into the books."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from click import ClickException

from extract.capture import Hints
from extract.rejection import Reason
from spiders.archive import CaptureArchive
from spiders.client import Ask
from spiders.discovery import Discovery, Found, merge_hints
from spiders.errors import FrontierConflict
from spiders.exchange import Exchange, NoResponse
from spiders.fetch import Circle, Fetcher, Wanted, ascii_url
from spiders.frontier import Frontier
from spiders.gate import Gates, HostClosed, Stopped
from spiders.guard import Guard
from spiders.known import REFUSED, KnownUrl
from spiders.ledger import Ledger
from spiders.limits import Limits
from spiders.outcome import after_answer, after_failure, is_due, original_of
from spiders.recovery import Recovered, recover
from spiders.report import CrawlReport
from spiders.scope import Scope
from spiders.site import Site
from spiders.spool import Spool, StoredSegment
from spiders.warc import Facts, Original, exchange_members

log = logging.getLogger(__name__)
_PROGRESS_S = 0.5
_CONFLICTS = 5  # a frontier replaced so often while we write is being fought over
_DUE_SHARE = 5  # every fifth page is a re-check, however many new ones there are


@dataclass(frozen=True, slots=True)
class House:
    """What the sites of a process share. `executor` runs the archive's blocking calls."""

    run_id: str
    archive: CaptureArchive
    emit: Callable[[dict[str, Any]], None]
    limits: Limits
    gates: Gates
    stop: asyncio.Event
    executor: Executor
    revisit_now: bool = False

    async def call(self, function: Callable[..., Any], *args: Any) -> Any:  # noqa: ANN401
        """Run a blocking call of the archive in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self.executor, partial(function, *args))


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
        self._etag: str | None = None
        self._captures = 0
        self._finish_reason = "finished"
        self._began = self._written_at = time.monotonic()
        self._told_at = 0.0

    async def run(self, download: Callable[[Ask], Awaitable[Exchange]]) -> None:
        """Crawl the site. When this returns, what was captured is in the bucket and the frontier knows of it, or `error` is set."""
        try:
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
            self.error = ClickException(f"{self.site.name}: cannot write to {spool}: {error.strerror or error}; free some space")

    async def _open(self) -> None:
        house, name = self._house, self.site.name
        body, self._etag = await house.call(house.archive.read_frontier, name)
        self._frontier = Frontier.load(body, name)
        self._frontier.first_run_at = self._frontier.first_run_at or datetime.now(UTC)
        self._recovered = await house.call(recover, house.archive, name, house.run_id)
        for fact in self._recovered.facts:
            fact.enter(self._frontier, self.site)
            if fact.run_id == house.run_id and fact.kind == "page":
                self._ledger.note(fact.requested_url, "captured" if fact.rec_type == "response" else "unchanged")
        first = self._recovered.next_number
        self._spool = Spool(name, house.run_id, house.archive, house.limits, house.executor, self._tell_stored, first)

    async def _crawl(self, download: Callable[[Ask], Awaitable[Exchange]]) -> None:
        circle = Circle(
            self.site, self._guard, self._scope, self._house.limits, self._house.gates, self._frontier,
            partial(self._bounded, download), self._record,
        )  # fmt: skip
        fetcher = Fetcher(circle)
        discovery = Discovery(circle, fetcher, revisit_now=self._house.revisit_now)
        self._ledger.sources = discovery.found.sources
        try:
            await discovery.run()
        finally:  # a stop in the middle of it: what was named so far is in the books and remembered
            plan = self._plan(discovery.found)
        for place, known in enumerate(plan):
            if halt := self._halt():
                self._finish_reason = halt
                log.info("%s: %s with %d pages left for the next run", self.site.name, halt, len(plan) - place)
                return
            await self._visit(fetcher, known)
            self._tell_progress()
            if time.monotonic() - self._written_at > self._house.limits.checkpoint_s:
                await self._checkpoint()

    def _plan(self, found: Found) -> list[KnownUrl]:
        """Book what was discovered and return what is due, new pages first and the newest first, re-checks among them."""
        now = datetime.now(UTC)
        new, checks = [], []
        for url, hints in found.candidates.items():
            known = self._enter(url, hints, now)
            if self._ledger.has(url):  # captured by this very run before it was cut off
                continue
            if is_due(known, now, self.site, revisit_now=self._house.revisit_now):
                self._ledger.note(url, "deferred")
                (checks if known.visits else new).append(known)
            else:
                self._ledger.note(url, "not_due")
        for url, (reason, detail) in found.refused.items():
            self._refuse(url, reason, detail, now)
        for known in self._frontier.urls.values():
            if self._ledger.has(known.url) or known.state == REFUSED or not is_due(known, now, self.site, revisit_now=self._house.revisit_now):
                continue
            if self._scope.holds(known.url) and self.site.is_article_url(known.url):
                self._ledger.note(known.url, "deferred")
                (checks if known.visits else new).append(known)
        new.sort(key=lambda known: known.hints.modified_at or known.hints.published_at or now, reverse=True)
        checks.sort(key=lambda known: known.next_visit or now)
        return _mix(new, checks)

    def _enter(self, url: str, hints: Hints, now: datetime) -> KnownUrl:
        known = self._frontier.urls.get(url)
        if known is None:
            known = KnownUrl(url, first_seen=now, listed_at=now, hints=hints)
        else:
            known = replace(known, listed_at=now, hints=merge_hints(hints, known.hints))
        self._frontier.urls[url] = known
        return known

    def _refuse(self, url: str, reason: Reason, detail: str, now: datetime) -> None:
        """Book a URL that is never asked for: a failure when it is news, and again once its wait is over."""
        known = self._frontier.urls.get(url) or KnownUrl(url, first_seen=now)
        if known.state == REFUSED and known.reason == reason.value and known.next_visit is not None and known.next_visit > now:
            self._ledger.note(url, "not_due")
            return
        self._ledger.fail(url, reason, detail)
        self._frontier.urls[url] = after_failure(replace(known, state=REFUSED, listed_at=now), reason, now)

    async def _visit(self, fetcher: Fetcher, known: KnownUrl) -> None:
        """Fetch one article and book its outcome."""
        try:
            wanted = Wanted(
                ascii_url(known.url), "page", self._house.limits.page_bytes,
                known.etag, known.last_modified, known.final_url or ascii_url(known.url),
            )  # fmt: skip
            answer = await fetcher.fetch(wanted)
        except NoResponse as failure:
            self._ledger.fail(known.url, failure.reason, failure.detail)
            is_forbidden = failure.reason == Reason.ROBOTS and not failure.transient
            if failure.reason != Reason.ROBOTS or is_forbidden:  # a robots.txt out of reach says nothing about the page
                tried = replace(known, state=REFUSED) if is_forbidden else known
                self._frontier.urls[known.url] = after_failure(tried, failure.reason, datetime.now(UTC))
            return
        except HostClosed as closed:
            log.info("%s: %s is left for the next run: %s", self.site.name, known.url, closed)
            return
        original = original_of(known, answer.exchange)
        self._record(answer.exchange, Facts("page", known.url, answer.robots, known.hints), original)
        self._captures += 1
        self._ledger.note(known.url, _outcome(answer.exchange, original))
        self._frontier.urls[known.url] = after_answer(known, answer.exchange, original, self.site, datetime.now(UTC))

    async def _bounded(self, download: Callable[[Ask], Awaitable[Exchange]], ask: Ask) -> Exchange:
        """Download, but give an answer in flight only `drain_s` more once the crawl is to stop."""
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

    def _record(self, exchange: Exchange, facts: Facts, original: Original | None = None) -> None:
        self._ledger.requests += 1
        self._ledger.bytes_received += exchange.size
        self._spool.write(exchange_members(exchange, facts, original), is_page=facts.kind == "page")

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
        await self._spool.checkpoint()
        if self._spool.error is None:
            await self._write_frontier()
            self._spool.forget(run_ended=False)
        self._written_at = time.monotonic()

    async def _close(self) -> None:
        await self._spool.finish()
        if self._spool.error is not None:
            raise self._spool.error
        self._frontier.prune(datetime.now(UTC))
        await self._write_frontier()
        self.report = self._build_report()

    def forget_spool(self) -> None:
        """Remove the marks of the run, once its report is out."""
        self._spool.forget(run_ended=True)
        self._recovered.forget()

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
        raise FrontierConflict(f"state/{name}/frontier: replaced {_CONFLICTS} times while it was written; is another crawl of {name} running?")

    def _build_report(self) -> CrawlReport:
        own = self._recovered.own
        stored = [self._spool.stored[number] for number in sorted(self._spool.stored)]
        return CrawlReport(
            site=self.site.name, run_id=self._house.run_id, started_at=self._ledger.started_at, finished_at=datetime.now(UTC),
            discovered=self._ledger.discovered, outcomes=self._ledger.outcomes(), failures=self._ledger.failures(),
            sources=dict(self._ledger.sources), segments=(*own, *(segment.warc for segment in stored)),
            indexes=(*self._recovered.own_indexes, *(segment.index for segment in stored)), recovered=self._recovered.dead,
            requests=self._ledger.requests, bytes_received=self._ledger.bytes_received, finish_reason=self._finish_reason,
        )  # fmt: skip

    def _tell_stored(self, stored: StoredSegment) -> None:
        warc = stored.warc
        self._house.emit({
            "event": "segment", "site": self.site.name, "run_id": self._house.run_id,
            "object": {"key": warc.key, "sha256": warc.sha256, "size": warc.size}, "captures": stored.captures,
        })  # fmt: skip

    def _tell_progress(self) -> None:
        now = time.monotonic()
        if now - self._told_at >= _PROGRESS_S:
            self._told_at = now
            self._house.emit({"event": "progress", "site": self.site.name, "fetched": self._captures, "discovered": self._ledger.discovered})


def _outcome(exchange: Exchange, original: Original | None) -> str:
    if exchange.status == 304:
        return "not_modified"
    return "unchanged" if original else "captured"


def _mix(new: list[KnownUrl], checks: Iterable[KnownUrl]) -> list[KnownUrl]:
    """Return all, a check after every fourth new page, so that neither starves when a run is cut short."""
    waiting, mixed = list(reversed(list(checks))), []
    for place, known in enumerate(new, start=1):
        mixed.append(known)
        if place % (_DUE_SHARE - 1) == 0 and waiting:
            mixed.append(waiting.pop())
    return mixed + waiting[::-1]
