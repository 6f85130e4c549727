"""The demo's feeds, sitemaps and robots.txt, read by the parsers that others wrote for them."""

from __future__ import annotations

import gzip
import json
import time
from datetime import UTC, datetime

import feedparser
import pytest
from defusedxml import ElementTree
from protego import Protego

from spiders.demo.newspaper import TEST_EPOCH, Expected, Newspaper, load_papers

GAZETTE, SALTINGS, COURIER = PAPERS = [
    Newspaper(paper, f"http://127.0.0.1:{8741 + place}", TEST_EPOCH) for place, paper in enumerate(load_papers())
]
MOMENTS = (0.0, 500.0, 7200.0)
SITEMAPS = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "n": "http://www.google.com/schemas/sitemap-news/0.9"}


def live(paper: Newspaper, at_s: float) -> list[Expected]:
    return [expected for expected in paper.truth(at_s) if not expected.deleted]


def when(parsed: time.struct_time) -> datetime:
    return datetime(*parsed[:6], tzinfo=UTC)


@pytest.mark.parametrize("at_s", MOMENTS)
def test_the_rss_feed_lists_what_is_published_with_tracking_parameters(at_s: float) -> None:
    feed = feedparser.parse(GAZETTE.render("/feed/", at_s).body)
    assert (feed.bozo, feed.version) == (False, "rss20")
    told = [(entry.title, entry.link, when(entry.published_parsed), entry.author) for entry in feed.entries]
    assert told == [
        (expected.title, f"{expected.url}?utm_source=rss&utm_medium=feed", expected.published_at, expected.author)
        for expected in live(GAZETTE, at_s)
    ]


@pytest.mark.parametrize("at_s", MOMENTS)
def test_the_atom_feed_tells_publication_and_update(at_s: float) -> None:
    feed = feedparser.parse(COURIER.render("/feeds/all.atom", at_s).body)
    assert (feed.bozo, feed.version) == (False, "atom10")
    told = [
        (entry.title, entry.link, when(entry.published_parsed), when(entry.updated_parsed)) for entry in feed.entries
    ]
    assert told == [
        (expected.title, expected.url, expected.published_at, expected.modified_at) for expected in live(COURIER, at_s)
    ]


@pytest.mark.parametrize("at_s", MOMENTS)
def test_the_json_feed_has_every_field_that_version_1_1_asks_for(at_s: float) -> None:
    feed = json.loads(SALTINGS.render("/blog-feed.json", at_s).body)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == SALTINGS.url("/blog-feed.json")
    told = [(item["id"], item["title"], item["date_modified"], item["tags"]) for item in feed["items"]]
    assert told == [
        (expected.url, expected.title, expected.modified_at.isoformat(), list(expected.tags))
        for expected in live(SALTINGS, at_s)
    ]


@pytest.mark.parametrize("paper", PAPERS, ids=[paper.paper.name for paper in PAPERS])
@pytest.mark.parametrize("at_s", MOMENTS)
def test_the_sitemap_index_leads_to_every_article_and_its_last_change(paper: Newspaper, at_s: float) -> None:
    robots = Protego.parse(paper.render("/robots.txt", at_s).body.decode())
    assert [paper.url(path) for path in paper.paper.sitemaps] == list(robots.sitemaps)
    index = ElementTree.fromstring(paper.render(paper.paper.sitemaps[0], at_s).body)
    found: dict[str, str] = {}
    for loc in index.findall("s:sitemap/s:loc", SITEMAPS):
        body = paper.render(loc.text.removeprefix(paper.base_url), at_s).body
        sitemap = ElementTree.fromstring(gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body)
        for url in sitemap.findall("s:url", SITEMAPS):
            found[url.findtext("s:loc", namespaces=SITEMAPS)] = url.findtext("s:lastmod", namespaces=SITEMAPS)
    assert found == {expected.url: expected.modified_at.isoformat() for expected in live(paper, at_s)}


def test_the_news_sitemap_tells_title_language_and_publication() -> None:
    sitemap = ElementTree.fromstring(COURIER.render("/sitemaps/news.xml", 500).body)
    told = {
        (
            news.findtext("n:title", namespaces=SITEMAPS),
            news.findtext("n:publication_date", namespaces=SITEMAPS),
            news.findtext("n:publication/n:language", namespaces=SITEMAPS),
        )
        for news in sitemap.findall("s:url/n:news", SITEMAPS)
    }
    assert told == {(e.title, e.published_at.isoformat(), e.language) for e in live(COURIER, 500)}


@pytest.mark.parametrize("paper", PAPERS, ids=[paper.paper.name for paper in PAPERS])
def test_robots_txt_allows_everything_but_the_private_folder(paper: Newspaper) -> None:
    robots = Protego.parse(paper.render("/robots.txt", 0).body.decode())
    assert robots.can_fetch(paper.truth(0)[0].url, "Broadsheet/0.1")
    assert not robots.can_fetch(paper.url("/private/desk"), "Broadsheet/0.1")
    assert paper.render("/private/desk", 0).status == 200


@pytest.mark.parametrize("paper", PAPERS, ids=[paper.paper.name for paper in PAPERS])
def test_each_feed_is_announced_on_the_front_page(paper: Newspaper) -> None:
    front = paper.render("/", 0).body.decode()
    assert all(paper.url(path) in front for path in paper.paper.feeds)
