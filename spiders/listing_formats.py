"""Reading what a source answered, as what it is: a feed or a sitemap, whatever its address promised."""

from __future__ import annotations

import re

from extract.encoding import decode_payload
from spiders.decode import decode
from spiders.feed import read_feed, read_json_feed
from spiders.listing import Listing, NotAListing
from spiders.sitemap import read_sitemap, read_text_sitemap

# Markup before the root element, in the order in which a parser meets it.
_PROLOG = re.compile(
    r"<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^>\[]*(?P<subset>\[)?|<!(?P<other>\w+)|<(?P<root>[A-Za-z_][\w.:-]*)",
    re.DOTALL | re.IGNORECASE,
)
_HEAD_BYTES = 16_384


def read_listing(body: bytes, content_type: str | None, url: str, max_bytes: int, max_links: int) -> Listing:
    """Return the links of a feed (RSS, Atom, JSON Feed) or sitemap (XML, index, text, .gz), whatever `url` promised.

    `body` is without Content-Encoding. Raises NotAListing, and BadEncodingError for a .gz that inflates too far.
    """
    if body.startswith(b"\x1f\x8b"):
        body = decode_payload(body, "gzip", max_bytes)
    if not body.strip():
        raise NotAListing("empty")
    head = decode(body[:_HEAD_BYTES], content_type).lstrip()
    if head.startswith(("{", "[")):
        return read_json_feed(body, url, max_links)
    if not head.startswith("<"):
        return read_text_sitemap(decode(body, content_type), url, max_links)
    root = root_name(head)
    if root in {"urlset", "sitemapindex"}:
        return read_sitemap(body, url, max_links)
    if root in {"rss", "rdf", "feed", "channel"}:
        text = decode(body, content_type)
        root_name(text)  # the whole prolog, should it be longer than the head
        return read_feed(text, url, max_links)
    raise NotAListing(
        "HTML" if root in {"html", "head", "body"} else f"XML with root <{root[:40]}>" if root else "no XML element"
    )


def root_name(text: str) -> str:
    """Return the local name of the root element, in lower case, "" if there is none in `text`.

    Raises NotAListing for a document type with declarations of its own: entities are how XML bites. The plain
    document type of RSS 0.91 passes, and is never loaded.
    """
    for found in _PROLOG.finditer(text):
        if found["subset"] or (found["other"] or "").upper() in {"ENTITY", "ELEMENT", "ATTLIST", "NOTATION"}:
            raise NotAListing("XML with entity declarations, refused")
        if found["root"]:
            return found["root"].rpartition(":")[2].lower()
    return ""
