"""The paper's machine-readable lists: RSS 2.0, Atom, JSON Feed, sitemaps (index, plain, news, gzip) and robots.txt."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

from spiders.demo.edition import Desk, Edition
from spiders.demo.page import environment
from spiders.demo.paper import number_of

FEED_LENGTH = 15  # as content management systems have it; the sitemaps list everything


def _xml(name: str) -> Callable[[Desk, Edition], bytes]:
    def make(desk: Desk, edition: Edition) -> bytes:
        template = environment().get_template(f"feeds/{name}.xml")
        return template.render(
            desk=desk, paper=desk.paper, edition=edition, latest=edition.live[:FEED_LENGTH], number_of=number_of
        ).encode()

    return make


def _gzipped_sitemap(desk: Desk, edition: Edition) -> bytes:
    return gzip.compress(_xml("sitemap")(desk, edition), mtime=0)


def _json_feed(desk: Desk, edition: Edition) -> bytes:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": desk.paper.title,
        "home_page_url": desk.url("/"),
        "feed_url": desk.url(next(path for path, form in desk.paper.resources.items() if form == "json")),
        "description": desk.paper.tagline,
        "language": "en",
        "items": [
            {
                "id": desk.article_url(version.story),
                "url": desk.article_url(version.story) + "?utm_source=feed&utm_medium=json",
                "title": version.title,
                "summary": version.summary,
                "date_published": desk.instant(version.story.offset_s).isoformat(),
                "date_modified": desk.instant(version.changed_s).isoformat(),
                "authors": [{"name": version.story.author}],
                "tags": list(version.story.tags),
                "language": version.story.language,
            }
            for version in edition.live[:FEED_LENGTH]
        ],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1).encode()


def robots_txt(desk: Desk) -> bytes:
    """Return robots.txt: everything but /private/ may be read, and where the sitemaps are."""
    rules = ["User-agent: *", "Disallow: /private/", "Allow: /", ""]
    return "\n".join([*rules, *(f"Sitemap: {desk.url(path)}" for path in desk.paper.sitemaps), ""]).encode()


FORMATS: dict[str, tuple[str, Callable[[Desk, Edition], bytes]]] = {  # a name in papers.yaml: type, maker
    "rss": ("application/rss+xml; charset=UTF-8", _xml("rss")),
    "comments": ("application/rss+xml; charset=UTF-8", _xml("comments")),
    "atom": ("application/atom+xml; charset=utf-8", _xml("atom")),
    "json": ("application/feed+json; charset=utf-8", _json_feed),
    "sitemap": ("text/xml; charset=UTF-8", _xml("sitemap")),
    "sitemap_gz": ("application/gzip", _gzipped_sitemap),
    "sitemap_index": ("text/xml; charset=UTF-8", _xml("sitemap_index")),
    "news_sitemap": ("application/xml; charset=utf-8", _xml("news_sitemap")),
}
