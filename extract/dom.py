"""The tree of a page as a browser builds it: what all of this room reads but trafilatura, which parses for itself.

Nodes are lexbor's, by way of selectolax. Two nodes are one if their `mem_id` is: `==` compares their HTML. An attribute
without a value, or an empty one, is None in `attrs` and `attributes`, and `in` tells it from one that is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from lxml.etree import LxmlError
from lxml.html import HTMLParser, document_fromstring, tostring
from numpy.typing import NDArray
from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode

Element: TypeAlias = LexborNode
# what a browser shows no text of, or only in a widget
UNSEEN: Final = frozenset((
    "script", "style", "noscript", "template", "svg", "math", "iframe", "object", "embed", "video", "audio",
    "canvas", "select", "option", "optgroup", "textarea", "input", "datalist", "head", "title", "meta", "link",
    "base", "area", "map", "progress", "meter", "param", "source", "track", "applet", "frame", "frameset",
))  # fmt: skip
INLINE: Final = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i",
    "img", "ins", "kbd", "label", "mark", "nobr", "q", "rp", "rt", "ruby", "s", "samp", "small", "span",
    "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "blink", "picture", "rb", "rtc",
))  # fmt: skip
MAX_NESTED = 4_000  # elements open at once; the time to find where one ends grows with them
MAX_TAGS = 4_000  # of a page that is never looked at: half of them in each of the other half are no more
MAX_REPEATED = 4_000_000  # elements that a browser may make of formatting tags left open: it opens them in each block
_FORMATTING = re.compile(
    rb"<(/?)(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\s/>]", re.IGNORECASE
)  # what a browser opens again
_SAYS_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
_WITHOUT_EVENTS = LexborDocumentOptions.WO_EVENTS


class NoTreeError(ValueError):
    """The body is no HTML document."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed page. `markup`: what was parsed, in UTF-8."""

    markup: bytes = field(repr=False)
    root: Element  # <html>


def parse_html(page: str | bytes) -> Document:
    """Return the tree of an HTML document; raises NoTreeError. `page`: its characters, or these in UTF-8."""
    markup = page.encode("utf-8", "replace") if isinstance(page, str) else page
    if not markup.strip():
        raise NoTreeError("the body is empty")
    root = LexborHTMLParser(_bounded(markup), options=_WITHOUT_EVENTS).root
    if root is None or not _is_document(root, markup):
        raise NoTreeError("no HTML document")
    return Document(markup, root)


def _is_document(root: Element, markup: bytes) -> bool:
    """Whether a page is more than words: has both a head and a body, or says that it is HTML."""
    parts = [part for part in children(root) if part.first_child is not None]
    return len(parts) > 1 or (bool(parts) and bool(_SAYS_HTML.search(markup)))


def _bounded(markup: bytes) -> bytes:
    """Return the mark-up, rewritten by libxml2, which cuts nesting at 256, if a browser's tree could grow without end.

    By the rules of HTML a tag left open may cost time at each tag that follows, and one for bold type comes again in
    each block; no page of the development corpus comes near.
    """
    data = np.frombuffer(markup, np.uint8)
    begins = data[:-1] == ord("<")
    tags = int(np.count_nonzero(begins))
    if tags <= MAX_TAGS:
        return markup
    opened = _most_open(data[1:][begins] == ord("/"))
    if opened * tags <= MAX_REPEATED or (
        opened <= MAX_NESTED
        and tags * _most_open(np.array([bool(end) for end in _FORMATTING.findall(markup)])) <= MAX_REPEATED
    ):
        return markup
    try:
        return bytes(tostring(document_fromstring(markup, parser=HTMLParser(encoding="utf-8")), encoding="utf-8"))
    except (LxmlError, ValueError) as error:
        raise NoTreeError("no HTML document") from error


def _most_open(ends: NDArray[np.bool_]) -> int:
    """Return by how many, at most, the tags that open come before those that close."""
    return int(np.cumsum(np.where(ends, -1, 1)).max(initial=0))


def children(element: Element) -> Iterator[Element]:
    """Yield the elements right below."""
    child = element.first_child
    while child is not None:
        if child.is_element_node:
            yield child
        child = child.next


def ancestors(element: Element) -> Iterator[Element]:
    """Yield the elements above, the nearest first."""
    above = element.parent
    while above is not None and above.is_element_node:
        yield above
        above = above.parent


def text_inside(element: Element) -> str:
    """Return all text below an element as it is written, that of scripts too."""
    return element.text(deep=True)


def text_within(element: Element) -> str:
    """Return the text of an element up to the first one inside."""
    return _run(element.first_child)


def text_after(element: Element) -> str:
    """Return the text between an element and the next one beside it, or the end of what holds both."""
    return _run(element.next)


def text_before(element: Element) -> str:
    """Return the text between an element and the one before it, or the beginning of what holds both."""
    node = element
    while (before := node.prev) is not None and not before.is_element_node:
        node = before
    return "" if node is element else _run(node)


def text_from(node: Element) -> str:
    """Return the text that a node begins, up to the next element; "" if one before it does."""
    before = node.prev
    return "" if before is not None and not before.is_element_node else _run(node)


def element_before(element: Element) -> Element | None:
    """Return the element before this one, in the same element."""
    node = element.prev
    while node is not None and not node.is_element_node:
        node = node.prev
    return node


def _run(node: Element | None) -> str:
    text = ""
    while node is not None and not node.is_element_node:
        text += node.text_content or ""
        node = node.next
    return text
