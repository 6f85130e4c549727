"""One HTTP exchange at a time, bounded in size and time, over a pool that all sites of the process share."""

from __future__ import annotations

import time
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

from OpenSSL.SSL import Error as TlsError
from scrapy.core.downloader.handlers.http11 import TunnelError, _ScrapyProxyAgent, _TunnelingAgent
from scrapy.utils.defer import maybe_deferred_to_future
from service_identity import VerificationError
from twisted.internet import error as net
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web._newclient import ParseError, RequestNotSent, ResponseFailed, _WrapperException
from twisted.web.client import Agent, HTTPConnectionPool, ResponseDone
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import UNKNOWN_LENGTH

from extract.rejection import Reason
from spiders.endpoint import CheckedEndpoints, tls_policy
from spiders.exchange import Exchange, NoResponse
from spiders.guard import Guard
from spiders.limits import Limits
from spiders.wire import HeadTooLarge, ListeningFactory

# What Twisted, OpenSSL and Scrapy raise when an exchange goes wrong; anything else is a bug and says so.
_FAILURES = (
    net.ConnectError, net.ConnectionClosed, net.ConnectingCancelledError, net.NotConnectingError, net.NoProtocol,
    net.DNSLookupError, net.VerifyError, net.CertificateError, _WrapperException, RequestNotSent, CancelledError,
    TunnelError, TlsError, VerificationError, ParseError, HeadTooLarge, ValueError, OSError,
)  # fmt: skip
_END_BYTES = 2048  # where the end of a page is looked for
_IDLE_S = 30  # an idle connection is closed after this


@dataclass(frozen=True, slots=True)
class Ask:
    """What to ask for. `max_bytes` bounds the body as received; `takes_part`: the beginning of a longer one will do."""

    url: str
    headers: tuple[tuple[bytes, bytes], ...]
    max_bytes: int
    timeout_s: float
    takes_part: bool = False


@dataclass(frozen=True, slots=True)
class Proxy:
    """An http proxy; `authorization` is the value of its Proxy-Authorization header."""

    host: str
    port: int
    authorization: bytes | None

    @classmethod
    def of(cls, address: str) -> Proxy:
        """Return the proxy of an http_proxy value, with or without scheme, user and password."""
        parts = urlsplit(address if "://" in address else f"http://{address}")
        named = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None
        return cls(parts.hostname or "", parts.port or 8080, b"Basic " + b64encode(named.encode()) if named else None)

    @property
    def uri(self) -> bytes:
        """The proxy's address without user and password."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}".encode()


class _GuardedAgent(Agent):
    """An agent whose pooled connections are shared only under the same guard."""

    guard_key: Any = None

    def _requestWithEndpoint(self, key: tuple[Any, ...], *rest: Any) -> Any:  # noqa: ANN401, N802
        return super()._requestWithEndpoint((*key, self.guard_key), *rest)


class _BodyReader(Protocol):
    """Collects a body up to `max_bytes`; fires `done` with why it was cut, or None."""

    def __init__(self, max_bytes: int) -> None:
        self.body = bytearray()
        self.done: Deferred[str | None] = Deferred()
        self._max_bytes = max_bytes

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        if self.done.called:
            return
        room = self._max_bytes - len(self.body)
        self.body += data[:room]
        if len(data) > room:
            self.cut("length")

    def cut(self, why: str) -> None:
        """End here: what came so far is kept."""
        if not self.done.called:
            self.done.callback(why)
            _abort(self.transport)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802
        if not self.done.called:
            is_whole = isinstance(reason.value, ResponseDone | PotentialDataLoss)
            self.done.callback(None if is_whole else "disconnect")


class HttpClient:
    """The process's HTTP client. Proxies come from http_proxy, https_proxy and no_proxy."""

    def __init__(self, reactor: Any, limits: Limits) -> None:  # noqa: ANN401 - IReactor* have no static type
        self._reactor, self._limits = reactor, limits
        self._proxies = getproxies_environment()
        self._pool: Any = HTTPConnectionPool(reactor, persistent=True)  # type: ignore[no-untyped-call]
        self._pool._factory = ListeningFactory  # noqa: SLF001 - the only way in; Scrapy does the same
        self._pool.maxPersistentPerHost = (
            64  # one a host at a time is the gate's rule; a proxy is one host for all sites
        )
        self._pool.cachedConnectionTimeout = _IDLE_S

    async def close(self) -> None:
        """Close idle connections; returns when they are, or after a second."""
        closed: Deferred[Any] = self._pool.closeCachedConnections()
        call = self._reactor.callLater(1.0, _fire, closed)
        await maybe_deferred_to_future(closed)
        if call.active():
            call.cancel()

    async def exchange(self, ask: Ask, guard: Guard) -> Exchange:
        """Ask and return the exchange, its body perhaps cut; raises NoResponse when no head came."""
        if reason := guard.refusal(ask.url):
            raise NoResponse(Reason.UNSAFE_ADDRESS, reason)
        proxy = self._proxy(ask.url)
        started_at, began = datetime.now(UTC), time.monotonic()
        answer = self._request(ask, proxy, guard)
        reader = _BodyReader(ask.max_bytes)
        expired = []

        def expire() -> None:
            expired.append(True)
            if answer.called and reader.transport is not None:
                reader.cut("time")
            else:
                answer.cancel()

        timer = self._reactor.callLater(ask.timeout_s, expire)
        try:
            response = await maybe_deferred_to_future(answer)
            if expired:  # between the head and this line: nobody would end the body
                _abort(response._transport)  # noqa: SLF001
                raise CancelledError
            truncated = await _read(response, reader, ask)
        except NoResponse:
            raise
        except _FAILURES as error:
            raise _no_response(error, ask.timeout_s if expired else None) from error
        finally:
            if timer.active():
                timer.cancel()
        return Exchange(
            url=ask.url,
            status=response.code,
            request_head=response.sent_head,
            response_head=response.raw_head,
            body=bytes(reader.body),
            truncated=truncated,
            ip=None if proxy else response.peer_ip,
            started_at=started_at,
            elapsed_ms=round((time.monotonic() - began) * 1000),
        )

    def _request(self, ask: Ask, proxy: Proxy | None, guard: Guard) -> Any:  # noqa: ANN401 - Deferred[IResponse]
        headers = Headers()
        for name, value in ask.headers:
            headers.addRawHeader(name, value)
        if proxy is not None and proxy.authorization and ask.url.startswith("http:"):  # else it goes with CONNECT
            headers.addRawHeader(b"Proxy-Authorization", proxy.authorization)
        try:
            return self._agent(ask.url, proxy, guard).request(b"GET", ask.url.encode("ascii"), headers)
        except ValueError as error:  # a host that TLS cannot name, such as one with an underscore
            raise NoResponse(Reason.BAD_URL, f"cannot be asked for: {_line(error)}") from error

    def _proxy(self, url: str) -> Proxy | None:
        parts = urlsplit(url)
        proxy = self._proxies.get(parts.scheme) or self._proxies.get("all")
        return Proxy.of(proxy) if proxy and not proxy_bypass_environment(parts.netloc, self._proxies) else None

    def _agent(self, url: str, proxy: Proxy | None, guard: Guard) -> Any:  # noqa: ANN401 - three kinds of agent
        if proxy is None:
            endpoints = CheckedEndpoints(self._reactor, guard, self._limits.connect_s)
            agent: Any = _GuardedAgent.usingEndpointFactory(self._reactor, endpoints, self._pool)  # type: ignore[no-untyped-call]
            agent.guard_key = guard.key
            return agent
        policy: Any = tls_policy()
        shared = {"contextFactory": policy, "connectTimeout": self._limits.connect_s, "pool": self._pool}
        if url.startswith("https:"):
            conf = (proxy.host, proxy.port, proxy.authorization)
            return _TunnelingAgent(reactor=self._reactor, proxyConf=conf, **shared)
        return _ScrapyProxyAgent(reactor=self._reactor, proxyURI=proxy.uri, **shared)


async def _read(response: Any, reader: _BodyReader, ask: Ask) -> str | None:  # noqa: ANN401 - IResponse plus ours
    """Read the body into `reader`; return why it was cut, or None."""
    if response.length == 0:
        return None
    if response.length is not UNKNOWN_LENGTH and response.length > ask.max_bytes and not ask.takes_part:
        _abort(response._transport)  # noqa: SLF001 - announced too large: nothing of it is downloaded
        return "length"
    response.deliverBody(reader)
    truncated = await maybe_deferred_to_future(reader.done)
    is_whole = not response.was_reset or b"</html" in reader.body[-_END_BYTES:].lower()  # some servers always end so
    return truncated or (None if is_whole else "disconnect")


def _fire(deferred: Deferred[Any]) -> None:
    if not deferred.called:
        deferred.callback(None)


def _abort(transport: Any) -> None:  # noqa: ANN401
    """Close now, without waiting for what is in flight. `transport` is a proxy around the connection's own."""
    producer = getattr(transport, "_producer", None)
    if producer is not None:
        producer.abortConnection()


def _no_response(error: BaseException, timeout_s: float | None) -> NoResponse:  # noqa: C901, PLR0911 - a table of causes
    """Translate Twisted's failures."""
    cause = error
    while isinstance(cause, _WrapperException) and cause.reasons:
        inner = next((r.value for r in cause.reasons if not isinstance(r.value, net.ConnectionDone)), None)
        if inner is None:
            break
        cause = inner
    if isinstance(cause, NoResponse):
        return cause
    if timeout_s is not None:
        return NoResponse(Reason.TIMEOUT, f"no answer within {timeout_s:g} s", transient=True)
    if isinstance(cause, net.TimeoutError):
        return NoResponse(Reason.TIMEOUT, "no connection in time", transient=True)
    if isinstance(cause, net.DNSLookupError):
        return NoResponse(Reason.DNS_ERROR, _line(cause), transient=True)
    if isinstance(cause, HeadTooLarge):
        return NoResponse(Reason.TOO_LARGE, _line(cause))
    if isinstance(cause, TlsError | VerificationError):
        return NoResponse(Reason.TLS_ERROR, _line(cause))
    if isinstance(cause, ParseError | ValueError):
        return NoResponse(Reason.CONNECTION_ERROR, f"not HTTP: {_line(cause)}")
    if isinstance(cause, ResponseFailed):
        return NoResponse(Reason.CONNECTION_ERROR, "the connection closed before a response", transient=True)
    return NoResponse(Reason.CONNECTION_ERROR, _line(cause), transient=True)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
