"""Sitemaps: urlset, index, Google News and plain text, read as a stream and without entities."""

from __future__ import annotations

import re
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from extract.capture import Hints
from extract.dates import parse_date
from spiders.listing import Child, Link, Listing, NotAListing, join, note

_CHUNK = 64 * 1024
_BARE_AMPERSAND = re.compile(rb"&(?!(?:[A-Za-z][A-Za-z0-9]{0,31}|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_NOT_MENDED = re.compile(rb"<!\[CDATA\[|\0")  # there an ampersand is one; two bytes a character
_MAX_VALUE = 4096  # characters of one element's text
_KEPT = frozenset({"loc", "lastmod", "publication_date", "title", "language", "keywords"})


class _Full(Exception):
    """The bound on links is reached."""


class _Target:
    """Collects <url> and <sitemap> elements as the parser meets their ends."""

    def __init__(self, url: str, max_links: int) -> None:
        self.links: list[Link] = []
        self.children: list[Child] = []
        self.nameless = 0
        self._url, self._max_links = url, max_links
        self._path: list[str] = []
        self._values: dict[str, str] = {}
        self._text: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:  # noqa: ARG002
        name = tag.rpartition("}")[2].lower()
        self._path.append(name)
        self._text = [] if name in _KEPT else None
        if name in {"url", "sitemap"} and len(self._path) == 2:
            self._values = {}

    def data(self, text: str) -> None:
        if self._text is not None and sum(map(len, self._text)) < _MAX_VALUE:
            self._text.append(text)

    def end(self, tag: str) -> None:  # noqa: ARG002
        name, depth = self._path.pop(), len(self._path)
        # <image:loc> and <video:title> are deeper or elsewhere: only the entry's own, and those of <news:news>
        if self._text is not None and (depth == 2 or "news" in self._path):
            self._values.setdefault(name, "".join(self._text).strip()[:_MAX_VALUE])
        self._text = None
        if name == "url" and depth == 1:
            self._add_link()
        elif name == "sitemap" and depth == 1 and not self._values.get("loc"):
            self.nameless += 1
        elif name == "sitemap" and depth == 1:
            self.children.append(Child(join(self._url, self._values["loc"]), self._values.get("lastmod") or None))
        if len(self.links) + len(self.children) >= self._max_links:
            raise _Full

    def close(self) -> None:
        """Nothing to return: the lists are the result."""

    def _add_link(self) -> None:
        found = self._values
        if not found.get("loc"):
            self.nameless += 1
            return
        hints = Hints(
            via=self._url,
            source="sitemap",
            title=" ".join(found.get("title", "").split()) or None,
            published_at=parse_date(found.get("publication_date")),
            modified_at=parse_date(found.get("lastmod")),
            language=found.get("language") or None,
            tags=tuple(tag for part in found.get("keywords", "").split(",") if (tag := part.strip()))[:20],
        )
        self.links.append(Link(join(self._url, found["loc"]), hints))


def read_sitemap(body: bytes, url: str, max_links: int) -> Listing:
    """Return the entries of an XML sitemap or sitemap index; what came before a syntax error counts.

    The commonest error, an ampersand as it is in a URL, is mended.
    """
    target, fault, is_cut = _parse(body, url, max_links)
    if fault and not _NOT_MENDED.search(body) and (mended := _BARE_AMPERSAND.sub(b"&amp;", body)) != body:
        target, fault, is_cut = _parse(mended, url, max_links)
    if fault and not target.links and not target.children:
        raise NotAListing(fault)
    read = len(target.links) + len(target.children)
    said = note(fault, target.nameless, read + is_cut, max_links)
    return Listing(tuple(target.links), tuple(target.children), said)


def _parse(body: bytes, url: str, max_links: int) -> tuple[_Target, str, bool]:
    """Return what was read, the syntax error that ended it ("" without one), and whether the bound on links did."""
    target = _Target(url, max_links)
    parser = DefusedXMLParser(target=target, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    try:
        for start in range(0, len(body), _CHUNK):
            parser.feed(body[start : start + _CHUNK])
        parser.close()
    except _Full:
        return target, "", True
    except DefusedXmlException as error:
        raise NotAListing("XML with entity declarations, refused") from error
    except (ParseError, ValueError) as error:
        return target, f"malformed XML ({error})", False
    return target, "", False


def read_text_sitemap(text: str, url: str, max_links: int) -> Listing:
    """Return the URLs of a text sitemap, one a line."""
    lines = [line for raw in text.splitlines() if (line := raw.strip()) and not line.startswith("#")]
    good = [line for line in lines if line.startswith(("http://", "https://"))]
    if not good:
        raise NotAListing("text without URLs")
    links = tuple(Link(line, Hints(via=url, source="sitemap")) for line in good[:max_links])
    return Listing(links, note=note("", len(lines) - len(good), len(good), max_links))
