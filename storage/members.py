"""Who is in which story, decided from the links between articles. Pure, and the same whatever order links come in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Annotated

from extract.article import HEX_16
from extract.says import Says

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Member:
    """One article of a story, a row of the stories table. An article in no story has none.

    `version` is the latest of its versions that was found to be a copy, and title, url and published_at are of it;
    `captured_at` is when the article was captured first. `similarity`: the largest share (0 to 1) of a text found in
    another member's or the other way round. `merged_ids`: ids of stories that it was listed under before.
    """

    story_id: Annotated[str, Says("the article_id of the member captured first", HEX_16)]
    article_id: Annotated[str, Says("as in `articles`", HEX_16)]
    site: Annotated[str, Says("as in `articles`", {"pattern": "^[a-z0-9-]+$"})]
    url: Annotated[str, Says("of `version`")]
    title: Annotated[str, Says("of `version`")]
    version: Annotated[int, Says("the latest found to be a copy", {"minimum": 1})]
    published_at: Annotated[datetime | None, Says("of `version`")]
    captured_at: Annotated[datetime, Says("when the article was captured first")]
    is_origin: Annotated[bool, Says("true for one member of each story, the one that was out first")]
    similarity: Annotated[
        float,
        Says(
            "0 to 1: the largest share of a text that another member has too, of the shorter of the two",
            {"minimum": 0, "maximum": 1},
        ),
    ]
    story_captured_at: Annotated[datetime, Says("`captured_at` of the member captured first")]
    merged_ids: Annotated[
        tuple[str, ...], Says("ids of stories that the member was listed under before they became part of this one")
    ] = ()

    @property
    def published_by(self) -> datetime:
        """The moment by which it was out. A date without a time means the end of that day, or its capture."""
        if self.published_at is None:
            return self.captured_at
        is_date = self.published_at.time() == time()
        return min(self.captured_at, self.published_at + DAY if is_date else self.published_at)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One version of an article as it was compared; `captured_at` is its article's first capture."""

    article_id: str
    version: int
    site: str
    url: str
    title: str
    published_at: datetime | None
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """Two versions of different articles that are one report; `share`: how much of the shorter the longer has."""

    one: Sighting
    other: Sighting
    share: float


def regroup(links: Iterable[Link], members: Iterable[Member]) -> list[Member]:
    """Return the rows that `links` make or change, given all `members` of the stories that the linked articles are in.

    Linked articles share a story and stories that come to share an article become one: a story only grows. It has the
    id of its member captured first, so that of two the older goes on; the other's id is kept in `merged_ids`.
    """
    before = {member.article_id: member for member in members}
    rows = dict(before)
    parents: dict[str, str] = {}
    for member in before.values():
        _join(parents, member.article_id, member.story_id)
    for link in links:
        _join(parents, link.one.article_id, link.other.article_id)
        for sighting in (link.one, link.other):
            rows[sighting.article_id] = _seen(rows.get(sighting.article_id), sighting, round(link.share, 3))
    stories: dict[str, list[Member]] = {}
    for row in rows.values():
        stories.setdefault(_root(parents, row.article_id), []).append(row)
    grouped = [row for story in stories.values() for row in _story(story)]
    return [row for row in grouped if row != before.get(row.article_id)]


def _seen(row: Member | None, sighting: Sighting, share: float) -> Member:
    if row is None:
        return Member(
            "", sighting.article_id, sighting.site, sighting.url, sighting.title, sighting.version,
            sighting.published_at, sighting.captured_at, False, share, sighting.captured_at,  # noqa: FBT003
        )  # fmt: skip
    row = replace(row, similarity=max(row.similarity, share))
    if sighting.version <= row.version:
        return row
    return replace(
        row, version=sighting.version, url=sighting.url, title=sighting.title, published_at=sighting.published_at
    )


def _story(rows: list[Member]) -> list[Member]:
    first = min(rows, key=lambda row: (row.captured_at, row.article_id))
    origin = min(rows, key=lambda row: (row.published_by, row.captured_at, row.article_id))
    return [
        replace(
            row, story_id=first.article_id, story_captured_at=first.captured_at, is_origin=row is origin,
            merged_ids=tuple(sorted({*row.merged_ids, row.story_id} - {"", first.article_id})),
        )
        for row in rows
    ]  # fmt: skip


def _join(parents: dict[str, str], one: str, other: str) -> None:
    parents[_root(parents, one)] = _root(parents, other)


def _root(parents: dict[str, str], article: str) -> str:
    while (parent := parents.get(article, article)) != article:
        parents[article] = article = parents.get(parent, parent)  # shortens the way for the next to ask
    return article
