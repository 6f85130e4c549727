from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from extract.stored import StoredObject
from spiders.errors import CrawlFailed
from spiders.frontier import Frontier
from spiders.known import KnownUrl
from spiders.process import CrawlProcess
from spiders.report import CrawlReport, Failure
from spiders.shortfall import shortfall
from spiders.site import Site

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ONE = StoredObject("raw/times/x.warc.gz", "00ff", 5)
REPORT = CrawlReport(
    "times", "20261122T120000Z-abcdef", NOW, NOW + timedelta(seconds=1), 3, {"captured": 2, "failed": 1},
    (Failure("http://x/1", "robots", "no", NOW),), {"http://x/feed": "ok 200, 3 links"}, (ONE,), (ONE,),
    (("20261122T110000Z-abcdef", (ONE,)),), 7, 1234, "finished",
)  # fmt: skip
SITE = Site(name="times", home="https://x.example/")


def test_a_report_survives_json() -> None:
    assert CrawlReport.from_json(json.loads(json.dumps(REPORT.to_json()))) == REPORT


@pytest.mark.parametrize("change", [{"discovered": 4}, {"outcomes": {"captured": 3}}, {"failures": ()}])
def test_counts_that_do_not_add_up_are_no_report(change: dict[str, object]) -> None:
    with pytest.raises(AssertionError, match="times: outcomes"):
        replace(REPORT, **change)


def frontier(**values: datetime) -> Frontier:
    made = Frontier("times")
    made.urls = {"http://x/1": KnownUrl("http://x/1")}
    for name, value in values.items():
        setattr(made, name, value)
    return made


def test_a_site_that_gives_what_is_expected_has_no_shortfall() -> None:
    assert shortfall(REPORT, frontier(last_yield_at=NOW), SITE, NOW + timedelta(days=1)) is None


def test_a_site_whose_sources_all_fail_falls_short() -> None:
    report = replace(REPORT, sources={"http://x/feed": "HTTP 404", "http://x/map": "timeout: no answer within 30 s"})
    why = shortfall(report, frontier(last_yield_at=NOW), SITE, NOW)
    assert why == "times: no feed, sitemap or section answered: http://x/feed gave HTTP 404 and 1 more"


def test_one_source_that_answers_is_enough() -> None:
    report = replace(REPORT, sources={"http://x/feed": "HTTP 404", "http://x/map": "not modified, 4 links"})
    assert shortfall(report, frontier(last_yield_at=NOW), SITE, NOW) is None


def test_sources_that_name_nothing_fall_short() -> None:
    report = replace(REPORT, discovered=0, outcomes={}, failures=(), sources={"http://x/": "ok 200, 0 links"})
    assert "its 1 sources name no article; add" in (shortfall(report, Frontier("times"), SITE, NOW) or "")
    report = replace(report, sources={"http://x/feed": "not a feed: HTML", **report.sources})
    assert "name no article (http://x/feed gave not a feed: HTML); add" in (
        shortfall(report, Frontier("times"), SITE, NOW) or ""
    )
    asked = shortfall(report, Frontier("times"), SITE.model_copy(update={"article_url": "/x/"}), NOW) or ""
    assert asked.endswith("; add feeds or sections, or mend article_url")


def test_a_section_whose_links_do_not_look_like_articles_asks_for_article_url() -> None:
    report = replace(REPORT, discovered=0, outcomes={}, failures=())
    report = replace(report, sources={"http://x/": "ok 200, 0 links, none of the 3 links seen looks like an article's"})
    assert shortfall(report, Frontier("times"), SITE, NOW) == (
        "times: its 1 sources name no article (http://x/: none of the 3 links seen looks like an article's); "
        "set article_url"
    )


@pytest.mark.parametrize("name", ["last_yield_at", "first_run_at"])
def test_no_new_article_for_the_expected_span_falls_short(name: str) -> None:
    why = shortfall(REPORT, frontier(**{name: NOW - timedelta(days=3)}), SITE, NOW)
    assert why == "times: no new article for 3.0 days, expected within 2; see its rejections"


def test_a_stopped_run_owes_nothing() -> None:
    report = replace(REPORT, finish_reason="stopped", sources={"http://x/feed": "HTTP 404"})
    assert shortfall(report, Frontier("times"), SITE, NOW) is None


def test_a_worker_that_fails_raises_after_its_last_event() -> None:
    process = CrawlProcess(
        [sys.executable, "-c", "print('{\"event\": \"progress\"}'); print('no json'); raise SystemExit(7)"]
    )
    events = iter(process)
    assert next(events) == {"event": "progress"}
    with pytest.raises(CrawlFailed, match="exit code 7"):
        next(events)


def test_a_worker_that_ignores_sigterm_is_killed_after_the_drain() -> None:
    lines = 'import signal; signal.signal(15, signal.SIG_IGN); print(\'{"event": "up"}\', flush=True); signal.pause()'
    process = CrawlProcess([sys.executable, "-c", lines], drain_s=0.2)
    events = iter(process)
    next(events)
    process.terminate()
    process.terminate()
    with pytest.raises(CrawlFailed, match="SIGKILL"):
        next(events)


def test_leaving_the_iteration_ends_the_worker() -> None:
    process = CrawlProcess(
        [sys.executable, "-c", 'import signal; print(\'{"event": "up"}\', flush=True); signal.pause()']
    )
    for _ in process:
        break
    assert process._process.poll() is not None
