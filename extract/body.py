"""The one call to trafilatura: the body of an article between the boilerplate."""

from __future__ import annotations

from importlib.metadata import version

from lxml.html import HtmlElement
from trafilatura import bare_extraction
from trafilatura.settings import Document, Extractor
from trafilatura.utils import load_html

ENGINE = "trafilatura"
ENGINE_VERSION = version("trafilatura")

# `dedup` remembers text across calls and stays off; comments are readers', not the newsroom's
_OPTIONS = Extractor(output_format="python", comments=False, tables=True, dedup=False, with_metadata=False)
_CONTROLS = dict.fromkeys([*range(32), *range(127, 160)], " ")  # terminals obey them, text has no use for them


class NoTreeError(ValueError):
    """The body is no HTML document."""


def parse_html(text: str) -> HtmlElement:
    """Return the tree of an HTML document (libxml2 cuts nesting at 256 elements); raises NoTreeError."""
    if not text.strip():
        raise NoTreeError("the body is empty")
    tree = load_html(text)
    if tree is None:
        raise NoTreeError("no HTML document")
    return tree


def read_body(tree: HtmlElement, url: str) -> str:
    """Return the cleaned text of the page, one paragraph a line, "" when there is none. The tree is not changed.

    Source: trafilatura 2.3, `bare_extraction`.
    """
    found = bare_extraction(tree, url=url, options=_OPTIONS)
    if not isinstance(found, Document) or not found.text:
        return ""
    lines = (" ".join(line.translate(_CONTROLS).split()) for line in found.text.splitlines())
    return "\n".join(line for line in lines if line)
