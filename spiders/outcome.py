"""What an answer, or none, means for a URL: is it live, gone, due again when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus

from extract.rejection import Reason
from spiders.address import ascii_url, listed_as
from spiders.exchange import Exchange
from spiders.known import GONE, LIVE, REFUSED, KnownSource, KnownUrl
from spiders.revisit import RETRY_LAST, next_visit, retry_at
from spiders.site import Site
from spiders.warc import Original, payload_digest, warc_date

_TRUST = 3  # re-checks on a feed's word that found nothing; then the plan alone decides
_AHEAD = timedelta(days=1)  # a date further in the future is no news, but a mistake
_MISSING = frozenset({404, 410})
_GONE_AFTER = 2  # looks in a row that find it missing: one may be a deployment's hiccup
_SECOND_LOOK = timedelta(hours=1)  # at a missing article: most hiccups are over by then
_LAST_LOOKS = (
    timedelta(days=1),
    timedelta(days=7),
    timedelta(days=30),
)  # at a gone page: what comes back is live again
_WHOLE = frozenset({200, 203, 304})


def is_due(known: KnownUrl, now: datetime, site: Site, *, revisit_now: bool) -> bool:
    """Return whether `known` is to be asked for now."""
    if known.state == GONE:
        is_planned = known.next_visit is not None and known.next_visit <= now
        return is_planned or (bool(site.revisit) and known.digest is not None and _is_news(known, now))
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


@dataclass(frozen=True, slots=True)
class Answered:
    """What the frontier keeps of an answer. `url` is the one that answered; `date` the WARC-Date as written."""

    url: str
    status: int
    truncated: str | None
    etag: str | None
    last_modified: str | None
    digest: str
    date: str

    @classmethod
    def of(cls, exchange: Exchange) -> Answered:
        """Return it of an exchange."""
        return cls(
            exchange.url,
            exchange.status,
            exchange.truncated,
            exchange.header("ETag"),
            exchange.header("Last-Modified"),
            payload_digest(exchange.body),
            warc_date(exchange.started_at),
        )


def original_of(known: KnownUrl | KnownSource, answered: Answered) -> Original | None:
    """Return the response that an answer repeats, by a 304 or by the same payload; None if it is news."""
    if not (known.digest and known.warc_uri and known.warc_date):
        return None
    is_same = answered.status == 200 and not answered.truncated and answered.digest == known.digest
    was_asked = bool(known.etag or known.last_modified)  # else a 304 says nothing
    is_repeat = is_same or (answered.status == 304 and was_asked)
    return Original(known.digest, known.warc_uri, known.warc_date) if is_repeat else None


def is_moved(known: KnownUrl, answered: Answered, urls: Mapping[str, KnownUrl]) -> bool:
    """Return whether an article's address leads to that of another, with another text, as it did not before."""
    target = listed_as(answered.url)
    if known.content_sha256 is None or target in {None, known.url, listed_as(known.final_url or known.url)}:
        return False
    other = urls.get(target or "")
    return other is not None and other.content_sha256 not in {None, known.content_sha256}


def after_answer(
    known: KnownUrl, answered: Answered, site: Site, now: datetime, *, is_same: bool, is_moved: bool = False
) -> KnownUrl:
    """Return `known` after a recorded answer; `is_same`: it repeats the payload of the one before."""
    is_planned = known.next_visit is not None and known.next_visit <= now
    on_a_word = not is_planned and _is_news(known, now)
    known = replace(known, visits=known.visits + 1, last_visit=now)
    if answered.status in _MISSING:
        return after_miss(known, now, is_final=answered.status == HTTPStatus.GONE)
    is_odd = answered.status == 304 and not is_same  # nothing was known that it could stand for
    if answered.truncated or is_odd or answered.status not in _WHOLE:
        failures = known.failures + 1
        again = now + RETRY_LAST if answered.truncated == "length" else retry_at(failures, now)
        return replace(known, failures=failures, next_visit=again)
    seen, published = known.first_seen or now, known.hints.published_at
    known = replace(
        known,
        state=LIVE,
        failures=0,
        missing=known.missing
        if known.content_sha256
        else 0,  # of an article extraction judges (Frontier.note_extraction)
        false_alarms=known.false_alarms + on_a_word,  # none, once another text is read from it
        next_visit=next_visit(site.revisit, known.url, first_seen=seen, last_visit=now, published=published),
    )
    if answered.status == 304:
        return known
    if is_moved:  # the next look, too, is to see that it leads elsewhere than when it was read
        known = replace(known, etag=None, last_modified=None)
    else:
        final_url = answered.url if answered.url != ascii_url(known.url) else None
        known = replace(known, etag=answered.etag, last_modified=answered.last_modified, final_url=final_url)
    return known if is_same else replace(known, digest=answered.digest, warc_uri=answered.url, warc_date=answered.date)


def after_miss(known: KnownUrl, at: datetime, *, is_final: bool = False) -> KnownUrl:
    """Return `known` after a look at `at` that found the page missing; `is_final`: its server says so for good.

    Even then the page is looked at a few times more, and on a feed's word, if it ever answered: a whole site's mistake
    looks the same.
    """
    on_a_word = known.next_visit is not None and known.next_visit > at
    missing = max(known.missing + 1, _GONE_AFTER if is_final else 0)
    known = replace(known, missing=missing, missed_at=at, false_alarms=known.false_alarms + on_a_word)
    if missing < _GONE_AFTER:
        return replace(known, next_visit=at + _SECOND_LOOK if known.content_sha256 else retry_at(missing, at))
    looks = _LAST_LOOKS[missing - _GONE_AFTER :] if known.digest else ()
    return replace(known, state=GONE, next_visit=at + looks[0] if looks else None)


def after_failure(known: KnownUrl, reason: Reason, now: datetime) -> KnownUrl:
    """Return `known` after it got no answer, or was not asked for."""
    failures = known.failures + 1
    again = now + RETRY_LAST if reason == Reason.NOARCHIVE else retry_at(failures, now)  # a wish, not a mishap
    return replace(known, failures=failures, reason=reason.value, next_visit=again)
