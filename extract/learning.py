"""Learning a site from stored pages at once: what the pipeline does run by run, for `extract --pages` and the bench."""

from __future__ import annotations

from collections.abc import Sequence

from extract.article import Article
from extract.capture import Capture
from extract.profile import Evidence, Profile, learn, leave_one_out
from extract.read import read_article, read_page
from extract.rejection import Rejection


def settle(captures: Sequence[Capture]) -> Profile:
    """Return the profile that a site's pages teach."""
    return learn(None, filter(None, (read_page(capture).evidence for capture in captures)))


def read_site(captures: Sequence[Capture]) -> list[Article | Rejection]:
    """Return what `read_article` gives of each page when all others of the site have been seen, but not itself."""
    readings = [read_page(capture) for capture in captures]
    evidence: list[Evidence | None] = [reading.evidence for reading in readings]
    profiles = leave_one_out(evidence)
    return [
        read_article(capture, profile) if profile and profile.pages else reading.outcome
        for capture, reading, profile in zip(captures, readings, profiles, strict=True)
    ]
