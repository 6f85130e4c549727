"""What a page says of itself in JSON-LD (schema.org NewsArticle and its kin)."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple

import orjson

from extract.entities import unescape
from extract.jsonld_values import first, passages, post_titles, strings

MAX_SCRIPT_CHARS = 2 * 2**20
MAX_NODES = 2000  # a page with more is a catalogue
MAX_PEOPLE = 100
_ARTICLE = re.compile(r"(?:article|(?<!job)posting|report)$", re.IGNORECASE)
_WORK = re.compile(r"(?:recipe|review|howto|episode|creativework|videoobject)$", re.IGNORECASE)
_PAGE = re.compile(r"(?:webpage|itempage|medicalwebpage)$", re.IGNORECASE)
_SITE = re.compile(r"(?:website|organization)$", re.IGNORECASE)
_WRAPPERS = ("<!--", "-->", "<![CDATA[", "]]>", "//", "/*", "*/", ";")  # from when browsers knew no JSON-LD
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_NESTED = ("@graph", "mainEntity", "mainEntityOfPage", "itemListElement", "item")
_SALVAGED = {  # field: where it stands in a script that is no JSON, its first value taken
    "headline": re.compile(r'"headline"\s{0,20}:\s{0,20}"((?:[^"\\]|\\.){1,1000})"'),
    "published": re.compile(r'"datePublished"\s{0,20}:\s{0,20}"([^"\\]{8,60})"'),
    "modified": re.compile(r'"dateModified"\s{0,20}:\s{0,20}"([^"\\]{8,60})"'),
    "author": re.compile(
        r'"author"\s{0,20}:\s{0,20}\[?\s{0,20}(?:\{[^{}]{0,300}?"name"\s{0,20}:\s{0,20})?"((?:[^"\\]|\\.){1,200})"'
    ),
}


@dataclass(frozen=True, slots=True)
class JsonLdArticle:
    """The article node of a page's JSON-LD, as written: strings are unescaped, nothing else is judged.

    `kinds` are the @type values of all top nodes, lower-cased; the rest is empty when no node is an article.
    """

    headline: str | None = None
    alternatives: tuple[str, ...] = ()  # alternativeHeadline, and name where there is a headline too
    authors: tuple[str, ...] = ()
    persons: frozenset[str] = frozenset()  # those of `authors` whose node is a Person: one, however it is written
    published: str | None = None
    modified: str | None = None
    section: str | None = None
    keywords: tuple[str, ...] = ()
    image: str | None = None
    language: str | None = None
    description: str | None = None
    publisher: str | None = None
    free: bool | None = None  # isAccessibleForFree
    body: str | None = None  # articleBody
    posts: tuple[str, ...] = ()  # headlines of a live blog's posts
    passages: tuple[str, ...] = ()  # the claim that is checked; questions, and the paragraphs of their answers
    kinds: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()  # names of the publisher's, the website's and organization's own nodes
    trail: tuple[str, ...] = ()  # names of the breadcrumbs, the home page first


class _Node(NamedTuple):
    data: dict[str, Any]
    kinds: list[str]  # its @type
    listed: bool  # an entry of a list of pages: of this page only if it says so
    top: bool


def read_json_ld(scripts: Iterable[str], urls: Iterable[str]) -> JsonLdArticle:
    """Return what the JSON-LD `scripts` of a page say of its article.

    Of several article nodes (related stories are often listed too) the one whose url or @id is among
    `urls` (the page's own) wins, else the first with a headline that is not in a list. A recipe or review
    serves where there is no article; author and dates that are missing come from the page's own WebPage node.
    A script that is no JSON, not even after small repairs, is searched for headline, author and dates.
    """
    texts = [text for text in scripts if len(text) <= MAX_SCRIPT_CHARS]
    loaded = [_load(text) for text in texts]
    nodes = [node for data in loaded for node in _nodes(data)]
    own = {_address(url) for url in urls}
    names = {key: node.data for node in nodes if node.data.get("name") for key in strings(node.data.get("@id"))}
    main = _main(nodes, own)
    found = _read(main, names) if main else _salvage(texts, loaded)
    page = next((node.data for node in nodes if _is(node, _PAGE) and not node.listed), {})
    people = [] if found.persons else _authors(page, names)
    kinds = dict.fromkeys(kind.lower() for node in nodes if node.top for kind in node.kinds)
    sites = [first(node.data.get("name")) for node in nodes if node.top and _is(node, _SITE)]
    return replace(
        found,
        authors=found.authors or tuple(name for name, _ in people),
        persons=found.persons or frozenset(name for name, is_person in people if is_person),
        published=found.published or _published(page),
        modified=found.modified or (None if found.published else first(page.get("dateModified"))),
        language=found.language or first(page.get("inLanguage")),
        posts=_told(nodes, post_titles),
        passages=_told(nodes, passages),
        kinds=tuple(kinds),
        sites=tuple(filter(None, [found.publisher, *sites])),
        trail=_trail(nodes),
    )


def _load(text: str) -> Any:  # noqa: ANN401 - JSON holds anything; every use below checks
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    text = text.strip()
    for _ in _WRAPPERS:  # no more of them than there are kinds
        for wrapper in _WRAPPERS:
            text = text.removeprefix(wrapper).removesuffix(wrapper).strip()
    if not text:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    for repaired in (_TRAILING_COMMA.sub(r"\1", text), unescape(text)):
        try:  # raw control characters, trailing commas and escaped quotes are common; a second document is dropped
            return json.JSONDecoder(strict=False).raw_decode(repaired.strip())[0]
        except (ValueError, RecursionError):
            continue
    return None


def _nodes(data: Any) -> Iterator[_Node]:  # noqa: ANN401
    queue, seen = deque([(data, False, True)]), 0
    while queue and seen < MAX_NODES:
        item, listed, top = queue.popleft()
        seen += 1
        if isinstance(item, list):
            queue.extendleft((entry, listed, top) for entry in reversed(item[:MAX_NODES]))
        elif isinstance(item, dict):
            yield _Node(item, strings(item.get("@type")), listed, top)
            queue.extend(
                (item[key], listed or key == "itemListElement", top and key == "@graph")
                for key in _NESTED
                if key in item
            )


def _main(nodes: list[_Node], own: set[str]) -> dict[str, Any] | None:
    for kind in (_ARTICLE, _WORK):
        works = [node for node in nodes if _is(node, kind)]
        owned = [node for node in works if own & set(map(_address, _addresses(node.data)))]
        ranked = owned + [node for node in works if not node.listed]
        if ranked:
            return next((node.data for node in ranked if node.data.get("headline")), ranked[0].data)
    return None


def _is(node: _Node, kind: re.Pattern[str]) -> bool:
    return any(map(kind.search, node.kinds))


def _address(url: str) -> str:
    """Return `url` without what the same page is often written with and without."""
    return url.partition("#")[0].partition("?")[0].split("//", 1)[-1].removeprefix("www.").rstrip("/").lower()


def _addresses(node: dict[str, Any]) -> list[str]:
    found = [*strings(node.get("url")), *strings(node.get("@id"))]
    main = node.get("mainEntityOfPage")
    return found + (strings(main.get("@id")) + strings(main.get("url")) if isinstance(main, dict) else strings(main))


def _read(node: dict[str, Any], names: dict[str, dict[str, Any]]) -> JsonLdArticle:
    free = node.get("isAccessibleForFree")
    headline = first(node.get("headline"))
    others = [*strings(node.get("alternativeHeadline")), *strings(node.get("alternateName"))]
    authors = _authors(node, names)
    return JsonLdArticle(
        headline=headline or first(node.get("name")),
        alternatives=tuple(others + strings(node.get("name")) if headline else others),
        authors=tuple(name for name, _ in authors),
        persons=frozenset(name for name, is_person in authors if is_person),
        published=_published(node),
        modified=first(node.get("dateModified")),
        section=first(node.get("articleSection")),
        keywords=_keywords(node.get("keywords")),
        image=_image(node.get("image")) or _image(node.get("thumbnailUrl")),
        language=first(node.get("inLanguage")),
        description=first(node.get("description")),
        publisher=next((name for name, _ in _people(node.get("publisher"), names)), None),
        free=None if free is None else str(free).strip().lower() not in {"false", "no", "0"},
        body=first(node.get("articleBody")),
    )


def _authors(node: dict[str, Any], names: dict[str, dict[str, Any]]) -> list[tuple[str, bool]]:
    written = (_people(node.get(key), names) for key in ("author", "creator"))
    return next(filter(None, (list(islice(people, MAX_PEOPLE)) for people in written)), [])


def _published(node: dict[str, Any]) -> str | None:
    return first(node.get("datePublished")) or first(node.get("dateCreated"))


def _salvage(texts: list[str], loaded: list[Any]) -> JsonLdArticle:
    broken = next((text for text, data in zip(texts, loaded, strict=True) if data is None and "rticle" in text), None)
    if broken is None:
        return JsonLdArticle()
    found = {field: match[1] for field, pattern in _SALVAGED.items() if (match := pattern.search(broken))}
    unescaped = {field: first(_unescape(value)) for field, value in found.items()}
    return JsonLdArticle(
        headline=unescaped.get("headline"),
        authors=tuple(filter(None, [unescaped.get("author")])),
        published=found.get("published"),
        modified=found.get("modified"),
    )


def _unescape(value: str) -> str:
    try:
        return str(json.loads(f'"{value}"', strict=False))
    except ValueError:
        return value


def _people(value: object, names: dict[str, dict[str, Any]]) -> Iterator[tuple[str, bool]]:
    """Yield the names of persons, organizations or plain strings in order, and whether each is a Person node's.

    A bare @id is looked up in `names`.
    """
    queue = deque([value])
    while queue:
        item = queue.popleft()
        if isinstance(item, list):
            queue.extendleft(reversed(item[:MAX_PEOPLE]))
        elif isinstance(item, str):
            yield from ((name, False) for name in strings(item))
        elif isinstance(item, dict):
            known = item if item.get("name") else names.get(str(item.get("@id")), {})
            is_person = "Person" in strings(known.get("@type"))
            yield from ((name, is_person) for name in strings(known.get("name")))


def _told(nodes: list[_Node], tell: Callable[[dict[str, Any]], Iterator[str]]) -> tuple[str, ...]:
    return tuple(islice((text for node in nodes if not node.listed for text in tell(node.data)), MAX_NODES))


def _trail(nodes: list[_Node]) -> tuple[str, ...]:
    """Return the names in the page's first breadcrumb list of more than one entry."""
    for node in nodes:
        if "BreadcrumbList" in node.kinds and isinstance(node.data.get("itemListElement"), list):
            entries = [entry for entry in node.data["itemListElement"] if isinstance(entry, dict)]
            items = [entry["item"] if isinstance(entry.get("item"), dict) else {} for entry in entries]
            names = [
                first(entry.get("name")) or first(item.get("name")) for entry, item in zip(entries, items, strict=True)
            ]
            if len(entries) > 1:
                return tuple(name for name in names if name)
    return ()


def _keywords(value: object) -> tuple[str, ...]:
    found = strings(value)
    if len(found) == 1:
        found = [part.strip() for part in re.split(r"[,;]", found[0])]
    return tuple(word for word in found if word)


def _image(value: object) -> str | None:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str) and item.strip():
            return item.strip()
        if isinstance(item, dict) and (found := first(item.get("url")) or first(item.get("contentUrl"))):
            return found
    return None
