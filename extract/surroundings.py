"""What stands around each block of a page: the blocks before and after, those built alike, and the elements above."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from extract.blocks import BlockTree

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]
TAGS = ("p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "td", "tr", "blockquote", "figcaption", "pre", "section",
         "article", "dt", "dd", "header", "footer", "aside", "form", "button", "body")  # fmt: skip
TAG_NUMBER = {tag: at for at, tag in enumerate(TAGS)}
LEVELS = 4  # containers above a block that are looked at

_SHIFTS: Final = (-2, -1, 1, 2)
_KERNEL = np.ones(7, np.float32) / 7

_PLAIN = (
    "position", "chars_before", "from_first_vote", "to_last_vote", "voted_near", "since_vote", "until_vote",
    "since_h1", "page_chars", "page_votes", "page_blocks", "signature_blocks", "signature_chars",
    "signature_links", "signature_vote", "tag_vote", "tag_share",
)  # fmt: skip
_BESIDE = [f"{name}_{shift:+d}" for shift in _SHIFTS for name in ("chars", "links", "vote", "same", "tag")]
_ABOVE = [f"{name}_up{level}" for level in range(1, LEVELS + 1)
          for name in ("chars", "links", "vote", "share", "blocks", "index")]  # fmt: skip
NAMES = [*_PLAIN, *_BESIDE, *_ABOVE]


def surroundings(page: BlockTree, cheap: Floats, blocks: Ints) -> Floats:
    """Return the columns NAMES of some blocks; `cheap`: of every block its characters, link share, vote, tag number."""
    chars, _, vote, tag = cheap.T
    nodes = np.array([block.node for block in page.blocks])
    total = chars.sum()
    voted = chars * vote
    voted_total = max(float(voted.sum()), 1.0)
    plain = (
        *_places(chars, vote, tag, blocks), np.log1p(total), np.log1p(voted_total), np.log1p(len(cheap)),
        *_groups(numbered(page.alike(1)), cheap, blocks), _groups(tag.astype(np.int64), cheap, blocks)[-1],
        chars[blocks] / total,
    )  # fmt: skip
    found = np.empty((len(blocks), len(NAMES)), np.float32)
    for column, values in enumerate(plain):
        found[:, column] = values
    beside, above = len(_PLAIN), len(_PLAIN) + len(_BESIDE)
    found[:, beside:above] = _neighbours(cheap, nodes, blocks)
    found[:, above:] = _containers(page, nodes, cheap, voted_total, blocks)
    return found


def _places(chars: Floats, vote: Floats, tag: Floats, blocks: Ints) -> list[Floats | Doubles | Ints]:
    """Return how far each block is from the ends of the page and of the voted text, and from the heading before it."""
    count = len(chars)
    at = blocks.astype(np.float32)
    voted = np.flatnonzero(vote > 0.5)
    first, last = (voted[0], voted[-1]) if len(voted) else (0, count - 1)
    h1 = np.flatnonzero(tag == TAG_NUMBER["h1"])
    since_h1 = at - h1[np.maximum(np.searchsorted(h1, at, side="right") - 1, 0)] if len(h1) else np.full(len(at), -500)
    return [
        at / count, (np.cumsum(chars) - chars)[blocks] / chars.sum(), at - first, last - at,
        np.convolve(vote, _KERNEL, "full")[3 : 3 + count][blocks], *_distances(voted, blocks),
        np.minimum(np.maximum(since_h1, -500), 500),
    ]  # fmt: skip


def _distances(marked: Ints, at: Ints) -> tuple[Ints, Ints]:
    """Return how many blocks ago the last marked one was, and after how many the next comes; at most 50."""
    if not len(marked):
        return np.full(len(at), 50), np.full(len(at), 50)
    before = np.searchsorted(marked, at, side="right") - 1
    after = np.searchsorted(marked, at, side="left")
    since = np.where(before >= 0, at - marked[np.maximum(before, 0)], 50)
    until = np.where(after < len(marked), marked[np.minimum(after, len(marked) - 1)] - at, 50)
    return np.minimum(since, 50), np.minimum(until, 50)


def numbered(keys: Iterable[Hashable]) -> Ints:
    """Return a number for each key, the same for equal ones: 0 and up."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)


def _groups(index: Ints, cheap: Floats, blocks: Ints) -> list[Doubles]:
    """Return of the blocks with the same number: how many, their mean size, link share and vote (weighted by size)."""
    chars, links, vote, _ = cheap.T
    own = index[blocks]
    sizes = np.bincount(index)[own]
    weight = np.maximum(np.bincount(index, chars), 1)[own]
    return [
        np.log1p(sizes), np.log1p(weight / sizes), np.bincount(index, chars * links)[own] / weight,
        np.bincount(index, chars * vote)[own] / weight,
    ]  # fmt: skip


def _neighbours(cheap: Floats, nodes: Ints, blocks: Ints) -> Floats:
    """Return what the blocks before and after hold, and how far from this one's their elements are; -1 off the page."""
    around = np.full((len(cheap) + 4, 5), -1, np.float32)
    inside = around[2:-2]
    inside[:, 0] = np.log1p(cheap[:, 0])
    inside[:, 1:3] = cheap[:, 1:3]
    inside[:, 3] = nodes
    inside[:, 4] = cheap[:, 3]
    found: Floats = around[blocks[:, None] + np.array(_SHIFTS) + 2]
    found[:, :, 3] -= nodes[blocks, None]
    return found.reshape(len(blocks), -1)


def _containers(page: BlockTree, nodes: Ints, cheap: Floats, voted_total: float, blocks: Ints) -> Floats:
    """Return what the elements above each block hold: size, link share, vote, share of all votes, blocks, index."""
    parents = np.array([0, *page.parents[1:]])  # the first is its own
    up = np.empty((len(blocks), LEVELS), np.int64)
    at = nodes[blocks]
    for level in range(LEVELS):
        at = up[:, level] = parents[at]
    # blocks come in the order of their nodes only roughly (text after a child belongs to the parent): sort by node
    order = np.argsort(nodes, kind="stable")
    ranked = nodes[order]
    starts, ends = np.searchsorted(ranked, up), np.searchsorted(ranked, np.array(page.ends)[up])
    chars, links, vote, _ = cheap[order].T
    size, linked, voted = (
        sums[ends] - sums[starts]
        for sums in (np.concatenate([[0.0], np.cumsum(values)]) for values in (chars, chars * links, chars * vote))
    )
    size = np.maximum(size, 1)
    inside = ends - starts
    found = np.empty((len(blocks), LEVELS, 6), np.float32)
    for column, values in enumerate(
        (np.log1p(size), linked / size, voted / size, voted / voted_total, np.log1p(inside),
         (blocks[:, None] - starts) / np.maximum(inside, 1))
    ):  # fmt: skip
        found[:, :, column] = values
    return found.reshape(len(blocks), -1)
