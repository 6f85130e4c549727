"""Speed on one core: Broadsheet and trafilatura take turns page by page, and each goes first as often as the others."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from bench.broadsheet import COLD, OWN, WARM, settled_reader
from bench.peers import BASE
from bench.reading import StoredPage, page_by_page

SETTLED_PAGES = 3  # of a site: fewer settle no profile


@dataclass(frozen=True, slots=True)
class Speed:
    """Mean processor milliseconds a page, metadata included, of a system and of trafilatura over the same pages."""

    pages: int
    ms: float
    base_ms: float

    @property
    def ratio(self) -> float:
        """How many times trafilatura's speed."""
        return self.base_ms / self.ms if self.ms else 0.0


def compare_speed(sites: Iterable[list[StoredPage]], advance: Callable[[int], None]) -> dict[str, Speed]:
    """Return the speed of Broadsheet cold, and warm on the sites with pages enough; settling is not timed."""
    spent: dict[str, list[tuple[float, float]]] = defaultdict(list)  # system: milliseconds, trafilatura's, a page
    with _one_core():
        always = {name: OWN[name]() for name in (BASE, COLD)}
        turn = 0
        for pages in sites:
            systems = dict(always)
            if len(pages) >= SETTLED_PAGES:
                systems[WARM] = page_by_page(partial(settled_reader, pages))()
            for page in pages:
                turn += 1
                names = list(systems)
                order = names[turn % len(names) :] + names[: turn % len(names)]
                ms = {name: systems[name]([page])[0].ms or 0.0 for name in order}
                for name in names[1:]:
                    spent[name].append((ms[name], ms[BASE]))
            advance(len(pages))
    return {name: _speed(pairs) for name, pairs in spent.items()}


def _speed(pairs: list[tuple[float, float]]) -> Speed:
    return Speed(len(pairs), sum(own for own, _ in pairs) / len(pairs), sum(base for _, base in pairs) / len(pairs))


@contextmanager
def _one_core() -> Iterator[None]:
    """Keep this process on one core while the block runs, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
