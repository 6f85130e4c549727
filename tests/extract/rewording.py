"""Copies as other sites make them, with the label of what they are copies of: what finds stories is measured on these."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from extract.language import detect_language
from tests.extract.corpus import stored_gold, stored_index

ROOT = Path(__file__).resolve().parent.parent.parent
Edit = Callable[[str, Sequence[str], random.Random], str]
MIN_WORDS = 90
UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff"
WORD = re.compile(rf"[{UNSPACED}]{{1,2}}|[^\s{UNSPACED}]+")
DISCLAIMER = (
    "This report was taken over automatically from the wire of an agency. Our editors have not checked it, and its "
    "wording, its headline and its pictures are the agency's own. Questions about it are answered by the agency's "
    "customer desk on weekdays; corrections are made there first and reach our pages within the hour."
)
LOCAL = (
    "In our own town the mayor would not comment before the weekend. Readers who were there are asked to send their "
    "pictures to the editor; the best of them will be printed on Saturday."
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text: `story` names what it is a copy of, `kind` the edit that made it, `site` who printed it."""

    story: str
    kind: str
    site: str
    text: str


def demo_texts() -> dict[str, str]:
    """The demo newspaper's articles by name, those that are copies of another left out."""
    found = {}
    for path in sorted((ROOT / "spiders/demo/articles").glob("*/*.md")):
        head, _, body = path.read_text(encoding="utf-8").removeprefix("---\n").partition("\n---\n")
        if "agency:" not in head or path.parent.name == "courier":
            lines = [line for line in body.splitlines() if line and not line.startswith(("!", "#", "-", "|", "["))]
            found[path.stem] = "\n".join(lines)
    return found


def corpus_texts() -> dict[str, str]:
    """Bodies of real news articles by id; skips the test where the stored pages are not at hand."""
    found = {}
    for page in stored_index():
        gold = stored_gold(page)
        found[page["id"]] = "\n".join(gold.get("gold_text") or ())
    return found


def labelled(texts: dict[str, str], seed: int, edits: Mapping[str, Edit] | None = None) -> list[Labelled]:
    """Every text of MIN_WORDS or more with its copies, and reports that are no copies though much is the same in them.

    Those are made from every third text, each used once and none of them a story of its own.
    """
    rng = random.Random(seed)  # noqa: S311 - the same edits in every run
    long = {name: text for name, text in _distinct(texts).items() if len(WORD.findall(text)) >= MIN_WORDS}
    languages = {name: detect_language(text) for name, text in long.items()}
    others = list(long)[::3]
    pools: dict[str | None, list[str]] = {}
    for name in others:
        pools.setdefault(languages[name], []).extend(WORD.findall(long[name]))
    made, stories = [], {name: long[name] for name in long if name not in others}
    for name, text in stories.items():
        pool = pools.get(languages[name], [word for words in pools.values() for word in words])
        made.append(Labelled(name, "original", "agency", text))
        made += [Labelled(name, kind, f"copy-{kind}", edit(text, pool, rng)) for kind, edit in (edits or EDITS).items()]
    for number, (name, text) in enumerate(stories.items()):
        kind, site, make = RIVALS[number % 2]
        fitting = (other for other in others if languages[other] == languages[name] and len(long[other]) >= len(text))
        if other := next(fitting, None):
            others.remove(other)
            made.append(Labelled(f"{name}, {kind}", kind, site, make(text, long[other])))
    return made


def _distinct(texts: dict[str, str]) -> dict[str, str]:
    """Leave texts out of which half the lines are another's: two stored pages of one article."""
    seen: set[str] = set()
    found = {}
    for name, text in texts.items():
        lines = set(text.splitlines())
        if 2 * len(lines & seen) < len(lines):
            found[name] = text
        seen |= lines
    return found


def reword(text: str, share: float, pool: Sequence[str], rng: random.Random) -> str:
    """Put another word in the place of `share` of all words."""
    return WORD.sub(lambda word: rng.choice(pool) if rng.random() < share else word[0], text)


def cut(text: str, share: float) -> str:
    """Keep the first `share` of the text, to the end of a word."""
    ends = [word.end() for word in WORD.finditer(text)]
    return text[: ends[int(share * len(ends)) - 1]]


def reorder(text: str, rng: random.Random) -> str:
    """Put the paragraphs, or the sentences where there is one paragraph, in another order."""
    parts = text.splitlines() if text.count("\n") > 1 else re.split(r"(?<=[.!?。])\s*", text)
    return "\n".join(rng.sample(parts, len(parts)))


def same_event(text: str, other: str) -> str:
    """Another newsroom's report: `other` with the names and numbers of `text` and one sentence quoted from it."""
    names = re.findall(r"\b[A-ZÄÖÜ]\w{3,}|\d[\d.,]*", text) or ["Thornhaven"]
    turn = iter(names * 50)
    told = re.sub(r"\b[A-ZÄÖÜ]\w{3,}|\d[\d.,]*", lambda name: next(turn, name[0]), other)
    sentences = re.split(r"(?<=[.!?。])\s+", text)
    return f"{told}\n{sentences[len(sentences) // 2]}"


def follow_up(text: str, other: str) -> str:
    """The same newsroom's next report: news first, then the last third of the first report as background."""
    return f"{cut(other, 0.8)}\n{text[len(cut(text, 0.7)) :]}"


RIVALS = [("same event", "rival", same_event), ("follow-up", "agency", follow_up)]
EDITS: dict[str, Edit] = {
    "verbatim": lambda text, _pool, _rng: text,
    "cut": lambda text, _pool, _rng: cut(text, 0.5),
    "reordered": lambda text, _pool, rng: reorder(text, rng),
    "credited": lambda text, _pool, _rng: f"THORNHAVEN (Tidewire) – {text}\n(kwr/lms)\n{DISCLAIMER}",
    "extended": lambda text, _pool, _rng: f"{text}\n{LOCAL}",
    "reworded 10 %": lambda text, pool, rng: reword(text, 0.1, pool, rng),
    "reworded 20 %": lambda text, pool, rng: reword(text, 0.2, pool, rng),
    "cut, reordered, reworded 20 %": lambda text, pool, rng: reword(reorder(cut(text, 0.7), rng), 0.2, pool, rng),
}
HARDER: dict[str, Edit] = {  # beyond what is promised: printed only
    "reworded 30 %": lambda text, pool, rng: reword(text, 0.3, pool, rng),
    "half, reworded 20 %": lambda text, pool, rng: reword(cut(text, 0.5), 0.2, pool, rng),
}


def pair_scores(labels: Sequence[str], found: Sequence[str | None]) -> tuple[float, float]:
    """Return (precision, recall) of the pairs that `found` puts together, against those of one label."""

    def pairs(names: Sequence[object]) -> int:
        return sum(count * (count - 1) // 2 for count in Counter(names).values())

    together = [(label, story) for label, story in zip(labels, found, strict=True) if story is not None]
    right = pairs(together)
    return right / max(pairs([story for _, story in together]), 1), right / pairs(labels)
