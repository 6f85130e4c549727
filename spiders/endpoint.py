"""Connections that are checked after the name is resolved, so that no name can lead to a private address."""

from __future__ import annotations

from functools import cache
from typing import Any

from twisted.internet._sslverify import ClientTLSOptions
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import (
    IAddress,
    IHostnameResolver,
    IHostResolution,
    IReactorPluggableNameResolver,
    IResolutionReceiver,
    IStreamClientEndpoint,
)
from twisted.internet.ssl import CertificateOptions, platformTrust
from twisted.web.client import URI
from twisted.web.iweb import IAgentEndpointFactory, IPolicyForHTTPS
from zope.interface import implementer  # type: ignore[import-untyped]

from extract.rejection import Reason
from spiders.exchange import NoResponse
from spiders.guard import Guard


@implementer(IPolicyForHTTPS)
class VerifyingPolicy:
    """TLS with certificates verified against the machine's roots; one context for all connections.

    Twisted's own policy loads the roots anew for each connection, several milliseconds each.
    """

    def __init__(self) -> None:
        roots = platformTrust()  # type: ignore[no-untyped-call]
        self._options = CertificateOptions(trustRoot=roots, fixBrokenPeers=True)
        self._options.getContext().set_options(0x4)  # OP_LEGACY_SERVER_CONNECT: old servers, as Scrapy allows

    def creatorForNetloc(self, hostname: bytes, port: int) -> ClientTLSOptions:  # noqa: ARG002, N802 - Twisted's name
        """Return what starts TLS to `hostname`."""
        return ClientTLSOptions(self._options._makeTLSConnection, hostname.decode("ascii"))  # noqa: SLF001


@cache
def tls_policy() -> VerifyingPolicy:
    """Return the process's one policy."""
    return VerifyingPolicy()


@implementer(IResolutionReceiver)
class _CheckedReceiver:
    """Passes on the addresses that the guard lets through."""

    def __init__(self, receiver: Any, guard: Guard, host: str, port: int, refused: list[str]) -> None:  # noqa: ANN401
        self._receiver, self._guard, self._host, self._port, self._refused = receiver, guard, host, port, refused

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:  # noqa: N802, N803
        self._receiver.resolutionBegan(resolutionInProgress)

    def addressResolved(self, address: IAddress) -> None:  # noqa: N802
        if isinstance(address, IPv4Address | IPv6Address):
            reason = self._guard.refuses_address(self._host, self._port, address.host)
            if reason is None:
                self._receiver.addressResolved(address)
            else:
                self._refused.append(reason)

    def resolutionComplete(self) -> None:  # noqa: N802
        self._receiver.resolutionComplete()


@implementer(IHostnameResolver)
class _CheckedResolver:
    """A resolver that drops what the guard refuses, and remembers it."""

    def __init__(self, resolver: Any, guard: Guard) -> None:  # noqa: ANN401 - zope interfaces have no static type
        self._resolver, self._guard = resolver, guard
        self.refused: list[str] = []

    def resolveHostName(self, receiver: Any, hostName: str, portNumber: int = 0, *rest: Any) -> Any:  # noqa: ANN401, N802, N803
        """Resolve through the reactor's own resolver."""
        checked = _CheckedReceiver(receiver, self._guard, hostName, portNumber, self.refused)
        return self._resolver.resolveHostName(checked, hostName, portNumber, *rest)


@implementer(IReactorPluggableNameResolver)
class _ReactorWithResolver:
    """The reactor, but for its name resolver."""

    def __init__(self, reactor: Any, resolver: _CheckedResolver) -> None:  # noqa: ANN401
        self._reactor, self.nameResolver = reactor, resolver

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._reactor, name)

    def installNameResolver(self, resolver: Any) -> Any:  # noqa: ANN401, N802
        raise NotImplementedError("the checked resolver stays")


@implementer(IStreamClientEndpoint)
class CheckedEndpoint:
    """Connects to a host by name, to addresses only that the guard lets through."""

    def __init__(self, reactor: Any, guard: Guard, uri: URI, timeout_s: float) -> None:  # noqa: ANN401
        self._resolver = _CheckedResolver(reactor.nameResolver, guard)
        checked = _ReactorWithResolver(reactor, self._resolver)
        plain: Any = HostnameEndpoint(checked, uri.host, uri.port, timeout=timeout_s)
        self._inner = plain
        if uri.scheme == b"https":
            tls: Any = tls_policy().creatorForNetloc(uri.host, uri.port)
            self._inner = wrapClientTLS(tls, plain)

    def connect(self, protocolFactory: Any) -> Any:  # noqa: ANN401, N803
        """Connect; fails with NoResponse(unsafe_address) if no address was left."""
        return self._inner.connect(protocolFactory).addErrback(self._explain)

    def _explain(self, failure: Any) -> Any:  # noqa: ANN401
        if self._resolver.refused:
            raise NoResponse(Reason.UNSAFE_ADDRESS, self._resolver.refused[0])
        return failure


@implementer(IAgentEndpointFactory)
class CheckedEndpoints:
    """Makes the endpoints of one site's requests."""

    def __init__(self, reactor: Any, guard: Guard, timeout_s: float) -> None:  # noqa: ANN401
        self._reactor, self._guard, self._timeout_s = reactor, guard, timeout_s

    def endpointForURI(self, uri: URI) -> CheckedEndpoint:  # noqa: N802
        """Return the endpoint for `uri`."""
        return CheckedEndpoint(self._reactor, self._guard, uri, self._timeout_s)
