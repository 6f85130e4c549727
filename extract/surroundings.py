"""What stands around each block of a page: the blocks before and after, those built alike, and the elements above."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from extract.blocks import BlockTree

Floats = NDArray[np.float32]
TAGS = ("p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "td", "tr", "blockquote", "figcaption", "pre", "section",
         "article", "dt", "dd", "header", "footer", "aside", "form", "button", "body")  # fmt: skip
TAG_NUMBER = {tag: at for at, tag in enumerate(TAGS)}
LEVELS = 4  # containers above a block that are looked at

NAMES = [
    "position", "chars_before", "from_first_vote", "to_last_vote", "voted_near", "since_vote", "until_vote",
    "since_h1", "page_chars", "page_votes", "page_blocks", "signature_blocks", "signature_chars",
    "signature_links", "signature_vote", "tag_vote", "tag_share", *(f"{name}_{shift:+d}" for shift in (-2, -1, 1,
    2) for name in ("chars", "links", "vote", "same", "tag")), *(f"{name}_up{level}" for level in range(1, LEVELS
    + 1) for name in ("chars", "links", "vote", "share", "blocks", "index")),
]  # fmt: skip


def surroundings(page: BlockTree, cheap: Floats) -> Floats:
    """Return the columns NAMES of every block; `cheap`: each one's characters, link share, vote and tag number."""
    count = len(cheap)
    chars, links, vote, tag = cheap.T
    nodes = np.fromiter((block.node for block in page.blocks), np.int64, count)
    at = np.arange(count, dtype=np.float32)
    total = chars.sum()
    voted_chars = chars * vote
    voted_total = max(float(voted_chars.sum()), 1.0)
    voted = np.flatnonzero(vote > 0.5)
    first, last = (voted[0], voted[-1]) if len(voted) else (0, count - 1)
    since, until = _distances(voted, count)
    h1 = np.flatnonzero(tag == TAG_NUMBER["h1"])
    since_h1 = at - h1[np.maximum(np.searchsorted(h1, at, side="right") - 1, 0)] if len(h1) else np.full(count, -500.0)
    kernel = np.ones(7, np.float32) / 7
    columns = [
        at / count, (np.cumsum(chars) - chars) / total, at - first, last - at,
        np.convolve(vote, kernel, "full")[3 : 3 + count], since, until, np.clip(since_h1, -500, 500),
        np.full(count, np.log1p(total)), np.full(count, np.log1p(voted_total)), np.full(count, np.log1p(count)),
    ]  # fmt: skip
    columns += _groups(page.alike(1), chars, links, vote)
    columns += _groups(tag.astype(np.int64).tolist(), chars, links, vote)[3:]
    columns.append(chars / total)
    columns = _neighbours(columns, nodes, chars, links, vote, tag)
    columns += _containers(page, nodes, chars, links, voted_chars, voted_total)
    return np.stack([np.asarray(column, np.float32) for column in columns], axis=1)


def _distances(marked: NDArray[np.int64], count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how many blocks ago the last marked one was, and after how many the next comes; at most 50."""
    at = np.arange(count)
    if not len(marked):
        return np.full(count, 50.0), np.full(count, 50.0)
    before = np.searchsorted(marked, at, side="right") - 1
    after = np.searchsorted(marked, at, side="left")
    since = np.where(before >= 0, at - marked[np.maximum(before, 0)], 50)
    until = np.where(after < len(marked), marked[np.minimum(after, len(marked) - 1)] - at, 50)
    return np.minimum(since, 50).astype(np.float64), np.minimum(until, 50).astype(np.float64)


def _groups(keys: Sequence[Hashable], chars: Floats, links: Floats, vote: Floats) -> list[Floats]:
    """Return of the blocks that share a key: how many, their mean size, link share and vote (weighted by size)."""
    numbers: dict[Hashable, int] = {}
    index = np.array([numbers.setdefault(key, len(numbers)) for key in keys])
    sizes = np.bincount(index)
    weight = np.maximum(np.bincount(index, chars), 1)
    return [
        np.log1p(sizes)[index], np.log1p(weight / sizes)[index], (np.bincount(index, chars * links) / weight)[index],
        (np.bincount(index, chars * vote) / weight)[index],
    ]  # fmt: skip


def _neighbours(
    columns: list[Floats], nodes: NDArray[np.int64], chars: Floats, links: Floats, vote: Floats, tag: Floats
) -> list[Floats]:
    for shift in (-2, -1, 1, 2):
        columns += [_shift(np.log1p(chars), shift), _shift(links, shift), _shift(vote, shift),
                    _shift(nodes.astype(np.float32), shift) - nodes, _shift(tag, shift)]  # fmt: skip
    return columns


def _shift(values: Floats, shift: int) -> Floats:
    out = np.full(len(values), -1, np.float32)
    if shift < 0:
        out[-shift:] = values[:shift]
    else:
        out[:-shift] = values[shift:]
    return out


def _containers(
    page: BlockTree, nodes: NDArray[np.int64], chars: Floats, links: Floats, voted: Floats, voted_total: float
) -> list[Floats]:
    """Return what the elements above each block hold: size, link share, vote, share of all votes, blocks, index."""
    # blocks come in the order of their nodes only roughly (text after a child belongs to the parent): sort by node
    order = np.argsort(nodes, kind="stable")
    ranked = nodes[order]
    starts = np.searchsorted(ranked, np.arange(len(page.nodes)))
    ends = np.searchsorted(ranked, np.asarray(page.ends))
    sums = [np.concatenate([[0.0], np.cumsum(values[order])]) for values in (chars, chars * links, voted)]
    node_chars, node_links, node_voted = (one[ends] - one[starts] for one in sums)
    parents = np.asarray(page.parents)
    columns: list[Floats] = []
    at = np.arange(len(nodes))
    up = nodes
    for _ in range(LEVELS):
        up = np.where(parents[up] >= 0, parents[up], up)
        size = np.maximum(node_chars[up], 1)
        inside = ends[up] - starts[up]
        columns += [np.log1p(size), node_links[up] / size, node_voted[up] / size, node_voted[up] / voted_total,
                    np.log1p(inside), (at - starts[up]) / np.maximum(inside, 1)]  # fmt: skip
    return columns
