"""What the frontier knows of one URL, one source and one host; each a line of the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import lru_cache
from sys import intern
from typing import Any

from extract.capture import Hints
from extract.rejection import Reason
from spiders.listing import NO_HINTS

# States of a URL
NEW = "new"  # never answered; tried at most in vain
LIVE = "live"
GONE = "gone"  # missing twice, or 410: looked at a few times more
REFUSED = "refused"  # not asked for: off site, unsafe address, robots

ERASED = "erased:"

_HINT_KEYS = {
    "via": "via", "source": "src", "title": "title", "published_at": "pub", "modified_at": "mod",
    "language": "lang", "authors": "by", "tags": "tags",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class KnownUrl:
    """One article candidate. Datetimes are aware UTC.

    `etag` and `last_modified` are those of `final_url` (None: the URL itself); `digest`, `warc_uri` and `warc_date`
    name the last whole response with status 200, for revisit records. `missing` counts the looks in a row that found
    the page missing, the last at `missed_at`; an article's is set back only once an article is read from it again.
    `ask_url` is set where the server knows the page only under the address as listed, tracking parameters included.
    """

    url: str
    state: str = NEW
    first_seen: datetime | None = None
    last_visit: datetime | None = None
    next_visit: datetime | None = None
    visits: int = 0
    failures: int = 0
    missing: int = 0
    false_alarms: int = 0  # re-checks that a feed asked for and that found nothing new
    etag: str | None = None
    last_modified: str | None = None
    final_url: str | None = None
    ask_url: str | None = None
    digest: str | None = None
    warc_uri: str | None = None
    warc_date: str | None = None
    content_sha256: str | None = None  # set by stage
    reason: str | None = None  # of the last rejection or failure
    listed_at: datetime | None = None  # when a feed, sitemap or section named it last
    hints: Hints = NO_HINTS
    missed_at: datetime | None = None

    @classmethod
    def erased(cls, article: str) -> KnownUrl:
        """Return what stands in an erased article's place: its id, since a URL often holds the headline."""
        return cls(f"{ERASED}{article}", REFUSED, reason=Reason.ERASED.value)

    @property
    def erased_id(self) -> str | None:
        """The id of the article in whose place this stands, None of a URL: a feed may well call a link `erased:…`."""
        is_stand_in = self.url.startswith(ERASED) and self.reason == Reason.ERASED.value
        return self.url.removeprefix(ERASED) if is_stand_in else None

    def to_line(self) -> dict[str, Any]:
        """Return the line's JSON object: what is not at its default."""
        line = _plain(self, skip=("hints",)) | {"t": "url"}
        hints = {short: value for name, short in _HINT_KEYS.items() if (value := _json(getattr(self.hints, name)))}
        return line | {"h": hints} if hints else line

    @classmethod
    def from_line(cls, line: Mapping[str, Any]) -> KnownUrl:
        """Return the URL of a line; unknown keys are ignored."""
        known: KnownUrl = _typed(cls, line, _URL_DATES)
        short = line.get("h") or {}
        if not short:
            return known
        values: dict[str, Any] = {name: short[key] for name, key in _HINT_KEYS.items() if key in short}
        for name in ("published_at", "modified_at"):
            if name in values:
                values[name] = _moment(values[name])
        for name in ("via", "source", "language"):
            if name in values:
                values[name] = intern(values[name])
        for name in ("authors", "tags"):
            if name in values:
                values[name] = tuple(values[name])
        return replace(known, hints=Hints(**values))


@dataclass(frozen=True, slots=True)
class KnownSource:
    """One feed, sitemap, section or home page, with what it listed last, so that a 304 still lists it.

    `children` are the sitemaps of an index with their lastmod; `full_at` is when its body was last read.
    """

    url: str
    kind: str
    etag: str | None = None
    last_modified: str | None = None
    last_visit: datetime | None = None
    full_at: datetime | None = None
    failures: int = 0
    discovered: bool = False
    quiet: int = 0  # visits in a row that brought nothing new
    lastmod: str | None = None  # as its index said when it was last read
    digest: str | None = None  # of the last whole response, with its place for revisit records
    warc_uri: str | None = None
    warc_date: str | None = None
    links: tuple[str, ...] = ()
    children: tuple[tuple[str, str], ...] = ()

    def to_line(self) -> dict[str, Any]:
        """Return the line's JSON object."""
        return _plain(self) | {"t": "source"}

    @classmethod
    def from_line(cls, line: Mapping[str, Any]) -> KnownSource:
        """Return the source of a line; unknown keys are ignored."""
        known: KnownSource = _typed(cls, line, ("last_visit", "full_at"))
        return replace(known, links=tuple(known.links), children=tuple((url, mod) for url, mod in known.children))


@dataclass(frozen=True, slots=True)
class KnownHost:
    """One origin (scheme://host:port): its robots.txt, kept for a day at most, and a wait that it asked for."""

    origin: str
    robots: str | None = None  # the text, None when absent
    robots_status: int | None = None
    robots_at: datetime | None = None
    etag: str | None = None
    last_modified: str | None = None
    not_before: datetime | None = None
    void: str | None = None  # what a made-up address got (spiders.void), None where that was an error by its status
    void_at: datetime | None = None

    def to_line(self) -> dict[str, Any]:
        """Return the line's JSON object."""
        return _plain(self) | {"t": "host"}

    @classmethod
    def from_line(cls, line: Mapping[str, Any]) -> KnownHost:
        """Return the host of a line; unknown keys are ignored."""
        known: KnownHost = _typed(cls, line, ("robots_at", "not_before", "void_at"))
        return known


_URL_DATES = ("first_seen", "last_visit", "next_visit", "missed_at", "listed_at")


def _plain(known: Any, skip: tuple[str, ...] = ()) -> dict[str, Any]:  # noqa: ANN401 - one of the three
    plain = {}
    for item in fields(known):
        value = getattr(known, item.name)
        if item.name not in skip and value != item.default:
            plain[item.name] = _json(value)
    return plain


def _json(value: Any) -> Any:  # noqa: ANN401
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _typed(kind: Any, line: Mapping[str, Any], dates: tuple[str, ...]) -> Any:  # noqa: ANN401
    names = {item.name for item in fields(kind)} - {"hints"}
    values = {key: value for key, value in line.items() if key in names}
    for name in dates:
        if values.get(name):
            values[name] = _moment(values[name])
    return kind(**values)


@lru_cache(maxsize=4096)  # a run gives thousands of URLs the same few moments: one object each
def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value).astimezone(UTC)
