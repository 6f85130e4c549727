"""What a run's readings taught of their site, on its way from the reading processes to the site's profile.

Every full reading of an article is evidence. That of at most MAX_ARTICLES is kept, chosen by their ids: memory is
bounded, and neither the order of the pages nor the number of processes matters.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from extract.agreement import Verdict, judge_shapes
from extract.article import Article
from extract.profile import Evidence, Profile, ProfileError, reading_order

if TYPE_CHECKING:
    from extract.read import Reading

MAX_ARTICLES = 100  # of a site: more teach next to nothing new


@dataclass(frozen=True, slots=True)
class Lessons:
    """What reading some of a site's captures taught, with the id of the profile they were read with.

    `by_profile` and `in_full` count pages; `verdict` is how far the profile agrees with the latter.
    """

    profile: str | None = None
    by_profile: int = 0
    in_full: int = 0
    verdict: Verdict = field(default_factory=Verdict)
    evidence: tuple[Evidence, ...] = field(default=(), repr=False)

    @property
    def match(self) -> float | None:
        """The share of the characters of the full readings that the profile decides alike; None without any."""
        chars = self.verdict.chars
        return round(self.verdict.agreed / chars, 3) if chars and self.profile else None


class Notes:
    """Takes down what readings with one profile teach."""

    def __init__(self, profile: Profile | None) -> None:
        self._profile = profile
        self._by_profile = self._in_full = 0
        self._verdicts: list[Verdict] = []
        self._kept: list[Evidence] = []

    def add(self, reading: Reading) -> None:
        """Count one reading."""
        if reading.signs is not None:
            self._in_full += 1
        elif isinstance(reading.outcome, Article):
            self._by_profile += 1
        if reading.evidence is not None:
            if self._profile:
                self._verdicts.append(judge_shapes(self._profile, reading.evidence))
            self._kept.append(reading.evidence)
        if len(self._kept) > 2 * MAX_ARTICLES:
            self._kept = choose(self._kept)

    def lessons(self) -> Lessons:
        """Return what was taken down."""
        profile = self._profile.id if self._profile else None
        return Lessons(profile, self._by_profile, self._in_full, _sum(self._verdicts), tuple(choose(self._kept)))


def choose(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Return the evidence of at most MAX_ARTICLES articles, one page of each, whatever the order it comes in."""
    first: dict[str, Evidence] = {}
    for one in sorted(evidence, key=reading_order):
        first.setdefault(one.article, one)
    return list(first.values())[:MAX_ARTICLES]


def merge(lessons: Iterable[Lessons]) -> Lessons:
    """Return the lessons of all parts of a run; the profile is the last part's."""
    whole = Lessons()
    for one in lessons:  # not all at once: each holds some MiB
        whole = Lessons(
            profile=one.profile,
            by_profile=whole.by_profile + one.by_profile,
            in_full=whole.in_full + one.in_full,
            verdict=_sum([whole.verdict, one.verdict]),
            evidence=tuple(choose([*whole.evidence, *one.evidence])),
        )
    return whole


def nothing_taught(article: str, lines: tuple[str, ...] = ()) -> Evidence:
    """Return the evidence of a page that only tells which article it is; `lines`: what copies are known by."""
    return Evidence(article=article, lines=lines, keys={}, texts=(), regions=(), chars=0)


def _sum(verdicts: Iterable[Verdict]) -> Verdict:
    known = list(verdicts)
    return Verdict(*(sum(getattr(one, name) for one in known) for name in ("chars", "agreed", "denied")))


def pack(lessons: Lessons) -> bytes:
    """Return the lessons as compressed JSON: the same lessons give the same bytes."""
    return gzip.compress(orjson.dumps(asdict(lessons), option=orjson.OPT_SORT_KEYS), compresslevel=4, mtime=0)


def unpack(data: bytes) -> Lessons:
    """Return the lessons in `data`; raises ProfileError."""
    try:
        told: dict[str, Any] = orjson.loads(gzip.decompress(data))
        return Lessons(
            profile=told["profile"],
            by_profile=int(told["by_profile"]),
            in_full=int(told["in_full"]),
            verdict=Verdict(**told["verdict"]),
            evidence=tuple(_evidence(one) for one in told["evidence"]),
        )
    except (OSError, EOFError, zlib.error, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ProfileError(f"no lessons: {type(error).__name__}: {error}") from error


def _evidence(told: dict[str, Any]) -> Evidence:
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
    keys = {key: (int(blocks), int(chars), int(kept)) for key, (blocks, chars, kept) in told["keys"].items()}
    return Evidence(**fields | {"keys": keys})
