"""URLs as they go on the wire, and where a redirect leads."""

from __future__ import annotations

from urllib.parse import urldefrag, urljoin, urlsplit

from extract.rejection import Reason
from extract.url import normalise_url
from spiders.exchange import Exchange, NoResponse

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def origin_of(url: str) -> str:
    """Return scheme, host and port of `url`: what a robots.txt is for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def redirect_target(exchange: Exchange) -> str | None:
    """Return the absolute URL that a redirect names, without fragment; None for any other answer.

    Raises NoResponse when it names none that could be fetched.
    """
    location = exchange.header("Location")
    if exchange.status not in _REDIRECTS or not location:
        return None
    try:
        target = urldefrag(urljoin(exchange.url, location.encode("latin-1").decode("utf-8", "replace"))).url
        parts = urlsplit(target)
    except ValueError as error:
        raise NoResponse(Reason.BAD_URL, f"redirected to {location[:200]!r}: {error}") from error
    if parts.scheme not in {"http", "https"}:
        raise NoResponse(Reason.UNSAFE_ADDRESS, f"redirected to {target[:200]}: only http and https are fetched")
    if not parts.netloc:
        raise NoResponse(Reason.BAD_URL, f"redirected to {location[:200]!r}: it names no host")
    return ascii_url(target)


def listed_as(url: str) -> str | None:
    """Return a URL as the frontier knows what a source lists; None for one that is never asked for (too long, say)."""
    try:
        return normalise_url(url)
    except ValueError:
        return None


def ascii_url(url: str) -> str:
    """Return `url` as it goes on the wire: other characters percent-encoded, the host in IDNA; nothing else touched."""
    parts = urlsplit(url)
    netloc = parts.netloc.lower()
    if not netloc.isascii():
        try:
            netloc = netloc.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise NoResponse(Reason.BAD_URL, f"{url[:200]!r}: {error}") from error
    rest = url.split("//", 1)[1][len(parts.netloc) :]
    quoted = "".join(
        char if "!" <= char <= "~" else "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "replace"))
        for char in rest
    )
    return (
        f"{parts.scheme}://{netloc}{quoted or '/'}"
        if not quoted.startswith("?")
        else f"{parts.scheme}://{netloc}/{quoted}"
    )
