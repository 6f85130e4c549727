"""A paper at its address and through time, as pure functions of the seconds since its epoch. No clock, no network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from spiders.demo.paper import Paper
from spiders.demo.story import Story, Version


@dataclass(frozen=True, slots=True)
class Edition:
    """The state of a paper between two events (a publication, an edit, a deletion); `live` is newest first."""

    number: int
    began_s: float
    live: tuple[Version, ...]
    gone: tuple[Story, ...]


class Desk:
    """One paper at `base_url`, opened at `epoch`. A `speed` above 1 shortens the time until what is still to come."""

    def __init__(self, paper: Paper, base_url: str, epoch: datetime, speed: float = 1.0) -> None:
        self.paper = paper
        self.base_url = base_url.rstrip("/")
        self.epoch = epoch.replace(microsecond=0)
        self.speed = speed
        self.events_s = tuple(sorted({at_s for story in paper.stories for at_s in _events(story) if at_s > 0}))

    def edition_at(self, at_s: float) -> Edition:
        """Return the edition in force `at_s` after the epoch."""
        past = [event for event in self.events_s if event <= at_s]
        versions = [version for story in self.paper.stories if (version := story.version_at(at_s))]
        versions.sort(key=lambda version: -version.story.offset_s)
        return Edition(
            number=len(past),
            began_s=past[-1] if past else 0.0,
            live=tuple(version for version in versions if not version.story.is_deleted(at_s)),
            gone=tuple(version.story for version in versions if version.story.is_deleted(at_s)),
        )

    def instant(self, at_s: float) -> datetime:
        """Return the date that the paper prints for `at_s`, to the second."""
        return self.epoch + timedelta(seconds=int(at_s / self.speed if at_s > 0 else at_s))

    def url(self, path: str) -> str:
        """Return the absolute URL of `path`."""
        return self.base_url + path

    def article_url(self, story: Story) -> str:
        """Return the absolute URL of `story`."""
        return self.url(self.paper.article_path(story))


def _events(story: Story) -> Iterator[float]:
    yield story.offset_s
    yield from (edit.at_s for edit in story.edits)
    if story.deleted_s is not None:
        yield story.deleted_s
