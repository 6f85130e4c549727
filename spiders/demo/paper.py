"""A paper: the data of one demo site, an entry of papers.yaml, with its stories and its addresses."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from spiders.demo.story import Story, load_stories

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Paper:
    """One demo site. `urls` are path patterns, `resources` path → format, `lines` patterns of planted boilerplate."""

    name: str
    title: str
    tagline: str
    theme: str
    town: str
    about: tuple[str, ...]
    urls: dict[str, str]
    resources: dict[str, str]
    feeds: tuple[str, ...]
    sitemaps: tuple[str, ...]
    sections: tuple[str, ...]
    article_url: str | None
    etag: str
    gzip: bool
    lines: dict[str, str]
    stories: tuple[Story, ...]

    def article_path(self, story: Story) -> str:
        """Return the path of `story`, the same at every start."""
        return self.urls["article"].format(slug=story.slug, section=slugify(story.section), number=number_of(story))

    def path_of(self, kind: str, name: str) -> str:
        """Return the path of the section, tag or author page called `name`."""
        return self.urls[kind].format(name=slugify(name))


def number_of(story: Story) -> int:
    """Return the number, of four digits, that a content management system would give `story`."""
    return zlib.crc32(story.slug.encode()) % 9000 + 1000


def slugify(name: str) -> str:
    """Return `name` as part of a path."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


@cache
def load_papers() -> tuple[Paper, ...]:
    """Return the demo's papers in the order of papers.yaml."""
    entries: list[dict[str, Any]] = yaml.safe_load((HERE / "papers.yaml").read_text(encoding="utf-8"))
    return tuple(_paper(entry) for entry in entries)


def _paper(entry: dict[str, Any]) -> Paper:
    stories = load_stories(HERE / "articles" / entry.pop("articles"))
    for key in ("about", "feeds", "sitemaps", "sections"):
        entry[key] = tuple(entry[key])
    return Paper(stories=stories, **entry)
