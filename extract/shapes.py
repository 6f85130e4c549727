"""What a block of a page looks like and where it stands: what blocks of a site's pages are compared by."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from extract.blocks import Block, BlockTree
from extract.class_words import bit_mask
from extract.wording import PHRASES, phrases_in

LONG_LINE = 60  # characters
MAX_PROMPT = 200
HIDDEN: Final = "~"  # before the hash of a passage that is styled away
# long blocks whose own mark-up says that they are something other than the article's prose
_MARKED: Final = bit_mask(
    ("figcaption", "caption", "author", "newsletter", "related", "comment", "share", "ad", "consent", "paywall")
)
# of a sentence: "What do you sing?" is no label
_ENDS: Final = (".", "!", "?", "…", "”", '"', "»", "’", "。", "\uff01", "\uff1f", "」", "؟", "।")
_DIGITS = re.compile(r"\d+")
_PROMPTS = frozenset(
    at for at, name in enumerate(PHRASES) if name not in {"correction", "navigation"}
)  # what marks a line as other than the prose around it


@dataclass(frozen=True, slots=True)
class Shape:
    """Where a block stands and what it looks like. `coarse` has only the nearest two elements of `fine`."""

    fine: str
    coarse: str
    look: str  # prose, marked, label, prompt, linked

    @staticmethod
    @lru_cache(maxsize=8192)
    def of(place: str, look: str) -> Shape:
        """Return the shape of blocks in a place, the signature of an element and of three above it."""
        nearest = "<".join(place.split("<", 2)[:2])
        return Shape(f"{place}|{look}", f"~{nearest}|{look}", look)


def shapes(page: BlockTree, blocks: Iterable[int]) -> dict[int, Shape]:
    """Return the shape of each block; a profile counts blocks by it."""
    places: dict[tuple[int, ...], str] = {}
    chains = page.alike(3)
    found_shapes = {}
    for at in blocks:
        block = page.blocks[at]
        place = places.get(chains[at])
        if place is None:
            place = places[chains[at]] = page.place(block.node, 3)
        found_shapes[at] = Shape.of(place, _look(page, block))
    return found_shapes


def _look(page: BlockTree, block: Block) -> str:
    text = block.text
    size = len(text)
    if block.link_chars > 0.6 * size:
        return "linked"
    is_sentence = text.endswith(_ENDS)
    if size < MAX_PROMPT and not (size >= LONG_LINE and is_sentence) and not _PROMPTS.isdisjoint(phrases_in(text)):
        return "prompt"  # a whole sentence with such a word in it is prose all the same
    if size < LONG_LINE and not is_sentence:
        return "label"
    return "marked" if page.bits_around(block.node, 2, beyond=True) & _MARKED else "prose"


def passage(text: str, shape: Shape) -> str:
    """Return the hash of a passage in its place: an article's standfirst, in a teaser on other pages, is no chrome."""
    hashed = _line_hash if len(text) <= MAX_PROMPT else text_hash
    return hashed(f"{shape.coarse} {text}", exact=shape.look == "prose")


def hidden_passage(text: str) -> str:
    """Return the key of a passage that no browser shows: a copy of it that is seen is another passage."""
    return HIDDEN + text_hash(text, exact=True)


def text_hash(text: str, *, exact: bool) -> str:
    """Return 12 hex digits of a passage, a line as blocks have it, without regard to case.

    Numbers count if `exact`: in prose they may be the news, in "12 views" not.
    """
    read = text.casefold()
    return hashlib.sha256((read if exact else _DIGITS.sub("0", read)).encode()).hexdigest()[:12]


_line_hash = lru_cache(maxsize=8192)(text_hash)  # short lines stand on many pages
