"""The article that a page shows only once its scripts have run: HTML that waits in a string of one of them.

A browser's script puts it on the page; a crawl keeps what was served, in which the article's place is empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from lxml.html import HtmlElement

from extract.body import NoTreeError, parse_html

MIN_CHARS = 500  # of a string; a shorter one is a teaser or a piece of the page's frame
MIN_PARAGRAPHS = 2
MAX_STRINGS = 2_000  # of a page that are looked at
MAX_SCRIPT_CHARS = 2_000_000  # of one script
_STRING = re.compile(
    r'"((?:[^"\\]++|\\.)*+)("?)', re.DOTALL
)  # an open one is taken to the end: once, not from each of its quotes
_OPENS = re.compile(r"(?:<|\\u003c)p[\s>\\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The tree of HTML that waits in a script; `where`: the DOM path of that script."""

    tree: HtmlElement
    where: str


def waiting_article(tree: HtmlElement) -> Waiting | None:
    """Return the HTML with the most paragraphs that a script of the page holds as a string; None if none has any."""
    best: tuple[int, str, HtmlElement] | None = None
    for script, html in _strings(tree):
        paragraphs = len(_OPENS.findall(html))
        if paragraphs >= MIN_PARAGRAPHS and (best is None or paragraphs > best[0]):
            best = paragraphs, html, script
    if best is None:
        return None
    _, html, script = best
    try:
        found = parse_html(f"<!doctype html><html><body><article>{html}</article></body></html>")
    except NoTreeError:
        return None
    return Waiting(found, str(script.getroottree().getpath(script)))


def _strings(tree: HtmlElement) -> Iterator[tuple[HtmlElement, str]]:
    """Yield the long strings with paragraphs in them that scripts hold, as JSON writes strings, with the script."""
    left = MAX_STRINGS
    for script in tree.iter("script"):
        text = (script.text or "")[:MAX_SCRIPT_CHARS]
        if not _OPENS.search(text):
            continue
        for literal in _STRING.finditer(text):
            if len(literal[1]) < MIN_CHARS or not literal[2] or not _OPENS.search(literal[1]):
                continue
            left -= 1
            if left < 0:
                return
            try:
                yield script, orjson.loads(literal[0].encode("utf-8", "replace"))
            except orjson.JSONDecodeError:  # code, not JSON
                continue
