"""Where in a page an element stands, as libxml2 writes it."""

from __future__ import annotations

from collections.abc import Iterable

from lxml.html import HtmlElement


def dom_paths(elements: Iterable[HtmlElement]) -> list[str]:
    """Return the paths of elements of one page, such as /html/body/div[2]/p[3]; siblings are counted once for all."""
    known: dict[HtmlElement, str] = {}
    return [_path(element, known) for element in elements]


def _path(element: HtmlElement, known: dict[HtmlElement, str]) -> str:
    if element not in known:
        parent = element.getparent()
        if parent is None:
            return str(element.getroottree().getpath(element))
        above = _path(parent, known)
        alike = list(parent.iterchildren(element.tag))
        for place, sibling in enumerate(alike, 1):
            known[sibling] = f"{above}/{element.tag}[{place}]" if len(alike) > 1 else f"{above}/{element.tag}"
    return known[element]
