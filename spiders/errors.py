"""What can go wrong in spiders/. The messages are one line each, for the person at the terminal or the task log."""

from __future__ import annotations

from click import ClickException


class SpiderError(ClickException):
    """Base of every error raised by spiders/."""


class SiteFileError(SpiderError):
    """sites.yaml is wrong: the message names file, line, key and fix."""

    exit_code = 2


class FrontierConflict(SpiderError):
    """Another run of the same site replaced the frontier meanwhile."""


class SegmentTaken(SpiderError):
    """Another segment lies in the bucket under this one's number."""


class BrokenFrontier(SpiderError):
    """The frontier of a site cannot be read: the message names it and says what to do."""


class CrawlFailed(SpiderError):
    """The crawl process ended without a report."""
