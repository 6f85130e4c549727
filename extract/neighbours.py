"""The body model's second look: what the first one thought of the blocks around, and of those built alike."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from extract.blocks import BlockTree
from extract.class_words import MASK_BITS
from extract.features import NAMES as FIRST_NAMES
from extract.features import Features
from extract.surroundings import Floats

Doubles = NDArray[np.float64]
SURE = 0.85  # a block of the body beyond doubt
FAR = 60  # blocks; further is the same as none
_SHIFTS = (1, -1, 2, -2, 3, -3, 4, -4)
_WINDOWS = (5, 11, 31)
_PLAIN = len(FIRST_NAMES) - 3 * MASK_BITS  # the first stage's columns without the bits of tags and classes
NAMES: Final = (
    "p", "before", "after", "since_sure", "until_sure", "kept_chars", "place", "kept_share", "mean_kept",
    *(f"mean_{width}" for width in _WINDOWS), *(f"p_{shift:+d}" for shift in _SHIFTS),
    *(f"{group}_{what}" for group in ("alike", "kind", "parent") for what in ("mean", "others", "chars")),
    *FIRST_NAMES[:_PLAIN],
)  # fmt: skip


def second_features(page: BlockTree, features: Features, first: Doubles) -> Floats:
    """Return the second stage's features of the candidates; `first`: the first stage's probabilities of all blocks."""
    count = len(first)
    chars = features.chars.astype(np.float64)
    kept = first * chars
    before = np.cumsum(kept)
    total = max(float(before[-1]), 1.0)
    sure = np.flatnonzero(first > SURE)
    at = np.arange(count)
    since, until = _distances(sure, at)
    body = first[first > 0.5]
    columns = [
        first, before / total, (total - before) / total, since, until, np.full(count, np.log1p(total)), at / count,
        np.full(count, kept.sum() / max(float(chars.sum()), 1.0)), np.full(count, body.mean() if len(body) else 0.0),
        *(_window(first, width) for width in _WINDOWS), *(_shift(first, by) for by in _SHIFTS),
    ]  # fmt: skip
    parents = [page.parents[block.node] for block in page.blocks]
    for keys in (page.alike(3), page.alike(1), parents):
        columns += _group(keys, first, chars)
    stacked = np.stack(columns, axis=1)[features.candidates].astype(np.float32)
    return np.concatenate([stacked, features.matrix[:, :_PLAIN]], axis=1)


def _distances(marked: NDArray[np.int64], at: NDArray[np.int64]) -> tuple[Doubles, Doubles]:
    if not len(marked):
        return np.full(len(at), FAR, float), np.full(len(at), FAR, float)
    before = np.searchsorted(marked, at, side="left") - 1
    after = np.searchsorted(marked, at, side="right")
    since = np.where(before >= 0, at - marked[np.maximum(before, 0)], FAR)
    until = np.where(after < len(marked), marked[np.minimum(after, len(marked) - 1)] - at, FAR)
    return np.minimum(since, FAR).astype(float), np.minimum(until, FAR).astype(float)


def _window(values: Doubles, width: int) -> Doubles:
    half = width // 2
    return np.convolve(values, np.ones(width) / width, "full")[half : half + len(values)]


def _shift(values: Doubles, by: int) -> Doubles:
    """Return of each block the value of the one `by` before it, 0 beyond the page."""
    out = np.zeros(len(values))
    if abs(by) < len(values):
        if by > 0:
            out[by:] = values[:-by]
        else:
            out[:by] = values[-by:]
    return out


def _group(keys: Sequence[Hashable], first: Doubles, chars: Doubles) -> list[Doubles]:
    """Return of the blocks that share a key: their mean, the mean of the others, how much of the others is kept."""
    numbers: dict[Hashable, int] = {}
    index = np.array([numbers.setdefault(key, len(numbers)) for key in keys])
    weight = np.bincount(index, chars)[index]
    kept = np.bincount(index, chars * first)[index]
    others = kept - chars * first
    alone = np.bincount(index)[index] == 1
    mean_others = np.where(alone, -1.0, others / np.maximum(weight - chars, 1e-6))
    return [kept / np.maximum(weight, 1e-6), mean_others, np.log1p(np.maximum(others, 0))]
