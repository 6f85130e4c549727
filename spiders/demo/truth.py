"""What an archive should hold of the demo newspaper at a given moment: text, versions, what must be gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from spiders.demo.edition import Desk
from spiders.demo.planted import planted_lines
from spiders.demo.story import Block, Version, plain

TextKind = Literal["standfirst", "paragraph", "subhead", "item", "quote", "cite", "row"]
_KINDS: dict[str, TextKind] = {"list": "item", "table": "row", "subhead": "subhead", "quote": "quote"}


@dataclass(frozen=True, slots=True)
class TextBlock:
    """One line of the text that a reader should get. The cells of a table row are joined by " | "."""

    kind: TextKind
    text: str


@dataclass(frozen=True, slots=True)
class Expected:
    """The truth about one article that was published until then.

    `planted` are lines of boilerplate on its page, to be compared with whole lines ("1 view" is one);
    none belongs to the text. It is empty once the article is deleted.
    """

    site: str
    url: str
    title: str
    author: str
    section: str
    tags: tuple[str, ...]
    language: str
    published_at: datetime
    modified_at: datetime
    blocks: tuple[TextBlock, ...]
    version: int
    deleted: bool
    planted: tuple[str, ...]

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The text, a line a block, the standfirst (if the page has one) first."""
        return tuple(block.text for block in self.blocks)


def expected_articles(desk: Desk, at_s: float) -> tuple[Expected, ...]:
    """Return what should be known of every article published until `at_s`: live ones, then deleted ones."""
    edition = desk.edition_at(at_s)
    gone = [version for story in edition.gone if (version := story.version_at(at_s))]
    live = [_expected(desk, version, planted_lines(desk, edition, version).all_lines()) for version in edition.live]
    return (*live, *(_expected(desk, version, (), deleted=True) for version in gone))


def text_blocks(version: Version) -> Iterator[TextBlock]:
    """Yield the text of `version` line by line; captions and credits are no part of it."""
    if version.story.standfirst:
        yield TextBlock("standfirst", version.story.standfirst)
    for block in version.blocks:
        yield from _texts(block)


def _texts(block: Block) -> Iterator[TextBlock]:
    if block.kind == "figure":
        return
    for place, item in enumerate(block.items):
        kind = "cite" if block.kind == "quote" and place else _KINDS.get(block.kind, "paragraph")
        yield TextBlock(kind, plain(item))


def _expected(desk: Desk, version: Version, planted: tuple[str, ...], *, deleted: bool = False) -> Expected:
    story = version.story
    return Expected(
        site=desk.paper.name,
        url=desk.article_url(story),
        title=version.title,
        author=story.author,
        section=story.section,
        tags=story.tags,
        language=story.language,
        published_at=desk.instant(story.offset_s),
        modified_at=desk.instant(version.changed_s),
        blocks=tuple(text_blocks(version)),
        version=version.number,
        deleted=deleted,
        planted=planted,
    )
