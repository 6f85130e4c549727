"""Feeds: RSS 0.9x, 1.0 and 2.0 and Atom through feedparser, and JSON Feed."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import feedparser
import orjson

from extract.capture import Hints
from extract.dates import parse_date
from extract.entities import unescape
from spiders.listing import Link, Listing, NotAListing, join, note

_TAG = re.compile(r"<[^>]{0,1000}>")
_XML_ENCODING = re.compile(r"^\s*<\?xml.*?\?>", re.DOTALL)
_DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]*>", re.IGNORECASE)
# feedparser's loose parser is patient, yet hostile input finds its gaps; one feed must not end a site's run
_STUMBLES = (ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError)
_MAX_TEXT = 500  # characters of a title, a name, a tag


def read_feed(text: str, url: str, max_links: int) -> Listing:
    """Return the entries of an RSS or Atom feed, tolerant of malformed XML. `text` has passed `root_name`.

    feedparser gets a stream, since a string it might take for a URL or a file name.
    """
    text = _DOCTYPE.sub("", _XML_ENCODING.sub("", text, count=1), count=1)  # the text is decoded: its own claim is void
    stream = io.BytesIO(text.encode("utf-8", "replace"))
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    try:
        parsed = feedparser.parse(stream, response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    except _STUMBLES as error:
        raise NotAListing(f"malformed XML that feedparser stumbles over ({type(error).__name__})") from error
    language = _text(dict.get(parsed.feed, "language"))
    links = tuple(_entry_links(parsed.entries, url, language))
    if not links and parsed.bozo and not parsed.version:
        raise NotAListing(f"malformed XML ({_fault(parsed)})")
    fault = f"malformed XML ({_fault(parsed)})" if parsed.bozo and not _is_harmless(parsed) else ""
    return Listing(links[:max_links], note=note(fault, len(parsed.entries) - len(links), len(links), max_links))


def read_json_feed(body: bytes, url: str, max_links: int) -> Listing:
    """Return the items of a JSON Feed (1.0 or 1.1)."""
    try:
        feed = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise NotAListing(f"malformed JSON ({error})") from error
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise NotAListing("JSON, but no JSON Feed")
    links: list[Link] = []
    nameless = 0
    for item in feed["items"]:
        if len(links) > max_links:
            break
        target = isinstance(item, dict) and (
            _string(item.get("url")) or _string(item.get("external_url")) or _string(item.get("id"))
        )
        if not target or (not item.get("url") and "://" not in target):
            nameless += 1
            continue
        authors = item.get("authors") or [item.get("author")]
        hints = Hints(
            via=url,
            source="feed",
            title=_text(item.get("title")),
            published_at=parse_date(item.get("date_published")),
            modified_at=parse_date(item.get("date_modified")),
            language=_text(item.get("language")) or _text(feed.get("language")),
            authors=_names(author.get("name") for author in authors if isinstance(author, dict)),
            tags=_names(item.get("tags")),
        )
        links.append(Link(join(url, target), hints))
    return Listing(tuple(links[:max_links]), note=note("", nameless, len(links), max_links))


def _entry_links(entries: Iterable[dict[str, Any]], url: str, language: str | None) -> Iterable[Link]:
    for entry in entries:
        # dict.get, since feedparser's own passes a publication date off as an update
        target = dict.get(entry, "feedburner_origlink") or dict.get(entry, "link")
        if not target:
            guid = _string(dict.get(entry, "id"))
            target = guid if guid and guid.startswith(("http://", "https://")) else None
        if not target:
            continue
        authors = [author.get("name") for author in dict.get(entry, "authors", [])]
        hints = Hints(
            via=url,
            source="feed",
            title=_text(dict.get(entry, "title")),
            published_at=_moment(dict.get(entry, "published_parsed")),
            modified_at=_moment(dict.get(entry, "updated_parsed")),
            language=_text(dict.get(entry, "language")) or language,
            authors=_names(authors or [dict.get(entry, "author")]),
            tags=_names(tag.get("term") for tag in dict.get(entry, "tags", [])),
        )
        yield Link(join(url, str(target)), hints)


def _fault(parsed: Any) -> str:  # noqa: ANN401 - feedparser has no types
    return " ".join(str(parsed.bozo_exception).removeprefix("<unknown>:").split())[:200]


def _is_harmless(parsed: Any) -> bool:  # noqa: ANN401 - feedparser has no types
    return isinstance(parsed.bozo_exception, feedparser.CharacterEncodingOverride | feedparser.NonXMLContentType)


def _moment(parsed: Any) -> datetime | None:  # noqa: ANN401 - a struct_time in UTC
    if not parsed:
        return None
    try:
        year, month, day, hour, minute, second = parsed[:6]
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (ValueError, TypeError):
        return None


def _names(values: object) -> tuple[str, ...]:
    if not isinstance(values, Iterable) or isinstance(values, str):
        return ()
    return tuple(dict.fromkeys(name for value in values if (name := _text(value))))[:20]


def _string(value: object) -> str | None:
    return value.strip() if isinstance(value, str) and value.strip() else None


def _text(value: object) -> str | None:
    """Return `value` as one line without markup."""
    if not isinstance(value, str):
        return None
    plain = " ".join(unescape(_TAG.sub(" ", value) if "<" in value else value).split())
    return plain[:_MAX_TEXT] or None
