"""What an erasure does to the crawler's frontiers, for storage/, which does not know their format."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Collection
from datetime import datetime

from extract.url import article_id, normalise_url
from spiders.frontier import Frontier
from spiders.known import KnownUrl


class SiteFrontiers:
    """Frontiers as an erasure and a retention see them."""

    def find(self, body: bytes, site: str, urls: Collection[str]) -> tuple[set[str], datetime | None] | None:
        """Return the URLs that lead to `urls`, themselves included, and when the first was seen; None: none of them."""
        named = [*urls, *(KnownUrl.erased(article_id(url)).url for url in urls)]
        try:
            lines = gzip.decompress(body)
        except (OSError, EOFError, zlib.error):
            lines = b""  # damaged: Frontier.load says so
        # without the query: a final address is noted with parameters that a normalised one has not
        if lines and not any(url.partition("?")[0].encode() in lines for url in named):
            return None  # spares reading the frontiers of all other sites
        frontier = Frontier.load(body, site)
        found: set[str] = set()
        seen: list[datetime] = []
        for known in frontier.urls.values():
            leads = {_plain(url) for url in (known.url, known.final_url, known.ask_url) if url}
            if leads & set(urls):
                found.add(known.url)
                seen += [known.first_seen] if known.first_seen else []
        is_listed = any(_plain(link) in urls for source in frontier.sources.values() for link in source.links)
        is_erased = any(frontier.erased(url) for url in urls)
        return (found | set(urls), min(seen, default=None)) if found or is_listed or is_erased else None

    def erase(self, body: bytes, site: str, articles: Collection[str], originals: Collection[tuple[str, str]]) -> bytes:
        """Return the frontier without `articles`, which it never asks for again, and without what `originals` were."""
        frontier = Frontier.load(body, site)
        frontier.erase(articles)
        frontier.forget_captures(originals)
        return frontier.dump()

    def retire(self, body: bytes, site: str, articles: Collection[str]) -> bytes:
        """Return the frontier with no more of `articles` than that they were seen."""
        frontier = Frontier.load(body, site)
        frontier.retire(articles)
        return frontier.dump()


def _plain(url: str) -> str:
    try:
        return normalise_url(url)
    except ValueError:
        return url
