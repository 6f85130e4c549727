"""What a page says of itself in JSON-LD (schema.org NewsArticle and its kin)."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from lxml.html import HtmlElement

MAX_SCRIPT_CHARS = 2 * 2**20
MAX_NODES = 2000  # a page with more is a catalogue
_ARTICLE = re.compile(r"(article|blogposting|report|liveblogposting)$", re.IGNORECASE)
_COMMENT = re.compile(r"^\s*(?:<!--|<!\[CDATA\[|//\s*<!\[CDATA\[)+|(?://\s*)?(?:-->|\]\]>)\s*;?\s*$")
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")


@dataclass(frozen=True, slots=True)
class JsonLdArticle:
    """The article node of a page's JSON-LD, as written: strings are unescaped, nothing else is judged."""

    headline: str | None = None
    authors: tuple[str, ...] = ()
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


def read_json_ld(tree: HtmlElement, urls: set[str]) -> JsonLdArticle | None:
    """Return the JSON-LD article of the page, or None.

    Of several article nodes (related stories are often listed too) the one whose url or @id is among
    `urls` (the page's own) wins, else the first with a headline.
    """
    nodes = [node for script in tree.iter("script") if _is_json_ld(script) for node in _nodes(_load(script.text or ""))]
    articles = [node for node in nodes if any(_ARTICLE.search(kind) for kind in _strings(node.get("@type")))]
    if not articles:
        return None
    own = [node for node in articles if urls & set(_addresses(node))]
    chosen = next((node for node in own + articles if node.get("headline")), articles[0])
    return _read(chosen)


def _is_json_ld(script: HtmlElement) -> bool:
    return "ld+json" in (script.get("type") or "").lower()


def _load(text: str) -> Any:  # noqa: ANN401 - JSON holds anything; every use below checks
    text = _COMMENT.sub("", text.strip())
    if not text or len(text) > MAX_SCRIPT_CHARS:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:  # raw control characters and trailing commas are common; anything worse is not read
        return json.loads(_TRAILING_COMMA.sub(r"\1", text), strict=False)
    except (ValueError, RecursionError):
        return None


def _nodes(data: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    queue, seen = [data], 0
    while queue and seen < MAX_NODES:
        item = queue.pop(0)
        seen += 1
        if isinstance(item, list):
            queue[:0] = item[:MAX_NODES]
        elif isinstance(item, dict):
            yield item
            queue.extend(
                item[key]
                for key in ("@graph", "mainEntity", "mainEntityOfPage", "itemListElement", "item")
                if key in item
            )


def _addresses(node: dict[str, Any]) -> list[str]:
    found = [*_strings(node.get("url")), *_strings(node.get("@id"))]
    main = node.get("mainEntityOfPage")
    return found + (_strings(main.get("@id")) if isinstance(main, dict) else _strings(main))


def _read(node: dict[str, Any]) -> JsonLdArticle:
    free = node.get("isAccessibleForFree")
    return JsonLdArticle(
        headline=_first(node.get("headline")) or _first(node.get("name")),
        authors=_people(node.get("author")) or _people(node.get("creator")),
        published=_first(node.get("datePublished")) or _first(node.get("dateCreated")),
        modified=_first(node.get("dateModified")),
        section=_first(node.get("articleSection")),
        keywords=_keywords(node.get("keywords")),
        image=_image(node.get("image")) or _image(node.get("thumbnailUrl")),
        language=_first(node.get("inLanguage")),
        description=_first(node.get("description")),
        publisher=next(iter(_people(node.get("publisher"))), None),
        free=None if free is None else str(free).strip().lower() not in {"false", "no", "0"},
        body=_first(node.get("articleBody")),
    )


def _strings(value: object) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [html.unescape(item).strip() for item in items if isinstance(item, str) and item.strip()]


def _first(value: object) -> str | None:
    found = _strings(value)
    return found[0] if found else None


def _people(value: object) -> tuple[str, ...]:
    """Return the names of Person, Organization or plain strings; persons win over organizations."""
    people: list[str] = []
    others: list[str] = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            people += _strings(item)
        elif isinstance(item, dict):
            names = _strings(item.get("name"))
            kinds = " ".join(_strings(item.get("@type"))).lower()
            (others if "organi" in kinds else people).extend(names)
    return tuple(people or others)


def _keywords(value: object) -> tuple[str, ...]:
    found = _strings(value)
    if len(found) == 1:
        found = [part.strip() for part in re.split(r"[,;]", found[0])]
    return tuple(word for word in found if word)


def _image(value: object) -> str | None:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str) and item.strip():
            return item.strip()
        if isinstance(item, dict) and (found := _first(item.get("url")) or _first(item.get("contentUrl"))):
            return found
    return None
