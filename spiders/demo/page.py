"""Pages of the demo newspaper as HTML: one Jinja theme a paper, in the markup that such themes really produce."""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from spiders.demo.edition import Desk, Edition
from spiders.demo.paper import HERE, number_of, slugify
from spiders.demo.planted import planted_lines
from spiders.demo.story import Version, plain


def article_page(desk: Desk, edition: Edition, version: Version) -> str:
    """Return the page of one article."""
    planted = planted_lines(desk, edition, version)
    return _render(
        desk,
        edition,
        "article",
        title=version.title,
        version=version,
        story=version.story,
        planted=planted,
        lines=planted.lines,
        number=number_of(version.story),
        structured=_structured(desk, version),
    )


def list_page(desk: Desk, edition: Edition, heading: str, versions: list[Version]) -> str:
    """Return the front page, a section, a tag or an author's page: headlines and summaries, no article."""
    return _render(desk, edition, "list", title=heading, versions=versions)


def plain_page(desk: Desk, edition: Edition, heading: str, paragraphs: tuple[str, ...]) -> str:
    """Return a page that is no news: about, the staff desk, an error."""
    return _render(desk, edition, "plain", title=heading, paragraphs=paragraphs)


@cache
def environment() -> Environment:
    """Return the themes, escaping everything; an undefined name is an error."""
    env = Environment(
        loader=FileSystemLoader(HERE / "themes"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {"inline": inline, "plain": plain, "slug": slugify}
    env.filters |= {"day": _day, "rfc822": _rfc822, "iso": datetime.isoformat}
    env.globals["hash"] = _hashed
    return env


def inline(markdown: str) -> Markup:
    """Return inline Markdown (bold, emphasis, links) as HTML."""
    html = str(escape(markdown))
    html = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", html)
    html = re.sub(r"\*(.+?)\*", r"<em>\1</em>", html)
    return Markup(re.sub(r"\[(.+?)\]\((.+?)\)", r'<a href="\2">\1</a>', html))  # noqa: S704 - escaped above


def _render(desk: Desk, edition: Edition, template: str, **values: Any) -> str:  # noqa: ANN401 - a template's names
    page = environment().get_template(f"{desk.paper.theme}/{template}.html")
    return page.render(desk=desk, paper=desk.paper, edition=edition, **values)


def _structured(desk: Desk, version: Version) -> Markup:
    """Return schema.org data, each theme in its own shape, safe inside a script element."""
    story, paper = version.story, desk.paper
    article: dict[str, Any] = {
        "@type": "BlogPosting" if paper.theme == "builder" else "NewsArticle",
        "@id": desk.article_url(story) + "#article",
        "headline": version.title,
        "description": version.summary,
        "datePublished": desk.instant(story.offset_s).isoformat(),
        "dateModified": desk.instant(version.changed_s).isoformat(),
        "author": [{"@type": "Person", "name": story.author, "url": desk.url(paper.path_of("author", story.author))}],
        "articleSection": story.section,
        "keywords": list(story.tags),
        "inLanguage": story.language,
        "image": [{"@type": "ImageObject", "url": desk.url(f"/media/{story.slug}-1200x675.svg")}],
        "mainEntityOfPage": desk.article_url(story),
        "publisher": {"@type": "Organization", "name": paper.title, "url": desk.base_url + "/"},
    }
    if paper.theme == "builder":
        data = {"@context": "https://schema.org", **article}
    else:
        crumbs = ((paper.title, "/"), (story.section, paper.path_of("section", story.section)))
        trail = [
            {"@type": "ListItem", "position": place, "name": name, "item": desk.url(path)}
            for place, (name, path) in enumerate(crumbs, 1)
        ]
        graph = [article, {"@type": "BreadcrumbList", "itemListElement": trail}, article["publisher"]]
        data = {"@context": "https://schema.org", "@graph": graph}
    return Markup(json.dumps(data, ensure_ascii=False, indent=1).replace("</", "<\\/"))  # noqa: S704 - closed above


def _hashed(name: str) -> str:
    """Return a class name as a builder's compiler makes it: meaningless, and the same every time."""
    return f"{slugify(name)[:1]}{sum(ord(char) * 31**place for place, char in enumerate(name)) % 16**5:05x}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}, {moment:%H:%M}"


def _rfc822(moment: datetime) -> str:
    return f"{moment:%a, %d %b %Y %H:%M:%S} +0000"
