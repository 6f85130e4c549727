"""The key under which a web archive files a URL: SURT, as wayback machines canonicalise it.

Source: the `surt` package 0.3.1, which cdxj-indexer uses; it is no runtime dependency. A test compares the two.
"""

from __future__ import annotations

import re
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

from spiders.guard import parse_address

_SAFE = b"""!"$&'()*+,-./:;<=>?@[\\]^_`{|}~"""
_WWW = re.compile(r"^www\d*\.")
_DEFAULT_PORT = {"http": 80, "https": 443}
_SESSION_IDS = tuple(
    re.compile(rb"^(.*)(?:" + pattern + rb")(?:&(.*))?$", re.IGNORECASE)
    for pattern in (
        rb"jsessionid=[0-9a-zA-Z]{32}", rb"phpsessid=[0-9a-zA-Z]{32}", rb"sid=[0-9a-zA-Z]{32}",
        rb"ASPSESSIONID[a-zA-Z]{8}=[a-zA-Z]{24}", rb"cfid=[^&]+&cftoken=[^&]+",
    )
)  # fmt: skip


def surt(url: str) -> str:
    """Return the SURT of an absolute `url`: host reversed, no scheme or www, path and sorted query in lower case."""
    parts = urlsplit(url)
    host = _host(parts.hostname or "")
    port = parts.port if parts.port not in {None, _DEFAULT_PORT.get(parts.scheme)} else None
    path = _escape(_path(_unescape(parts.path.encode()))).lower()
    if len(path) > 1:
        path = path.removesuffix("/")
    query = _query(parts.query.encode())
    reversed_host = ",".join(reversed(host.split(".")))
    return f"{reversed_host}{f':{port}' if port else ''}){path}{f'?{query}' if query else ''}"


def _host(host: str) -> str:
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            host = _escape(host.encode())
    host = host.replace("..", ".").strip(".").lower()
    address = parse_address(host)
    if address is not None:
        return str(address)
    return _WWW.sub("", host)


def _path(path: bytes) -> bytes:
    kept: list[bytes] = []
    for part in path.split(b"/")[1:]:
        if part == b"..":
            kept = kept[:-1] if kept else [part]
        elif part != b".":
            kept.append(part)
    return b"/" + b"".join(part + b"/" for part in kept[:-1] if part) + (kept[-1] if kept else b"")


def _query(query: bytes) -> str:
    query = _escape(_unescape(query)).encode()
    for pattern in _SESSION_IDS:
        if found := pattern.match(query):
            query = found[1] + (found[2] or b"")
    pairs = sorted(tuple(pair.split(b"=", 1)) for pair in query.lower().split(b"&"))
    return (
        b"&".join(b"=".join(pair) for pair in pairs).decode("ascii")
        if len(query) > 1
        else query.lower().decode("ascii")
    )


def _unescape(value: bytes) -> bytes:
    while (plain := unquote_to_bytes(value)) != value:
        value = plain
    return value


def _escape(value: bytes) -> str:
    return quote_from_bytes(value, safe=_SAFE)
