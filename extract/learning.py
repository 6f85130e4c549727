"""Learning a site from stored pages at once: what the pipeline does run by run, for `extract --pages` and the bench."""

from __future__ import annotations

from collections.abc import Sequence

from extract.article import Article
from extract.capture import Capture
from extract.lessons import nothing_taught
from extract.profile import Profile, SitePages, learn
from extract.read import read_article, read_page
from extract.rejection import Rejection
from extract.url import article_id


def settle(captures: Sequence[Capture]) -> Profile:
    """Return the profile that a site's pages teach."""
    return learn(None, filter(None, (read_page(capture).evidence for capture in captures)))


def read_site(captures: Sequence[Capture]) -> list[Article | Rejection]:
    """Return what `read_article` gives of each page when all others of the site have been seen, but not itself."""
    readings = [read_page(capture) for capture in captures]
    site = SitePages.of(filter(None, (reading.evidence for reading in readings)))
    outcomes = []
    for capture, reading in zip(captures, readings, strict=True):
        profile = site.without(reading.evidence or nothing_taught(article_id(capture.url)))
        outcomes.append(read_article(capture, profile) if profile.pages else reading.outcome)
    return outcomes
