"""The spellings of one address: an article is filed under the one that its site's feed or page used."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

_ENCODED = re.compile(r"(?:%[89A-Fa-f][0-9A-Fa-f])+")


def spellings(url: str) -> tuple[str, ...]:
    """Return a normalised `url` and, where they differ, the same percent-encoded and with its letters bare."""
    return tuple(dict.fromkeys([url, _encoded(url), _bare(url)]))


def near(url: str) -> tuple[str, ...]:
    """Return what a reader may have meant by a normalised `url`: with or without the last slash, https or http."""
    parts = urlsplit(url)
    path = parts.path[:-1] if parts.path.endswith("/") else f"{parts.path}/"
    scheme = "http" if parts.scheme == "https" else "https"
    other = [parts._replace(path=path), parts._replace(scheme=scheme), parts._replace(scheme=scheme, path=path)]
    return tuple(map(urlunsplit, other))


def _encoded(url: str) -> str:
    if url.isascii():
        return url
    parts = urlsplit(url)
    try:
        host = parts.netloc.encode("idna").decode("ascii")
    except UnicodeError:  # no name that could be looked up
        return url
    path, query = ("".join(map(_octets, part)) for part in (parts.path, parts.query))
    return urlunsplit((parts.scheme, host, path, query, ""))


def _octets(char: str) -> str:
    return char if char.isascii() else "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "replace"))


def _bare(url: str) -> str:
    """Return `url` with UTF-8 for letters beyond ASCII; what is no UTF-8 stays encoded."""
    return _ENCODED.sub(_letters, url)


def _letters(found: re.Match[str]) -> str:
    try:
        return bytes.fromhex(found[0].replace("%", "")).decode()
    except UnicodeDecodeError:
        return found[0]
