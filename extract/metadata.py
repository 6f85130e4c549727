"""Title, authors, dates and the rest: merged from JSON-LD, meta tags, the page and its feed, in that order."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, filterfalse
from urllib.parse import urljoin, urlsplit

from extract.authors import read_authors
from extract.capture import Capture
from extract.dom import Element
from extract.jsonld import JsonLdArticle, read_json_ld
from extract.language import language_code
from extract.markup import Markup, read_markup
from extract.published import read_modified, read_published
from extract.rights import read_rights
from extract.shown import Shown
from extract.title import clean_text, read_headings, site_keys
from extract.url import normalise_url

_SITE_NAMES = (
    "og:site_name", "application-name", "apple-mobile-web-app-title", "al:ios:app_name", "al:android:app_name",
    "dc.publisher", "publisher", "twitter:app:name:iphone", "cxenseparse:site", "copyright",
)  # fmt: skip
_SECTION = (
    "article:section",
    "og:article:section",
    "parsely-section",
    "cxenseparse:section",
    "section",
    "category",
    "sailthru.section",
)
_POST_TYPES = frozenset(("article", "articles", "post", "posts", "story", "stories", "page"))  # of all that a site has
_TAGS = ("article:tag", "og:article:tag", "parsely-tags", "sailthru.tags", "cxenseparse:taglist")
_DESCRIPTION = ("og:description", "description", "twitter:description")
_MORE_DESCRIPTION = ("dc.description", "dcterms.description", "sailthru.description", "parsely-description", "abstract")
_IMAGE = (
    "og:image",
    "og:image:url",
    "og:image:secure_url",
    "twitter:image",
    "twitter:image:src",
    "thumbnail",
    "sailthru.image.full",
)
_LANGUAGE = ("og:locale", "content-language", "language", "dc.language", "dcterms.language", "article:language")
_NO_IMAGE = re.compile(
    r"(?:logo|default|placeholder|fallback|share-?image|og-?image|favicon|apple-touch)[\w-]*\.(?:png|jpe?g|svg|webp|gif|ico)"
)  # of an address in lower case
_WHOLE = re.compile(r"https?://[^\s;/?#][^\s;]*")  # an address that joining to the page's would leave as it is
_COMMA = re.compile(r"[,;，、]")  # noqa: RUF001 - full-width
MAX_DESCRIPTION, MAX_NAME, MAX_TAG, MAX_TAGS = 5000, 200, 100, 60  # characters, and a count; longer is no such thing


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
    article_body: str | None = None  # JSON-LD's, as written: often cut short, without paragraphs
    posts: tuple[str, ...] = ()  # titles of a live blog's posts
    passages: tuple[str, ...] = ()  # what else JSON-LD says that the text has: a claim, questions, answers
    kinds: tuple[str, ...] = ()  # lower-cased @type of JSON-LD's top nodes, and "og:" with og:type
    headlines: tuple[str, ...] = ()  # all distinct titles the page gives itself, without the site's name
    standfirst: tuple[str, ...] = ()  # its distinct descriptions, and secondary titles like none of `headlines`
    rights: tuple[str, ...] = ()  # what headers and mark-up reserve


def read_metadata(root: Element, capture: Capture) -> Metadata:
    """Return the metadata of a parsed page; `title` is "" when there is none."""
    marks = read_markup(root)
    canonical = _absolute(marks.canonical, capture.final_url) or _absolute(
        _first(marks, ("og:url",)), capture.final_url
    )
    found = read_json_ld(marks.json_ld, [url for url in (capture.url, capture.final_url, canonical) if url])
    own = site_keys([*marks.all(_SITE_NAMES), *found.sites, urlsplit(capture.final_url).hostname or ""])
    section = _section(marks, found)
    headings = read_headings(root, marks, found, capture.hints.title, own, section)
    shown = Shown(root, headings.heading)
    published_at, source = read_published(shown, marks, found, capture)
    descriptions = _distinct(
        [
            *marks.all(_DESCRIPTION),
            found.description,
            *marks.all(_MORE_DESCRIPTION),
            *marks.property_texts(("description",))[:1],
        ],
        MAX_DESCRIPTION,
    )
    return Metadata(
        title=headings.title,
        authors=read_authors(shown, marks, found, capture.hints.authors, own | headings.tails),
        published_at=published_at,
        published_source=source,
        modified_at=read_modified(marks, found, capture, published_at),
        language=_language(marks, found, capture.hints.language),
        section=section,
        tags=_tags(marks, found, capture.hints.tags),
        description=descriptions[0] if descriptions else None,
        image=_image(marks, found, capture.final_url),
        canonical_url=canonical,
        free=found.free,
        article_body=found.body,
        posts=found.posts,
        passages=found.passages,
        kinds=(*found.kinds, *(f"og:{kind.lower()}" for kind in marks.meta.get("og:type", ())[:1])),
        headlines=headings.headlines,
        standfirst=_distinct([*descriptions, *headings.decks], MAX_DESCRIPTION),
        rights=read_rights(capture.headers, marks),
    )


def _first(marks: Markup, names: Iterable[str]) -> str | None:
    return next(iter(marks.all(names)), None)


def _distinct(values: Iterable[str | None], limit: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for value in values if (text := clean_text(value, limit))))


def _section(marks: Markup, found: JsonLdArticle) -> str | None:
    """Return the section as named; else the breadcrumb after the home page, unless it is the last: the page itself."""
    named = [found.section, *marks.all(_SECTION), *marks.property_texts(("articlesection",)), *found.trail[1:-1]]
    texts = (text for value in named if (text := clean_text(value, MAX_NAME)) and "://" not in text)
    return next((text for text in texts if text.casefold() not in _POST_TYPES), None)


def _language(marks: Markup, found: JsonLdArticle, hint: str | None) -> str | None:
    declared = [found.language, *marks.languages, *marks.all(_LANGUAGE), *marks.property_texts(("inlanguage",)), hint]
    return next(filter(None, map(language_code, declared)), None)


def _tags(marks: Markup, found: JsonLdArticle, hints: Iterable[str]) -> tuple[str, ...]:
    """Return the tags by JSON-LD, meta tags and feed together; search keywords only where those give none.

    Many pages write the whole list as one more tag, so a tag of commas goes where each of its parts is a tag too.
    """
    sources = [found.keywords, *(marks.all((name,)) for name in _TAGS), tuple(hints)]
    written = [tag for source in sources for tag in _listed(source)]
    written = written or [word for value in _search_keywords(marks) for word in _words(value)]
    tags: dict[str, str] = {}
    for value in written:
        if (tag := _tag(value)) and len(tag) <= MAX_TAG:
            tags.setdefault(_folded(tag), tag)
    return tuple(tag for tag in tags.values() if not _is_list_of(tag, tags))[:MAX_TAGS]


def _search_keywords(marks: Markup) -> Sequence[str]:
    return marks.all(("news_keywords", "keywords")) or marks.property_texts(("keywords",))


def _listed(source: Sequence[str]) -> Sequence[str]:
    """Return the tags of one source: its only value is a list in one string, of several each is a tag."""
    return _words(source[0]) if len(source) == 1 else source


def _words(value: str) -> list[str]:
    return _COMMA.split(clean_text(value, MAX_DESCRIPTION) or "")  # cleaned first: an entity ends with a semicolon


def _tag(value: str) -> str:
    return (clean_text(value, MAX_NAME) or "").strip(' ,;#"')


def _folded(tag: str) -> str:
    return tag.casefold().replace("-", " ")  # "front-page" is how an address writes "Front Page"


def _is_list_of(tag: str, tags: Container[str]) -> bool:
    words = [_folded(word) for word in map(_tag, _COMMA.split(tag)) if word]
    return len(words) > 1 and all(word in tags for word in words)


def _image(marks: Markup, found: JsonLdArticle, base: str) -> str | None:
    """Return the lead image: og:image, twitter:image, JSON-LD, microdata; a logo only when there is no other."""
    written = dict.fromkeys([*marks.all(_IMAGE), found.image, marks.image, *marks.property_texts(("image",))])
    given = [value for value in written if value]
    ranked = chain(filterfalse(_is_logo, given), given)
    return next((image for value in ranked if (image := _absolute(value, base))), None)


def _is_logo(address: str) -> bool:
    return bool(_NO_IMAGE.search(address.lower()))


def _absolute(value: str | None, base: str) -> str | None:
    try:
        return normalise_url(value if _WHOLE.fullmatch(value) else urljoin(base, value)) if value else None
    except ValueError:
        return None
