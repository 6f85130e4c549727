"""The crawl process: several sites on one reactor, each with its report, whatever happens."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from scrapy.crawler import AsyncCrawlerRunner
from scrapy.utils.reactor import install_reactor

from spiders.archive import CaptureArchive
from spiders.guard import Guard
from spiders.limits import Limits
from spiders.settings import SETTINGS, SharedSettings
from spiders.site import Site

if TYPE_CHECKING:
    from spiders.house import House

log = logging.getLogger(__name__)
_ARCHIVE_THREADS = 8
_RESOLVER_THREADS = 20  # a slow name server must not hold up the other sites
Emit = Callable[[dict[str, Any]], None]


def crawl_sites(  # noqa: PLR0913 - the contract with cli/
    sites: Sequence[Site],
    run_id: str,
    archive: CaptureArchive,
    emit: Emit,
    *,
    revisit_now: bool = False,
    concurrency: int = 32,
    limits: Limits | None = None,
) -> None:
    """Crawl `sites`, at most `concurrency` at once, and return when all have ended; once in the life of a process.

    `emit` gets {"event": "segment" | "progress" | "report" | "error", "site": ...}: exactly one report or error a site.
    SIGTERM, SIGINT and SIGUSR1 end the crawl gracefully: answers in flight are kept, the rest is reported as deferred.
    """
    install_reactor(SETTINGS["TWISTED_REACTOR"])
    reactor = _reactor()
    failure: list[BaseException] = []

    async def main() -> None:
        try:
            await crawl_all(
                sites, run_id, archive, emit, revisit_now=revisit_now, concurrency=concurrency, limits=limits
            )
        except BaseException as error:  # noqa: BLE001 - carried out of the reactor and raised there
            failure.append(error)
        finally:
            reactor.stop()

    reactor.callWhenRunning(lambda: asyncio.ensure_future(main()))
    reactor.run(installSignalHandlers=False)
    if failure:
        raise failure[0]


async def crawl_all(  # noqa: PLR0913 - see crawl_sites
    sites: Sequence[Site],
    run_id: str,
    archive: CaptureArchive,
    emit: Emit,
    *,
    revisit_now: bool = False,
    concurrency: int = 32,
    limits: Limits | None = None,
) -> None:
    """Crawl on the reactor that runs already."""
    from spiders.client import HttpClient  # noqa: PLC0415 - loads Twisted's reactor
    from spiders.gate import Gates  # noqa: PLC0415
    from spiders.house import House  # noqa: PLC0415

    logging.getLogger("scrapy").setLevel(logging.WARNING)  # it has ten lines to say of each site
    limits = limits or Limits()
    stop = asyncio.Event()
    _stop_on_signals(stop)
    reactor = _reactor()
    reactor.suggestThreadPoolSize(_RESOLVER_THREADS)
    client = HttpClient(reactor, limits)
    runner = AsyncCrawlerRunner(SharedSettings(SETTINGS))
    slots = asyncio.Semaphore(concurrency)
    with ThreadPoolExecutor(_ARCHIVE_THREADS, thread_name_prefix="archive") as executor:
        house = House(run_id, archive, emit, limits, Gates(stop), stop, executor, revisit_now)

        async def one(site: Site) -> None:
            async with slots:
                await _crawl_site(site, house, client, runner)

        try:
            await asyncio.gather(*(one(site) for site in sites))
        finally:
            await client.close()


async def _crawl_site(site: Site, house: House, client: Any, runner: AsyncCrawlerRunner) -> None:  # noqa: ANN401
    from spiders.news import NewsSpider  # noqa: PLC0415
    from spiders.visit import Visit  # noqa: PLC0415

    guard = Guard(site)
    visit = Visit(site, house, guard)
    try:
        await runner.crawl(NewsSpider, visit=visit, client=client, guard=guard)
    finally:
        if visit.report is not None:
            house.emit({"event": "report", "site": site.name, "report": visit.report.to_json()})
        else:
            message = (
                visit.error.format_message()
                if visit.error
                else f"{site.name}: the crawl ended without a report; its log says why"
            )
            house.emit({"event": "error", "site": site.name, "error": message})
        visit.end()


def _reactor() -> Any:  # noqa: ANN401 - a zope interface
    from twisted.internet import reactor  # noqa: PLC0415 - importing it earlier would choose it

    return reactor


def _stop_on_signals(stop: asyncio.Event) -> None:
    """One graceful stop, however often and by whichever signal; SIGUSR1 is a dead parent's (spiders.process)."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        loop.add_signal_handler(number, stop.set)
