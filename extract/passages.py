"""Passages of a text found again in any page, feed or mark-up: whatever stands between its letters. Pure.

A passage is a run of RUN letters and digits (bytes of UTF-8, case aside): eight words or so. Of pages and texts alike
only these are compared, so that blanks, punctuation, tags and the ways to escape them make no difference. Hashes of
all passages are computed at once and compared with those looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from extract.entities import unescape

RUN = 40
SHORTEST = 15  # a title of fewer letters says nothing
_STEP = 2**20  # bytes looked at at once
Hashes = npt.NDArray[np.uint64]

_BASE = 0x9E3779B97F4A7C15
_MASK = np.uint64(2**20 - 1)
_ASCII = bytes(char for char in range(128) if not chr(char).isalnum())
_MARKS = re.compile(rb"\xe2\x80[\x80-\xbf]|\xe2\x81[\x80-\xaf]|\xc2[\x80-\xbf]|\xe3\x80[\x80-\xbf]|\xef\xbb\xbf")
_INLINE = re.compile(r"</?(?:a|abbr|b|em|font|i|mark|small|span|strong|sub|sup|u|wbr)(?:\s[^>]*)?/?>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z!?][^>]*>")
_CODE = re.compile(r"\\u([0-9a-fA-F]{4})")
_ESCAPED = re.compile(r"\\([nrt])|\\(.)")


@dataclass(frozen=True, slots=True)
class Passages:
    """Hashes to look for, by the length of their runs."""

    runs: dict[int, Hashes]

    @classmethod
    def of(cls, texts: Iterable[str], titles: Iterable[str] = ()) -> Passages:
        """Return all passages of `texts`; `titles` that are shorter than one count as a whole."""
        found: dict[int, set[int]] = {}
        for text in texts:
            found.setdefault(RUN, set()).update(_windows(letters(text), RUN).tolist())
        for title in titles:
            plain = letters(title)
            if len(plain) >= SHORTEST:
                size = min(len(plain), RUN)
                found.setdefault(size, set()).update(_windows(plain, size).tolist())
        return cls({size: np.array(sorted(hashes), np.uint64) for size, hashes in found.items() if hashes})

    def __bool__(self) -> bool:
        return bool(self.runs)

    def without(self, plain: bytes) -> Passages:
        """Return those that do not stand in `plain`, letters of another text."""
        left = {size: hashes[~np.isin(hashes, _hits(hashes, plain, size))] for size, hashes in self.runs.items()}
        return Passages({size: hashes for size, hashes in left.items() if len(hashes)})

    def count(self, plain: bytes) -> int:
        """Return how many different passages stand in `plain`, the letters of a page or a text."""
        return sum(len(_hits(hashes, plain, size)) for size, hashes in self.runs.items())


def letters(text: str) -> bytes:
    """Return the letters and digits of `text`, case aside."""
    return _MARKS.sub(b"", text.casefold().encode("utf-8", "replace")).translate(None, _ASCII)


def page_letters(markup: str) -> tuple[bytes, bytes]:
    """Return the letters of what a page, feed or JSON file says, and those of its mark-up with all attributes."""
    if "\\" in markup:
        markup = _ESCAPED.sub(_unescaped, _CODE.sub(lambda found: chr(int(found[1], 16)), markup))
    markup = markup.replace("<![CDATA[", " ").replace("]]>", " ").replace("<!--", " ").replace("-->", " ")
    whole = unescape(unescape(markup))
    said = _without_tags(unescape(_without_tags(markup)))
    return letters(unescape(said)), letters(whole)


def _unescaped(found: re.Match[str]) -> str:
    return " " if found[1] else found[2]


def _without_tags(markup: str) -> str:
    for tags, blank in ((_INLINE, ""), (_TAG, " ")):
        end = markup.rfind(">") + 1  # no tag lies behind it, and each "<" there would be followed to the end in vain
        markup = tags.sub(blank, markup[:end]) + markup[end:]
    return markup


def _hits(wanted: Hashes, plain: bytes, size: int) -> Hashes:
    """Return those of `wanted` that are the hash of a run of `size` bytes in `plain`."""
    if not len(wanted):
        return wanted
    table = np.zeros(int(_MASK) + 1, bool)
    table[wanted & _MASK] = True
    found: list[Hashes] = []
    for start in range(0, max(len(plain) - size + 1, 1), _STEP):
        values = _windows(plain[start : start + _STEP + size - 1], size)
        likely = values[table[values & _MASK]]
        if len(likely):
            found.append(np.intersect1d(likely, wanted))
    return np.unique(np.concatenate(found)) if found else np.empty(0, np.uint64)


def _windows(plain: bytes, size: int) -> Hashes:
    """Return the hash of every run of `size` bytes: a polynomial's, from sums of all bytes before, then mixed."""
    count = len(plain) - size + 1
    if count <= 0:
        return np.empty(0, np.uint64)
    if len(plain) > _STEP + RUN:  # a text as long as a book, whose passages are wanted
        halves: Sequence[Hashes] = [_windows(plain[at : at + _STEP + size - 1], size) for at in range(0, count, _STEP)]
        return np.concatenate(halves)
    powers, inverse = _powers()
    sums = np.empty(len(plain) + 1, np.uint64)
    sums[0] = 0
    terms = (np.frombuffer(plain, np.uint8).astype(np.uint64) + np.uint64(1)) * powers[: len(plain)]
    np.cumsum(terms, out=sums[1:])
    values: Hashes = (sums[size:] - sums[:count]) * inverse[:count]
    values ^= values >> np.uint64(31)
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(29)
    return values


@cache
def _powers() -> tuple[Hashes, Hashes]:
    """Return the powers of an odd number and of its inverse, modulo 2^64."""
    return _power_row(_BASE), _power_row(pow(_BASE, -1, 2**64))


def _power_row(base: int) -> Hashes:
    row = np.full(_STEP + RUN + 1, base, np.uint64)
    row[0] = 1
    return np.cumprod(row, dtype=np.uint64)
