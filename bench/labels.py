"""Which blocks of a page are its article's body, by the page's gold text: what the body model is trained on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.pages import Gold
from extract.features import tokens

GRAM = 4  # words; fewer are found anywhere by chance
COVERED = 0.5  # of a block's words in the gold text
NEAR = 6  # blocks
UNKNOWN = np.nan
_MIN_HAVE, _MIN_HAVE_NOT = 25, 10  # characters of a block that is a part of a segment


def label_blocks(gold: Gold, texts: Sequence[str]) -> NDArray[np.float64]:
    """Return of each block 1 (body), 0 (not) or NaN: optional paragraphs, and what a page's few segments leave open."""
    if gold.must_have or gold.must_not_have:
        return np.array([_by_segments(gold, " ".join(text.split())) for text in texts])
    return _by_text(gold, [tokens(text) for text in texts])


def _by_segments(gold: Gold, text: str) -> float:
    have = [" ".join(segment.split()) for segment in gold.must_have]
    have_not = [" ".join(segment.split()) for segment in gold.must_not_have]
    if any(segment in text or (len(text) > _MIN_HAVE and text in segment) for segment in have):
        return 1.0
    if any(segment in text or (len(text) > _MIN_HAVE_NOT and text in segment) for segment in have_not):
        return 0.0
    return UNKNOWN


def _by_text(gold: Gold, blocks: list[list[str]]) -> NDArray[np.float64]:
    optional = [one[1:-1] for one in gold.paragraphs if one[:1] == "[" and one[-1:] == "]"]
    paragraphs = [one for one in gold.paragraphs if not (one[:1] == "[" and one[-1:] == "]")]
    grams, left_open = _grams(tokens("\n".join(paragraphs))), _grams(tokens("\n".join(optional)))
    whole = Counter(" ".join(tokens(one)) for one in paragraphs)
    open_lines = {" ".join(tokens(one)) for one in optional} - set(whole)
    labels = np.full(len(blocks), UNKNOWN)
    short = []
    for at, words in enumerate(blocks):
        line = " ".join(words)
        if not line or line in open_lines:
            continue
        if line in whole:
            labels[at] = 1
        elif len(words) < GRAM:
            short.append(at)
        elif _covered(words, grams) >= COVERED:
            labels[at] = 1
        elif _covered(words, left_open) <= COVERED:
            labels[at] = 0
    for at in short:
        labels[at] = float(_continues(blocks, labels, at, grams))
    _once(labels, [" ".join(words) for words in blocks], whole)
    return labels


def _grams(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[at : at + GRAM]) for at in range(len(words) - GRAM + 1)}


def _covered(words: list[str], grams: set[tuple[str, ...]]) -> float:
    covered = [False] * len(words)
    for at in range(len(words) - GRAM + 1):
        if tuple(words[at : at + GRAM]) in grams:
            covered[at : at + GRAM] = [True] * GRAM
    return sum(covered) / len(words)


def _continues(blocks: list[list[str]], labels: NDArray[np.float64], at: int, grams: set[tuple[str, ...]]) -> bool:
    """Whether a line of few words stands in the gold right after the block before it, or before the next."""
    around = []
    if at and labels[at - 1] == 1:
        around.append(blocks[at - 1][-GRAM + 1 :] + blocks[at])
    if at + 1 < len(blocks) and labels[at + 1] == 1:
        around.append(blocks[at] + blocks[at + 1][: GRAM - 1])
    return any(len(words) >= GRAM and _grams(words) <= grams for words in around)


def _once(labels: NDArray[np.float64], lines: list[str], whole: Counter[str]) -> None:
    """Of blocks that read the same keep as many as the gold has: those with most of the body around them."""
    places = defaultdict(list)
    for at in np.flatnonzero(labels == 1).tolist():
        places[lines[at]].append(at)
    single = [found[0] for found in places.values() if len(found) == 1]
    for line, found in places.items():
        ranked = sorted(found, key=lambda at: (-sum(abs(other - at) <= NEAR for other in single), at))
        for at in ranked[max(1, whole[line]) :]:
            labels[at] = 0
