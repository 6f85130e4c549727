"""The boilerplate planted on an article's page, known line by line: a test looks for each in the cleaned text."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass

from spiders.demo.edition import Desk, Edition
from spiders.demo.story import Story, Version, plain

LINKS = 3  # in a block of related or recent articles


@dataclass(frozen=True, slots=True)
class Planted:
    """What the page of one article has around the text in one edition. `lines` is key of papers.yaml → line."""

    lines: dict[str, str]
    related: Story  # linked between two paragraphs by the editors, who do not come back to change it
    links: tuple[Version, ...]  # the block after the text, filled anew in every edition
    captions: tuple[str, ...]  # captions and credits of the figures

    def all_lines(self) -> tuple[str, ...]:
        """Return every planted line, each once."""
        titles = (link.title for link in self.links)
        return tuple(dict.fromkeys(line for line in (*self.lines.values(), *titles, *self.captions) if line))


def planted_lines(desk: Desk, edition: Edition, version: Version) -> Planted:
    """Return the boilerplate of `version`'s page; links and counters move on with every edition, the text does not."""
    related, count = _related(desk, version), _views(desk, edition, version)
    values = {
        "title": version.title,
        "author": version.story.author,
        "related": related.title,
        "section": version.story.section,
        "tags": ", ".join(version.story.tags),
        "views": "1 view" if count == 1 else f"{count} views",
        "count": count,
        "year": desk.epoch.year,
        "signoff": version.story.signoff,
        "credit": f"Copyright {desk.epoch.year} {version.story.agency}" if version.story.agency else "",
    }
    figures = [block for block in version.blocks if block.kind == "figure"]
    return Planted(
        lines={key: pattern.format_map(values) for key, pattern in desk.paper.lines.items()},
        related=related,
        links=_links(edition, version),
        captions=tuple(text for figure in figures for text in (plain(figure.items[0]), figure.credit) if text),
    )


def _links(edition: Edition, version: Version) -> tuple[Version, ...]:
    """Return other articles in an order that looks like chance and is the same for the same edition."""
    others = [other for other in edition.live if other.story is not version.story]
    turn = f"{edition.number} {version.story.slug}"
    others.sort(key=lambda other: hashlib.sha256(f"{turn} {other.story.slug}".encode()).digest())
    return tuple(others[:LINKS])


def _related(desk: Desk, version: Version) -> Story:
    stories = desk.paper.stories
    old = [story for story in stories if story.offset_s < 0 and story.deleted_s is None and story is not version.story]
    return old[_seed(version) % len(old)]


def _seed(version: Version) -> int:
    return zlib.crc32(version.story.slug.encode())


def _views(desk: Desk, edition: Edition, version: Version) -> int:
    story = version.story
    first = story.views or (1 if story.offset_s > 0 else 5 + _seed(version) % 40)
    since = edition.number - sum(event <= story.offset_s for event in desk.events_s)
    return first + since * (1 + _seed(version) % 4)
