"""One URL asked for as a guest: within the guard, by robots.txt, in turn, patiently, following redirects."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from click import ClickException

from extract import __version__
from extract.encoding import decode_payload
from extract.rejection import Reason
from spiders.address import origin_of, redirect_target
from spiders.client import Ask
from spiders.exchange import Exchange, NoResponse
from spiders.frontier import Frontier
from spiders.gate import Gates, HostClosed, HostGate, Stopped
from spiders.guard import Guard
from spiders.known import KnownHost
from spiders.limits import Limits
from spiders.retry import backoff_s, is_transient, pause_s
from spiders.robots import Rules, cut_robots, product_token, read_rules, remembered_rules
from spiders.scope import Scope
from spiders.site import Site
from spiders.warc import Facts, Original

log = logging.getLogger(__name__)
_LONGEST_WAIT = timedelta(hours=6)  # asked for by Retry-After and kept over runs


@dataclass(frozen=True, slots=True)
class Wanted:
    """A URL to fetch. The validators hold for `validators_url` alone, whichever redirect leads there."""

    url: str
    kind: str  # page, feed, sitemap, section
    max_bytes: int
    etag: str | None = None
    last_modified: str | None = None
    validators_url: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The last exchange of a fetch, not yet recorded, and the word that robots.txt gave for it."""

    exchange: Exchange
    robots: str


@contextmanager
def one_url(site: str, url: str) -> Iterator[None]:
    """Turn a fault of ours into NoResponse: what a server sends may find one, and it costs this URL, not the site."""
    try:
        yield
    except (NoResponse, HostClosed, Stopped, ClickException, OSError):
        raise
    except Exception as error:
        log.exception("%s: %s", site, url)
        raise NoResponse(Reason.CONNECTION_ERROR, f"the crawler fails at it: {type(error).__name__}") from error


class Recorder(Protocol):
    """Writes an exchange to the WARC; `original` is the response that it repeats, `digest` its payload's if known."""

    def __call__(
        self, exchange: Exchange, facts: Facts, original: Original | None = None, digest: str | None = None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Circle:
    """What a site's fetches need: the site and its bounds, the shared client and gates, and where records go."""

    site: Site
    guard: Guard
    scope: Scope
    limits: Limits
    gates: Gates
    frontier: Frontier
    download: Callable[[Ask], Awaitable[Exchange]]
    record: Recorder


class Fetcher:
    """Fetches for one site. Raises NoResponse with the reason, gate.HostClosed or gate.Stopped."""

    def __init__(self, circle: Circle) -> None:
        self._circle = circle
        self._agent = circle.site.user_agent.replace("{version}", __version__)
        self._rules: dict[str, Rules] = {}

    async def fetch(self, wanted: Wanted) -> Answer:
        """Return the answer to `wanted`; redirects and answers that were tried again are recorded on the way."""
        with one_url(self._circle.site.name, wanted.url):
            return await self._follow(wanted)

    async def _follow(self, wanted: Wanted) -> Answer:
        url, seen = wanted.url, {wanted.url}
        for _ in range(self._circle.limits.redirects + 1):
            robots = await self._admit(url, wanted.kind)
            exchange = await self._ask(url, wanted, self._delay(url))
            target = redirect_target(exchange)
            if target is None:
                return Answer(exchange, robots)
            if self._circle.frontier.erased(target):
                raise NoResponse(Reason.ERASED, "redirected to an article that was erased")
            self._circle.record(exchange, Facts("redirect", wanted.url, robots))
            if target in seen:
                raise NoResponse(Reason.REDIRECT_LOOP, f"redirected back to {target}")
            is_foreign = wanted.kind == "page" and not self._circle.scope.holds(target)  # feeds often live elsewhere
            if is_foreign and self._circle.guard.refusal(target) is None:
                raise NoResponse(Reason.OFF_SITE, f"redirected to {target}")
            url = target
            seen.add(url)
        raise NoResponse(Reason.REDIRECT_LOOP, f"more than {self._circle.limits.redirects} redirects")

    async def rules(self, url: str) -> Rules:
        """Return the robots.txt rules of the URL's host: remembered for a day, else fetched."""
        origin = origin_of(url)
        if origin not in self._rules:
            now = datetime.now(UTC)
            agent = product_token(self._agent)
            remembered = remembered_rules(self._circle.frontier.hosts.get(origin), now, agent)
            self._rules[origin] = remembered or await self._fetch_rules(origin, agent, now)
        return self._rules[origin]

    async def _admit(self, url: str, kind: str) -> str:
        """Return robots.txt's word on `url`; raises NoResponse if it may not be asked for."""
        if reason := self._circle.guard.refusal(url):
            raise NoResponse(Reason.UNSAFE_ADDRESS, reason)
        host = self._circle.frontier.hosts.get(origin_of(url))
        if host is not None and host.not_before is not None and host.not_before > datetime.now(UTC):
            raise HostClosed(f"asked to be left alone until {host.not_before:%Y-%m-%d %H:%M} UTC")
        rules = await self.rules(url)
        if rules.state == "unreachable":
            raise NoResponse(
                Reason.ROBOTS, f"robots.txt could not be read ({rules.detail}), so nothing is fetched", transient=True
            )
        if not rules.allows(url):
            raise NoResponse(Reason.ROBOTS, f"robots.txt forbids this {kind}")
        return f"allowed-{rules.state}"

    def _delay(self, url: str) -> float:
        rules = self._rules.get(origin_of(url))
        return max(self._circle.site.delay, rules.crawl_delay_s(self._circle.limits) if rules else 0.0)

    async def _fetch_rules(self, origin: str, agent: str, now: datetime) -> Rules:
        limits, known = self._circle.limits, self._circle.frontier.hosts.get(origin) or KnownHost(origin)
        wanted = Wanted(
            f"{origin}/robots.txt",
            "robots",
            limits.robots_bytes,
            known.etag if known.robots is not None else None,
            known.last_modified if known.robots is not None else None,
            f"{origin}/robots.txt",
        )
        try:
            exchange = await self._follow_robots(wanted)
        except NoResponse as failure:
            return Rules("unreachable", failure.detail)
        self._circle.record(exchange, Facts("robots", wanted.url))
        if exchange.status == 304 and known.robots is not None:
            self._circle.frontier.hosts[origin] = replace(known, robots_at=now)
            return read_rules(200, known.robots.encode(), agent)
        if exchange.truncated in {"disconnect", "time"}:  # what is missing might forbid
            return Rules("unreachable", f"cut off ({exchange.truncated})")
        try:
            body = cut_robots(
                decode_payload(exchange.body, exchange.header("Content-Encoding"), 4 * limits.robots_bytes),
                limits.robots_bytes,
            )
        except ValueError as error:
            return Rules("unreachable", str(error))
        rules = read_rules(exchange.status, body, agent)
        if rules.state != "unreachable":
            text = body.decode("utf-8", "replace") if rules.state == "parsed" else None
            self._circle.frontier.hosts[origin] = replace(
                known,
                robots=text,
                robots_status=exchange.status,
                robots_at=now,
                etag=exchange.header("ETag"),
                last_modified=exchange.header("Last-Modified"),
            )
        return rules

    async def _follow_robots(self, wanted: Wanted) -> Exchange:
        """Fetch robots.txt; redirects may leave the site (RFC 9309, 2.3.1.2), but not the guard."""
        url = wanted.url
        for _ in range(self._circle.limits.robots_redirects + 1):
            if reason := self._circle.guard.refusal(url):
                raise NoResponse(Reason.UNSAFE_ADDRESS, reason)
            exchange = await self._ask(url, wanted, self._circle.site.delay)
            target = redirect_target(exchange)
            if target is None:
                return exchange
            self._circle.record(exchange, Facts("redirect", wanted.url))
            url = target
        return replace(exchange, status=404)  # more hops than must be followed: absent (2.3.1.2)

    async def _ask(self, url: str, wanted: Wanted, delay_s: float) -> Exchange:
        """Ask in turn, again after a transient failure; an answer that is not the last word is recorded as `retry`."""
        limits, gate = self._circle.limits, self._circle.gates.gate(url)
        is_robots = wanted.kind == "robots"  # RFC 9309, 2.5: the rules in its beginning count
        ask = Ask(url, self._headers(url, wanted), wanted.max_bytes, limits.request_s, takes_part=is_robots)
        for attempt in range(limits.retries + 1):
            is_last = attempt == limits.retries
            try:
                async with gate.turn(delay_s):
                    exchange = await self._circle.download(ask)
            except NoResponse as failure:
                gate.note(answered=not failure.transient, bound=limits.failures_in_a_row)
                if is_last or not failure.transient or gate.closed:
                    raise
                gate.hold(backoff_s(limits, attempt))
                continue
            gate.note(answered=True, bound=limits.failures_in_a_row)
            if not is_transient(exchange) or self._give_up(exchange, wanted.kind, gate, is_last=is_last):
                return exchange
            self._circle.record(exchange, Facts("retry", wanted.url))
            gate.hold(pause_s(exchange) or backoff_s(limits, attempt))
        raise AssertionError("the last attempt returns or raises")

    def _give_up(self, exchange: Exchange, kind: str, gate: HostGate, *, is_last: bool) -> bool:
        """Return whether this transient answer is the last; closes the gate when the host asked for peace."""
        asked = pause_s(exchange)
        if asked and asked > self._circle.limits.retry_after_s:
            gate.close(f"asked to wait {asked:.0f} s (HTTP {exchange.status})")
            origin, until = origin_of(exchange.url), datetime.now(UTC) + min(timedelta(seconds=asked), _LONGEST_WAIT)
            known = self._circle.frontier.hosts.get(origin) or KnownHost(origin)
            self._circle.frontier.hosts[origin] = replace(known, not_before=until)
            return True
        if is_last and exchange.status == 429 and kind != "robots":  # there a 4xx is permission
            gate.close("too many requests (HTTP 429), in spite of waiting")
        elif is_last and asked:
            gate.hold(asked)
        return is_last

    def _headers(self, url: str, wanted: Wanted) -> tuple[tuple[bytes, bytes], ...]:
        accept = "text/html,application/xhtml+xml,*/*;q=0.8" if wanted.kind in {"page", "section"} else "*/*"
        headers = [("User-Agent", self._agent), ("Accept", accept), ("Accept-Encoding", "gzip, deflate")]
        if self._circle.site.language:
            headers.append(("Accept-Language", f"{self._circle.site.language},*;q=0.5"))
        if url == (wanted.validators_url or wanted.url):
            if wanted.etag:
                headers.append(("If-None-Match", wanted.etag))
            if wanted.last_modified:
                headers.append(("If-Modified-Since", wanted.last_modified))
        return tuple((name.encode(), value.encode("latin-1", "ignore")) for name, value in headers)
