"""Dates as pages write them. A date that is not written out in full is none: nothing is filled in from a clock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta, timezone
from email.utils import parsedate_to_datetime

from extract.months import month_number

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # no web page is older; 1970 is an empty field
CLOCK_SKEW = timedelta(minutes=15)  # sites' clocks are minutes off; local time said to be UTC is off by more
EASTERNMOST = timedelta(hours=14)  # the Line Islands' time: nowhere is it later
MAX_DATE_CHARS = 60
_ISO = re.compile(
    r"^\s*(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:(?:T|\s+|\s+T\s*)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?(?:\[[\w/]+\])?\s*$",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"^\s*(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?)?(Z|[+-]\d{2}:?\d{2})?\s*$")
_SLASHED = re.compile(r"^\s*(\d{4})/(\d{1,2})/(\d{1,2})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?()\s*$")
_EPOCH = re.compile(r"^\s*(1\d{9})(\d{3})?\s*$")
_RFC_2822 = re.compile(r"^\s*(?:[a-z]{3,9},?\s+)?\d{1,2}[\s-]+[a-z]{3}[\s-]+\d{2,4}\s+\d{1,2}:\d{2}", re.IGNORECASE)
_URL_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})([/_-]?)(0?[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
_URL_DASHED_DAY = re.compile(r"(?<!\d)((?:19|20)\d{2})[/-](0[1-9]|1[0-2])[/-](0[1-9]|[12]\d|3[01])(?!\d)")

_WORD = r"([^\W\d_][^\s\d,.;:()|/–—-]{1,14})"
_YEAR = r"((?:19|20)\d{2})(?!\d)"
_TEXTUAL = re.compile(
    # 22. November 2026, 22 de noviembre de 2026, 22nd of November, 2026, 22-Nov-2026
    rf"(?<![\d.,:/-])(?P<d1>\d{{1,2}})(?:st|nd|rd|th|er|\.º|º|ª|°|\.)?[\s-]{{0,3}}(?:de\s|of\s|d[’'])?\s*{_WORD}\.?"
    rf"[\s,-]{{1,3}}(?:de\s+|del\s+|of\s+)?{_YEAR}"
    # November 22nd, 2026
    rf"|{_WORD}\.?\s{{1,3}}(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,?\s{{1,3}}{_YEAR}"
    # 2026. november 22., 2026 m. lapkričio 22 d.
    rf"|(?<!\d)((?:19|20)\d{{2}})\.?\s(?:m\.\s)?{_WORD}\s(?P<d3>\d{{1,2}})(?!\d)",
    re.IGNORECASE,
)
_NUMERIC = re.compile(
    r"(?<![\d.,:/-])((?:19|20)\d{2})(?:\s?([-./])\s?|\s?[年년]\s?)(\d{1,2})(?:\s?\2\s?|\s?[月월]\s?)(\d{1,2})(?![\d:%])"
    r"|(?<![\d.,:/-])(\d{1,2})(\s?[-./]\s?)(\d{1,2})\6((?:19|20)?\d{2})(?![\d:%]|[./-]\d)"
)
_TIME = re.compile(
    r"^[.日일]?[\s,|•·–—\]-]{0,5}(?:T|um|at|kl\.?|klo|om|à|alle|ore|às|в|saat)?\s{0,2}"
    r"(\d{1,2})[:h：](\d{2})(?::\d{2})?(?:\s?([ap])\.?m\b)?",
    re.IGNORECASE,
)
_YEAR_FIRST = {"ko", "ja", "zh", "hu", "lt", "mn"}  # 24.05.03 may be the year 2024 there
_DAY_FIRST_ENGLISH = {"gb", "uk", "au", "nz", "ie", "za", "in", "ng", "ke", "tz", "my", "sg", "hk", "pk", "mt"}


def parse_date(value: object) -> datetime | None:
    """Return the aware UTC datetime that `value` spells in full, or None.

    ISO 8601, RFC 2822, YYYY/MM/DD, seconds since 1970, or a date in words or with dots (22. November 2026,
    22.11.2026). 11/12/2026 is none: nothing says which is the day. A time without a zone is taken as UTC,
    since pages that leave the zone out rarely say which they mean.
    """
    return _read(value)[0]


def past_date(value: object, captured_at: datetime) -> datetime | None:
    """Return the date that `parse_date` reads in `value` if a page captured at `captured_at` can name it as past."""
    moment, is_zoned = _read(value)
    return plausible(moment, captured_at, is_zoned=is_zoned)


def _read(value: object) -> tuple[datetime | None, bool]:
    """Return the moment that `value` spells in full, and whether it says in which zone."""
    if not isinstance(value, str) or not 8 <= len(value.strip()) <= MAX_DATE_CHARS:
        return None, False
    for pattern in (_ISO, _COMPACT, _SLASHED):
        if found := pattern.match(value):
            year, month, day, hour, minute, second, zone = found.groups()
            return _moment((year, month, day, hour, minute, second), _zone(zone)), bool(zone)
    if found := _EPOCH.match(value):
        return datetime.fromtimestamp(int(found[1]), UTC), True
    if _RFC_2822.match(value):
        try:
            moment = parsedate_to_datetime(value.strip())
            is_zoned = moment.tzinfo is not None
            return (moment if is_zoned else moment.replace(tzinfo=UTC)).astimezone(UTC), is_zoned
        except (ValueError, TypeError, IndexError, OverflowError):
            pass
    moments = dict.fromkeys(moment for _, moment in find_dates(value))
    return (next(iter(moments)) if len({moment.date() for moment in moments}) == 1 else None), False


def find_dates(text: str, language: str | None = None) -> Iterator[tuple[int, datetime]]:
    """Yield the dates written in full in `text` and where each starts, in words first; the time if it follows.

    `language` (such as "de" or "en-GB") decides what is else ambiguous: a month's name that means two, and
    whether the day or the month comes first in 11/12/2026. Where it does not, the date is left out.
    """
    tongue, region = _language_parts(language)
    for match in _TEXTUAL.finditer(text):
        numbers = [part for part in match.groups() if part]
        day = match["d1"] or match["d2"] or match["d3"]
        year = next(part for part in numbers if part.isdigit() and len(part) == 4)
        name = next(part for part in numbers if not part.isdigit())
        if (month := month_number(name, tongue)) and (moment := _with_time(text, match.end(), year, month, day)):
            yield match.start(), moment
    for match in _NUMERIC.finditer(text):
        if match[1]:
            parts: tuple[str, str, str] | None = (match[1], match[3], match[4])
        else:
            parts = _ordered(match[5], match[6].strip(), match[7], match[8], tongue, region)
        if parts and (moment := _with_time(text, match.end(), *parts)):
            yield match.start(), moment


def _language_parts(language: str | None) -> tuple[str | None, str | None]:
    parts = (language or "").lower().replace("_", "-").split("-")
    return parts[0] or None, parts[-1] if len(parts) > 1 else None


def _ordered(
    first: str, separator: str, second: str, year: str, tongue: str | None, region: str | None
) -> tuple[str, str, str] | None:
    """Return (year, month, day) of a numeric date with its year last, or None where that is a guess."""
    short = len(year) == 2
    if short and (
        len(first) + len(second) < 4 or tongue is None or tongue in _YEAR_FIRST or (tongue == "en" and separator != "/")
    ):
        return None
    year = f"20{year}" if short else year
    if separator == "." or first == second:
        return year, second, first
    if int(first) > 12 or int(second) > 12:
        return (year, second, first) if int(first) > 12 else (year, first, second)
    if tongue == "en":
        if region == "us":
            return year, first, second
        return (year, second, first) if region in _DAY_FIRST_ENGLISH else None
    return (year, second, first) if tongue and tongue not in _YEAR_FIRST else None


def _with_time(text: str, end: int, year: str, month: int | str, day: str) -> datetime | None:
    clock = _TIME.match(text[end : end + 30])
    hour = int(clock[1]) if clock else 0
    if clock and clock[3]:
        hour = hour % 12 + (12 if clock[3].lower() == "p" else 0)
    return _moment((year, month, day, hour, clock[2] if clock else 0)) or _moment((year, month, day))


def _moment(parts: Iterable[int | str | None], zone: timezone = UTC) -> datetime | None:
    """Return the moment of (year, month, day, hour, minute, second); what is missing at the end is 0."""
    numbers = [int(part or 0) for part in parts]
    try:
        return datetime(*numbers, tzinfo=zone).astimezone(UTC)  # type: ignore[misc,arg-type]
    except (ValueError, OverflowError):
        return None


def _zone(zone: str | None) -> timezone:
    if not zone or zone[0] not in "+-":
        return UTC
    digits = zone[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    try:
        return timezone(-offset if zone[0] == "-" else offset)
    except ValueError:  # a day or more
        return UTC


def url_date(url: str) -> datetime | None:
    """Return the day that the path of `url` carries (…/2026/11/22/…, 2026-11/22 or 2026-11-22), or None."""
    path = url.split("//", 1)[-1].partition("/")[2].partition("?")[0]
    found = [match for match in _URL_DATE.finditer(path) if match[2] or len(match[3]) == 2]
    year, month, day = (found[0][1], found[0][3], found[0][4]) if found else ("", "", "")
    if not found and (mixed := _URL_DASHED_DAY.search(path)):
        year, month, day = mixed[1], mixed[2], mixed[3]
    return _moment((year, month, day)) if year else None


def plausible(moment: datetime | None, captured_at: datetime, *, is_zoned: bool = False) -> datetime | None:
    """Return `moment` unless it lies before EARLIEST or after the capture.

    One whose zone is known may be CLOCK_SKEW after it. One taken as UTC because nothing names its zone, and midnight
    in UTC, which is how templates write a day without a time, may be as far ahead as clocks are anywhere.
    """
    if moment is None:
        return None
    is_exact = is_zoned and moment.time() != time()
    latest = captured_at + (CLOCK_SKEW if is_exact else EASTERNMOST)
    return moment if EARLIEST <= moment <= latest else None
