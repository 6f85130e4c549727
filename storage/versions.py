"""What each captured state of an article means for its history: new, an edit, the same, gone, back again. Pure."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import IntEnum


@dataclass(frozen=True, slots=True)
class Head:
    """The latest state of one article. `version` is its number, `last_version` the highest number given so far.

    They differ only where an older capture was published late. `row`: its place among the rows to be appended,
    None if it is in the table.
    """

    version: int
    last_version: int
    digest: bytes
    status: str
    captured_at: datetime
    captured_day: date
    row: int | None = None


class Kind(IntEnum):
    """What was seen of an article; the order decides between two at one moment."""

    GONE = 0
    ARTICLE = 1


@dataclass(frozen=True, slots=True, order=True)
class Seen:
    """One capture of one article, or of its absence. `row`: the article's row in the batch."""

    captured_at: datetime
    kind: Kind
    article_id: str
    row: int = -1
    digest: bytes = b""


@dataclass(slots=True)
class Decisions:
    """What to write. `rows`: batch row → (version, status), to append; `updates`: article → its head in the table."""

    rows: dict[int, tuple[int, str]] = field(default_factory=dict)
    updates: dict[str, Head] = field(default_factory=dict)
    heads: dict[str, Head] = field(default_factory=dict)
    articles: int = 0
    versions: int = 0
    unchanged: int = 0
    gone: int = 0


State = tuple[datetime, bytes]  # captured_at and digest of one version


def content_digest(title: str, text_sha256: str) -> bytes:
    """Return 16 bytes that differ when title or text do."""
    return hashlib.sha256(f"{title}\n{text_sha256}".encode()).digest()[:16]


def decide(seen: Iterable[Seen], heads: Mapping[str, Head], history: Mapping[str, list[State]]) -> Decisions:
    """Return what a batch changes, given the table's `heads` of the articles in it.

    `history` holds all versions of the articles that were captured before their head was (`late_articles`).
    """
    made = Decisions(heads=dict(heads))
    states = {article: sorted(found) for article, found in history.items()}
    for one in sorted(seen):
        head = made.heads.get(one.article_id)
        if one.kind is Kind.GONE:
            if head and head.status != "gone" and one.captured_at >= head.captured_at:
                _set_status(made, one.article_id, head, "gone")
                made.gone += 1
        elif head is None:
            made.articles += 1
            _add_latest(made, one, 1)
        elif one.captured_at < head.captured_at:
            _decide_late(made, one, head, states.setdefault(one.article_id, []))
        elif one.digest == head.digest:
            made.unchanged += 1
            if head.status != "live":
                _set_status(made, one.article_id, head, "live")
        else:
            made.versions += 1
            _add_latest(made, one, head.last_version + 1)
    return made


def late_articles(seen: Iterable[Seen], heads: Mapping[str, Head]) -> set[str]:
    """Return the articles of which a capture is older than the table's head: their history is needed."""
    return {
        one.article_id
        for one in seen
        if one.kind is Kind.ARTICLE and (head := heads.get(one.article_id)) and one.captured_at < head.captured_at
    }


def _add_latest(made: Decisions, one: Seen, version: int) -> None:
    made.rows[one.row] = (version, "live")
    made.heads[one.article_id] = Head(
        version, version, one.digest, "live", one.captured_at, one.captured_at.date(), one.row
    )


def _decide_late(made: Decisions, one: Seen, head: Head, states: list[State]) -> None:
    """A capture published after a newer one: a version of its own only if neither neighbour in time has its text."""
    at = bisect_right([captured_at for captured_at, _ in states], one.captured_at)
    neighbours = [digest for _, digest in states[max(at - 1, 0) : at + 1]] or [head.digest]
    if one.digest in neighbours:
        made.unchanged += 1
        return
    states.insert(at, (one.captured_at, one.digest))
    made.versions += 1
    made.rows[one.row] = (head.last_version + 1, "live")
    made.heads[one.article_id] = replace(head, last_version=head.last_version + 1)


def _set_status(made: Decisions, article: str, head: Head, status: str) -> None:
    changed = replace(head, status=status)
    made.heads[article] = changed
    if head.row is None:
        made.updates[article] = changed
    else:
        made.rows[head.row] = (head.version, status)
