"""What a page marks up about itself: meta tags, microdata, times and headings, gathered in one pass."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from lxml.etree import XPath, iterwalk
from lxml.html import HtmlElement

_ITEMPROP = XPath("descendant-or-self::*/@itemprop/..")  # //*[@itemprop] takes half as long again
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
MAX_TEXTS = 20_000
MAX_TEXT_CHARS = 5000  # of a headline, a byline or a property
_UNSEEN = {"script", "style", "noscript", "template", "option", "button", "svg"}
_PARTING = {
    "p",
    "div",
    "br",
    "li",
    "ul",
    "ol",
    "h1",
    "h2",
    "h3",
    "h4",
    "td",
    "tr",
    "dt",
    "dd",
    "span",
    "a",
    "time",
    "section",
}
MAX_CONTENTS = 100  # of one meta name
MAX_MARKS = 500  # of one kind on a page; what describes the page stands among the first


@dataclass(frozen=True, slots=True)
class Markup:
    """The marks of one page. Names in `meta` and `properties` are lower-cased; order is the page's."""

    meta: dict[str, list[str]]  # name, property or http-equiv: contents
    named: tuple[tuple[str, str], ...]  # name and content of the first meta tags with a name, be the content empty
    properties: dict[str, list[HtmlElement]]  # itemprop: its elements
    json_ld: tuple[str, ...]
    times: tuple[HtmlElement, ...]
    headings: tuple[HtmlElement, ...]  # h1
    title: str  # the text of <title>
    canonical: str | None
    image: str | None  # <link rel=image_src>
    licences: tuple[str, ...]  # <link rel=license> to terms in RSL
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


def read_markup(tree: HtmlElement) -> Markup:
    """Return the marks of a parsed page. The tree is not changed."""
    meta: dict[str, list[str]] = {}
    named: list[tuple[str, str]] = []
    licences: list[str] = []
    marks: dict[str, list[HtmlElement]] = {"link": [], "time": [], "script": [], "h1": [], "title": []}
    for element in tree.iter("meta", *marks):
        if element.tag == "meta":
            _add_meta(meta, named, element)
            continue
        if element.tag == "link" and _is_licence(element) and len(licences) < MAX_MARKS:
            licences.append(element.get("href", ""))
        if len(marks[element.tag]) < MAX_MARKS:
            marks[element.tag].append(element)
    properties: dict[str, list[HtmlElement]] = {}
    for element in select(_ITEMPROP, tree)[: 10 * MAX_MARKS]:
        for name in element.get("itemprop").lower().split():
            properties.setdefault(name, []).append(element)
    root = tree.getroottree().getroot()
    return Markup(
        meta=meta,
        named=tuple(named),
        properties=properties,
        json_ld=tuple(text for script in marks["script"] if (text := _json_ld(script))),
        times=tuple(marks["time"]),
        headings=tuple(marks["h1"]),
        title=next((text for title in marks["title"] if (text := visible_text(title))), ""),
        canonical=_linked(marks["link"], "canonical"),
        image=_linked(marks["link"], "image_src"),
        licences=tuple(licences),
        languages=tuple(
            lang
            for element in (root, next(root.iterchildren("body"), root))
            for lang in (element.get("lang"), element.get(_XML_LANG))
            if lang
        ),
    )


def visible_text(element: HtmlElement) -> str:
    """Return the text of `element` on one line, cut at MAX_TEXT_CHARS, without scripts and styles.

    A blank parts what stands in different blocks or spans, unless punctuation follows.
    """
    if not len(element):
        return " ".join((element.text or "")[:MAX_TEXT_CHARS].split())
    parts, size = list[str](), 0
    for _, text, parted in islice(_texts(element), MAX_TEXTS):
        parts.append(f" {text}" if parted and text[0] not in ",.;:!?)" else text)
        size += len(text)
        if size > MAX_TEXT_CHARS:
            break
    return " ".join("".join(parts)[:MAX_TEXT_CHARS].split())


_FRAMES = {"nav", "aside", "figure", "figcaption", "blockquote", "select"}
_BESIDE = re.compile(
    r"comment|kommentar|related|recommend|sidebar|(?<!elementor-)widget|(?<!post-)(?<!entry-)(?<!article-)(?<!story-)footer|teaser|reply|"
    r"popular|most-?read|caption|copyright|newsletter|ticker|navigation|menu|archive|calendar",
    re.IGNORECASE,
)


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


def texts_around(tree: HtmlElement, heading: HtmlElement | None) -> tuple[list[tuple[HtmlElement, str]], int | None]:
    """Return the visible texts of the body, each with the element it stands in, and which is the headline's first."""
    body = next(tree.iter("body"), tree)
    texts = [(place, text) for place, text, _ in islice(_texts(body), MAX_TEXTS)]
    inside = set(islice(heading.iter(), MAX_TEXTS)) if heading is not None else set()
    return texts, next((number for number, (place, _) in enumerate(texts) if place in inside), None)


def _texts(root: HtmlElement) -> Iterator[tuple[HtmlElement, str, bool]]:
    """Yield each text below `root` that is not blank, what it stands in, and if anything parts it from the last."""
    parted = False
    walk = iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        parted = parted or tag in _PARTING
        if event == "end":
            if element is root:
                return
            text = element.tail
        elif tag in _UNSEEN or not isinstance(tag, str):
            walk.skip_subtree()
            continue
        else:
            text = element.text
        if not text:
            continue
        if text.isspace():
            parted = True
            continue
        yield (element if event == "start" else element.getparent()), text, parted
        parted = False


def property_text(element: HtmlElement) -> str:
    """Return the value of a microdata property."""
    for name in ("content", "datetime", "title" if element.tag == "abbr" else "src"):
        if value := (element.get(name) or "").strip():
            return str(value)
    return visible_text(element)


def _add_meta(meta: dict[str, list[str]], named: list[tuple[str, str]], element: HtmlElement) -> None:
    content = element.get("content", "").strip()
    name = element.get("name")
    if name is not None and len(named) < 10 * MAX_MARKS:
        named.append((name.strip().lower(), content))
    if content:
        for said in {name, element.get("property"), element.get("itemprop"), element.get("http-equiv")} - {None}:
            contents = meta.setdefault(said.strip().lower(), [])
            if len(contents) < MAX_CONTENTS:
                contents.append(content)


def _linked(links: list[HtmlElement], relation: str) -> str | None:
    related = (link.get("href") for link in links if relation in link.get("rel", "").lower().split())
    return next(filter(None, related), None)


def _is_licence(link: HtmlElement) -> bool:
    return link.get("rel", "").lower() == "license" and "rsl" in link.get("type", "").lower()


def _json_ld(script: HtmlElement) -> str | None:
    """Return the text of a script that holds JSON-LD; of most scripts the type tells that it is another."""
    kind = (script.get("type") or "").lower()
    if kind and "ld+json" not in kind:
        return None
    text = script.text
    beginning = (text or "")[:100]
    return text if kind or ("schema.org" in beginning and '"@' in beginning) else None
