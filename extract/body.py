"""The body of a page: trafilatura's reading, judged again block by block by a model trained on many sites.

The model is two forests of boosted trees (extract/models/, made by `python -m bench.train`): the first sees each
block for itself, the second also what the first thought of the others. Two more serve where a site's profile knows
the region of the text: they see that region only, and no other reader's vote.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
from lxml.etree import ElementDefaultClassLookup, LxmlError
from lxml.html import HtmlElement, HTMLParser, fromstring
from numpy.typing import NDArray
from trafilatura import bare_extraction
from trafilatura.settings import Document as Answer
from trafilatura.settings import Extractor
from trafilatura.utils import repair_faulty_html

from extract import features, neighbours
from extract.blocks import BlockTree, read_blocks
from extract.dom import CONTROLS, Document
from extract.features import Features, Signals, block_features, squeeze, vote_shares
from extract.neighbours import second_features
from extract.trees import Forest, ModelError, read_forest

ENGINE: Final = "trafilatura"
ENGINE_VERSION: Final = version("trafilatura")
MODELS = Path(__file__).parent / "models"
KEEP = 0.5  # of a block that trafilatura keeps
ADD = 0.6  # of one that it leaves out
MIN_SHARE = 0.4  # of the page's prose; where the fast reading gives less, trafilatura's fallbacks are asked too
_PROSE_CHARS, _PROSE_LINKS = 80, 0.3
# no XML, so that lxml refuses to write it: by itself or by its number
_BLANKS = bytes.maketrans(b"\x0b\x0c", b"  ")
_NO_REFERENCE = re.compile(
    rb"&#(?:x0*(?:[0-8bcef]|1[0-9a-f]|fff[ef])|0*(?:[0-8]|1[124-9]|2[0-9]|3[01]|6553[45]))(?![0-9a-f]);?", re.IGNORECASE
)

# `dedup` remembers text across calls and stays off; comments are readers', not the newsroom's
_FAST = Extractor(output_format="python", comments=False, tables=True, dedup=False, with_metadata=False, fast=True)
_FULL = Extractor(output_format="python", comments=False, tables=True, dedup=False, with_metadata=False)


@dataclass(frozen=True, slots=True)
class Judged:
    """A page's blocks, and of each the probability that it is of the article's body. All lists by block."""

    page: BlockTree
    features: Features
    probability: NDArray[np.float64]

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Which blocks the model keeps."""
        return keeps(self.probability, self.features)


def keeps(probability: NDArray[np.float64], found: Features) -> NDArray[np.bool_]:
    """Return which blocks are kept: those that only the model wants need to be surer."""
    return np.where(found.votes > KEEP, probability >= KEEP, probability >= ADD)


def read_body(document: Document, url: str, signals: Signals) -> Judged:
    """Return the blocks of a page, each judged also by trafilatura's reading."""
    page = read_blocks(document.root)
    squeezed = [squeeze(block.text) for block in page.blocks]
    _, shares = read_votes(document.markup, url, page, squeezed)
    return judge(page, block_features(page, squeezed, shares, signals))


def judge(page: BlockTree, found: Features) -> Judged:
    """Return the blocks judged by both forests."""
    first, second = models()
    probability = np.zeros(len(page.blocks))
    probability[found.candidates] = first.predict(found.matrix)
    if len(found.candidates):
        probability[found.candidates] = second.predict(second_features(page, found, probability))
    return Judged(page, found, probability)


@cache
def models() -> tuple[Forest, Forest]:
    """Return the forests of a full reading; raises ModelError when they were trained on other features than these."""
    return _forest("first", features.NAMES), _forest("second", neighbours.NAMES)


@cache
def region_models() -> tuple[Forest, Forest]:
    """Return the forests that judge blocks of a known region without trafilatura's vote; raises ModelError."""
    return _forest("region_first", features.NAMES), _forest("region_second", neighbours.NAMES)


def _forest(name: str, names: tuple[str, ...]) -> Forest:
    forest = read_forest(MODELS / f"{name}.txt")
    if forest.names != names:
        raise ModelError(f"{MODELS}: trained on other features; run python -m bench.train")
    return forest


def read_votes(markup: bytes, url: str, page: BlockTree, squeezed: list[str]) -> tuple[tuple[str, ...], list[float]]:
    """Return the lines of trafilatura's reading, and of each block how much of it is in them, 0 to 1.

    Its fallbacks are asked only where it misses most of the page's prose. `squeezed`: the blocks' texts.
    Source: trafilatura 2.3, `bare_extraction`.
    """
    tree = _engine_tree(markup)
    lines = _trafilatura(tree, url, _FAST)
    shares = vote_shares(squeezed, lines)
    prose = [
        (share, len(text))
        for block, share, text in zip(page.blocks, shares, squeezed, strict=True)
        if len(block.text) > _PROSE_CHARS and block.link_chars < _PROSE_LINKS * len(block.text)
    ]
    if sum(share * chars for share, chars in prose) < MIN_SHARE * sum(chars for _, chars in prose):
        lines = _trafilatura(tree, url, _FULL)
        shares = vote_shares(squeezed, lines)
    return lines, shares


def _engine_tree(markup: bytes) -> HtmlElement | None:
    """Return the tree that trafilatura would make of a page, which libxml2 cuts at 256 elements; None if it makes none.

    One class serves for all elements: lxml's choice of classes is slow Python.
    """
    head = max(markup.find(b"<head"), 0) or max(markup.find(b"<body"), 0) or len(markup)  # what is repaired is before
    before = markup[:head].decode("utf-8", "replace")
    beginning = (before + markup[head : head + 200].decode("utf-8", "replace"))[:50].lower()
    options: dict[str, Any] = {"collect_ids": False, "default_doctype": False, "encoding": "utf-8"}
    parser = HTMLParser(remove_comments=True, remove_pis=True, **options)
    parser.set_element_class_lookup(ElementDefaultClassLookup(element=HtmlElement))
    try:
        repaired = repair_faulty_html(before, beginning).encode("utf-8", "replace") + markup[head:]
        plain = _NO_REFERENCE.sub(b" ", repaired.translate(_BLANKS, CONTROLS))
        if b"\xef\xbf" in plain:  # U+FFFE and U+FFFF are none either
            plain = plain.replace(b"\xef\xbf\xbe", b" ").replace(b"\xef\xbf\xbf", b" ")
        return fromstring(plain, parser=parser)
    except (LxmlError, ValueError):
        return None


def _trafilatura(tree: HtmlElement | None, url: str, options: Extractor) -> tuple[str, ...]:
    if tree is None:
        return ()
    try:
        found = bare_extraction(tree, url=url, options=options)
    except ValueError:  # a character reference of thousands of digits: it has no vote
        return ()
    return tuple(found.text.splitlines()) if isinstance(found, Answer) and found.text else ()
