"""The one call to trafilatura: the body of an article between the boilerplate."""

from __future__ import annotations

from importlib.metadata import version

from lxml.html import HtmlElement
from trafilatura import bare_extraction
from trafilatura.settings import Document, Extractor
from trafilatura.utils import load_html

ENGINE = "trafilatura"
ENGINE_VERSION = version("trafilatura")
MAX_TREE_DEPTH = 400  # real pages stay under 100; trafilatura recurses

# `dedup` remembers text across calls and stays off; comments are readers', not the newsroom's
_OPTIONS = Extractor(output_format="python", comments=False, tables=True, dedup=False, with_metadata=False)


class NoTreeError(ValueError):
    """The body is no HTML document, or one nested deeper than MAX_TREE_DEPTH."""


def parse_html(text: str) -> HtmlElement:
    """Return the tree of an HTML document; raises NoTreeError."""
    tree = load_html(text)
    if tree is None:
        raise NoTreeError("no HTML document")
    depth, deepest = 0, 0
    # iterwalk costs as much as the parse; a bound on nesting is only at risk on pages with very many opening tags
    if text.count("<") > 20 * MAX_TREE_DEPTH:
        element, deepest = tree, 0
        while element is not None:
            deepest = max(deepest, depth)
            if len(element):
                element, depth = element[0], depth + 1
                continue
            while element is not None and element.getnext() is None:
                element, depth = element.getparent(), depth - 1
            element = element.getnext() if element is not None else None
    if deepest > MAX_TREE_DEPTH:
        raise NoTreeError(f"nested {deepest} elements deep")
    return tree


def read_body(tree: HtmlElement, url: str) -> str:
    """Return the cleaned text of the page, one paragraph a line, "" when there is none. The tree is not changed.

    Source: trafilatura 2.3, `bare_extraction`.
    """
    found = bare_extraction(tree, url=url, options=_OPTIONS)
    if not isinstance(found, Document) or not found.text:
        return ""
    lines = (" ".join(line.split()) for line in found.text.splitlines())
    return "\n".join(line for line in lines if line)
