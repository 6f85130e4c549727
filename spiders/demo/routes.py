"""Which path of a paper answers with what."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from spiders.demo.edition import Desk, Edition
from spiders.demo.feed import FORMATS, robots_txt
from spiders.demo.page import article_page, list_page, plain_page
from spiders.demo.paper import HERE, slugify
from spiders.demo.story import Story, Version

HTML = "text/html; charset=UTF-8"
PRIVATE = "/private/desk"  # linked from every page, refused by robots.txt


@dataclass(frozen=True, slots=True)
class Answer:
    """What a path gives in one edition; `stays` if it is the same in every edition."""

    status: int
    content_type: str
    body: bytes
    location: str = ""
    stays: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """An answer with its validators. Only a 200 has an `etag`, and only there `modified_at` counts."""

    status: int
    content_type: str
    body: bytes
    location: str
    etag: str
    modified_at: datetime


def respond(desk: Desk, path: str, at_s: float) -> Response:
    """Return what `path` (its query is ignored) gives at `at_s`: 200, 301, 404, or 410 for a deleted article."""
    edition = desk.edition_at(at_s)
    found = _answer(desk, edition, path.partition("?")[0])
    digest = hashlib.sha256(found.body).hexdigest()[:20]
    return Response(
        found.status,
        found.content_type,
        found.body,
        location=found.location,
        etag=desk.paper.etag.format(digest=digest) if found.status == 200 else "",
        modified_at=desk.epoch if found.stays else desk.instant(edition.began_s),
    )


def _answer(desk: Desk, edition: Edition, path: str) -> Answer:
    if path == "/robots.txt":
        return Answer(200, "text/plain; charset=utf-8", robots_txt(desk), stays=True)
    if path in desk.paper.resources:
        content_type, make = FORMATS[desk.paper.resources[path]]
        return Answer(200, content_type, make(desk, edition))
    if path.startswith("/media/") and path.endswith(".svg"):
        return Answer(200, "image/svg+xml", _picture(path), stays=True)
    if path == "/theme.css":
        style = HERE / "themes" / desk.paper.theme / "theme.css"
        return Answer(200, "text/css; charset=utf-8", style.read_bytes(), stays=True)
    return _article(desk, edition, path) or _list(desk, edition, path) or _other(desk, edition, path)


def _article(desk: Desk, edition: Edition, path: str) -> Answer | None:
    for version in edition.live:
        own = desk.paper.article_path(version.story)
        if path == own:
            return Answer(200, HTML, article_page(desk, edition, version).encode())
        if path.rstrip("/") == own.rstrip("/"):
            return Answer(301, HTML, b"", location=own)
    if path in {desk.paper.article_path(story) for story in edition.gone}:
        gone = plain_page(desk, edition, "This article has been removed", ("The editors have withdrawn this article.",))
        return Answer(410, HTML, gone.encode())
    return None


def _list(desk: Desk, edition: Edition, path: str) -> Answer | None:
    if path == "/":
        return Answer(200, HTML, list_page(desk, edition, "Latest", list(edition.live)).encode())
    found: dict[str, list[Version]] = {}  # name of the section, tag or author → its versions
    for story in desk.paper.stories:  # a section is there before its first article
        if path == desk.paper.path_of("section", story.section):
            found[story.section] = []
    for version in edition.live:
        for kind, name in _filed_under(version.story):
            if path == desk.paper.path_of(kind, name):
                found.setdefault(name, []).append(version)
    return next((Answer(200, HTML, list_page(desk, edition, *listed).encode()) for listed in found.items()), None)


def _filed_under(story: Story) -> Iterator[tuple[str, str]]:
    yield "section", story.section
    yield "author", story.author
    yield from (("tag", tag) for tag in story.tags)


def _other(desk: Desk, edition: Edition, path: str) -> Answer:
    known = {
        desk.paper.urls["about"]: (f"About {desk.paper.title}", desk.paper.about),
        PRIVATE: ("Staff desk", ("For the staff of the paper only.",)),
    }
    if path in known:
        return Answer(200, HTML, plain_page(desk, edition, *known[path]).encode(), stays=True)
    missing = plain_page(desk, edition, "Page not found", ("There is nothing at this address.",))
    return Answer(404, HTML, missing.encode())


def _picture(path: str) -> bytes:
    hue = sum(slugify(path).encode()) * 7 % 360
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 9">'
        f'<rect width="16" height="9" fill="hsl({hue} 35% 62%)"/>'
        f'<path d="M0 7q4-2 8 0t8 0v2H0z" fill="hsl({hue} 40% 40%)"/></svg>'
    ).encode()
