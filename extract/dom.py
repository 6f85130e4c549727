"""The tree of a page as a browser builds it: what all of this room reads but trafilatura, which parses for itself.

Nodes are lexbor's, by way of selectolax. Two nodes are one if their `mem_id` is: `==` compares their HTML. An attribute
without a value is None in `attrs` and `attributes`, and `in` tells it from one that is missing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from lxml.etree import LxmlError
from lxml.html import HTMLParser, document_fromstring, tostring
from numpy.typing import NDArray
from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode, SelectolaxError

Element: TypeAlias = LexborNode
# what a browser shows no text of, or only in a widget
UNSEEN: Final = frozenset((
    "script", "style", "noscript", "template", "svg", "math", "iframe", "embed", "noembed", "noframes", "video",
    "audio", "canvas", "select", "option", "optgroup", "textarea", "input", "datalist", "head", "title", "meta", "link",
    "base", "area", "map", "progress", "meter", "param", "source", "track", "frame", "frameset",
))  # fmt: skip
INLINE: Final = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i",
    "img", "ins", "kbd", "label", "mark", "nobr", "q", "rp", "rt", "ruby", "s", "samp", "small", "span",
    "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "blink", "picture", "rb", "rtc",
))  # fmt: skip
MAX_STEPS = 400_000_000  # of a parser over open elements, a nanosecond or two each
MAX_AGAIN = 20_000_000  # bytes of tags that are opened again, of which a tree makes up to forty times as many
BYTES_OF_ELEMENT = 50  # by that measure, beside its attributes
CONTROLS: Final = bytes([*range(9), *range(14, 32)])  # libxml2 stops at some of them
_SAYS_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|article|main|section|div|table|h1)[\s>]", re.IGNORECASE)
_SELF_CLOSED = re.compile(
    rb"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)[\s/>])"
    rb"([a-zA-Z][^\s/>]*)((?:[^<>\"'/]|\"[^\"]*\"|'[^']*'|/(?!>))*+)/>",
    re.IGNORECASE,
)
_WITHOUT_EVENTS = LexborDocumentOptions.WO_EVENTS


class NoTreeError(ValueError):
    """The body is no HTML document."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed page. `markup`: what was parsed, in UTF-8."""

    markup: bytes = field(repr=False)
    root: Element  # <html>


def parse_html(page: str | bytes, *, is_xml: bool = False) -> Document:
    """Return the tree of an HTML document; raises NoTreeError.

    `page`: its characters, or these in UTF-8. `is_xml`: it came as XHTML, in which any tag may close itself.
    """
    markup = page.encode("utf-8", "replace") if isinstance(page, str) else page
    if is_xml:
        markup = _SELF_CLOSED.sub(rb"<\1\2></\1>", markup)
    if not markup.strip():
        raise NoTreeError("the body is empty")
    try:  # as a browser that runs scripts: what <noscript> holds is text for others
        root = LexborHTMLParser(_bounded(markup), options=_WITHOUT_EVENTS, scripting=True).root
    except (SelectolaxError, MemoryError) as error:
        raise NoTreeError("its tree grows beyond the memory there is") from error
    if root is None or not _is_document(root, markup):
        raise NoTreeError("no HTML document")
    return Document(markup, root)


def _is_document(root: Element, markup: bytes) -> bool:
    """Whether a page is more than words: has both a head and a body, or says that it is HTML."""
    parts = [part for part in children(root) if part.first_child is not None]
    return len(parts) > 1 or (bool(parts) and bool(_SAYS_HTML.search(markup)))


def _bounded(markup: bytes) -> bytes:
    """Return the mark-up, simplified if a browser's tree of it could grow, or take time, without end.

    By the rules of HTML each tag may cost a look at all elements that are open, and formatting that is left open comes
    again in each block with its attributes. What end tags close is not known before, so none is believed: a page of
    very many tags is rewritten by libxml2, which cuts nesting at 256; one of much formatting loses it, not its text.
    """
    found = _counted(markup)
    if found.tags * found.starts > MAX_STEPS:
        try:
            tree = document_fromstring(markup.translate(None, CONTROLS), parser=HTMLParser(encoding="utf-8"))
            markup = bytes(tostring(tree, encoding="utf-8"))
        except (LxmlError, ValueError) as error:
            raise NoTreeError("no HTML document") from error
        found = _counted(markup)
    longest = MAX_AGAIN // (found.starts + 1)
    if found.anchor > longest:  # only one is ever open
        markup = _ANCHOR.sub(lambda tag: tag[0] if len(tag[0]) <= longest else b"<a>", markup)
    if found.formatting > longest and _kept_open(markup) > longest:
        markup = _FORMATTING.sub(b"", markup)
    return markup


@dataclass(frozen=True, slots=True)
class _Counted:
    """How many tags a page has, and how many of them begin something; bytes: all formatting, the longest anchor.

    Bytes are those up to the next tag, and more than those of the tag itself.
    """

    tags: int
    starts: int
    formatting: int
    anchor: int


def _counted(markup: bytes) -> _Counted:
    data = np.frombuffer(markup, np.uint8)
    at = np.flatnonzero(data[:-3] == ord("<"))
    first, second = data[at + 1].astype(np.uint16), data[at + 2]
    letters, begun = first | 0x20, first << 8 | second
    starts = int(((letters >= ord("a")) & (letters <= ord("z"))).sum())
    sizes = np.diff(at, append=len(data))
    is_style = (begun | 0x2020 == ord("s") << 8 | ord("t")) & (data[at + 3] | 0x20 == ord("y"))  # no <strong>, and long
    formatting = sizes[_MAYBE_FORMATTING[begun] & ~is_style]
    anchor = sizes[_MAYBE_ANCHOR[begun]]
    return _Counted(
        len(at), starts, int(formatting.sum()) + BYTES_OF_ELEMENT * len(formatting), int(anchor.max(initial=0))
    )


def _kept_open(markup: bytes) -> int:
    """Return the bytes of all formatting tags that may be open at once: of equal ones three, as HTML has it."""
    written = Counter(one.lower() for one in _FORMATTING.findall(markup) if not one.startswith(b"</"))
    return sum((len(one) + BYTES_OF_ELEMENT) * min(count, 3) for one, count in written.items())


def _maybe(names: Iterable[str]) -> NDArray[np.bool_]:
    """Return for each two bytes after "<" whether one of these tags may begin so."""
    maybe = np.zeros(65_536, bool)
    for name in names:
        for first in (name[:1], name[:1].upper()):
            seconds = [name[1:2], name[1:2].upper()] if len(name) > 1 else list(" \t\n\f\r/>")
            maybe[[ord(first) << 8 | ord(second) for second in seconds]] = True
    return maybe


def _tags(names: Iterable[str]) -> re.Pattern[bytes]:
    return re.compile(rf"</?(?:{'|'.join(names)})(?=[\s/>])(?:[^>\"']|\"[^\"]*\"|'[^']*')*+>?".encode(), re.IGNORECASE)


_OPEN_AGAIN: Final = ("b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u")
_FORMATTING, _ANCHOR = _tags(_OPEN_AGAIN), _tags(["a"])
_MAYBE_FORMATTING, _MAYBE_ANCHOR = _maybe(_OPEN_AGAIN), _maybe(["a"])


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


def smallest_around(elements: list[Element]) -> Element:
    """Return the smallest element that holds all of these."""
    first, *others = ([*reversed([*ancestors(one)]), one] for one in elements)
    for path in others:
        first = [one for one, other in zip(first, path, strict=False) if one.mem_id == other.mem_id]
    return first[-1]


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


def _run(node: Element | None) -> str:
    text = ""
    while node is not None and not node.is_element_node:
        text += node.text_content or ""
        node = node.next
    return text
