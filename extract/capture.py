"""A capture: one response as fetched, and what its discovery said of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from extract.says import Says


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """Where a capture's response lies: `length` compressed bytes at `offset` of the object `key`.

    `payload_digest` is WARC's own spelling, "sha1:" and 32 base32 characters, over the payload as stored.
    """

    key: Annotated[str, Says("of the WARC object, below the bucket's prefix")]
    offset: Annotated[int, Says("of the record's first byte", {"minimum": 0})]
    length: Annotated[int, Says("in bytes, compressed", {"minimum": 1})]
    payload_digest: Annotated[
        str, Says("`sha1:` and 32 base32 characters, over the payload as stored", {"pattern": "^(sha1:[A-Z2-7]{32})?$"})
    ]
    http_status: Annotated[int, Says("as answered")]


@dataclass(frozen=True, slots=True)
class Hints:
    """What the feed or sitemap that named a page says of it; each field may be missing. Dates are aware UTC."""

    via: str | None = None  # the URL of the feed, sitemap or page that named it
    source: str | None = None  # "feed", "sitemap" or "section"
    title: str | None = None
    published_at: datetime | None = None
    modified_at: datetime | None = None
    language: str | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Past:
    """What the crawl knew of a page when it fetched it: of a first fetch, nothing."""

    is_article: bool = False  # an article was read from it before
    missed: int = 0  # looks in a row, right before this one, that found it missing
    is_void: bool = False  # a made-up address of its host gets the very same page
    is_moved: bool = False  # its address leads to another article's now


@dataclass(frozen=True, slots=True)
class Capture:
    """One answered page. `url` is the normalised URL as discovered, `final_url` the one that answered.

    `headers` are the response's, as received, repeated ones kept; `body` is the payload without its
    Content-Encoding and Transfer-Encoding; `truncated` says why it is not all of it: "length" (over the crawl's bound),
    "time" or "disconnect".
    """

    site: str
    url: str
    final_url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    captured_at: datetime
    hints: Hints = Hints()
    record: WarcRecord | None = None
    past: Past = Past()
    truncated: str | None = None

    def header(self, name: str) -> str | None:
        """Return the first value of header `name`, whatever its case, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)
