"""`./broadsheet bench extraction`: Broadsheet and its peers read the same pages in one run."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from bench.broadsheet import OWN
from bench.metadata import same_authors, same_day, same_title
from bench.metrics import DEFINITIONS, Counts, Score, count_paragraphs, leaked_lines, lost_paragraphs
from bench.pages import Page, read_html
from bench.peers import BASE, NOTHING_SAID, PEERS
from bench.reading import Reading, StoredPage
from bench.workers import Task, read_all

RIGHT_F1 = 0.9  # an article this good on its page is called right where confidence is checked
BINS = 10
DRAWS, SEED = 1000, 2026


@dataclass(frozen=True, slots=True)
class PageScore:
    """How one system did on one page; None where the set has no gold for it, or gives no paragraphs."""

    page: Page
    system: str
    counts: Counts
    paragraphs: Counts | None
    title: bool | None
    date: bool | None
    authors: bool | None
    leaks: tuple[str, ...]
    losses: tuple[str, ...]
    confidence: float | None
    ms: float | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class SetScore:
    """How one system did on one set. Rates are shares of pages; `difference`: F1 less trafilatura's, with bounds."""

    set: str
    system: str
    pages: int
    sites: int
    score: Score
    difference: tuple[float, float, float] | None
    exact_paragraphs: float | None
    title: float | None
    date: float | None
    authors: float | None
    leak_rate: float
    loss_rate: float
    ms: float | None
    failures: int


@dataclass(frozen=True, slots=True)
class Bin:
    """Articles whose confidence lies in one tenth of 0 to 1: how many, mean confidence, the share that is right."""

    low: float
    articles: int
    confidence: float
    right: float


def site_groups(pages: Iterable[Page]) -> list[list[Page]]:
    """Return the pages of each site of each set: the ones that may teach each other."""
    ordered = sorted(pages, key=lambda page: (page.set, page.site))  # stable: the index's order within a site
    return [list(group) for _, group in groupby(ordered, key=lambda page: (page.set, page.site))]


def stored(pages: Iterable[Page], moment: str) -> list[StoredPage]:
    """Return the pages with their bodies; `moment` is when a page was captured that does not say so."""
    return [StoredPage(page.site, page.url, page.captured_at or moment, read_html(page.html)) for page in pages]


def read_and_score(
    pages: Sequence[Page], pythons: dict[str, Path], moment: str, jobs: int, advance: Callable[[int], None]
) -> Iterator[PageScore]:
    """Let every system of the given programs read every page; yield a score a page and system."""
    groups = site_groups(pages)
    programs = {"bench.broadsheet": OWN, "bench.peers": PEERS}
    systems = [(program, system) for program in pythons for system in programs[program]]
    work = [(program, system, group) for program, system in systems for group in groups]
    tasks = [Task(program, system, tuple(_fields(page, moment) for page in group)) for program, system, group in work]
    for (_, system, group), readings in zip(work, read_all(tasks, pythons, jobs, advance), strict=True):
        for page, reading in zip(group, readings, strict=True):
            yield score_page(page, system, reading)


def _fields(page: Page, moment: str) -> dict[str, str]:
    html = str(page.html.resolve())
    return {"site": page.site, "url": page.url, "captured_at": page.captured_at or moment, "html": html}


def score_page(page: Page, system: str, reading: Reading) -> PageScore:
    """Score one reading by the page's set."""
    gold, definition = page.gold, DEFINITIONS[page.set]
    unsaid = NOTHING_SAID.get(system, ())
    return PageScore(
        page=page,
        system=system,
        counts=definition.count(gold, reading.text),
        paragraphs=count_paragraphs(gold, reading.text) if definition.exact_paragraphs else None,
        title=same_title(gold.title, reading.title) if gold.title and "title" not in unsaid else None,
        date=same_day(gold.date, reading.date) if gold.date and "date" not in unsaid else None,
        authors=same_authors(gold.authors, reading.authors) if gold.authors and "authors" not in unsaid else None,
        leaks=tuple(leaked_lines(gold, reading.text)),
        losses=tuple(lost_paragraphs(gold, reading.text)),
        confidence=reading.confidence,
        ms=reading.ms,
        failure=reading.failure,
    )


def set_scores(scores: Iterable[PageScore]) -> list[SetScore]:
    """Put pages together: a row a set and system, in the order in which they were read."""
    by_set: dict[str, dict[str, list[PageScore]]] = defaultdict(lambda: defaultdict(list))
    for score in scores:
        by_set[score.page.set][score.system].append(score)
    return [_set_score(scored, systems.get(BASE)) for systems in by_set.values() for scored in systems.values()]


def _set_score(scored: Sequence[PageScore], base: Sequence[PageScore] | None) -> SetScore:
    first = scored[0]
    return SetScore(
        set=first.page.set,
        system=first.system,
        pages=len(scored),
        sites=len({score.page.site for score in scored}),
        score=_total(first.page.set, [score.counts for score in scored]),
        difference=difference(scored, base) if base and first.system != BASE else None,
        exact_paragraphs=_mean(score.paragraphs.f1 for score in scored if score.paragraphs),
        title=_mean(score.title for score in scored if score.title is not None),
        date=_mean(score.date for score in scored if score.date is not None),
        authors=_mean(score.authors for score in scored if score.authors is not None),
        leak_rate=_mean(bool(score.leaks) for score in scored) or 0.0,
        loss_rate=_mean(bool(score.losses) for score in scored) or 0.0,
        ms=_mean(score.ms for score in scored if score.ms is not None),
        failures=sum(score.failure is not None for score in scored),
    )


def difference(scored: Sequence[PageScore], base: Sequence[PageScore]) -> tuple[float, float, float]:
    """Return F1 less that of `base` on the same pages, and its 95 % interval over DRAWS draws of whole sites."""
    total = DEFINITIONS[scored[0].page.set].total
    own, other = _site_sums(scored), _site_sums(base)
    sites = sorted(own)

    def less(drawn: Sequence[str]) -> float:
        return total(_added(own[site] for site in drawn)).f1 - total(_added(other[site] for site in drawn)).f1

    chance = random.Random(SEED)  # noqa: S311 - the same draws for every system and in every run
    drawn = sorted(less(chance.choices(sites, k=len(sites))) for _ in range(DRAWS))
    return less(sites), drawn[int(0.025 * DRAWS)], drawn[int(0.975 * DRAWS) - 1]


def _total(name: str, counts: Iterable[Counts]) -> Score:
    definition = DEFINITIONS[name]
    return definition.total(_added(map(definition.terms, counts)))


def _site_sums(scored: Iterable[PageScore]) -> dict[str, tuple[float, ...]]:
    terms: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for score in scored:
        terms[score.page.site].append(DEFINITIONS[score.page.set].terms(score.counts))
    return {site: _added(rows) for site, rows in terms.items()}


def _added(rows: Iterable[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(map(sum, zip(*rows, strict=True)))


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def reliability(scores: Iterable[PageScore], system: str) -> list[Bin]:
    """Return the bins that have articles: confidence against how many are right on their page."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for score in scores:
        if score.system == system and score.confidence is not None:
            place = min(int(score.confidence * BINS), BINS - 1)
            bins[place].append((score.confidence, score.counts.f1 >= RIGHT_F1))
    return [
        Bin(
            place / BINS,
            len(found),
            sum(confidence for confidence, _ in found) / len(found),
            sum(right for _, right in found) / len(found),
        )
        for place, found in sorted(bins.items())
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the expected calibration error: how far confidence and outcome lie apart, weighed by articles."""
    articles = sum(found.articles for found in bins)
    return sum(found.articles * abs(found.confidence - found.right) for found in bins) / articles if articles else 0.0
