"""Section and front pages: which of their links look like articles, and which feeds they announce."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from lxml import etree

from extract.capture import Hints
from spiders.listing import Link

_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"})
_DATED = re.compile(r"/(?:19|20)\d\d[/-]?(?:0?[1-9]|1[0-2]|[a-z]{3})(?:[/-]|\b)")
_NUMBERED = re.compile(r"\d{5,}")
_MIXED = re.compile(r"^(?=.*\d)(?=.*[a-z])[a-z0-9-]{8,}$")
_FILES = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|ico|avif|css|js|json|xml|rss|atom|txt|pdf|zip|gz|mp[34]|m4a|webm|mov|avi|woff2?|ttf|exe|dmg|apk|epub|docx?|xlsx?)$"
)
_NOT_ARTICLES = frozenset(
    {
        "tag",
        "tags",
        "category",
        "categories",
        "author",
        "authors",
        "topic",
        "topics",
        "search",
        "login",
        "signin",
        "register",
        "account",
        "about",
        "about-us",
        "contact",
        "contact-us",
        "privacy",
        "privacy-policy",
        "terms",
        "terms-of-service",
        "newsletter",
        "newsletters",
        "subscribe",
        "page",
        "feed",
        "feeds",
        "rss",
        "sitemap",
        "archive",
        "jobs",
        "careers",
        "advertise",
        "shop",
        "help",
        "faq",
        "cookies",
        "profile",
        "user",
        "users",
        "wp-admin",
        "wp-login.php",
        "cart",
        "legal",
        "impressum",
        "datenschutz",
        "staff",
        "print",
        "share",
    }
)


@dataclass(frozen=True, slots=True)
class Page:
    """What a section or front page names: all its links in order, and the feeds in its head."""

    links: tuple[str, ...]
    feeds: tuple[str, ...]


def read_page(text: str, url: str) -> Page:
    """Return the absolute links of the HTML in `text`, each once, in document order."""
    parser = etree.HTMLParser(
        recover=True, no_network=True, remove_comments=True, remove_pis=True, huge_tree=False, encoding="utf-8"
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:  # no element at all
        root = None
    if root is None:
        return Page((), ())
    base = next(_absolute(url, (element.get("href") for element in root.iter("base"))), url)
    links = dict.fromkeys(_absolute(base, (element.get("href") for element in root.iter("a"))))
    alternates = (
        element.get("href")
        for element in root.iter("link")
        if "alternate" in (element.get("rel") or "").lower().split()
        and (element.get("type") or "").partition(";")[0].strip().lower() in _FEED_TYPES
    )
    return Page(tuple(links), tuple(dict.fromkeys(_absolute(base, alternates))))


def article_links(page: Page, url: str, max_links: int) -> list[Link]:
    """Return the links of a section at `url` that look like articles by their address."""
    hints = Hints(via=url, source="section")
    return [Link(link, hints) for link in page.links if looks_like_article(link)][:max_links]


def looks_like_article(url: str) -> bool:
    """Return whether an address is more likely an article's than a section's: dated, numbered, or a long slug.

    Wrong for some: `article_url` in the site's entry replaces this guess.
    """
    path = urlsplit(url).path.lower()
    if _FILES.search(path):
        return False
    parts = [part for part in path.split("/") if part]
    if not parts or _NOT_ARTICLES.intersection(parts):
        return False
    slug = re.sub(r"\.(?:html?|shtml|php|aspx?)$", "", parts[-1])
    if _NUMBERED.search(slug) or _MIXED.match(slug):
        return True
    words = len(re.findall(r"[^-_]+", slug))
    return words >= 4 or (words >= 3 and len(slug) >= 15) or (bool(_DATED.search(path)) and words >= 2)


def is_page_address(url: str) -> bool:
    """Return whether a feed's or sitemap's link may be a page at all: not an image, a PDF or another file."""
    return not _FILES.search(urlsplit(url).path.lower())


def _absolute(base: str, hrefs: Iterator[str | None]) -> Iterator[str]:
    for href in hrefs:
        if not href or href.startswith(("#", "javascript:", "mailto:", "tel:", "data:")):
            continue
        try:
            absolute = urljoin(base, href.strip())
        except ValueError:
            continue
        if absolute.startswith(("http://", "https://")):
            yield absolute
