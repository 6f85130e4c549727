"""An article: the cleaned text of one page at one time. Its fields are the columns of the table (DESIGN section 6)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from extract.capture import WarcRecord


@dataclass(frozen=True, slots=True)
class RemovedSpan:
    """A visible span of the article region that is not in the text. `where` is its DOM path."""

    text: str
    reason: str
    where: str


@dataclass(frozen=True, slots=True)
class Extraction:
    """What read the page. `confidence` is 0 to 1; `profile` is the site profile's id, if one was used."""

    engine: str
    version: str
    profile: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """One version of an article. Datetimes are aware UTC; `text` has one paragraph a line.

    `version`, `status` and `run_id` are not on the page: staging and publishing fill them.
    """

    article_id: str
    site: str
    url: str
    canonical_url: str | None
    title: str
    authors: tuple[str, ...]
    published_at: datetime | None
    modified_at: datetime | None
    published_source: str | None  # json-ld, meta, time, url, feed, sitemap
    captured_at: datetime
    language: str | None  # ISO 639-1
    section: str | None
    tags: tuple[str, ...]
    description: str | None
    image: str | None
    text: str = field(repr=False)
    word_count: int
    text_sha256: str
    rights: tuple[str, ...]  # opt-outs as found, e.g. "robots: noarchive", "tdm-reservation: 1"
    extraction: Extraction
    removed: tuple[RemovedSpan, ...] = field(default=(), repr=False)
    capture: WarcRecord | None = None
    version: int = 1
    status: str = "live"  # live, gone
    run_id: str = ""


def content_sha256(title: str, text_sha256: str) -> str:
    """Return the hex sha256 that tells versions apart: over title and text, the two that make an edit."""
    return hashlib.sha256(f"{title}\n{text_sha256}".encode()).hexdigest()
