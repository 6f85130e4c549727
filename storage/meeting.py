"""Which of many fingerprints meet: a join of their LSH keys with a sorted index, in numpy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from extract.minhash import Hashes

MIN_BANDS = 2  # in which candidates meet: one band alone is met by unrelated articles too
POSTINGS = 256  # entries of one key and day that are looked at: more is boilerplate
CANDIDATES = 50  # of one article and day, those that meet it in the most bands
ASKED = 128  # articles compared at once: with POSTINGS it bounds the memory that copies of one text take
Pairs = Iterator[tuple[int, int]]  # number of the new entry, row of the old one


def meeting(sorted_keys: Hashes, rows: npt.NDArray[np.uint32], keys: Hashes) -> Pairs:
    """Yield (new, row) that meet in MIN_BANDS or more: at most CANDIDATES a new one, the best."""
    for first in range(0, len(keys), ASKED):
        yield from ((first + new, row) for new, row in _meeting(sorted_keys, rows, keys[first : first + ASKED]))


def _meeting(sorted_keys: Hashes, rows: npt.NDArray[np.uint32], keys: Hashes) -> Pairs:
    asked = keys.ravel()
    order = np.argsort(asked)  # neighbours in the index are then neighbours in memory
    start = np.searchsorted(sorted_keys, asked[order])
    counts = np.minimum(np.searchsorted(sorted_keys, asked[order], "right") - start, POSTINGS)
    hit = counts > 0
    order, start, counts = order[hit], start[hit], counts[hit]
    if not len(order):
        return
    places = np.repeat(start - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
    codes = np.repeat(order // keys.shape[1], counts).astype(np.int64) << 32 | rows[places].astype(np.int64)
    pairs, met = np.unique(codes, return_counts=True)
    pairs, met = pairs[met >= MIN_BANDS], met[met >= MIN_BANDS]
    last, taken = -1, 0
    for at in np.lexsort((pairs, -met, pairs >> 32)):
        new, row = int(pairs[at] >> 32), int(pairs[at] & 0xFFFFFFFF)
        taken = taken + 1 if new == last else 1
        last = new
        if taken <= CANDIDATES:
            yield new, row


def sorted_index(keys: Hashes, first_row: int = 0) -> tuple[Hashes, npt.NDArray[np.uint32]]:
    """Return all `keys` in order and the row of each, counted from `first_row`."""
    flat = keys.ravel()
    order = np.argsort(flat, kind="stable")
    return flat[order], (order // max(keys.shape[1], 1) + first_row).astype(np.uint32)
