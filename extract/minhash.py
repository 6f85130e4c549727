"""Which texts are copies of one another: MinHash keys to find the candidates, a sketch of each text to decide.

A text's shingles are its pairs of neighbouring words that have ten letters or more together, and runs of four
characters where a script puts no blanks between words. Short pairs ("of the") are what unrelated texts share: without
them unrelated news have a Jaccard of 0.0008 in the mean, while a fifth of the words changed leaves 0.6 of the
shingles. Measured on 270 news articles. Pure: the hashes are rensa's, the same in every process and on every machine.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from rensa import RMinHash

Hashes = npt.NDArray[np.uint32]
Wide = npt.NDArray[np.uint64]

BANDS = 96  # of two MinHash values: half of a text with a fifth of its words changed meets it in two bands, 97 of 100
SEED = 20261122
METHOD = f"2.{RMinHash.ALGORITHM_VERSION}"  # fingerprints of another method cannot be compared with ours
MIN_LETTERS = 10
MIN_SHINGLES = 12  # some 30 words: less is a caption
SKETCH = 256  # hashes in a sketch at most; a text of some 500 words or fewer is kept whole
QUARTERS = 4
COPIED = 0.36  # of the shorter text's shingles: copies with 30 % of the words changed have 0.45 or more
OWN_COPIED = 0.8  # within one site, where a follow-up repeats half of the report before it
MIN_RATIO = 0.3  # shorter to longer: a roundup that holds a brief is no copy of it
SPREAD = 0.15  # in three quarters of the shorter text: a shared disclaimer or quotation fills one or two
NUMBERS = 64  # of a text, the largest; one with more is a table
MIN_NUMBERS = 5  # fewer say little about what a report is of
AGREEING = (
    0.25  # of the fewer numbers; of 9,260 pairs of copies, a fifth of their words changed at random, 20 have less
)

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORDS = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+")
_NUMBER = re.compile(
    r"(?<!\d)(?!(?:19|20)\d\d(?![.,:]?\d))\d+(?:[.,:]\d+)*"
)  # no years: reports of any two events share them
_RUN = 4
_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is kept of a text: `shingles`, how many it has; `keys`, one a band, for finding candidates.

    `sketch` has, ascending, the hashes below 2^(32 - level), with the least `level` that leaves SKETCH of them at most.
    Their lowest two bits are not hash but the quarter of the text where the shingle stands first. `numbers`: those that
    the text writes in digits, ascending, without their points.
    """

    shingles: int
    level: int
    keys: Hashes = field(repr=False)
    sketch: Hashes = field(repr=False)
    numbers: Hashes = field(repr=False)


def fingerprints(texts: Iterable[str]) -> list[Fingerprint | None]:
    """Return the fingerprint of each text, None for one too short to tell copies by."""
    folded = [unicodedata.normalize("NFKC", text).casefold() for text in texts]
    hashed: list[Wide] = [_hashes(text) for text in folded]
    long = [row for row, hashes in enumerate(hashed) if len(hashes) >= MIN_SHINGLES]
    found: list[Fingerprint | None] = [None] * len(hashed)
    for row, keys in zip(long, _band_keys([hashed[row] for row in long]), strict=True):
        level, sketch = _sketch(hashed[row])
        found[row] = Fingerprint(len(hashed[row]), level, keys, sketch, _numbers(folded[row]))
    return found


def copied_share(one: Fingerprint, other: Fingerprint) -> float:
    """Return which share of the shorter text's shingles the longer has, 0 where it can be no copy.

    That is where the shorter has less than MIN_RATIO of the longer's shingles, where what they share lies in fewer than
    three of its quarters, or where they give other numbers: reports of two events, made from one template. Up to SKETCH
    shingles the share is exact, else from a sample (standard error 0.04).
    """
    short, long = sorted((one, other), key=lambda each: (each.shingles, each.sketch.tobytes()))
    if short.shingles < MIN_RATIO * long.shingles or not _agree(short.numbers, long.numbers):
        return 0.0
    level = max(short.level, long.level)
    mine, theirs = _below(short.sketch, level), _below(long.sketch, level) >> 2
    if not len(mine) or not len(theirs):
        return 0.0
    places = np.minimum(np.searchsorted(theirs, mine >> 2), len(theirs) - 1)
    is_shared = theirs[places] == mine >> 2
    has = np.bincount(mine & 3, minlength=QUARTERS)
    shares = np.bincount(mine[is_shared] & 3, minlength=QUARTERS) / np.maximum(has, 1)
    return float(is_shared.mean()) if np.sort(shares)[1] >= SPREAD else 0.0


def _agree(one: Hashes, other: Hashes) -> bool:
    """Return whether two texts share numbers, as far as both have kept theirs; with few of them any two do."""
    least = max((numbers[0] for numbers in (one, other) if len(numbers) == NUMBERS), default=0)
    mine, theirs = one[one >= least], other[other >= least]
    fewer = min(len(mine), len(theirs))
    return fewer < MIN_NUMBERS or len(np.intersect1d(mine, theirs)) >= AGREEING * fewer


def is_copy(share: float, *, same_site: bool) -> bool:
    """Return whether two texts with this `copied_share` are one report."""
    return share >= (OWN_COPIED if same_site else COPIED)


def _shingles(text: str) -> Iterator[str]:
    """Yield the shingles of a case-folded text in its order, repeated ones too."""
    before = ""
    for word in _WORDS.findall(text):
        if _is_unspaced(word):
            yield from (word[at : at + _RUN] for at in range(len(word) - _RUN + 1))
            before = ""
            continue
        if before and _letters(before) + _letters(word) >= MIN_LETTERS:
            yield f"{before} {word}"
        before = word


def _is_unspaced(word: str) -> bool:
    return word[0] >= "\u0e00" and re.match(f"[{_UNSPACED}]", word) is not None


def _letters(word: str) -> int:
    """Return the word's length; a sign of a syllabic script such as Hangul or Devanagari counts as two letters."""
    return len(word) if word.isascii() else max(len(word), len(word.encode()) - len(word))


def _hashes(text: str) -> Wide:
    """Return the hashes of the distinct shingles, in the order in which they stand first."""
    return np.array(RMinHash.hash_token_sets([list(dict.fromkeys(_shingles(text)))])[0], np.uint64)


def _numbers(text: str) -> Hashes:
    found = {int(re.sub(r"\D", "", number)[-9:]) for number in _NUMBER.findall(text)}
    return np.array(sorted(found)[-NUMBERS:], np.uint32)


def _band_keys(hashed: list[Wide]) -> Iterable[Hashes]:
    """Return BANDS keys a text; a band's number is mixed in, so that one sorted list can hold the keys of all bands."""
    if not hashed:
        return ()
    offsets = np.cumsum([0, *map(len, hashed)], dtype=np.uint64)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(np.concatenate(hashed), offsets, 2 * BANDS, SEED)
    digests = np.array(matrix.to_rows(), np.uint64)
    pairs: Wide = (digests[:, ::2] << np.uint64(32)) | digests[:, 1::2]
    mixed: Wide = (pairs + np.array(range(BANDS), np.uint64)) * _ODD
    spread: Wide = (mixed ^ (mixed >> np.uint64(29))) * _ODD
    return list((spread >> np.uint64(32)).astype(np.uint32))


def _sketch(hashes: Wide) -> tuple[int, Hashes]:
    quarters = np.arange(len(hashes)) * QUARTERS // len(hashes)
    marked = np.sort((((hashes >> np.uint64(32)) & ~np.uint64(3)) | quarters.astype(np.uint64)).astype(np.uint32))
    level = 0
    while len(marked) > SKETCH:
        level += 1
        marked = _below(marked, level)
    return level, marked


def _below(sketch: Hashes, level: int) -> Hashes:
    return sketch[: np.searchsorted(sketch, np.uint32(2**32 >> level))] if level else sketch
