"""Where a site's articles are named: its feeds, sitemaps and sections, looked for when the site file names none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urljoin

from extract.capture import Hints
from extract.encoding import BadEncodingError, decode_payload
from extract.rejection import Reason
from spiders.address import ascii_url, listed_as
from spiders.decode import decode
from spiders.exchange import Exchange, NoResponse
from spiders.fetch import Circle, Fetcher, Wanted
from spiders.found import Found, LinkBook
from spiders.gate import HostClosed
from spiders.known import KnownSource
from spiders.links import Page, article_links, read_page
from spiders.listing import Child, Link, Listing, NotAListing, join
from spiders.listing_formats import read_listing
from spiders.outcome import Answered, original_of
from spiders.report import NONE_ALIKE
from spiders.warc import Facts
from spiders.withheld import forbids_keeping

FEED_PATHS = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json")
SITEMAP_PATHS = ("/news-sitemap.xml", "/sitemap_news.xml", "/sitemap-news.xml", "/sitemap.xml", "/sitemap_index.xml")
_LOOK_AGAIN = timedelta(days=7)  # for the feeds and sitemaps of a site that names none
_CONTROL = timedelta(hours=24)  # a source is read in full this often: some answer 304 for ever
_NEVER = datetime.min.replace(tzinfo=UTC)
_LARGE = 256 * 1024  # bytes that take longer to parse than a thread to start
_MANY_CHILDREN = 10  # of an index; beyond, those that bring nothing new are asked less often
_QUIET_FIRST, _QUIET_LAST = timedelta(minutes=15), timedelta(days=1)


class Discovery:
    """One run's look at a site's sources. gate.Stopped passes through; everything else ends in `found.sources`."""

    def __init__(self, circle: Circle, fetcher: Fetcher, *, revisit_now: bool = False) -> None:
        self._circle, self._fetcher, self._revisit_now = circle, fetcher, revisit_now
        self._site, self._limits, self._frontier = circle.site, circle.limits, circle.frontier
        self._now = datetime.now(UTC)
        self._has_erased = any(one.erased_id for one in self._frontier.urls.values())
        self._sitemaps_read = 0
        self._pages: dict[str, Page] = {}
        self.found = Found()
        self._book = LinkBook(circle, self.found)

    async def run(self) -> Found:
        """Visit the site's sources and return what they name."""
        site = self._site
        if site.feeds or site.sitemaps or site.sections:
            for feed in site.feeds:
                await self._visit(KnownSource(feed, "feed"))
            for sitemap in site.sitemaps:
                await self._visit(KnownSource(sitemap, "sitemap"))
            for section in site.sections:
                await self._visit(KnownSource(section, "section"))
        else:
            await self._look_around()
        return self.found

    async def _look_around(self) -> None:
        """Visit the home page and the sources found earlier; look for others after a week, or when those fail."""
        home = self._site.home
        remembered = [source for source in self._frontier.sources.values() if source.discovered]
        looked_at = self._frontier.discovery_at
        is_fresh = looked_at is not None and self._now - looked_at < _LOOK_AGAIN
        if is_fresh and not (remembered and all(source.failures for source in remembered)):
            for source in remembered:
                await self._visit(source)
            await self._visit(KnownSource(home, "section"))
            return
        await self._visit(KnownSource(home, "section"))
        announced = self._pages[home].feeds if home in self._pages else ()
        feeds = await self._try(announced, "feed", first_only=False)
        if not feeds:
            await self._try([urljoin(home, path) for path in FEED_PATHS], "feed", first_only=True)
        try:
            mapped = (await self._fetcher.rules(ascii_url(home))).sitemaps()
        except (NoResponse, HostClosed):
            mapped = []
        if not await self._try([join(home, url) for url in mapped], "sitemap", first_only=False):
            await self._try([urljoin(home, path) for path in SITEMAP_PATHS], "sitemap", first_only=True)
        if not self.found.sources.get(home, "").startswith(
            ("HTTP 5", "timeout", "dns_error", "connection_error", "robots")
        ):
            self._frontier.discovery_at = self._now

    async def _try(self, urls: Iterable[str], kind: str, *, first_only: bool) -> int:
        """Visit possible sources; keep those that are. Return how many."""
        kept = 0
        for url in list(dict.fromkeys(urls)):
            if url in self.found.sources or kept >= self._limits.discovered_sources:
                continue
            if self._circle.guard.refusal(url) is None and await self._visit(
                KnownSource(url, kind, discovered=True), is_guess=first_only
            ):
                kept += 1
                if first_only:
                    break
        return kept

    async def _visit(self, named: KnownSource, depth: int = 0, *, is_guess: bool = False) -> bool:
        """Visit one source; return whether it answered as one. A wrong guess leaves no trace."""
        if named.url in self.found.sources:
            return True
        known = self._frontier.sources.get(named.url) or named
        known = replace(
            known,
            kind=named.kind,
            discovered=known.discovered or named.discovered,
            lastmod=named.lastmod or known.lastmod,
        )
        try:
            source, listing, word = await self._read(known)
        except NoResponse as failure:
            word, source, listing = (
                f"{failure.reason}: {failure.detail}",
                replace(known, failures=known.failures + 1),
                None,
            )
        except (NotAListing, BadEncodingError) as error:
            word, source, listing = f"not a {known.kind}: {error}", replace(known, failures=known.failures + 1), None
        except HostClosed as closed:
            word, source, listing = f"left alone: {closed}", known, None
        if listing is None and is_guess:
            return False
        self.found.sources[named.url] = word
        self._frontier.sources[named.url] = replace(source, last_visit=self._now)
        if listing is None:
            return False
        if depth < self._limits.sitemap_depth:
            await self._visit_children(named.url, listing.children, depth + 1)
        return True

    async def _read(self, known: KnownSource) -> tuple[KnownSource, Listing | None, str]:
        """Fetch a source and add its links; return it anew, what it lists (None: nothing to read), and how it went."""
        is_section = known.kind == "section"
        barren = is_section and not known.links  # its links are not remembered, and an article_url may want them now
        full = known.full_at is None or barren or self._now - known.full_at > _CONTROL
        if reason := self._circle.guard.refusal(known.url):
            raise NoResponse(Reason.UNSAFE_ADDRESS, reason)
        url = ascii_url(known.url)
        answer = await self._fetcher.fetch(
            Wanted(
                url,
                known.kind,
                self._limits.page_bytes if is_section else self._limits.listing_bytes,
                None if full else known.etag,
                None if full else known.last_modified,
                known.warc_uri or url,
            )
        )
        exchange = answer.exchange
        answered = Answered.of(exchange)
        original = original_of(known, answered)
        withheld = await self._withheld(exchange, known)
        if not withheld:
            self._circle.record(exchange, Facts(known.kind, known.url, answer.robots), original, answered.digest)
        if exchange.status == 304:
            listing = Listing(self._remembered(known), tuple(Child(url, mod or None) for url, mod in known.children))
            count = self._book.add(listing.links, known.kind)
            return replace(known, failures=0, quiet=known.quiet + 1), listing, f"not modified, {count} links"
        if exchange.status != 200 or exchange.truncated:
            word = f"cut off ({exchange.truncated})" if exchange.truncated else f"HTTP {exchange.status}"
            return replace(known, failures=known.failures + 1), None, word
        listing = await self._parse(exchange, known)
        count = self._book.add(listing.links, known.kind)
        read = replace(
            known,
            failures=0,
            full_at=self._now,
            quiet=known.quiet + 1 if original else 0,
            etag=exchange.header("ETag"),
            last_modified=exchange.header("Last-Modified"),
            links=tuple(link.url for link in listing.links),
            children=tuple((child.url, child.lastmod or "") for child in listing.children),
        )
        if withheld:  # nothing that a later answer could repeat was written
            read = replace(read, digest=None, warc_uri=None, warc_date=None)
        elif original is None:
            read = replace(read, digest=answered.digest, warc_uri=answered.url, warc_date=answered.date)
        words = [
            f"ok 200, {count} links",
            *([f"not kept: {withheld}"] if withheld else []),
            *([f"{len(listing.children)} sitemaps"] if listing.children else []),
            *filter(None, [listing.note]),
        ]
        return read, listing, ", ".join(words)

    def _remembered(self, known: KnownSource) -> tuple[Link, ...]:
        """Return the links that a source listed last, with the hints that the frontier keeps."""
        urls = self._frontier.urls
        source = {"feed": "feed", "sitemap": "sitemap"}.get(known.kind, "section")
        return tuple(
            Link(url, item.hints if (item := urls.get(url)) else Hints(via=known.url, source=source))
            for url in known.links
        )

    async def _parse(self, exchange: Exchange, known: KnownSource) -> Listing:
        """Parse in a thread: a large sitemap takes a second, in which the other sites go on."""
        loop = asyncio.get_running_loop()
        content_type, limits = exchange.header("Content-Type"), self._limits
        max_bytes = limits.page_decoded_bytes if known.kind == "section" else limits.listing_bytes
        body = decode_payload(exchange.body, exchange.header("Content-Encoding"), max_bytes)
        if known.kind != "section":
            parse = partial(read_listing, body, content_type, exchange.url, max_bytes, limits.candidates)
            return await loop.run_in_executor(None, parse) if len(body) > _LARGE else parse()
        page = read_page(decode(body, content_type), exchange.url)
        self._pages[known.url] = page
        if self._site.article_url is None:
            links = tuple(article_links(page, known.url, limits.links_a_page))
            unlike = f"none of the {len(page.links)} links seen {NONE_ALIKE}" if page.links and not links else ""
            return Listing(links, note=unlike)
        hints = Hints(via=known.url, source="section")
        return Listing(
            tuple(Link(url, hints) for url in page.links if self._site.is_article_url(url))[: limits.links_a_page]
        )

    async def _withheld(self, exchange: Exchange, known: KnownSource) -> str | None:
        """Return why the answer of a source is not recorded."""
        if known.kind == "section" and forbids_keeping(exchange):
            return "it says noarchive"
        return "it names an erased article" if await self._lists_erased(exchange, known) else None

    async def _lists_erased(self, exchange: Exchange, known: KnownSource) -> bool:
        """Return whether a source names an article that was erased: then it likely holds its headline or text, too."""
        if exchange.status != 200 or not self._has_erased:
            return False
        try:
            listing = await self._parse(exchange, known)
        except (NotAListing, BadEncodingError):
            return False
        links = self._pages[known.url].links if known.kind == "section" else (link.url for link in listing.links)
        return any(self._frontier.erased(listed_as(link) or link) for link in links)

    async def _visit_children(self, index_url: str, children: tuple[Child, ...], depth: int) -> None:
        """Visit an index's sitemaps as far as the bound goes.

        Those of news come first, then the newest of those that changed or were never read, then those longest unread:
        each has its turn, however many there are.
        """
        order = sorted(children, key=lambda child: child.lastmod or "", reverse=True)
        order.sort(key=self._unchanged_since)
        order.sort(key=lambda child: "news" not in child.url.lower())
        skipped = left = 0
        for child in order:
            known = self._frontier.sources.get(child.url)
            if known is not None and not self._revisit_now and self._may_skip(known, child, len(children)):
                skipped += 1
                self._book.add(self._remembered(known), "sitemap")
            elif self._sitemaps_read >= self._limits.sitemaps:
                left += 1
            else:
                self._sitemaps_read += 1
                await self._visit(KnownSource(child.url, "sitemap", lastmod=child.lastmod), depth)
        word = self.found.sources[index_url]
        word += f", {skipped} of them not asked again" if skipped else ""
        self.found.sources[index_url] = word + (f", {left} left for the next run" if left else "")

    def _unchanged_since(self, child: Child) -> datetime:
        known = self._frontier.sources.get(child.url)
        is_read = known is not None and known.full_at is not None and not known.failures
        if known is None or known.last_visit is None or not is_read:
            return _NEVER
        return known.last_visit if not child.lastmod or child.lastmod == known.lastmod else _NEVER

    def _may_skip(self, known: KnownSource, child: Child, siblings: int) -> bool:
        if known.full_at is None or known.last_visit is None or known.failures:
            return False
        if child.lastmod:
            return child.lastmod == known.lastmod and self._now - known.last_visit < _LOOK_AGAIN
        wait = min(_QUIET_FIRST * 2 ** min(known.quiet, 12), _QUIET_LAST)
        return siblings > _MANY_CHILDREN and known.quiet > 0 and self._now - known.last_visit < wait
