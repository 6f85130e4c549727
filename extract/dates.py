"""Dates as pages write them. A date that is not written out in full is none: nothing is filled in from a clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # no web page is older; 1970 is an empty field
_ISO = re.compile(
    r"^\s*(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?(?:\[[\w/]+\])?\s*$",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"^\s*(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?)?(Z|[+-]\d{2}:?\d{2})?\s*$")
_SLASHED = re.compile(r"^\s*(\d{4})/(\d{1,2})/(\d{1,2})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?()\s*$")
_URL_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})([/_-]?)(0?[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")


def parse_date(value: object) -> datetime | None:
    """Return the aware UTC datetime that `value` (ISO 8601, RFC 2822, YYYY/MM/DD) spells in full, or None.

    A time without a zone is taken as UTC, since pages that leave the zone out rarely say which they mean.
    """
    if not isinstance(value, str) or not 8 <= len(value.strip()) <= 60:
        return None
    for pattern in (_ISO, _COMPACT, _SLASHED):
        if found := pattern.match(value):
            year, month, day, hour, minute, second, zone = found.groups()
            try:
                moment = datetime(
                    int(year),
                    int(month),
                    int(day),
                    int(hour or 0),
                    int(minute or 0),
                    int(second or 0),
                    tzinfo=_zone(zone),
                )
                return moment.astimezone(UTC)
            except (ValueError, OverflowError):
                return None
    try:
        moment = parsedate_to_datetime(value.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _zone(zone: str | None) -> timezone:
    if not zone or zone[0] not in "+-":
        return UTC
    digits = zone[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-offset if zone[0] == "-" else offset)


def url_date(url: str) -> datetime | None:
    """Return the day that the path of `url` carries (…/2026/11/22/… or 2026-11-22), or None."""
    path = url.split("//", 1)[-1].partition("/")[2].partition("?")[0]
    found = [match for match in _URL_DATE.finditer(path) if match[2] or len(match[3]) == 2]
    if not found:
        return None
    try:
        return datetime(int(found[0][1]), int(found[0][3]), int(found[0][4]), tzinfo=UTC)
    except ValueError:
        return None


def plausible(moment: datetime | None, captured_at: datetime) -> datetime | None:
    """Return `moment` unless it lies before EARLIEST or over a day after the capture (east of UTC it is tomorrow)."""
    if moment is None or not EARLIEST <= moment <= captured_at + timedelta(days=1):
        return None
    return moment
