"""Who wrote an article: by JSON-LD and meta tags, else by the byline a reader sees, else by the feed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from extract.bylines import labelled_names, marked_names
from extract.jsonld import JsonLdArticle
from extract.markup import Markup
from extract.names import clean_authors, given_name_first, is_person, is_site
from extract.shown import Shown

_META = (
    "author", "article:author", "article:author:name", "og:article:author", "og:author", "parsely-author",
    "sailthru.author", "byl", "byline", "articleauthor", "article.author", "article_author", "cxenseparse:author",
    "rnews:author", "dc.creator", "dcterms.creator", "citation_author", "dc.contributor", "twitter:author", "authors",
    "creator",
)  # fmt: skip
_WRITTEN_BY = re.compile(
    r"written|verfasst|geschrieben|écrit|rédigé|escrito|scritto|geschreven|skrevet|skriven|auteur|auth?or|napisan|"
    r"написано|автор|yazan|作者|執筆",
    re.IGNORECASE,
)


def read_authors(
    shown: Shown, marks: Markup, found: JsonLdArticle, hints: Iterable[str], own: AbstractSet[str]
) -> tuple[str, ...]:
    """Return the authors by the first source that names any.

    In order: JSON-LD, meta tags, twitter:data beside "Written by", bylines by mark-up, bylines by words, the
    feed. A source that names only the site itself (`own`: its squeezed names) serves when no other names a person.
    """
    fallback: tuple[str, ...] = ()
    for source in _sources(shown, marks, found, hints):
        names = clean_authors(source, own)
        people = tuple(name for name in names if not is_site(name, own) and (not fallback or is_person(name)))
        if people:
            return people
        fallback = fallback or names
    return fallback


def _sources(shown: Shown, marks: Markup, found: JsonLdArticle, hints: Iterable[str]) -> Iterator[Iterable[str]]:
    yield [given_name_first(name) if name in found.persons else name for name in found.authors]
    yield _meta_authors(marks)
    yield _written_by(marks)
    yield marked_names(shown, marks)
    yield labelled_names(shown)
    yield hints


def _meta_authors(marks: Markup) -> list[str]:
    """Return the authors by the first of the meta tags that has any name; links to profiles are none."""
    for name in _META:
        if values := [value for value in marks.meta.get(name, ()) if clean_authors([value])]:
            return values
    return []


def _written_by(marks: Markup) -> list[str]:
    """Return what the twitter:data beside a twitter:label such as "Written by" says."""
    return [
        value
        for number in ("1", "2")
        if any(_WRITTEN_BY.search(label) for label in marks.meta.get(f"twitter:label{number}", ()))
        for value in marks.meta.get(f"twitter:data{number}", ())
    ]
