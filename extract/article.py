"""An article: the cleaned text of one page at one time. Its fields are the columns of the table (DESIGN section 6)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from extract.capture import WarcRecord
from extract.says import Says

HEX_16 = {"pattern": "^[0-9a-f]{16}$"}


@dataclass(frozen=True, slots=True)
class RemovedSpan:
    """A visible span of the article region that is not in the text. `where` is its DOM path."""

    text: Annotated[str, Says("as it stood on the page")]
    reason: Annotated[str, Says("what it was taken for; after a colon, by what")]
    where: Annotated[str, Says("DOM path of the element; of a script, then `#` and the path in the HTML that it holds")]


@dataclass(frozen=True, slots=True)
class Extraction:
    """What read the page. `confidence` is 0 to 1; `profile` is the site profile's id, if one was used."""

    engine: Annotated[str, Says("what found the body")]
    version: Annotated[
        str,
        Says("of the engine, then of our reader: `2.3.1+broadsheet.12`; ends in `.reextracted` if read again later on"),
    ]
    profile: Annotated[str | None, Says("id of the site's profile it was read with")] = None
    confidence: Annotated[float | None, Says("0 to 1 (extraction.md)", {"minimum": 0, "maximum": 1})] = None


@dataclass(frozen=True, slots=True)
class Article:
    """One version of an article. Datetimes are aware UTC; `text` has one paragraph a line.

    `version`, `status` and `run_id` are not on the page: staging and publishing fill them.
    """

    article_id: Annotated[str, Says("first 16 hex digits of the sha256 of `url`", HEX_16)]
    site: Annotated[str, Says("its name in sites.yaml", {"pattern": "^[a-z0-9-]+$"})]
    url: Annotated[
        str,
        Says(
            "as discovered: scheme and host in lower case, fragment and tracking parameters (`utm_*`, `fbclid`, "
            "`gclid`, …) dropped, nothing else touched",
            {"pattern": "^https?://"},
        ),
    ]
    canonical_url: Annotated[str | None, Says("`<link rel=canonical>`, else `og:url`")]
    title: Annotated[str, Says("without the site's name")]
    authors: Annotated[tuple[str, ...], Says('names, without "By"')]
    published_at: Annotated[
        datetime | None,
        Says(
            "at most 15 minutes after the capture, or 14 hours where only a day or no zone is given (taken as UTC); "
            "no date rather than a guess"
        ),
    ]
    modified_at: Annotated[datetime | None, Says("likewise")]
    published_source: Annotated[
        str | None,
        Says("where `published_at` was found", {"enum": ["json-ld", "meta", "time", "url", "feed", "sitemap"]}),
    ]
    captured_at: Annotated[datetime, Says("when this version was fetched first")]
    language: Annotated[str | None, Says("ISO 639-1: declared, else detected", {"pattern": "^[a-z]{2}$"})]
    section: Annotated[str | None, Says("as the page says")]
    tags: Annotated[tuple[str, ...], Says("as the page says")]
    description: Annotated[str | None, Says("as the page says")]
    image: Annotated[str | None, Says("address of its main picture")]
    text: Annotated[str, Says("one paragraph a line")] = field(repr=False)
    word_count: Annotated[int, Says("in scripts without blanks a character counts as a word", {"minimum": 0})]
    text_sha256: Annotated[str, Says("of `text` in UTF-8, in hex", {"pattern": "^[0-9a-f]{64}$"})]
    rights: Annotated[tuple[str, ...], Says("opt-outs as found, e.g. `robots: noai`, `tdm-reservation: 1`")]
    extraction: Annotated[Extraction, Says("what read the page")]
    removed: Annotated[
        tuple[RemovedSpan, ...], Says("visible spans of the article's region that are not in `text`")
    ] = field(default=(), repr=False)
    capture: Annotated[WarcRecord | None, Says("where the response lies, as it was fetched")] = None
    version: Annotated[int, Says("1, 2, …; a new one only when title or text changed", {"minimum": 1})] = 1
    status: Annotated[str, Says("gone after its publisher removed it, its text stays", {"enum": ["live", "gone"]})] = (
        "live"
    )
    run_id: Annotated[str, Says("the run that captured it")] = ""


def content_sha256(title: str, text_sha256: str) -> str:
    """Return the hex sha256 that tells versions apart: over title and text, the two that make an edit."""
    return hashlib.sha256(f"{title}\n{text_sha256}".encode()).hexdigest()
