"""A story: one Markdown file with front matter, and what it says at any moment of the newspaper's time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from spiders.demo.errors import DemoError

Kind = Literal["paragraph", "subhead", "list", "quote", "table", "figure"]
_INLINE = re.compile(r"\*\*(.+?)\*\*|\*(.+?)\*|\[(.+?)\]\((.+?)\)")
_FIGURE = re.compile(r'!\[(.*?)\]\((\S+)(?: "(.*)")?\)')


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a story. `items` are list items, table rows ("a | b"), quote then cite, else a single text."""

    kind: Kind
    items: tuple[str, ...]
    image: str = ""
    credit: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """A change by the editors, `at_s` after the epoch: a new headline, strings replaced, a paragraph added."""

    at_s: float
    title: str | None = None
    replace: tuple[tuple[str, str], ...] = ()
    add: str | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """One article as its file has it. `offset_s` is when it is published; below zero, before the demo started."""

    slug: str
    title: str
    author: str
    section: str
    tags: tuple[str, ...]
    offset_s: float
    markdown: str
    standfirst: str = ""
    language: str = "en"
    agency: str = ""
    signoff: str = ""
    live: bool = False
    views: int = 0
    edits: tuple[Edit, ...] = ()
    deleted_s: float | None = None

    def version_at(self, at_s: float) -> Version | None:
        """Return what the story says at `at_s`, deleted or not; None before it is published."""
        if at_s < self.offset_s:
            return None
        title, markdown, changed_s, number = self.title, self.markdown, self.offset_s, 1
        for edit in self.edits:
            if edit.at_s > at_s:
                break
            title = edit.title or title
            for old, new in edit.replace:
                if markdown.count(old) != 1:
                    raise DemoError(f"{self.slug}.md: the edit at {edit.at_s} replaces {old!r}, which must occur once")
                markdown = markdown.replace(old, new)
            markdown = f"{markdown}\n\n{edit.add}" if edit.add else markdown
            changed_s, number = edit.at_s, number + 1
        return Version(self, number, title, blocks=tuple(parse_blocks(markdown)), changed_s=changed_s)

    def is_deleted(self, at_s: float) -> bool:
        """Return whether the editors have taken the story down by `at_s`."""
        return self.deleted_s is not None and at_s >= self.deleted_s


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a story; `number` counts from 1, `changed_s` is when it came to be."""

    story: Story
    number: int
    title: str
    blocks: tuple[Block, ...]
    changed_s: float

    @property
    def summary(self) -> str:
        """The standfirst, or the first paragraph, as plain text."""
        first = next(block.items[0] for block in self.blocks if block.kind == "paragraph")
        return self.story.standfirst or plain(first)


def plain(markdown: str) -> str:
    """Return inline Markdown (bold, emphasis, links) as plain text."""
    return _INLINE.sub(lambda found: found[1] or found[2] or found[3], markdown)


def parse_blocks(markdown: str) -> Iterator[Block]:
    """Yield the blocks of a story's Markdown: paragraphs, ## subheads, - lists, > quotes, | tables and ![figures]."""
    for chunk in re.split(r"\n\s*\n", markdown.strip()):
        lines = [line.strip() for line in chunk.splitlines()]
        if found := _FIGURE.fullmatch(" ".join(lines)):
            yield Block("figure", (found[1],), image=found[2], credit=found[3] or "")
        elif lines[0].startswith("## "):
            yield Block("subhead", (" ".join(lines)[3:],))
        elif lines[0].startswith("- "):
            items = " ".join(lines)[2:].split(" - ") if len(lines) == 1 else "\n".join(lines)[2:].split("\n- ")
            yield Block("list", tuple(item.replace("\n", " ") for item in items))
        elif lines[0].startswith(">"):
            quote, _, cite = " ".join(line.lstrip("> ") for line in lines).partition(" — ")
            yield Block("quote", (quote, cite) if cite else (quote,))
        elif lines[0].startswith("|"):
            rows = (line.strip("| ") for line in lines if not line.startswith("|-"))
            yield Block("table", tuple(re.sub(r"\s*\|\s*", " | ", row) for row in rows))
        else:
            yield Block("paragraph", (" ".join(lines),))


def load_stories(folder: Path) -> tuple[Story, ...]:
    """Return the stories of `folder`, by file name."""
    return tuple(_load(path) for path in sorted(folder.glob("*.md")))


def _load(path: Path) -> Story:
    _, head, markdown = path.read_text(encoding="utf-8").split("---\n", 2)
    front: dict[str, Any] = yaml.safe_load(head)
    front["edits"] = tuple(
        Edit(**{**edit, "replace": tuple(edit.get("replace", {}).items())}) for edit in front.get("edits", ())
    )
    front["tags"] = tuple(front["tags"])
    return Story(slug=path.stem, markdown=markdown.strip(), **front)
