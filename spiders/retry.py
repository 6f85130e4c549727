"""When to ask again, and how long to wait before."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from spiders.exchange import Exchange
from spiders.limits import Limits

_TRANSIENT = frozenset({429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
_TOO_MANY_PAUSE_S = 10.0  # after a 429 that names no time


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header (a number or an HTTP date) asks for, or None."""
    if value is None:
        return None
    if value.isascii() and value.strip().isdigit():
        return float(value.strip()[:9])
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((moment - now).total_seconds(), 0.0)


def pause_s(exchange: Exchange) -> float | None:
    """Return the seconds that a 429 or 503 asks to wait, or None."""
    if exchange.status not in {429, 503}:
        return None
    asked = retry_after_s(exchange.header("Retry-After"), datetime.now(UTC))
    return _TOO_MANY_PAUSE_S if asked is None and exchange.status == 429 else asked


def is_transient(exchange: Exchange) -> bool:
    """Return whether the same request may get a better answer a moment later."""
    return exchange.status in _TRANSIENT or exchange.truncated == "disconnect"


def backoff_s(limits: Limits, attempt: int) -> float:
    """Return the pause after the failed `attempt` (from 0): doubled each time, give or take a quarter."""
    return limits.backoff_s * (1 << attempt) * random.uniform(0.75, 1.25)  # noqa: S311 - no secret, a rhythm
