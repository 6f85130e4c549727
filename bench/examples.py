"""The labelled pages that the body model is trained on: as they are, cut to the text's region, and misread."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from bench.labels import label_blocks
from bench.pages import Page, read_html
from extract.blocks import BlockTree, read_blocks
from extract.body import read_votes
from extract.capture import Capture
from extract.dom import NoTreeError, parse_html
from extract.encoding import decode_text
from extract.features import Features, Signals, bare_features, block_features, squeeze, unvoted_rows, vote_shares
from extract.metadata import read_metadata
from extract.read import page_signals
from extract.removal import region

FOLDS = 5
SET_WEIGHT = {"traf": 0.5, "readability": 0.6, "newspaper4k": 0.6}  # gold of segments, and gold by other extractors
ALTERED_WEIGHT = 0.35  # of a page with a disturbed vote, or with less on it, to the same page as it is
NARROWED = (1, 3)  # levels around the text's region
LEVELS = 2  # around the text's region, of which a profile may take one for it
MIN_VOTES = 6  # lines of a reading; of fewer nothing is taken away
MOMENT = datetime(2026, 11, 1, tzinfo=UTC)
Doubles = NDArray[np.float64]


@dataclass(slots=True)
class Example:
    """A page with its blocks' features and labels; `fold` by its site."""

    page: Page
    fold: int
    tree: BlockTree
    votes: tuple[str, ...]  # the lines of trafilatura's reading
    found: Features
    signals: Signals
    labels: Doubles  # of the candidates
    weights: Doubles

    def all_blocks(self, candidates: Doubles) -> Doubles:
        """Return the candidates' probabilities among those of all blocks."""
        full = np.zeros(len(self.tree.blocks))
        full[self.found.candidates] = candidates
        return full


def read_example(page: Page) -> Example | None:
    """Return a page as training sees it; None if it has no text."""
    html = decode_text(read_html(page.html), None)
    try:
        document = parse_html(html)
    except NoTreeError:
        return None
    blocks = read_blocks(document.root)
    if not blocks.blocks:
        return None
    capture = Capture("train", page.url, page.url, 200, (), b"", MOMENT)
    signals = page_signals(read_metadata(document.root, capture))
    squeezed = [squeeze(block.text) for block in blocks.blocks]
    votes, shares = read_votes(document.markup, page.url, blocks, squeezed)
    return labelled(page, blocks, votes, block_features(blocks, squeezed, shares, signals), signals)


def labelled(page: Page, blocks: BlockTree, votes: tuple[str, ...], found: Features, signals: Signals) -> Example:
    """Return the blocks with their labels; all pages of a set weigh the same, longer blocks more."""
    labels = label_blocks(page.gold, [block.text for block in blocks.blocks])[found.candidates]
    words = np.array([len(text.split()) for text in found.squeezed], float)[found.candidates]
    weights = np.sqrt(words + 2)
    weights *= 100 * SET_WEIGHT.get(page.set, 1.0) / max(float(weights.sum()), 1e-9)
    return Example(page, fold_of(page.site), blocks, votes, found, signals, labels, weights)


def crops(example: Example) -> list[Example]:
    """Return the page as a profile's reading may see it: the region of the text, and up to LEVELS more, no votes.

    Which element a profile finds depends on the site's other pages, so trees learn from each. Together they weigh as
    much as the page.
    """
    nodes = _around_text(example)[: LEVELS + 1]
    return [_crop(example, node, 1 / len(nodes)) for node in nodes]


def _around_text(example: Example) -> list[int]:
    """Return the nodes that hold the text, the smallest first; none if the page has no text."""
    of_body = example.found.candidates[example.labels == 1].tolist()
    node = region(example.tree, of_body) if of_body else -1
    nodes = []
    while node >= 0:
        nodes.append(node)
        node = example.tree.parents[node]
    return nodes


def _crop(example: Example, node: int, weight: float) -> Example:
    blocks = read_blocks(example.tree.nodes[node])
    bare = bare_features(blocks)
    rows = unvoted_rows(blocks, bare, example.signals, range(len(blocks.blocks)))
    one = labelled(example.page, blocks, (), replace(bare, matrix=rows), example.signals)
    one.weights *= weight
    return one


def altered(example: Example) -> list[Example]:
    """Return the page as another reader, or another site, might have had it; each at little weight."""
    return [*misread(example), *narrowed(example)]


def misread(example: Example) -> list[Example]:
    """Return the page as trafilatura might have read it: a part, with holes, and with more than the article.

    On these few pages it errs in few ways, on others in more: an element in the middle may end its reading. Trees that
    never saw that lean on its vote too much. Source: the errors of both on sites not seen (docs/extraction.md).
    """
    if len(example.votes) < MIN_VOTES:
        return []
    chance = random.Random(example.page.page_id)  # noqa: S311 - the same pages in each run
    return [_voted(example, example.tree, disturb(example, chance)) for disturb in (_cut, _thin, _extended)]


def narrowed(example: Example) -> list[Example]:
    """Return the page with less around its article, cut to elements further out than the text's region.

    Trees that know few themes take what stands at the ends of a page, and how much of it, for a sign.
    """
    nodes = _around_text(example)
    chosen = {nodes[min(level, len(nodes) - 1)] for level in NARROWED} if nodes else set()
    return [_voted(example, read_blocks(example.tree.nodes[node]), example.votes) for node in sorted(chosen - {0})]


def _voted(example: Example, blocks: BlockTree, votes: tuple[str, ...]) -> Example:
    squeezed = [squeeze(block.text) for block in blocks.blocks]
    found = block_features(blocks, squeezed, vote_shares(squeezed, votes), example.signals)
    one = labelled(example.page, blocks, votes, found, example.signals)
    one.weights *= ALTERED_WEIGHT
    return one


def _cut(example: Example, chance: random.Random) -> tuple[str, ...]:
    """Return the votes before a line, or those after it."""
    votes = example.votes
    at = chance.randrange(2, int(0.7 * len(votes)))
    return votes[:at] if chance.random() < 0.7 else votes[at:]


def _thin(example: Example, chance: random.Random) -> tuple[str, ...]:
    return tuple(vote for vote in example.votes if chance.random() < 0.6)


def _extended(example: Example, chance: random.Random) -> tuple[str, ...]:
    """Return the votes with a run of blocks that trafilatura leaves out."""
    blocks = example.tree.blocks
    others = [
        block.text
        for block, vote in zip(blocks, example.found.votes, strict=True)
        if vote < 0.5 and len(block.text) > 40 and block.link_chars < 0.6 * len(block.text)
    ]
    at = chance.randrange(len(others)) if others else 0
    return (*example.votes, *others[at : at + chance.randrange(1, 6)])


def fold_of(site: str) -> int:
    """Return the fold of a site: all its pages are trained on, or none."""
    return number(site) % FOLDS


def number(name: str) -> int:
    """Return a number drawn by the name alone."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16)
