"""The body model's second look: what the first one thought of the blocks around, and of those built alike."""

from __future__ import annotations

from typing import Final

import numpy as np

from extract.blocks import BlockTree
from extract.class_words import MASK_BITS
from extract.features import NAMES as FIRST_NAMES
from extract.features import Features
from extract.surroundings import Doubles, Floats, Ints, numbered

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
    at = features.candidates
    chars = features.chars.astype(np.float64)
    kept = first * chars
    until_here = np.cumsum(kept)
    total = max(float(until_here[-1]), 1.0)
    before = until_here[at]
    body = first[first > 0.5]
    columns = (
        first[at], before / total, (total - before) / total, *_distances(np.flatnonzero(first > SURE), at),
        np.log1p(total), at / count, kept.sum() / max(float(chars.sum()), 1.0), body.mean() if len(body) else 0.0,
        *(_window(first, width)[at] for width in _WINDOWS), *_beside(first, at),
        *_group(numbered(page.alike(3)), first, chars, at), *_group(numbered(page.alike(1)), first, chars, at),
        *_group(np.array([page.parents[block.node] + 1 for block in page.blocks]), first, chars, at),
    )  # fmt: skip
    found = np.empty((len(at), len(NAMES)), np.float32)
    for column, values in enumerate(columns):
        found[:, column] = values
    found[:, len(columns) :] = features.matrix[:, :_PLAIN]
    return found


def _distances(marked: Ints, at: Ints) -> tuple[Ints, Ints]:
    if not len(marked):
        return np.full(len(at), FAR), np.full(len(at), FAR)
    before = np.searchsorted(marked, at, side="left") - 1
    after = np.searchsorted(marked, at, side="right")
    since = np.where(before >= 0, at - marked[np.maximum(before, 0)], FAR)
    until = np.where(after < len(marked), marked[np.minimum(after, len(marked) - 1)] - at, FAR)
    return np.minimum(since, FAR), np.minimum(until, FAR)


def _window(values: Doubles, width: int) -> Doubles:
    half = width // 2
    return np.convolve(values, np.ones(width) / width, "full")[half : half + len(values)]


def _beside(values: Doubles, at: Ints) -> Doubles:
    """Return the values of the blocks before and after some, a row for each of _SHIFTS; 0 beyond the page."""
    far = max(_SHIFTS)
    around = np.zeros(len(values) + 2 * far)
    around[far:-far] = values
    found: Doubles = around[at - np.array(_SHIFTS)[:, None] + far]
    return found


def _group(index: Ints, first: Doubles, chars: Doubles, at: Ints) -> tuple[Doubles, Doubles, Doubles]:
    """Return of the blocks with the same number: their mean, the mean of the others, how much of the others is kept."""
    own = index[at]
    chars_here = chars[at]
    weight = np.bincount(index, chars)[own]
    kept = np.bincount(index, chars * first)[own]
    others = kept - chars_here * first[at]
    alone = np.bincount(index)[own] == 1
    mean_others = np.where(alone, -1.0, others / np.maximum(weight - chars_here, 1e-6))
    return kept / np.maximum(weight, 1e-6), mean_others, np.log1p(np.maximum(others, 0))
