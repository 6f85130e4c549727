"""What an answer, or none, means for a URL: is it live, gone, due again when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from extract.rejection import Reason
from spiders.exchange import Exchange
from spiders.fetch import ascii_url
from spiders.known import GONE, LIVE, REFUSED, KnownUrl
from spiders.revisit import RETRY_LAST, next_visit, retry_at
from spiders.site import Site
from spiders.warc import Original, payload_digest, warc_date

_TRUST = 3  # re-checks on a feed's word that found nothing; then the plan alone decides
_AHEAD = timedelta(days=1)  # a date further in the future is no news, but a mistake
_MISSING = frozenset({404, 410})


def is_due(known: KnownUrl, now: datetime, site: Site, *, revisit_now: bool) -> bool:
    """Return whether `known` is to be asked for now."""
    if known.state == GONE:
        return False
    if known.state == REFUSED and known.reason != Reason.ROBOTS.value:
        return True  # it came as a candidate, so the site file lets it in by now
    if revisit_now:
        return True
    if known.last_visit is None:
        return known.next_visit is None or known.next_visit <= now
    if known.next_visit is not None and known.next_visit <= now:
        return True
    return bool(site.revisit) and _is_news(known, now)


def _is_news(known: KnownUrl, now: datetime) -> bool:
    """Return whether a feed or sitemap says that the page changed since it was last fetched."""
    modified, visited = known.hints.modified_at, known.last_visit
    if modified is None or visited is None or known.false_alarms >= _TRUST or known.failures:
        return False
    return visited < modified <= now + _AHEAD


def original_of(known: KnownUrl, exchange: Exchange) -> Original | None:
    """Return the response that `exchange` repeats, by a 304 or by the same payload; None if it is news."""
    if not (known.digest and known.warc_uri and known.warc_date):
        return None
    is_same = exchange.status == 200 and not exchange.truncated and payload_digest(exchange.body) == known.digest
    return Original(known.digest, known.warc_uri, known.warc_date) if exchange.status == 304 or is_same else None


def after_answer(known: KnownUrl, exchange: Exchange, original: Original | None, site: Site, now: datetime) -> KnownUrl:
    """Return `known` after a recorded answer."""
    known = replace(known, visits=known.visits + 1, last_visit=now)
    if exchange.status in _MISSING:
        missing = known.missing + 1
        is_gone = missing >= 2
        return replace(known, missing=missing, state=GONE if is_gone else known.state, next_visit=None if is_gone else retry_at(missing, now))
    if exchange.truncated or exchange.status not in {200, 203, 206, 304}:
        failures = known.failures + 1
        again = now + RETRY_LAST if exchange.truncated == "length" else retry_at(failures, now)
        return replace(known, failures=failures, next_visit=again)
    is_news = original is None and exchange.status != 304
    due = next_visit(
        site.revisit, known.url, first_seen=known.first_seen or now, last_visit=now, published=known.hints.published_at
    )
    on_a_word = not is_news and known.next_visit is not None and known.next_visit > now
    known = replace(
        known, state=LIVE, failures=0, missing=0, next_visit=due,
        false_alarms=0 if is_news else known.false_alarms + on_a_word,
    )  # fmt: skip
    if exchange.status == 304:
        return known
    known = replace(
        known, etag=exchange.header("ETag"), last_modified=exchange.header("Last-Modified"),
        final_url=exchange.url if exchange.url != ascii_url(known.url) else None,
    )  # fmt: skip
    if not is_news:
        return known
    return replace(known, digest=payload_digest(exchange.body), warc_uri=exchange.url, warc_date=warc_date(exchange.started_at))


def after_failure(known: KnownUrl, reason: Reason, now: datetime) -> KnownUrl:
    """Return `known` after it got no answer, or was not asked for."""
    failures = known.failures + 1
    return replace(known, failures=failures, reason=reason.value, next_visit=retry_at(failures, now))
