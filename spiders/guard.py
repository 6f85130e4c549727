"""Which addresses a crawl may speak to: public ones, and what the site file names itself."""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from urllib.parse import SplitResult, urlsplit

from spiders.site import Site

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Names that mean this machine, its network or its cloud's metadata service, whatever they resolve to.
_LOCAL_NAMES = frozenset({"localhost", "metadata", "metadata.google.internal", "instance-data"})
_LOCAL_SUFFIXES = (".localhost", ".localdomain", ".local", ".internal", ".intranet", ".lan", ".home.arpa")
# Public by number, but a cloud's own: Azure's wire server.
_CLOUD = frozenset({ipaddress.ip_address("168.63.129.16")})
_REFUSED = tuple(
    ipaddress.ip_network(net)
    for net in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "::/96", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16",
        "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
_DEFAULT_PORT = {"http": 80, "https": 443}


class Guard:
    """The addresses open to one site's crawl. Each method answers why not, or None."""

    def __init__(self, site: Site) -> None:
        home = urlsplit(site.home)
        named = [_split_host(entry) for entry in site.allow_hosts]
        # Home opens its own address only when written as one: a public name may be pointed at this machine later
        # (DNS rebinding), so a newspaper on a private network is named in allow_hosts too.
        if literal_refusal(_host(home)):
            named.append((_host(home), _port(home)))
        self._allowed = frozenset(named)

    @property
    def key(self) -> frozenset[tuple[str, int | None]]:
        """What two sites must share to share a connection."""
        return self._allowed

    def _is_named(self, host: str, port: int) -> bool:
        return (host, port) in self._allowed or (host, None) in self._allowed

    def refusal(self, url: str) -> str | None:
        """Return why `url` may not be asked for, judged by its text alone."""
        try:
            parts = urlsplit(url)
            host, port = _host(parts), _port(parts)
        except ValueError as error:
            return f"no URL: {error}"
        if parts.scheme not in _DEFAULT_PORT:
            return f"{parts.scheme or 'no'} scheme, only http and https are fetched"
        if not host:
            return "no host"
        if self._is_named(host, port):
            return None
        reason = literal_refusal(host)
        return f"{reason}; name {host} in the site's allow_hosts if that is meant" if reason else None

    def refuses_address(self, host: str, port: int, address: str) -> str | None:
        """Return why a connection for `host` may not go to `address`, which `host` resolved to."""
        if self._is_named(canonical_host(host), port):
            return None
        reason = address_refusal(ipaddress.ip_address(address.partition("%")[0]))
        return (
            f"{host} resolves to {address}, {reason}; name it in the site's allow_hosts if that is meant"
            if reason
            else None
        )


def canonical_host(host: str) -> str:
    """Return `host` as a resolver would read it: lower case, compatibility forms folded, no final dot."""
    host = unicodedata.normalize("NFKC", host).strip().lower().rstrip(".").removeprefix("[").removesuffix("]")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def literal_refusal(host: str) -> str | None:
    """Return why `host` (canonical) is refused without asking a resolver, or None."""
    if not _HOST.fullmatch(host):
        return f"{host!r} is no host name"
    address = parse_address(host)
    if address is not None:
        return address_refusal(address)
    if host in _LOCAL_NAMES or host.endswith(_LOCAL_SUFFIXES):
        return f"{host} is a local name"
    if "." not in host:
        return f"{host} has no domain"
    return None


def parse_address(host: str) -> Address | None:
    """Return the address that `host` spells, if any, as inet_aton reads it: 0x7f.1, 2130706433, 0177.0.0.1."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    if re.fullmatch(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+)){0,3}", host):
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            return ipaddress.IPv4Address("0.0.0.0")  # noqa: S104 - digits that no resolver should be asked about: refused
    return None


def address_refusal(address: Address) -> str | None:  # noqa: PLR0911 - a table of kinds
    """Return why `address` is not public, looking into IPv6 forms that carry an IPv4 address, or None."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return address_refusal(inner)
        if address in _NAT64_LOCAL:
            return "a local-use address"
    if address.is_loopback:
        return "a loopback address"
    if address.is_link_local:
        return "a link-local address"
    if address.is_multicast:
        return "a multicast address"
    if address in _CLOUD:
        return "a cloud metadata address"
    if any(address in net for net in _REFUSED if net.version == address.version):
        return "a private or reserved address"
    return None


def _host(parts: SplitResult) -> str:
    return canonical_host(parts.hostname or "")


def _port(parts: SplitResult) -> int:
    return parts.port or _DEFAULT_PORT.get(parts.scheme, 0)


def _split_host(entry: str) -> tuple[str, int | None]:
    """Return host and port (None: any) of an allow_hosts entry."""
    parts = urlsplit(f"//{entry}" if entry.startswith("[") or entry.count(":") < 2 else f"//[{entry}]")
    return canonical_host(parts.hostname or ""), parts.port
