"""Moments as readers give them."""

from __future__ import annotations

from datetime import UTC, datetime

from storage.errors import BadQuestion

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)  # nothing was captured before
LATEST = datetime(9999, 12, 30, tzinfo=UTC)  # a day later is still a date


def in_utc(moment: datetime) -> datetime:
    """Return an aware datetime in UTC, brought between EARLIEST and LATEST; BadQuestion for anything else."""
    if not isinstance(moment, datetime):
        raise BadQuestion(f"{moment!r} is no datetime; give an aware one, such as datetime.now(UTC)")
    if moment.tzinfo is None:
        raise BadQuestion(f"{moment} has no time zone; give an aware datetime")
    return min(max(moment, EARLIEST), LATEST).astimezone(UTC)
