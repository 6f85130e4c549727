"""What a page marks up about itself: meta tags, microdata, times and headings, gathered in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from extract.dom import Element, ancestors, text_within
from extract.shown import body_of, visible_text

Said: TypeAlias = Mapping[str, str | None]  # an element's attributes
# a list alone gives an element once for each of its parts that fits
_MARKS = (
    ":is(meta,time,h1,title,[itemprop],link:is([rel~=canonical i],[rel~=image_src i],[rel=license i]),"
    "script:is(:not([type],[src]),[type=''],[type*='ld+json' i]))"
)
MAX_CONTENTS = 100  # of one meta name
MAX_NAMES = 500  # characters of an itemprop
MAX_MARKS = 500  # of one kind on a page; what describes the page stands among the first


@dataclass(frozen=True, slots=True)
class Markup:
    """The marks of one page. Names in `meta` and `properties` are lower-cased; order is the page's."""

    meta: dict[str, list[str]]  # name, property or http-equiv: contents
    named: tuple[tuple[str, str], ...]  # name and content of the first meta tags with a name, be the content empty
    properties: dict[str, list[Element]]  # itemprop: its elements
    json_ld: tuple[str, ...]
    times: tuple[Element, ...]
    headings: tuple[Element, ...]  # h1
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


def read_markup(root: Element) -> Markup:
    """Return the marks of a parsed page."""
    meta: dict[str, list[str]] = {}
    named: list[tuple[str, str]] = []
    links: list[Said] = []
    scripts: list[Element] = []
    marks: dict[str, list[Element]] = {"time": [], "h1": [], "title": []}
    properties: dict[str, list[Element]] = {}
    for element in root.css(_MARKS):
        tag = element.tag or ""
        if tag == "script":
            scripts.append(element)
            continue
        said = element.attributes
        if tag == "meta":
            _add_meta(meta, named, said)
        elif tag == "link":
            links.append(said)
        elif tag in marks and len(marks[tag]) < MAX_MARKS:
            marks[tag].append(element)
        for name in (said.get("itemprop") or "")[:MAX_NAMES].lower().split():
            held = properties.setdefault(name, [])
            if len(held) < MAX_MARKS:
                held.append(element)
    return Markup(
        meta=meta,
        named=tuple(named),
        properties=properties,
        json_ld=tuple(text for script in scripts[:MAX_MARKS] if (text := _json_ld(script))),
        times=tuple(marks["time"]),
        headings=tuple(marks["h1"]),
        title=next((text for title in marks["title"] if (text := visible_text(title)) and not _is_drawn(title)), ""),
        canonical=_linked(links, "canonical"),
        image=_linked(links, "image_src"),
        licences=tuple(link.get("href") or "" for link in links if _is_licence(link))[:MAX_MARKS],
        languages=tuple(
            lang
            for said in (root.attributes, body_of(root).attributes)
            for lang in (said.get("lang"), said.get("xml:lang"))
            if lang
        ),
    )


def _is_drawn(title: Element) -> bool:
    """Whether a <title> is that of a drawing, which shows it to a pointer that rests there."""
    return any(above.tag == "svg" for above in ancestors(title))


def property_text(element: Element) -> str:
    """Return the value of a microdata property."""
    said = element.attributes
    for name in ("content", "datetime", "title" if element.tag == "abbr" else "src"):
        if value := (said.get(name) or "").strip():
            return value
    return visible_text(element)


def _add_meta(meta: dict[str, list[str]], named: list[tuple[str, str]], said: Said) -> None:
    content = (said.get("content") or "").strip()
    name = said.get("name")
    if name and len(named) < 10 * MAX_MARKS:
        named.append((name.strip().lower(), content))
    if content:
        for written in {name, said.get("property"), said.get("itemprop"), said.get("http-equiv")}:
            if written:
                contents = meta.setdefault(written.strip().lower(), [])
                if len(contents) < MAX_CONTENTS:
                    contents.append(content)


def _linked(links: list[Said], relation: str) -> str | None:
    related = (link.get("href") for link in links[:MAX_MARKS] if relation in (link.get("rel") or "").lower().split())
    return next(filter(None, related), None)


def _is_licence(link: Said) -> bool:
    return (link.get("rel") or "").lower() == "license" and "rsl" in (link.get("type") or "").lower()


def _json_ld(script: Element) -> str | None:
    """Return the text of a script that holds JSON-LD: its type says so, or it has none and begins like it."""
    text = text_within(script)
    beginning = text[:100]
    return text if ("schema.org" in beginning and '"@' in beginning) or script.attrs.get("type") else None
