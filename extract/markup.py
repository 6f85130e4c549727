"""What a page marks up about itself: meta tags, microdata, times and headings, gathered in one pass."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, cast

from lxml.etree import XPath
from lxml.html import HtmlElement

_ITEMPROP = XPath("//*[@itemprop]")
_TEXTS = XPath(
    "//body//*[not(self::script or self::style or self::noscript or self::template or self::option or self::button)]"
    "/text()[normalize-space(.)]"
)
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
MAX_TEXTS = 20_000
MAX_MARKS = 500  # of one kind on a page; what describes the page stands among the first


@dataclass(frozen=True, slots=True)
class Markup:
    """The marks of one page. Names in `meta` and `properties` are lower-cased; order is the page's."""

    meta: dict[str, list[str]]  # name, property or http-equiv: contents
    properties: dict[str, list[HtmlElement]]  # itemprop: its elements
    json_ld: tuple[str, ...]
    times: tuple[HtmlElement, ...]
    headings: tuple[HtmlElement, ...]  # h1
    title: str  # the text of <title>
    canonical: str | None
    image: str | None  # <link rel=image_src>
    languages: tuple[str, ...]  # of <html> and <body>

    def all(self, names: Iterable[str]) -> list[str]:
        """Return the contents of the meta tags called `names`, in the order of `names`."""
        return [value for name in names for value in self.meta.get(name, ())]

    def property_texts(self, names: Iterable[str]) -> list[str]:
        """Return what microdata says for `names`: the content, datetime or link, else the text."""
        return [property_text(element) for name in names for element in self.properties.get(name, ())]


def select(path: XPath, tree: HtmlElement) -> list[Any]:
    """Return what `path` finds: elements, or text nodes that know their element (`holder`)."""
    return cast("list[Any]", path(tree))


def holder(text: Any) -> HtmlElement | None:  # noqa: ANN401 - lxml's strings have no public type
    """Return the element that a text node stands in."""
    parent = text.getparent()
    return parent.getparent() if text.is_tail else parent


def read_markup(tree: HtmlElement) -> Markup:
    """Return the marks of a parsed page. The tree is not changed."""
    meta: dict[str, list[str]] = {}
    marks: dict[str, list[HtmlElement]] = {"link": [], "time": [], "script": [], "h1": [], "title": []}
    for element in tree.iter("meta", "link", "time", "script", "h1", "title"):
        if element.tag == "meta":
            _add_meta(meta, element)
        elif len(marks[element.tag]) < MAX_MARKS:
            marks[element.tag].append(element)
    properties: dict[str, list[HtmlElement]] = {}
    for element in select(_ITEMPROP, tree)[: 10 * MAX_MARKS]:
        for name in element.get("itemprop").lower().split():
            properties.setdefault(name, []).append(element)
    links = [((link.get("rel") or "").lower().split(), link.get("href")) for link in marks["link"]]
    root = tree.getroottree().getroot()
    return Markup(
        meta=meta,
        properties=properties,
        json_ld=tuple(script.text for script in marks["script"] if script.text and _is_json_ld(script)),
        times=tuple(marks["time"]),
        headings=tuple(marks["h1"]),
        title=next((text for title in marks["title"] if (text := visible_text(title))), ""),
        canonical=next((href for rel, href in links if href and "canonical" in rel), None),
        image=next((href for rel, href in links if href and "image_src" in rel), None),
        languages=tuple(
            lang
            for element in (root, next(root.iterchildren("body"), root))
            for lang in (element.get("lang"), element.get(_XML_LANG))
            if lang
        ),
    )


def visible_text(element: HtmlElement) -> str:
    """Return the text of `element` on one line, without scripts and styles."""
    if not len(element):
        return " ".join((element.text or "").split())
    parts: list[str] = []
    for part in element.iter():
        if isinstance(part.tag, str) and part.tag not in {"script", "style", "noscript", "template", "svg"}:
            parts.append(part.text or "")
        if part is not element:
            parts.append(f" {part.tail}" if part.tag in _BLOCKS and part.tail else part.tail or "")
        if part.tag in _BLOCKS:
            parts.append(" ")
    return " ".join("".join(parts).split())


_FRAMES = {"nav", "aside", "figure", "figcaption", "blockquote", "select"}
_BESIDE = re.compile(
    r"comment|kommentar|related|recommend|sidebar|(?<!elementor-)widget|(?<!post-)(?<!entry-)(?<!article-)(?<!story-)footer|teaser|reply|"
    r"popular|most-?read|caption|copyright|newsletter|ticker|navigation|menu|archive|calendar",
    re.IGNORECASE,
)
_BLOCKS = {"p", "div", "br", "li", "ul", "ol", "h1", "h2", "h3", "h4", "td", "tr", "dt", "dd", "span", "a", "time"}


def around(heading: HtmlElement | None) -> frozenset[HtmlElement]:
    """Return what holds the headline: no frame of the page, whatever its class is called."""
    return frozenset() if heading is None else frozenset([heading, *heading.iterancestors()])


def is_beside(element: HtmlElement, held: AbstractSet[HtmlElement]) -> bool:
    """Whether `element` lies in a comment, a caption, a list of other stories, a sidebar or the page's frame.

    `held` is what holds the headline (`around`): looking outwards from the element ends there. A footer in an
    article is the article's.
    """
    in_footer = False
    for part in [element, *element.iterancestors()]:
        if part.tag in {"article", "main"}:
            return False
        if part in held or part.tag == "body":
            return in_footer
        if part.tag in _FRAMES or _BESIDE.search(f"{part.get('class') or ''} {part.get('id') or ''}"):
            return True
        in_footer = in_footer or part.tag == "footer"
    return False


def texts_around(tree: HtmlElement, heading: HtmlElement | None) -> tuple[list[Any], int | None]:
    """Return the visible texts of the body, and which of them is the headline's first."""
    texts = select(_TEXTS, tree)[:MAX_TEXTS]
    inside = set(heading.iter()) if heading is not None else set()
    return texts, next((number for number, text in enumerate(texts) if holder(text) in inside), None)


def property_text(element: HtmlElement) -> str:
    """Return the value of a microdata property."""
    for name in ("content", "datetime", "title" if element.tag == "abbr" else "src"):
        if value := (element.get(name) or "").strip():
            return str(value)
    return visible_text(element)


def _add_meta(meta: dict[str, list[str]], element: HtmlElement) -> None:
    content = (element.get("content") or "").strip()
    if content:
        named = {element.get(key) for key in ("property", "name", "itemprop", "http-equiv")}
        for name in named - {None}:
            meta.setdefault(name.strip().lower(), []).append(content)


def _is_json_ld(script: HtmlElement) -> bool:
    kind = (script.get("type") or "").lower()
    return "ld+json" in kind or (not kind and "schema.org" in script.text[:100] and '"@' in script.text[:100])
