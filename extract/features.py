"""What the body model sees of each block: numbers only, all from the page itself. Shapes: (blocks, features)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from extract.blocks import Block, BlockTree
from extract.class_words import MASK_BITS, TAG_BITS, WORD_GROUPS
from extract.surroundings import NAMES as SURROUNDINGS
from extract.surroundings import TAG_NUMBER, TAGS, Floats, surroundings
from extract.wording import LONG, PHRASES, phrases_in

_DENSE = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_TOKENS = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|[^\\W_\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+")
_ASCII = "".join(char.lower() if char.isalnum() else " " for char in map(chr, range(128))).encode().ljust(256)
_MARKS = "’‘“”–—…"  # often all that is not ASCII in an English text
_TERMINAL = frozenset((".", "!", "?", "…", "。", "！", "？", "”", '"', "»", "’", "“", "؟", "।", "」"))
_OUTSIDE = sum(1 << TAG_BITS.index(tag) for tag in ("nav", "footer", "form", "button", "dialog"))
_UPPER, _DIGIT, _SYMBOL = re.compile("[A-ZÀ-ÞА-Я]"), re.compile(r"\d"), re.compile("[|»›•→►©]")
_ASCII_UPPER, _ASCII_DIGITS = bytes(range(65, 91)), bytes(range(48, 58))
_SAMPLE = 120  # characters whose capitals, digits and symbols are counted
_CLEAR = 15  # a text of fewer characters is found anywhere by chance
MAX_HOPELESS_CHARS = 200


@dataclass(frozen=True, slots=True)
class Signals:
    """What else is known of a page when its blocks are judged.

    `headlines`, `standfirst`, `authors`: what the metadata say; `article_body`: JSON-LD's, "" when there is none;
    `posts`: titles of a live blog's posts; `passages`: what else JSON-LD says that the text has.
    """

    headlines: tuple[str, ...] = ()
    standfirst: tuple[str, ...] = ()
    article_body: str = ""
    authors: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()


def tokens(text: str) -> list[str]:
    """Return the case-folded words of a text; in scripts without blanks each character is one."""
    return _TOKENS.findall(text.casefold())


def squeeze(text: str) -> str:
    """Return the letters and digits of a text alone, case-folded: equal for lines that read the same."""
    if not text.isascii():
        for mark in _MARKS:
            text = text.replace(mark, " ")
        if not text.isascii():
            return " ".join(_TOKENS.findall(text.casefold()))
    return " ".join(text.encode().translate(_ASCII).decode().split())  # the same, in a fifth of the time


def vote_shares(squeezed: list[str], votes: tuple[str, ...]) -> list[float]:
    """Return for each block how much of it is in the other reader's lines, 0 to 1."""
    if not votes:
        return [0.0] * len(squeezed)
    lines = {squeeze(line) for line in votes}
    joined = "\x00".join(["", *lines, ""])
    shares = []
    known: set[tuple[str, ...]] | None = None
    for text in squeezed:
        if not text:
            shares.append(0.0)
        elif text in lines:
            shares.append(1.0)
        elif len(text) > 24 and text in joined:
            shares.append(0.95)
        elif len(text) > 60:
            if known is None:
                known = {gram for line in lines for gram in _grams(line.split())}
            grams = _grams(text.split())
            shares.append(0.9 * sum(map(known.__contains__, grams)) / len(grams))
        else:
            shares.append(0.0)
    return shares


def _grams(words: list[str]) -> list[tuple[str, ...]]:
    return list(zip(words, words[1:], words[2:], words[3:], strict=False)) or [tuple(words)]


def _overlap(words: set[str], others: list[set[str]]) -> float:
    """Return the largest Jaccard similarity of a block's words to one of the titles'."""
    most = 0.0
    for other in others:
        if shared := len(words & other):
            most = max(most, shared / (len(words) + len(other) - shared))
    return most


_RAW = (
    "chars", "link_share", "vote", "tag", "words", "word_chars", "links", "strong_share", "breaks", "terminal",
    "colon", "ellipsis", "starts_lower", "starts_quote", "upper_share", "digit_share", "punctuation", "commas",
    "question", "dense", "symbol", "title", "title_in", "summary", "summary_in", "in_body", "depth", "repeat",
    "at_sign",
)  # fmt: skip
_CHEAP = 4  # of them are known of every block, the others of candidates only


def _size(text: str) -> float:
    """Return the characters of a text; one of a script without blanks says as much as two and a half others."""
    return len(text) if text.isascii() else len(text) + 1.5 * len(_DENSE.findall(text))


def _raw(block: Block, weighed: float) -> list[float]:
    """Return the columns that the block alone tells; `weighed`: its `_size`."""
    text = block.text
    size = len(text)
    last, first = text[-1], text[0]
    sample = text[:_SAMPLE]
    capitals, digits, symbols = _counts(sample)
    count = text.count(" ") + 1
    commas = text.count(",")
    return [
        count, size / count, block.links, min(1.0, block.strong_chars / size), block.breaks, last in _TERMINAL,
        last in ":：", last == "…" or text.endswith("..."), first.islower(), first in "\"“„«‘'",
        capitals / len(sample), digits / len(sample), (text.count(".") + commas) / size, commas, text.count("?"),
        weighed / size - 1, symbols,
    ]  # fmt: skip


def _counts(sample: str) -> tuple[int, int, int]:
    """Return how many capitals, digits and symbols a text has."""
    if not sample.isascii():
        return len(_UPPER.findall(sample)), len(_DIGIT.findall(sample)), len(_SYMBOL.findall(sample))
    raw = sample.encode()  # the same, in a tenth of the time
    capitals, digits = (len(raw) - len(raw.translate(None, some)) for some in (_ASCII_UPPER, _ASCII_DIGITS))
    return capitals, digits, raw.count(b"|")


@dataclass(frozen=True, slots=True)
class Features:
    """The numbers of a page's blocks. `candidates`: which blocks are judged at all; `matrix`: a row for each of these.

    `votes`, `chars` and `squeezed` (texts): of every block.
    """

    candidates: NDArray[np.int64]
    matrix: Floats
    votes: Floats
    chars: Floats
    squeezed: list[str]


def block_features(page: BlockTree, squeezed: list[str], shares: list[float], signals: Signals) -> Features:
    """Return the first stage's features; columns of `matrix` are NAMES.

    `squeezed`: the blocks' texts; `shares`: how much of each is in the lines of trafilatura's reading (`vote_shares`).
    Not judged are hopeless blocks that trafilatura leaves out too: 70 % of all, which on the development corpus hold
    0.3 % of the body's characters.
    """
    sizes = [_size(block.text) for block in page.blocks]
    cheap = _cheap(page, sizes, shares)
    chars, votes = cheap[:, 0], cheap[:, 2]
    hopeless = [
        size < MAX_HOPELESS_CHARS and _is_aside(page, block) for block, size in zip(page.blocks, sizes, strict=True)
    ]
    candidates = np.flatnonzero((votes >= 0.5) | ~np.array(hopeless, bool))
    repeats = _repeats(squeezed, candidates.tolist())
    matrix = _rows(page, candidates, cheap, sizes, repeats, squeezed, signals)
    return Features(candidates, matrix, votes, chars, squeezed)


def is_hopeless(page: BlockTree, block: Block) -> bool:
    """Whether a block is short and links, or short and in a navigation, footer, form or dialog."""
    return _size(block.text) < MAX_HOPELESS_CHARS and _is_aside(page, block)


def _is_aside(page: BlockTree, block: Block) -> bool:
    return block.link_chars > 0.8 * len(block.text) or (page.above[block.node] & _OUTSIDE) != 0


def bare_features(page: BlockTree) -> Features:
    """Return what a profile's reading needs of each block: its squeezed text, but nothing for the forests."""
    count = len(page.blocks)
    chars = np.array([len(block.text) for block in page.blocks], np.float32)
    squeezed = [squeeze(block.text) for block in page.blocks]
    return Features(np.arange(count), np.zeros((count, 0), np.float32), np.zeros(count, np.float32), chars, squeezed)


def unvoted_rows(page: BlockTree, found: Features, signals: Signals, blocks: Sequence[int]) -> Floats:
    """Return the first stage's rows of some blocks as they are without another reader's vote; `found` is bare."""
    every = range(len(page.blocks))
    sizes = [_size(block.text) for block in page.blocks]
    cheap, repeats = _cheap(page, sizes, 0.0), _repeats(found.squeezed, every)
    return _rows(page, np.array(blocks, np.int64), cheap, sizes, repeats, found.squeezed, signals)


def _cheap(page: BlockTree, sizes: list[float], votes: list[float] | float) -> Floats:
    """Return the first columns of every block."""
    blocks, tags = page.blocks, page.tags
    cheap = np.empty((len(blocks), _CHEAP), np.float32)
    cheap[:, 0] = sizes
    cheap[:, 1] = [min(1.0, block.link_chars / len(block.text)) for block in blocks]
    cheap[:, 2] = votes
    cheap[:, 3] = [TAG_NUMBER.get(tags[block.node], len(TAGS)) for block in blocks]
    return cheap


def _says(page: BlockTree, blocks: list[int]) -> Floats:
    """Return of each of the blocks, in a row, which of PHRASES it holds."""
    says = np.zeros((len(blocks), len(PHRASES)), np.float32)
    found = [(row, phrase) for row, at in enumerate(blocks) for phrase in phrases_in(page.blocks[at].text)]
    if found:
        says[tuple(zip(*found, strict=True))] = 1
    return says


def _rows(  # noqa: PLR0913, PLR0917 - the columns' sources
    page: BlockTree,
    blocks: NDArray[np.int64],
    cheap: Floats,
    sizes: list[float],
    repeats: dict[int, int],
    squeezed: list[str],
    signals: Signals,
) -> Floats:
    if not len(blocks):
        return np.zeros((0, len(NAMES)), np.float32)
    chosen = blocks.tolist()
    own = _own_rows(page, chosen, sizes, squeezed, repeats, signals)
    return np.concatenate(
        [cheap[blocks], own, _says(page, chosen), surroundings(page, cheap, blocks), _masks(page, blocks)], axis=1
    )


def _own_rows(
    page: BlockTree,
    blocks: list[int],
    sizes: list[float],
    squeezed: list[str],
    repeats: dict[int, int],
    signals: Signals,
) -> Floats:
    titles = [text for title in signals.headlines if (text := squeeze(title))]
    summaries = [squeeze(text) for text in signals.standfirst]
    title_words = [set(text.split()) for text in titles]
    summary_words = [set(text.split()) for text in summaries if text]
    body = squeeze(signals.article_body)
    depths = _depths(page)
    rows = []
    for at in blocks:
        block, text = page.blocks[at], squeezed[at]
        words = set(text.split()) if len(text) < LONG else set()
        rows.append([
            *_raw(block, sizes[at]),
            _overlap(words, title_words),
            bool(words) and any(text in title or title in text for title in titles),
            _overlap(words, summary_words),
            len(text) > _CLEAR and any(text in one for one in summaries),
            (text in body if len(text) > _CLEAR else 0.5) if body else -1.0,
            depths[block.node], repeats[at], "@" in block.text or "http" in block.text,
        ])  # fmt: skip
    return np.array(rows, np.float32)


def _repeats(squeezed: list[str], blocks: Iterable[int]) -> dict[int, int]:
    """Return of each of the blocks how many of them before it read the same."""
    seen: dict[str, int] = {}
    repeats = {}
    for at in blocks:
        text = squeezed[at]
        repeats[at] = seen.get(text, 0)
        seen[text] = repeats[at] + 1
    return repeats


def _depths(page: BlockTree) -> list[int]:
    depths: list[int] = []
    for parent in page.parents:
        depths.append(depths[parent] + 1 if parent >= 0 else 0)
    return depths


def _masks(page: BlockTree, candidates: NDArray[np.int64]) -> Floats:
    """Return the bits of each block's element, of it and two above, and of all above, as 0 and 1."""
    nodes = [page.blocks[at].node for at in candidates.tolist()]
    bits = [(page.own[node], page.bits_around(node, 2), page.above[node]) for node in nodes]
    unpacked = np.unpackbits(np.array(bits, "<i8").view(np.uint8).reshape(len(bits), 3, 8), axis=2, bitorder="little")
    return unpacked[:, :, :MASK_BITS].reshape(len(bits), -1).astype(np.float32)


_BIT_NAMES = [*(f"tag_{tag}" for tag in TAG_BITS), *WORD_GROUPS, "hidden"]
NAMES: Final = (
    *_RAW, *(f"says_{name}" for name in PHRASES), *SURROUNDINGS,
    *(f"{where}_{name}" for where in ("own", "near", "above") for name in _BIT_NAMES),
)  # fmt: skip
