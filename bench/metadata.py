"""When a title, a date and authors count as right: exactly, once spelling that nobody reads is put aside."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime

# the same mark in other fonts and languages; the soft hyphen and the zero-width space are nothing
_MARKS = str.maketrans(
    dict.fromkeys("“”„«»", '"')
    | dict.fromkeys("‘’\u201a`", "'")
    | dict.fromkeys("–—\u2011", "-")
    | dict.fromkeys("\u00ad\u200b")
)
_BY = re.compile(r"^(?:by|von|par|por|di|de|door|av|af)\s*:?\s+")
_NOT_A_NAME = re.compile(r"[^\w\s'-]")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def same_title(gold: str, title: str | None) -> bool:
    """Tell whether the titles are the same but for case, blanks and the shape of quotes and dashes."""
    return _folded(gold) == _folded(title or "")


def same_day(gold: str, date: str | None) -> bool:
    """Tell whether two dates share a calendar day, as written or in UTC."""
    return not _days(gold).isdisjoint(_days(date or ""))


def same_authors(gold: Iterable[str], authors: Iterable[str]) -> bool:
    """Tell whether the authors are the same people, in any order, a leading "by" aside."""
    return set(_names(gold)) == set(_names(authors))


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).translate(_MARKS).casefold().split())


def _names(authors: Iterable[str]) -> Iterable[str]:
    for author in authors:
        if words := _NOT_A_NAME.sub(" ", _BY.sub("", _folded(author))).split():
            yield " ".join(words)


def _days(date: str) -> set[str]:
    try:
        moment = datetime.fromisoformat(date.strip())
    except ValueError:
        day = _DAY.match(date.strip())
        return {day[0]} if day else set()
    days = {moment.date().isoformat()}
    return days | {moment.astimezone(UTC).date().isoformat()} if moment.tzinfo else days
