"""How a text is scored against its gold: each set's own published definition, and two rates that mean the same for all.

Every definition counts what is right, wrong and missed on a page; sets differ in what they count and in how pages
are put together. docs/benchmarks.md says the same in words.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any

from bench.pages import Gold
from bench.rouge import rouge_hits, sentences

SHINGLE = 4  # tokens
MAX_FREE_CHOICES = 4  # with more optional paragraphs only all or none of them are tried
# scripts written without blanks: Thai and Lao, Burmese, Khmer, kana, and the Han blocks
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Counts:
    """What of a page's text is right, wrong and missed, in the set's unit. With nothing right all ratios are 0."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """The share of the text that is right."""
        return self.right / (self.right + self.wrong) if self.right else 0.0

    @property
    def recall(self) -> float:
        """The share of the gold that is there."""
        return self.right / (self.right + self.missed) if self.right else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.right / (2 * self.right + self.wrong + self.missed) if self.right else 0.0


@dataclass(frozen=True, slots=True)
class Score:
    """A set's figures."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Definition:
    """A set's way to score: `total` needs only the sums of `terms` over pages, so that sites are cheap to resample."""

    says: str
    count: Callable[[Gold, str], Counts]
    terms: Callable[[Counts], tuple[float, ...]]
    total: Callable[[Sequence[float]], Score]
    exact_paragraphs: bool = False  # its gold keeps the paragraphs as readers see them


# --- units


def count_shingles(gold: Gold, text: str) -> Counts:
    """Count 4-grams of words as a multiset, case kept. Source: article-extraction-benchmark."""
    return _overlap(_shingles("\n".join(gold.paragraphs)), _shingles(text))


def count_tokens(gold: Gold, text: str) -> Counts:
    """Count tokens as a multiset, case and width folded; where no blanks are written a character is a token."""
    return _overlap(Counter(tokens("\n".join(gold.paragraphs))), Counter(tokens(text)))


def count_summary(gold: Gold, text: str) -> Counts:
    """Count words by ROUGE-LSum, for the choice of optional paragraphs that scores best. Source: fundus-evaluation."""
    found = sentences(paragraphs(text))
    length = sum(map(len, found))

    def score(choice: list[str]) -> Counts:
        wanted = sentences(choice)
        hits = rouge_hits(wanted, found)
        return Counts(hits, length - hits, sum(map(len, wanted)) - hits)

    return max(map(score, choices(gold.paragraphs)), key=lambda counts: counts.f1)


def count_paragraphs(gold: Gold, text: str) -> Counts:
    """Count paragraphs that are exactly right, for the choice of optional paragraphs that scores best."""
    found = Counter(paragraphs(text))
    return max((_overlap(Counter(choice), found) for choice in choices(gold.paragraphs)), key=lambda counts: counts.f1)


def count_segments(gold: Gold, text: str) -> Counts:
    """Count the given segments that the text should and should not have, blanks collapsed. Source: trafilatura."""
    flat = _flat(text)
    right = sum(_flat(segment) in flat for segment in gold.must_have)
    wrong = sum(_flat(segment) in flat for segment in gold.must_not_have)
    return Counts(right, wrong, len(gold.must_have) - right)


def choices(gold: Sequence[str]) -> Iterator[list[str]]:
    """Yield the gold with every choice of its optional paragraphs, which stand in [brackets]."""
    optional = [place for place, paragraph in enumerate(gold) if _is_optional(paragraph)]
    sizes = range(len(optional) + 1) if len(optional) <= MAX_FREE_CHOICES else (0, len(optional))
    for left_out in chain.from_iterable(combinations(optional, size) for size in sizes):
        yield [_bare(paragraph) for place, paragraph in enumerate(gold) if place not in left_out]


def paragraphs(text: str) -> list[str]:
    """Return the lines of `text` that are not empty, blanks collapsed."""
    return [line for line in map(_flat, text.split("\n")) if line]


def tokens(text: str) -> list[str]:
    """Return the tokens of `text`, folded."""
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    return Counter(_grams(_WORD.findall(text), SHINGLE))


def _grams(words: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """Yield every run of `size` words; of a shorter text the text itself, of none nothing."""
    if words:
        yield from (tuple(words[start : start + size]) for start in range(max(1, len(words) - size + 1)))


def _overlap(gold: Counter[Any], found: Counter[Any]) -> Counts:
    right = (gold & found).total()
    return Counts(right, found.total() - right, gold.total() - right)


def _is_optional(paragraph: str) -> bool:
    return paragraph.startswith("[") and paragraph.endswith("]")


def _bare(paragraph: str) -> str:
    return paragraph[1:-1] if _is_optional(paragraph) else paragraph


def _flat(text: str) -> str:
    return " ".join(text.split())


# --- leaks and losses: the same rule for every set whose gold is text


def leaked_lines(gold: Gold, text: str) -> list[str]:
    """Return the lines of `text` that are boilerplate: less than half of their tokens lie in 4-grams of the gold."""
    if gold.paragraphs:
        known = _Grams("\n".join(map(_bare, gold.paragraphs)))
        return [line for line in paragraphs(text) if not known.hold(line)]
    flat = _flat(text)
    return [segment for segment in gold.must_not_have if _flat(segment) in flat]


def lost_paragraphs(gold: Gold, text: str) -> list[str]:
    """Return the paragraphs of the gold, optional ones aside, that the text has not by the same rule."""
    if gold.paragraphs:
        found = _Grams(text)
        return [paragraph for paragraph in gold.paragraphs if not _is_optional(paragraph) and not found.hold(paragraph)]
    flat = _flat(text)
    return [segment for segment in gold.must_have if _flat(segment) not in flat]


class _Grams:
    """The runs of 1 to 4 tokens of a text."""

    def __init__(self, text: str) -> None:
        words = tokens(text)
        self._sizes = [set(_grams(words, size)) for size in range(1, SHINGLE + 1)]

    def hold(self, line: str) -> bool:
        """Tell whether half of the line's tokens lie in 4-grams of the text; a shorter line has to be there whole."""
        words = tokens(line)
        size = min(SHINGLE, len(words))
        inside: set[int] = set()
        for start, gram in enumerate(_grams(words, size)):
            if gram in self._sizes[size - 1]:
                inside.update(range(start, start + size))
        return 2 * len(inside) >= len(words)


# --- sets


def _mean_terms(counts: Counts) -> tuple[float, ...]:
    return (1, counts.precision, counts.recall, counts.f1)


def _mean(sums: Sequence[float]) -> Score:
    pages, precision, recall, f1 = sums
    return Score(precision / pages, recall / pages, f1 / pages)


def _macro_terms(counts: Counts) -> tuple[float, ...]:
    return (counts.right + counts.wrong > 0, counts.precision, counts.right + counts.missed > 0, counts.recall)


def _macro(sums: Sequence[float]) -> Score:
    """Mean precision over the pages that gave text, mean recall over those that have gold, F1 of the two means."""
    answered, precisions, golden, recalls = sums
    precision, recall = precisions / (answered or 1), recalls / (golden or 1)
    return Score(precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0)


def _sum_terms(counts: Counts) -> tuple[float, ...]:
    return (counts.right, counts.wrong, counts.missed)


def _pooled(sums: Sequence[float]) -> Score:
    pooled = Counts(*map(int, sums))
    return Score(pooled.precision, pooled.recall, pooled.f1)


DEFINITIONS = {
    "aeb": Definition("4-grams of words, F1 of mean precision and mean recall", count_shingles, _macro_terms, _macro),
    "feval": Definition("ROUGE-LSum, mean over pages", count_summary, _mean_terms, _mean, exact_paragraphs=True),
    "fres": Definition("tokens, mean over pages", count_tokens, _mean_terms, _mean, exact_paragraphs=True),
    "traf": Definition("segments, counted over all pages", count_segments, _sum_terms, _pooled),
    "demo": Definition("tokens, mean over pages", count_tokens, _mean_terms, _mean, exact_paragraphs=True),
}  # fmt: skip
