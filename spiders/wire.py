"""Twisted's HTTP/1.1 client, listening in: the bytes of both heads as they went over the wire.

Twisted keeps Content-Length, Transfer-Encoding and Connection to itself and folds header names, so a WARC written from
its Response would be an invention. Here the parser notes each raw line before Twisted reads it, and the request is
noted as it is written.

Source: twisted.web._newclient 26.10, scrapy.core.downloader.handlers.http11 2.19.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scrapy.core.downloader.handlers.http11 import _LenientHTTPClientParser
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress, ISSLTransport
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web._newclient import STATUS, HTTP11ClientProtocol
from twisted.web._newclient import Request as WireRequest
from twisted.web.client import _HTTP11ClientFactory
from twisted.web.iweb import IResponse

from spiders.limits import Limits

MAX_HEAD_BYTES = Limits().head_bytes


class HeadTooLarge(Exception):
    """The status line and headers are over the bound."""


class ListeningParser(_LenientHTTPClientParser):
    """A response parser that keeps the head's raw bytes."""

    MAX_LENGTH = MAX_HEAD_BYTES
    raw_head = b""

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        """Note `line`, which has lost its LF, and parse it."""
        if self.state == STATUS:
            self.raw_head = b""  # a 1xx head before the real one is none of the response
        self.raw_head += line + b"\n"
        if len(self.raw_head) > MAX_HEAD_BYTES:
            raise HeadTooLarge(f"headers over {MAX_HEAD_BYTES // 1024} KiB")
        super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: ARG002, N802
        """Refuse one endless header line; Twisted would only close."""
        raise HeadTooLarge(f"a header line over {MAX_HEAD_BYTES // 1024} KiB")

    def allHeadersReceived(self) -> None:  # noqa: N802
        """Hand the head over with the response."""
        self.response.raw_head = self.raw_head
        self.response.was_reset = False
        super().allHeadersReceived()  # type: ignore[no-untyped-call]


class _Tee:
    """A transport for the head of one request, which it keeps."""

    def __init__(self, transport: Any) -> None:  # noqa: ANN401 - zope interfaces have no static type
        self._transport = transport
        self.written = b""

    def writeSequence(self, lines: Iterable[bytes]) -> None:  # noqa: N802
        self.written = b"".join(lines)
        self._transport.write(self.written)


class NotedRequest(WireRequest):
    """A request that remembers the head it sent."""

    sent_head = b""

    def _writeHeaders(self, transport: Any, TEorCL: bytes | None) -> None:  # noqa: ANN401, N802, N803
        tee = _Tee(transport)
        super()._writeHeaders(tee, TEorCL)  # type: ignore[no-untyped-call]
        self.sent_head = tee.written


class ListeningProtocol(HTTP11ClientProtocol):
    """A connection whose responses carry raw_head, sent_head and peer_ip."""

    def request(self, request: WireRequest) -> Deferred[IResponse]:
        """Send `request`. Twisted makes both objects itself, so their classes are exchanged, as Scrapy does."""
        request.__class__ = NotedRequest
        deferred = super().request(request)
        if self._parser is not None:
            self._parser.__class__ = ListeningParser

        def attach(response: Any) -> Any:  # noqa: ANN401 - IResponse is an interface without our attributes
            response.sent_head = getattr(request, "sent_head", b"")
            response.peer_ip = getattr(peer, "host", None)
            return response

        transport: Any = self.transport
        peer = transport.getPeer() if transport else None
        return deferred.addCallback(attach)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802
        """Note a reset: of a body without a length nothing else tells that it is not whole.

        Not under TLS, where servers that never say goodbye look the same.
        """
        response = getattr(self._parser, "response", None)
        is_clean = isinstance(reason.value, ConnectionDone) or ISSLTransport.providedBy(self.transport)
        if response is not None and not is_clean:
            response.was_reset = True
        super().connectionLost(reason)  # type: ignore[no-untyped-call]


class ListeningFactory(_HTTP11ClientFactory):
    """Makes the pool's connections."""

    noisy = False

    def buildProtocol(self, addr: IAddress | None) -> HTTP11ClientProtocol:  # noqa: ARG002, N802
        """Return a connection that listens in."""
        return ListeningProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]
