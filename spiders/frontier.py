"""A site's memory between runs: every URL seen, its validators, when to look again. Gzip JSON lines, one file on S3."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import orjson
from zlib_ng import zlib_ng

from extract.url import article_id
from spiders.address import listed_as
from spiders.errors import BrokenFrontier
from spiders.known import GONE, LIVE, KnownHost, KnownSource, KnownUrl
from spiders.outcome import after_miss

VERSION = 1
_ZlibError: Any = zlib_ng.error  # its stub takes the class for an instance
MAX_URLS = 300_000  # some 30 MB of lines, 5 MB as stored
MAX_BYTES = 2**30  # inflated
_CHUNK = 2**20
_FORGET_SOURCE_AFTER = timedelta(days=60)
_FORGET_AFTER = timedelta(days=180)  # a finished URL that nothing has listed for so long
# What the page is will hardly change: it is asked again in the plan's rhythm, but not to its end.
_NO_ARTICLES = frozenset({"not_html", "not_an_article"})
_LOOKS = 3  # at such a page, as long as its bytes change: the first may have met a stub or an error that answers 200
_MISSING = frozenset({"not_found", "gone"})
_MOMENTS = ("last_yield_at", "first_run_at", "discovery_at", "planned_at")


class Frontier:
    """The frontier of one site. Its parts are frozen; replace them through `urls`, `sources` and `hosts`."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.urls: dict[str, KnownUrl] = {}
        self.sources: dict[str, KnownSource] = {}
        self.hosts: dict[str, KnownHost] = {}
        self.last_yield_at: datetime | None = None  # when a run last captured a new article
        self.first_run_at: datetime | None = None
        self.discovery_at: datetime | None = None  # when feeds and sitemaps were last looked for
        self.planned_at: datetime | None = None  # when a run last chose what to fetch

    @classmethod
    def load(cls, body: bytes | None, site: str) -> Frontier:
        """Return the frontier that `dump` wrote, or an empty one for None; raises BrokenFrontier."""
        frontier = cls(site)
        if body is None:
            return frontier
        try:
            lines = _lines(body)
            header = orjson.loads(next(lines, b""))
            if not isinstance(header, dict) or header.get("frontier") != VERSION:
                raise BrokenFrontier(
                    f"state/{site}/frontier: not written by this version; move it away to start afresh"
                )
            frontier._read_header(header)
            for line in lines:
                frontier._read_line(orjson.loads(line))
        except (ValueError, TypeError, KeyError, AttributeError, _ZlibError) as error:
            raise BrokenFrontier(f"state/{site}/frontier: damaged ({error}); move it away to start afresh") from error
        return frontier

    def _read_header(self, header: dict[str, Any]) -> None:
        for name in _MOMENTS:
            if header.get(name):
                setattr(self, name, datetime.fromisoformat(header[name]).astimezone(UTC))

    def _read_line(self, line: dict[str, Any]) -> None:
        if line.get("t") == "url":
            self.urls[line["url"]] = KnownUrl.from_line(line)
        elif line.get("t") == "source":
            source = KnownSource.from_line(line)
            # the same strings as the URLs' own: a sitemap lists tens of thousands
            links = tuple(known.url if (known := self.urls.get(url)) else url for url in source.links)
            self.sources[line["url"]] = replace(source, links=links)
        elif line.get("t") == "host":
            self.hosts[line["origin"]] = KnownHost.from_line(line)

    def dump(self) -> bytes:
        """Return the file's bytes; the same frontier gives the same bytes. Erased articles' URLs are not among them."""
        self._drop_erased()
        header: dict[str, Any] = {"frontier": VERSION, "site": self.site}
        for name in _MOMENTS:
            if moment := getattr(self, name):
                header[name] = moment.astimezone(UTC).isoformat()
        deflater = zlib_ng.compressobj(6, zlib_ng.DEFLATED, 31)
        known: Iterator[KnownHost | KnownSource | KnownUrl]
        known = chain(self.hosts.values(), self.urls.values(), self.sources.values())
        # line by line: the whole text of a large site is 40 MB, and there are many sites
        lines = chain([header], (item.to_line() for item in known))
        parts = [deflater.compress(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)) for line in lines]
        return b"".join([*parts, deflater.flush()])

    def merge(self, other: Frontier) -> None:
        """Take from `other`, which another run wrote meanwhile, whatever it knows later."""
        for url, theirs in other.urls.items():
            ours = self.urls.get(url)
            self.urls[url] = theirs if ours is None else _later(ours, theirs)
        for url, source in other.sources.items():
            mine = self.sources.get(url)
            if mine is None or _after(source.last_visit, mine.last_visit):
                self.sources[url] = source
        for origin, host in other.hosts.items():
            known = self.hosts.get(origin)
            if known is None or _after(host.robots_at, known.robots_at):
                self.hosts[origin] = host
        self.last_yield_at = _latest(self.last_yield_at, other.last_yield_at)
        self.discovery_at = _latest(self.discovery_at, other.discovery_at)
        self.planned_at = _latest(self.planned_at, other.planned_at)
        self.first_run_at = min(filter(None, (self.first_run_at, other.first_run_at)), default=None)

    def note_extraction(self, url: str, content_sha256: str | None, reason: str | None, at: datetime) -> None:
        """Remember what extraction made of the last capture of `url`: a text's sha256, or why there is none.

        A page that is no article by its kind is visited a few times more, unless it was one before. Any other that was
        not read is asked for without conditions: "not modified" since an answer that came damaged says nothing.
        Noting a capture twice changes nothing: a stage may be repeated, and an answer with status 404 was counted when
        it came.
        """
        if self.erased(url):
            return
        known = self.urls.get(url) or KnownUrl(url, first_seen=at)
        is_later = known.missed_at is None or at > known.missed_at
        if content_sha256 is not None:
            is_news = content_sha256 != known.content_sha256
            alarms = 0 if is_news else known.false_alarms
            noted = replace(known, content_sha256=content_sha256, reason=None, false_alarms=alarms)
            self.urls[url] = replace(noted, missing=0, state=LIVE) if known.missing and is_later else noted
            self.last_yield_at = _latest(self.last_yield_at, at) if known.content_sha256 is None else self.last_yield_at
            return
        if reason not in _NO_ARTICLES:
            known = replace(known, etag=None, last_modified=None)
        if known.content_sha256 is None:
            is_settled = reason in _NO_ARTICLES and known.visits >= _LOOKS
            self.urls[url] = replace(known, reason=reason, next_visit=None if is_settled else known.next_visit)
            return
        missed = after_miss(known, at) if reason in _MISSING and is_later else known
        self.urls[url] = replace(missed, reason=reason)

    def note_reextraction(self, url: str, content_sha256: str) -> None:
        """Remember the text that today's code reads in a capture of `url` from before; nothing was fetched."""
        known = self.urls.get(url)
        if known is not None:
            reason = known.reason if known.content_sha256 else None  # it was none of an article, and now is one
            self.urls[url] = replace(known, content_sha256=content_sha256, reason=reason)

    def erased(self, url: str) -> KnownUrl | None:
        """Return what stands in the place of `url` if its article was erased."""
        known = self.urls.get(KnownUrl.erased(article_id(url)).url)
        return known if known is not None and known.erased_id else None

    def erase(self, articles: Collection[str]) -> None:
        """Forget the URLs of `articles`, by their ids, and never ask for them again."""
        for article in articles:
            stand_in = KnownUrl.erased(article)
            known = self.urls.get(stand_in.url)
            self.urls[stand_in.url] = known if known is not None and known.erased_id else stand_in
        self._drop_erased()

    def retire(self, articles: Collection[str]) -> None:
        """Keep of `articles`, by their ids, only that they were seen: they are asked for no more."""
        for url, known in self.urls.items():
            if article_id(url) in articles:
                self.urls[url] = KnownUrl(url, GONE, known.first_seen, known.last_visit, listed_at=known.listed_at)

    def forget_captures(self, originals: Collection[tuple[str, str]]) -> None:
        """Ask in full again for what these records, (target URI, WARC-Date), were the last whole response of."""
        nothing: dict[str, Any] = dict.fromkeys(("etag", "last_modified", "digest", "warc_uri", "warc_date"))
        for url, known in self.urls.items():
            if (known.warc_uri, known.warc_date) in originals:
                self.urls[url] = replace(known, **nothing)
        for url, source in self.sources.items():
            if (source.warc_uri, source.warc_date) in originals:
                self.sources[url] = replace(source, **nothing)

    def _drop_erased(self) -> None:
        """Drop what a run that began before the erasure still knew."""
        erased = {known.erased_id for known in self.urls.values()} - {None}
        if not erased:
            return
        struck = {url for url in self.urls if article_id(url) in erased}
        for url in struck:
            del self.urls[url]
        for url, source in self.sources.items():
            links = tuple(
                link
                for link in source.links
                if link not in struck and article_id(listed_as(link) or link) not in erased
            )
            if len(links) < len(source.links):
                self.sources[url] = replace(source, links=links)

    def prune(self, now: datetime) -> int:
        """Forget, beyond MAX_URLS, finished URLs that nothing has listed for half a year; return how many.

        A listed one is never forgotten, since it would be fetched again.
        """
        for url, source in list(self.sources.items()):
            if source.last_visit is not None and now - source.last_visit > _FORGET_SOURCE_AFTER:
                del self.sources[url]  # a sitemap of a day long gone, or a source taken out of the site file
        excess = len(self.urls) - MAX_URLS
        if excess <= 0:
            return 0
        listed = {url for source in self.sources.values() for url in source.links}
        finished = [
            known
            for known in self.urls.values()
            if known.next_visit is None
            and known.state in {LIVE, GONE}
            and known.url not in listed
            and known.listed_at is not None
            and now - known.listed_at > _FORGET_AFTER
        ]
        finished.sort(key=lambda known: known.listed_at or now)
        for known in finished[:excess]:
            del self.urls[known.url]
        return min(excess, len(finished))


def _lines(body: bytes) -> Iterator[bytes]:
    inflater = zlib_ng.decompressobj(31)
    rest, size = b"", 0
    while not inflater.eof:
        part = inflater.decompress(body, _CHUNK)
        body = inflater.unconsumed_tail
        size += len(part)
        if size > MAX_BYTES:
            raise ValueError(f"larger than {MAX_BYTES // 2**20} MiB")
        if not part and not body and not inflater.eof:
            raise ValueError("cut short")
        *lines, rest = (rest + part).split(b"\n")
        yield from filter(None, lines)
    if rest:
        yield rest


def _later(ours: KnownUrl, theirs: KnownUrl) -> KnownUrl:
    is_retired = ours.content_sha256 is not None and theirs.content_sha256 is None
    # of the same visit theirs: a stage may have noted since what extraction made of it, or upkeep retired it
    is_theirs = (is_retired or theirs.last_visit is not None) and not _after(ours.last_visit, theirs.last_visit)
    newer = theirs if is_theirs else ours
    first_seen = min(filter(None, (ours.first_seen, theirs.first_seen)), default=None)
    # a crawl notes no text: if theirs is another than ours, or none, it was noted or retired since we read the file
    return replace(newer, first_seen=first_seen, content_sha256=theirs.content_sha256)


def _after(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and (other is None or one > other)


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return other if _after(other, one) else one
