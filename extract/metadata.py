"""Title, authors, dates and the rest: merged from JSON-LD, meta tags, the page and its feed, in that order."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement
from trafilatura.metadata import extract_author, extract_title

from extract.capture import Capture, Hints
from extract.dates import parse_date, plausible, url_date
from extract.jsonld import JsonLdArticle, read_json_ld
from extract.language import language_code
from extract.url import normalise_url

_SPACE = re.compile(r"\s+")
_SEPARATOR = re.compile(r"\s+[|–—·•»:-]\s+|\s*[|｜]\s*")
_PUBLISHED = (
    "article:published_time", "og:article:published_time", "og:published_time", "datepublished", "parsely-pub-date",
    "sailthru.date", "publish-date", "publish_date", "publication_date", "pubdate", "dc.date.issued",
    "dcterms.created", "dcterms.date", "dc.date", "article.published", "cxenseparse:recs:publishtime", "date",
)  # fmt: skip
_MODIFIED = (
    "article:modified_time",
    "og:updated_time",
    "og:article:modified_time",
    "datemodified",
    "last-modified",
    "dcterms.modified",
)
_AUTHOR = ("author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "byl", "cxenseparse:author")
_BYLINE = re.compile(r"^(?:by|von|par|por|di|door|af|av|written by|text:?)\s+", re.IGNORECASE)
_AUTHOR_SPLIT = re.compile(
    r"\s*(?:;|,\s+(?!jr\b|sr\b|md\b|phd\b)|\s+(?:and|und|et|y|e|&)\s+|\s*\|\s*)\s*", re.IGNORECASE
)
_NO_NAME = re.compile(
    r"https?://|www\.|@|\d{3}|^(?:admin|administrator|editor|staff|redaktion|redacción|unknown|none|null)$",
    re.IGNORECASE,
)
MAX_TITLE, MAX_DESCRIPTION, MAX_NAME, MAX_TAGS = 1000, 5000, 200, 60  # characters, and a count; longer is no such thing


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the page and its feed say of an article. `free` is schema.org's isAccessibleForFree."""

    title: str
    authors: tuple[str, ...]
    published_at: datetime | None
    published_source: str | None
    modified_at: datetime | None
    language: str | None
    section: str | None
    tags: tuple[str, ...]
    description: str | None
    image: str | None
    canonical_url: str | None
    free: bool | None


def read_metadata(tree: HtmlElement, capture: Capture) -> Metadata:
    """Return the metadata of a parsed page; `title` is "" when there is none. The tree is not changed."""
    meta = _meta(tree)
    canonical = _canonical(tree, meta, capture.final_url)
    found = read_json_ld(tree, {url for url in (capture.url, capture.final_url, canonical) if url}) or JsonLdArticle()
    hints = capture.hints
    published_at, source = _published(tree, meta, found, capture)
    modified_at = (
        next(filter(None, (_date(v, capture) for v in [found.modified, *_all(meta, _MODIFIED)])), None)
        or hints.modified_at
    )
    if modified_at and published_at and modified_at < published_at:
        modified_at = None  # a template's constant, or a date of something else
    site_names = [
        *_all(meta, ("og:site_name", "application-name")),
        found.publisher or "",
        urlsplit(capture.final_url).hostname or "",
    ]
    return Metadata(
        title=_title(tree, meta, found, hints, site_names)[:MAX_TITLE],
        authors=_authors(tree, meta, found, hints),
        published_at=published_at,
        published_source=source,
        modified_at=modified_at,
        language=_language(tree, meta, found, hints),
        section=_clean(
            found.section or next(iter(_all(meta, ("article:section", "parsely-section", "og:article:section"))), None)
        ),
        tags=_tags(
            [*found.keywords, *_all(meta, ("article:tag", "parsely-tags", "og:article:tag")), *hints.tags], meta
        ),
        description=_clean(
            next(iter(_all(meta, ("og:description", "description", "twitter:description"))), None) or found.description,
            MAX_DESCRIPTION,
        ),
        image=_absolute(
            next(iter(_all(meta, ("og:image", "og:image:url", "twitter:image"))), None) or found.image,
            capture.final_url,
        ),
        canonical_url=canonical,
        free=found.free,
    )


def _meta(tree: HtmlElement) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop")
        content = element.get("content")
        if name and content and content.strip():
            found.setdefault(name.strip().lower(), []).append(content.strip())
    return found


def _all(meta: dict[str, list[str]], names: Iterable[str]) -> list[str]:
    return [value for name in names for value in meta.get(name, ())]


def _clean(value: str | None, limit: int = MAX_NAME) -> str | None:
    """Return `value` unescaped, on one line, without control characters; None when nothing is left."""
    text = html.unescape(html.unescape(value or ""))
    text = _SPACE.sub(
        " ", "".join(char if char.isprintable() else " " for char in re.sub(r"<[^>]{1,200}>", " ", text))
    ).strip()
    return text[:limit] or None


def _date(value: str | None, capture: Capture) -> datetime | None:
    return plausible(parse_date(value), capture.captured_at)


def _published(
    tree: HtmlElement, meta: dict[str, list[str]], found: JsonLdArticle, capture: Capture
) -> tuple[datetime | None, str | None]:
    if moment := _date(found.published, capture):
        return moment, "json-ld"
    for value in _all(meta, _PUBLISHED):
        if moment := _date(value, capture):
            return moment, "meta"
    for element in tree.iter("time"):
        context = f"{element.get('itemprop')} {element.get('class')} {element.get('pubdate')}".lower()
        if "modif" in context or "updat" in context:
            continue
        if moment := _date(element.get("datetime"), capture):
            return moment, "time"
    if moment := plausible(url_date(capture.url), capture.captured_at):
        return moment, "url"
    if moment := plausible(capture.hints.published_at, capture.captured_at):
        return moment, capture.hints.source if capture.hints.source in {"feed", "sitemap"} else "feed"
    return None, None


def _title(
    tree: HtmlElement, meta: dict[str, list[str]], found: JsonLdArticle, hints: Hints, site_names: list[str]
) -> str:
    candidates = [found.headline, *_all(meta, ("og:title", "twitter:title"))]
    headings = [text for h1 in tree.iter("h1") if (text := _clean(" ".join(h1.itertext()), MAX_TITLE))]
    if len(headings) == 1:
        candidates.append(headings[0])
    for candidate in candidates:
        if (text := _clean(candidate, MAX_TITLE)) and (title := strip_site_name(text, site_names)):
            return title
    return strip_site_name(_clean(extract_title(tree) or hints.title, MAX_TITLE) or "", site_names)


def strip_site_name(title: str, site_names: Iterable[str]) -> str:
    """Return `title` without a last or first part that names the site, such as " | The Post"."""
    names = {
        squeezed
        for name in site_names
        for squeezed in (_squeeze(name), _squeeze(_domain_label(name)))
        if len(squeezed) > 1
    }
    while True:
        separators = list(_SEPARATOR.finditer(title))
        if not separators:
            return title
        first, last = separators[0], separators[-1]
        if _names_site(title[last.end() :], names):
            title = title[: last.start()].strip()
        elif _names_site(title[: first.start()], names):
            title = title[first.end() :].strip()
        else:
            return title


def _names_site(part: str, names: set[str]) -> bool:
    squeezed = _squeeze(part)
    return bool(squeezed) and any(
        squeezed == name or (len(squeezed) > 3 and squeezed in name) or (len(name) > 3 and name in squeezed)
        for name in names
    )


def _squeeze(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum()).removeprefix("the")


def _domain_label(name: str) -> str:
    labels = [label for label in name.split(".") if label not in {"www", "m", "amp", "news"}]
    return max(labels[:-1], key=len) if len(labels) > 1 and " " not in name else name


def _authors(tree: HtmlElement, meta: dict[str, list[str]], found: JsonLdArticle, hints: Hints) -> tuple[str, ...]:
    for source in (found.authors, _all(meta, _AUTHOR)):
        if names := clean_authors(source):
            return names
    return clean_authors([extract_author(tree) or ""]) or clean_authors(hints.authors)


def clean_authors(names: Iterable[str]) -> tuple[str, ...]:
    """Return the people or desks in `names`: split, without "By", addresses and numbers; each once, in order."""
    found: dict[str, str] = {}
    for entry in names:
        for part in _AUTHOR_SPLIT.split(_BYLINE.sub("", _clean(entry) or "")):
            name = _BYLINE.sub("", part.strip(" ,;:|-")).strip()
            if len(name) > 1 and len(name) < 80 and not _NO_NAME.search(name):
                found.setdefault(name.casefold(), name)
    return tuple(found.values())[:50]


def _language(tree: HtmlElement, meta: dict[str, list[str]], found: JsonLdArticle, hints: Hints) -> str | None:
    root = tree.getroottree().getroot()
    declared = [found.language, root.get("lang"), root.get("{http://www.w3.org/XML/1998/namespace}lang")]
    declared += _all(meta, ("og:locale", "content-language", "language", "dc.language"))
    return next(filter(None, map(language_code, [*declared, hints.language])), None)


def _tags(values: list[str], meta: dict[str, list[str]]) -> tuple[str, ...]:
    if not values:
        values = [word for line in _all(meta, ("news_keywords", "keywords")) for word in re.split(r"[,;]", line)]
    found: dict[str, str] = {}
    for value in values:
        if (tag := _clean(value)) and len(tag) <= 100:
            found.setdefault(tag.casefold(), tag)
    return tuple(found.values())[:MAX_TAGS]


def _absolute(value: str | None, base: str) -> str | None:
    try:
        return normalise_url(urljoin(base, value)) if value else None
    except ValueError:
        return None


def _canonical(tree: HtmlElement, meta: dict[str, list[str]], base: str) -> str | None:
    links = (link.get("href") for link in tree.iter("link") if "canonical" in (link.get("rel") or "").lower().split())
    return _absolute(next(filter(None, links), None), base) or _absolute(next(iter(meta.get("og:url", ())), None), base)
