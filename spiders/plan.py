"""What a run fetches, and in which order: each discovered URL is booked, and those that are due are returned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from extract.capture import Hints
from extract.rejection import Reason
from spiders.found import Found, merge_hints
from spiders.frontier import Frontier
from spiders.known import REFUSED, KnownUrl
from spiders.ledger import Ledger
from spiders.outcome import after_failure, is_due
from spiders.scope import Scope
from spiders.site import Site

_DUE_SHARE = 5  # every fifth page is a re-check, however many new ones there are
# Hundreds of articles first seen in one run fall due together a quarter of an hour later. Their checks take at most a
# third of what the site's delay would let through since the run before, so that they come as a trickle.
_PACE = 3
_LEAST_GAP_S = 1.0  # between two checks of a site that sets no delay
_LEAST_CHECKS, _LONGEST_GAP = 20, timedelta(days=1)


class Planner:
    """Turns what a run found into the list of what it fetches. Books every URL it meets in the ledger."""

    def __init__(self, site: Site, scope: Scope, frontier: Frontier, ledger: Ledger, *, revisit_now: bool) -> None:
        self._site, self._scope, self._frontier, self._ledger = site, scope, frontier, ledger
        self._revisit_now = revisit_now

    def plan(self, found: Found, now: datetime) -> list[KnownUrl]:
        """Book what was discovered and return what is due: new pages, the newest first, re-checks among them.

        Of the re-checks those that wait longest come first; beyond the run's share they stay deferred.
        """
        new: list[KnownUrl] = []
        checks: list[KnownUrl] = []
        for url, hints in found.candidates.items():
            known = self._enter(url, hints, now)
            if self._ledger.has(url):  # captured by this very run before it was cut off
                continue
            if is_due(known, now, self._site, revisit_now=self._revisit_now):
                self._ledger.note(url, "deferred")
                (checks if known.visits else new).append(known)
            else:
                self._ledger.note(url, "not_due")
        for url, (reason, detail) in found.refused.items():
            self._refuse(url, reason, detail, now)
        for known in self._frontier.urls.values():
            if (
                self._ledger.has(known.url)
                or known.state == REFUSED
                or not is_due(known, now, self._site, revisit_now=self._revisit_now)
            ):
                continue
            if self._scope.holds(known.url) and self._site.is_article_url(known.url):
                self._ledger.note(known.url, "deferred")
                (checks if known.visits else new).append(known)
        new.sort(key=lambda known: known.hints.modified_at or known.hints.published_at or now, reverse=True)
        checks.sort(key=lambda known: _waits_since(known, now))
        return _mix(new, checks[: self._share(now)])

    def _share(self, now: datetime) -> int | None:
        """Return how many re-checks this run makes, None for all; notes when it was asked."""
        before, self._frontier.planned_at = self._frontier.planned_at, now
        if self._revisit_now or before is None:
            return None
        gap = min(max(now - before, timedelta(0)), _LONGEST_GAP)
        return max(int(gap.total_seconds() / (_PACE * max(self._site.delay, _LEAST_GAP_S))), _LEAST_CHECKS)

    def _enter(self, url: str, hints: Hints, now: datetime) -> KnownUrl:
        known = self._frontier.urls.get(url)
        if known is None:
            known = KnownUrl(url, first_seen=now, listed_at=now, hints=hints)
        else:
            known = replace(known, listed_at=now, hints=merge_hints(hints, known.hints))
        self._frontier.urls[url] = known
        return known

    def _refuse(self, url: str, reason: Reason, detail: str, now: datetime) -> None:
        """Book a URL that is never asked for: a failure when it is news, and again once its wait is over."""
        known = self._frontier.urls.get(url) or KnownUrl(url, first_seen=now)
        if (
            known.state == REFUSED
            and known.reason == reason.value
            and known.next_visit is not None
            and known.next_visit > now
        ):
            self._ledger.note(url, "not_due")
            return
        self._ledger.fail(url, reason, detail)
        self._frontier.urls[url] = after_failure(replace(known, state=REFUSED, listed_at=now), reason, now)


def _waits_since(known: KnownUrl, now: datetime) -> datetime:
    """Return since when a re-check is due: by the plan, else by a feed's word."""
    if known.next_visit is not None and known.next_visit <= now:
        return known.next_visit
    return known.hints.modified_at or now


def _mix(new: list[KnownUrl], checks: Iterable[KnownUrl]) -> list[KnownUrl]:
    """Return all, a check after every fourth new page, so that neither starves when a run is cut short."""
    waiting, mixed = list(reversed(list(checks))), []
    for place, known in enumerate(new, start=1):
        mixed.append(known)
        if place % (_DUE_SHARE - 1) == 0 and waiting:
            mixed.append(waiting.pop())
    return mixed + waiting[::-1]
