"""ROUGE-LSum: how many words of a reference lie on longest common subsequences with a candidate's sentences.

Source: C.-Y. Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004, and rouge-score, whose
tokens (a-z and 0-9, lower-cased) and choice among equally long subsequences are kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

Sentence = tuple[str, ...]

_WORD = re.compile(r"[a-z0-9]+")
_END = re.compile(r"""([.!?]+["'”’)\]]*)\s+(?=["'“‘(\[]*[A-Z0-9])""")
_SHORT_FORMS = (
    "Mr Mrs Ms Messrs Dr Prof Rev Hon Sen Rep Gov Gen Col Maj Cmdr Adm Capt Lt Sgt St Jr Sr Inc Corp Co Ltd vs No "
    "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec "
    "Ala Ariz Calif Colo Conn Fla Ga Ill Mass Mich Minn Pa Tenn Va Wash Wis"
)
_SHORT = re.compile(
    rf"""(?:^|[\s("'“‘])(?:[A-Za-z]|(?:[A-Za-z]\.)+[A-Za-z]?|{"|".join(_SHORT_FORMS.split())})$"""
)  # an initial, initials, or one of these, before a full stop
_SHORT_REACH = 12  # characters, enough for the longest of them


def sentences(paragraphs: Iterable[str]) -> list[Sentence]:
    """Return the sentences of all paragraphs as words; a sentence ends where its paragraph does, at the latest."""
    split = (_WORD.findall(piece.lower()) for paragraph in paragraphs for piece in _split(paragraph))
    return [tuple(words) for words in split if words]


def rouge_hits(reference: Sequence[Sentence], candidate: Sequence[Sentence]) -> int:
    """Return how many words of the reference are hit, none more often than the candidate has it."""
    whole = set(candidate)
    vocabularies = [(sentence, set(sentence)) for sentence in candidate]
    hit: Counter[str] = Counter()
    for sentence in reference:
        if sentence in whole:
            hit.update(sentence)
            continue
        words, places = set(sentence), set[int]()
        for other, vocabulary in vocabularies:
            if not words.isdisjoint(vocabulary):
                places |= _common(sentence, other)
        hit.update(sentence[place] for place in places)
    available = Counter(word for sentence in candidate for word in sentence)
    return (hit & available).total()


@lru_cache(maxsize=2**17)  # choices of optional paragraphs and extractors repeat the same pairs
def _common(reference: Sentence, candidate: Sentence) -> frozenset[int]:
    """Return the places in `reference` of one longest common subsequence with `candidate`."""
    rows = [[0] * (len(candidate) + 1)]
    for word in reference:
        above, row = rows[-1], [0]
        for place, other in enumerate(candidate):
            row.append(above[place] + 1 if word == other else max(row[place], above[place + 1]))
        rows.append(row)
    places, at, across = set(), len(reference), len(candidate)
    while at and across:
        if reference[at - 1] == candidate[across - 1]:
            at, across = at - 1, across - 1
            places.add(at)
        elif rows[at][across - 1] > rows[at - 1][across]:
            across -= 1
        else:
            at -= 1
    return frozenset(places)


def _split(paragraph: str) -> list[str]:
    pieces, start = [], 0
    for end in _END.finditer(paragraph):
        before = paragraph[start : end.start()][-_SHORT_REACH:]
        if end[1] != "." or not _SHORT.search(before):
            pieces.append(paragraph[start : end.end()])
            start = end.end()
    return [*pieces, paragraph[start:]]
