"""What a feed or sitemap says: the links it lists, each with its hints, and the sitemaps it points to."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin

from extract.capture import Hints

NO_HINTS = Hints()


@dataclass(frozen=True, slots=True)
class Link:
    """A page as a feed, sitemap or section names it; `url` is absolute, not yet normalised."""

    url: str
    hints: Hints = NO_HINTS


@dataclass(frozen=True, slots=True)
class Child:
    """A sitemap that an index names; `lastmod` as written."""

    url: str
    lastmod: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Links in the order listed. `note` says what was wrong with a part of it, "" if nothing."""

    links: tuple[Link, ...]
    children: tuple[Child, ...] = ()
    note: str = ""


def join(base: str, url: str) -> str:
    """Return `url` made absolute; what is no URL is returned as it is, to be counted as a bad one."""
    try:
        return urljoin(base, url.strip())
    except ValueError:
        return url.strip()


def note(fault: str, nameless: int, links: int = 0, max_links: int = 0) -> str:
    """Return what was wrong with a part of a listing: a fault, entries without an address, more than are read."""
    said = [
        fault,
        f"{_entries(nameless)} without an address" if nameless else "",
        f"cut after {_entries(max_links)}" if links > max_links else "",
    ]
    return ", ".join(filter(None, said))


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


class NotAListing(ValueError):
    """The body is no feed and no sitemap; the message says what it is instead."""
