"""When an article is looked at again: often while it is young, then never unasked."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

_SPREAD = 0.15  # a visit comes up to this share of its span later, so that a site's articles do not fall due at once
RETRY_FIRST, RETRY_LAST = timedelta(minutes=15), timedelta(days=7)


def next_visit(
    spans: Sequence[timedelta],
    url: str,
    *,
    first_seen: datetime,
    last_visit: datetime,
    published: datetime | None = None,
) -> datetime | None:
    """Return when `url` is due again, or None once the plan is through.

    `spans` count from `first_seen`. An article that was older than the whole plan when first seen, as in a sitemap of
    the archive, is checked once more, at the plan's end: nobody edits it every hour.
    """
    spans = sorted(spans)
    if published is not None and spans and first_seen - published > spans[-1]:
        spans = spans[-1:]
    for span in spans:
        due = first_seen + span + span * _SPREAD * _share(url)
        if due > last_visit:
            return due
    return None


def retry_at(failures: int, now: datetime) -> datetime:
    """Return when a URL that failed `failures` times in a row is tried again: 15 minutes, doubling up to a week."""
    doublings = max(min(failures - 1, 12), 0)
    return now + min(RETRY_FIRST * (1 << doublings), RETRY_LAST)


def _share(url: str) -> float:
    """Return 0 to 1, always the same for one URL."""
    return int.from_bytes(hashlib.sha256(url.encode()).digest()[:4], "big") / 2**32
