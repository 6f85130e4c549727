"""What a host shows for an address that it does not have: many say 200, and "not found" in words, or show the front.

No list of phrases knows every language; a made-up address beside the article's does.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

from lxml import etree

from extract.encoding import BadEncodingError, decode_payload
from spiders.address import ascii_url, origin_of
from spiders.decode import decode
from spiders.exchange import Exchange, NoResponse
from spiders.fetch import Circle, Fetcher, Wanted
from spiders.gate import HostClosed
from spiders.known import KnownHost, KnownUrl
from spiders.warc import Facts
from spiders.withheld import forbids_keeping

_KEPT = timedelta(days=1)  # one made-up address a host and day, and only if an article's page changed
_HEADLINE = re.compile(r'"headline"\s*:\s*"((?:[^"\\]|\\.){1,500})"')
_DIGITS = re.compile(r"\d+")
_MAX_NAMES = 20


class Voids:
    """Tells pages from what their host shows where there is none."""

    def __init__(self, circle: Circle, fetcher: Fetcher) -> None:
        self._circle, self._fetcher = circle, fetcher
        self._silent: set[str] = set()  # hosts that gave no answer to a made-up address in this run

    async def is_void(self, known: KnownUrl, exchange: Exchange) -> bool:
        """Return whether the answer for a page that was an article before is what a made-up address gets."""
        if known.content_sha256 is None or exchange.status != 200 or exchange.truncated:
            return False
        where = known.final_url or ascii_url(known.url)
        origin = origin_of(where)
        if origin in self._silent:
            return False
        host = self._circle.frontier.hosts.get(origin) or KnownHost(origin)
        now = datetime.now(UTC)
        if host.void_at is None or not timedelta(0) <= now - host.void_at <= _KEPT:
            shown = await self._ask(known, made_up(where))
            if shown is None:
                self._silent.add(origin)
                return False
            host = self._circle.frontier.hosts.get(origin) or host  # its robots.txt may be news
            host = replace(host, void=shown or None, void_at=now)
            self._circle.frontier.hosts[origin] = host
        return host.void is not None and fingerprint(exchange) == host.void

    async def _ask(self, known: KnownUrl, url: str) -> str | None:
        """Return the fingerprint that a made-up address gets, "" for an error by its status, None without an answer."""
        try:
            answer = await self._fetcher.fetch(Wanted(url, "page", self._circle.limits.page_bytes))
        except (NoResponse, HostClosed):
            return None
        exchange = answer.exchange
        if not forbids_keeping(exchange):
            self._circle.record(exchange, Facts("void", known.url, answer.robots))
        if exchange.status >= 500 or exchange.truncated or exchange.status == 429:
            return None
        return fingerprint(exchange) if exchange.status == 200 else ""


def made_up(url: str) -> str:
    """Return an address beside that of `url` which no site has: its last segment replaced, its ending kept."""
    parts = urlsplit(url)
    folder, _, last = parts.path.rstrip("/").rpartition("/")
    _, dot, ending = last.rpartition(".")
    name = secrets.token_hex(12) + (f".{ending}" if dot and len(ending) <= 5 else "")
    return urlunsplit((parts.scheme, parts.netloc, f"{folder}/{name}", "", ""))


def fingerprint(exchange: Exchange) -> str:
    """Return what a page calls itself, hashed: title, headings and headlines without digits; its bytes if nothing.

    Not its words: those of an error page are few among the day's links.
    """
    try:
        body = decode_payload(exchange.body, exchange.header("Content-Encoding"))
    except BadEncodingError:
        body = exchange.body
    names = list(_names(decode(body, exchange.header("Content-Type"))))
    told = json.dumps(names).encode() if names else body
    return hashlib.sha256(told).hexdigest()[:32]


def _names(html: str) -> Iterator[str]:
    parser = etree.HTMLParser(recover=True, no_network=True, huge_tree=False, encoding="utf-8")
    try:
        root = etree.fromstring(html.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:  # no element at all
        root = None
    if root is None:
        return
    found = [" ".join(map(str, element.itertext())) for element in root.iter("title", "h1")]
    found += [
        meta.get("content") or ""
        for meta in root.iter("meta")
        if meta.get("property") in {"og:title", "og:description"}
    ]
    found += _HEADLINE.findall(html)
    for name in found[:_MAX_NAMES]:
        if said := " ".join(_DIGITS.sub("", name).casefold().split()):
            yield said
