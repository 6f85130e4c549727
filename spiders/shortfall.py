"""Whether a site gave less than its entry expects, in one line; light, so that a task can ask without Scrapy."""

from __future__ import annotations

from datetime import datetime

from spiders.frontier import Frontier
from spiders.report import CrawlReport
from spiders.site import Site

_ANSWERED = ("ok ", "not modified")


def shortfall(report: CrawlReport, frontier: Frontier, site: Site, now: datetime) -> str | None:
    """Return why the run gave less than expected, naming the fix, or None when it is fine.

    `frontier` is the one that stage has written to: it knows when an article was last found. Aware UTC.
    """
    if report.finish_reason == "stopped":
        return None  # someone asked for less
    answered = [word for word in report.sources.values() if word.startswith(_ANSWERED)]
    if report.sources and not answered:
        url, word = next(iter(report.sources.items()))
        rest = f" and {len(report.sources) - 1} more" if len(report.sources) > 1 else ""
        return f"{site.name}: no feed, sitemap or section answered: {url} gave {word}{rest}"
    if not report.discovered and not frontier.urls:
        return f"{site.name}: its {len(answered)} sources name no article; add feeds or sections, or mend article_url"
    since = frontier.last_yield_at or frontier.first_run_at
    if since is not None and now - since > site.expect_within:
        days = (now - since).total_seconds() / 86400
        expected = site.expect_within.total_seconds() / 86400
        return f"{site.name}: no new article for {days:.1f} days, expected within {expected:g}; see its rejections"
    return None
