"""The one spider: a site as data, crawled from its sources to its articles."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

from scrapy import Request, Spider

from spiders.client import Ask, HttpClient
from spiders.exchange import Exchange
from spiders.guard import Guard
from spiders.handler import FaithfulResponse
from spiders.visit import Visit


class NewsSpider(Spider):
    """Runs one Visit through Scrapy's engine and downloader.

    A site is read in one order (robots.txt, sources, articles, newest first) over one connection a host, so the visit
    is a coroutine that awaits each answer, rather than callbacks that share state: nothing is scheduled that a kill
    could lose, and every URL's outcome is booked where it happens.
    """

    name = "news"

    def __init__(self, visit: Visit, client: HttpClient, guard: Guard, **named: Any) -> None:  # noqa: ANN401 - Scrapy's
        super().__init__(**named)
        self.visit, self.client, self.guard = visit, client, guard

    async def start(self) -> AsyncIterator[Any]:
        """Make the visit; yields nothing, since captures go to the WARC as they come."""
        await self.visit.run(self._download)
        return
        yield  # what makes this a generator, which Scrapy asks for

    async def _download(self, ask: Ask) -> Exchange:
        request = Request(ask.url, meta={"ask": ask, "client": self.client, "guard": self.guard}, dont_filter=True)
        engine = self.crawler.engine
        response = await engine.download_async(request)
        return cast("FaithfulResponse", response).exchange
