"""Scrapy's download handler: the process's HttpClient, asked through Scrapy's downloader."""

from __future__ import annotations

from typing import Any

from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.http import Request, Response

from spiders.exchange import Exchange


class FaithfulResponse(Response):
    """A response with the whole exchange as it went over the wire; its headers and body are in there, not here."""

    def __init__(self, exchange: Exchange, **named: Any) -> None:  # noqa: ANN401 - Scrapy's own keywords
        super().__init__(exchange.url, status=exchange.status, **named)
        self.exchange = exchange


class FaithfulHandler(BaseDownloadHandler):
    """Downloads http and https. The client comes with the request, so that all sites of the process share its pool."""

    lazy = True

    async def download_request(self, request: Request) -> Response:
        """Return a FaithfulResponse; raises NoResponse."""
        given = request.meta
        return FaithfulResponse(await given["client"].exchange(given["ask"], given["guard"]), request=request)
