"""A month of runs of one site, on a clock of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from extract.capture import Hints
from spiders.found import Found
from spiders.frontier import Frontier
from spiders.known import GONE, KnownUrl
from spiders.ledger import Ledger
from spiders.outcome import Answered, after_answer
from spiders.plan import Planner
from spiders.scope import Scope
from spiders.site import Site

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
COUNT = 400


class Newsroom:
    """A site whose pages never change, crawled at moments that a test chooses."""

    def __init__(self, **site: Any) -> None:
        self.site = Site(name="times", home="http://times.example/", **site)
        self.frontier = Frontier("times")
        self.visits: dict[str, list[timedelta]] = {}

    def run(self, now: datetime, listed: dict[str, Hints], *, revisit_now: bool = False) -> int:
        """Make one run; return how many pages it fetched."""
        ledger, found = Ledger(), Found(candidates=dict(listed))
        planner = Planner(self.site, Scope(self.site), self.frontier, ledger, revisit_now=revisit_now)
        planned = planner.plan(found, now)
        for place, known in enumerate(planned):
            ledger.note(known.url, "not_modified")
            at = now + timedelta(seconds=place * self.site.delay)
            self.frontier.urls[known.url] = after_answer(known, answer(known, 200), self.site, at, is_same=True)
            self.visits.setdefault(known.url, []).append(at - START)
        assert sum(ledger.outcomes().values()) == len(self.frontier.urls)
        return len(planned)


def answer(known: KnownUrl, status: int) -> Answered:
    return Answered(known.url, status, None, None, None, "sha1:A", "2026-11-22T12:00:00Z")


def links(count: int, **hints: Any) -> dict[str, Hints]:
    return {f"http://times.example/2026/story-{number}": Hints(**hints) for number in range(count)}


def clock() -> Iterator[datetime]:
    """Every quarter of an hour for three days, then twice a day to the plan's end."""
    for quarter in range(1, 3 * 96):
        yield START + quarter * QUARTER
    for half in range(6, 90):
        yield START + half * timedelta(hours=12)


@pytest.fixture(scope="module")
def month() -> tuple[Newsroom, list[int]]:
    """Hundreds of articles first seen in one run, and how many pages each run after it fetched."""
    room = Newsroom()
    assert room.run(START, links(COUNT)) == COUNT
    return room, [room.run(now, links(COUNT)) for now in clock()]


def test_hundreds_first_seen_at_once_are_no_burst(month: tuple[Newsroom, list[int]]) -> None:
    _, fetched = month
    a_third = QUARTER.total_seconds() / 2 / 3
    assert max(fetched[: 3 * 96 - 1]) == a_third


def test_every_article_is_checked_along_the_whole_plan(month: tuple[Newsroom, list[int]]) -> None:
    room, _ = month
    spans = [span for span in room.site.revisit if span >= timedelta(hours=6)]
    assert all(known.next_visit is None for known in room.frontier.urls.values())
    for visits in room.visits.values():
        assert 4 <= len(visits[1:]) <= len(room.site.revisit)
        for span, before, after in zip(spans, [spans[0], *spans], [*spans[1:], timedelta(days=45)], strict=False):
            assert any(span <= visit < max(after, 2 * span) for visit in visits), (span, before, visits)


def test_a_few_articles_are_checked_at_every_span_of_the_plan() -> None:
    room = Newsroom(revisit=["15m", "1h", "6h", "24h", "3d", "7d", "30d"])
    room.run(START, links(5))
    for minute in range(1, 2 * 1440, 5):
        room.run(START + timedelta(minutes=minute), links(5))
    for hour in range(48, 45 * 24):
        room.run(START + timedelta(hours=hour), links(5))
    for visits in room.visits.values():
        assert len(visits) == 1 + len(room.site.revisit)
        for span, visit in zip(room.site.revisit, visits[1:], strict=True):
            assert span <= visit <= 1.16 * span + timedelta(hours=1 if span > timedelta(days=1) else 0.1)


def test_a_site_without_a_delay_is_not_swamped_and_a_long_pause_is_made_up_for() -> None:
    room = Newsroom(delay=0)
    room.run(START, links(COUNT))
    assert room.run(START + timedelta(hours=1), links(COUNT)) == COUNT  # 1,200 is its share
    room.run(START + timedelta(hours=8), links(COUNT))
    assert room.run(START + timedelta(hours=8, seconds=1), links(COUNT)) == 0
    room.run(START + timedelta(days=2, minutes=-1), {})
    assert room.run(START + timedelta(days=4), links(COUNT)) == COUNT


def test_a_sitemap_that_renews_every_date_brings_no_burst() -> None:
    room = Newsroom()
    room.run(START, links(COUNT))
    renewed = START + timedelta(hours=3)
    for quarter in range(1, 12):
        room.run(START + quarter * QUARTER, links(COUNT))
    fetched = [room.run(renewed + n * QUARTER, links(COUNT, modified_at=renewed)) for n in range(8)]
    assert max(fetched) == 150
    assert all(visits[-1] >= timedelta(hours=3) for visits in room.visits.values())


def test_asked_for_all_at_once_all_are_checked() -> None:
    room = Newsroom()
    room.run(START, links(COUNT))
    assert room.run(START + timedelta(minutes=1), links(COUNT), revisit_now=True) == COUNT


def test_a_gone_page_is_looked_at_three_times_more_and_once_on_a_feeds_word() -> None:
    room = Newsroom()
    room.run(START, links(1))
    (known,) = room.frontier.urls.values()
    known = replace(known, digest="sha1:A", content_sha256="0f")
    times = []
    at = START
    for _ in range(20):
        known = after_answer(known, answer(known, 404), room.site, at, is_same=False)
        times.append(at - START)
        if known.next_visit is None:
            break
        assert (known.state == GONE) is (len(times) > 1)
        at = known.next_visit
    assert times == [timedelta(0), timedelta(hours=1), timedelta(days=1, hours=1), timedelta(days=8, hours=1), timedelta(days=38, hours=1)]  # fmt: skip
    room.frontier.urls[known.url] = known
    assert room.run(at + QUARTER, links(1)) == 0
    assert room.run(at + 2 * QUARTER, links(1, modified_at=at + QUARTER)) == 1
