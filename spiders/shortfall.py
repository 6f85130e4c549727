"""Whether a site gave less than its entry expects, in one line; light, so that a task can ask without Scrapy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from spiders.frontier import Frontier
from spiders.report import NONE_ALIKE, CrawlReport
from spiders.site import Site

_ANSWERED = ("ok ", "not modified")


def shortfall(report: CrawlReport, frontier: Frontier, site: Site, now: datetime) -> str | None:
    """Return why the run gave less than expected, naming the fix, or None when it is fine.

    `frontier` is the one that stage has written to: it knows when an article was last found. Aware UTC.
    """
    if report.finish_reason == "stopped":
        return None  # someone asked for less
    failed = {url: word for url, word in report.sources.items() if not word.startswith(_ANSWERED)}
    if report.sources and len(failed) == len(report.sources):
        return f"{site.name}: no feed, sitemap or section answered: {_told(failed)}"
    if not report.discovered and not frontier.urls:
        unlike = [f"{url}: {word.rpartition(', ')[2]}" for url, word in report.sources.items() if NONE_ALIKE in word]
        told = ([_told(failed)] if failed else []) + unlike[:1]
        beside = f" ({'; '.join(told)})" if told else ""
        fix = f"add feeds or sections, or {'mend' if site.article_url else 'set'} article_url"
        return (
            f"{site.name}: its {len(report.sources) - len(failed)} sources name no article{beside}; "
            f"{'set article_url' if unlike else fix}"
        )
    since = frontier.last_yield_at or frontier.first_run_at
    if since is not None and now - since > site.expect_within:
        days = (now - since).total_seconds() / 86400
        expected = site.expect_within.total_seconds() / 86400
        return f"{site.name}: no new article for {days:.1f} days, expected within {expected:g}; see its rejections"
    return None


def _told(failed: Mapping[str, str]) -> str:
    url, word = next(iter(failed.items()))
    return f"{url} gave {word}" + (f" and {len(failed) - 1} more" if len(failed) > 1 else "")
