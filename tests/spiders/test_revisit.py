from __future__ import annotations

from datetime import UTC, datetime, timedelta

from spiders.revisit import next_visit, retry_at

SEEN = datetime(2026, 11, 22, 12, tzinfo=UTC)
SPANS = (timedelta(minutes=15), timedelta(hours=1), timedelta(days=30))
URL = "http://x.example/1"


def due(after: timedelta, url: str = URL, published: datetime | None = None) -> datetime | None:
    return next_visit(SPANS, url, first_seen=SEEN, last_visit=SEEN + after, published=published)


def test_each_span_is_visited_once_at_its_time_or_a_little_later() -> None:
    first = due(timedelta(0))
    assert first is not None
    assert timedelta(minutes=15) <= first - SEEN <= timedelta(minutes=17.25)
    second = due(first - SEEN)
    assert second is not None
    assert timedelta(hours=1) <= second - SEEN <= timedelta(hours=1.15)


def test_after_the_last_span_there_is_no_visit() -> None:
    assert due(timedelta(days=40)) is None
    assert next_visit((), URL, first_seen=SEEN, last_visit=SEEN) is None


def test_missed_spans_are_one_visit() -> None:
    assert due(timedelta(hours=2)) == next_visit((timedelta(days=30),), URL, first_seen=SEEN, last_visit=SEEN)


def test_the_spread_is_the_same_each_time_and_differs_between_urls() -> None:
    assert due(timedelta(0)) == due(timedelta(0))
    assert len({due(timedelta(0), f"http://x.example/{n}") for n in range(20)}) > 15


def test_an_article_older_than_the_plan_is_checked_once_at_its_end() -> None:
    found = due(timedelta(0), published=SEEN - timedelta(days=400))
    assert found is not None
    assert found - SEEN >= timedelta(days=30)


def test_failures_wait_twice_as_long_each_time_up_to_a_week() -> None:
    waits = [retry_at(failures, SEEN) - SEEN for failures in (1, 2, 3, 50)]
    assert waits == [timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1), timedelta(days=7)]
