"""The article that a page shows only once its scripts have run: HTML that waits in a string of one of them.

A browser's script puts it on the page; a crawl keeps what was served, in which the article's place is empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

import orjson

from extract.dom import Document, Element, NoTreeError, parse_html, text_within
from extract.features import Signals, tokens
from extract.paths import dom_paths

MIN_CHARS = 500  # of a string; a shorter one is a teaser or a piece of the page's frame
MAX_CHARS = 300_000
MIN_PARAGRAPHS, MAX_PARAGRAPHS = 2, 1_000
MAX_STRINGS = 200  # of a page that are looked at
MAX_SCRIPT_CHARS = 2_000_000  # of one script
MIN_SAID = 0.5  # of the words of headline and description that an article has too; another page's text has fewer
_DEPTH = 2  # strings in strings: JSON that a script parses
_STRING = re.compile(r'"((?:[^"\\]++|\\.)*+)("?)', re.DOTALL)  # an open one is taken to the end, once
_ESCAPED = re.compile(r"(?:<|u003c)p[\s>\\]", re.IGNORECASE)
_PARAGRAPH = re.compile(r"<p[\s>]", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_CHUNK = re.compile(r"\s*[0-9a-f]+:T[0-9a-f]+,")  # what React writes before a text


@dataclass(frozen=True, slots=True)
class Waiting:
    """HTML that waits in a script; `where`: the DOM path of that script."""

    document: Document
    where: str


def waiting_article(root: Element, signals: Signals) -> Waiting | None:
    """Return the HTML in a string of the page's scripts that is its article's; None if there is none.

    Such a string may as well be another story's, or the rules for comments: it has to say what the page's headline and
    description say. Of several the one that says most of it is taken, then the one with most paragraphs.
    """
    wanted = {word for text in (*signals.headlines, *signals.standfirst) for word in tokens(text)}
    best: tuple[float, int, str, Element] | None = None
    for script, html in _candidates(root):
        said = wanted.intersection(tokens(unescape(_TAG.sub(" ", html))))
        found = len(said) / max(1, len(wanted)), len(_PARAGRAPH.findall(html)), html, script
        if found[0] >= MIN_SAID and (best is None or found[:2] > best[:2]):
            best = found
    if best is None:
        return None
    _, _, html, script = best
    try:
        read = parse_html(f"<!doctype html><html><body><article>{html}</article></body></html>")
    except NoTreeError:
        return None
    return Waiting(read, dom_paths([script])[0])


def _candidates(root: Element) -> Iterator[tuple[Element, str]]:
    """Yield the strings of scripts that are HTML with paragraphs, each with its script."""
    left = MAX_STRINGS
    for script in root.css("script"):
        for html in _strings(text_within(script)[:MAX_SCRIPT_CHARS], _DEPTH):
            left -= 1
            if left < 0:
                return
            if MIN_PARAGRAPHS <= len(_PARAGRAPH.findall(html)) <= MAX_PARAGRAPHS:
                yield script, html


def _strings(code: str, depth: int) -> Iterator[str]:
    """Yield the HTML that is written in `code` as JSON writes strings, also in strings that are JSON themselves."""
    if not _ESCAPED.search(code):
        return
    for literal in _STRING.finditer(code):
        written, end = literal.groups()
        if not end or not MIN_CHARS <= len(written) <= MAX_SCRIPT_CHARS or not _ESCAPED.search(written):
            continue
        try:
            text = _CHUNK.sub("", orjson.loads(literal[0].encode("utf-8", "replace")), count=1).strip()
        except orjson.JSONDecodeError:  # code, not JSON
            continue
        if text.startswith("<"):
            if len(text) <= MAX_CHARS:
                yield text
        elif depth > 1:
            yield from _strings(text, depth - 1)
