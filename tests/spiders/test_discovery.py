from __future__ import annotations

import gzip
import itertools
import json
from typing import Any

import pytest

from spiders.listing_formats import read_listing
from tests.spiders.news_server import NewsServer, Reply, Seen, article, rss

STORY = "/2026/11/22/a-story-of-note"
SITEMAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


def urlset(*locs: str, lastmod: str = "") -> bytes:
    entries = "".join(f"<url><loc>{loc}</loc>{lastmod}</url>" for loc in locs)
    return f'<?xml version="1.0"?><urlset {SITEMAP}>{entries}</urlset>'.encode()


def index_of(*locs: str) -> bytes:
    entries = "".join(f"<sitemap><loc>{loc}</loc></sitemap>" for loc in locs)
    return f'<?xml version="1.0"?><sitemapindex {SITEMAP}>{entries}</sitemapindex>'.encode()


FEEDS = {
    "RSS 2.0": '<rss version="2.0"><channel><item><title>T</title><link>{0}</link></item></channel></rss>',
    "RSS 2.0 with a guid only": '<rss version="2.0"><channel><item><guid>{0}</guid></item></channel></rss>',
    "RSS 0.91 with its document type": '<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" '
    '"http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss version="0.91"><channel><item><link>{0}</link></item></channel></rss>',
    "RSS 1.0": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
    '<item rdf:about="{0}"><title>T</title><link>{0}</link></item></rdf:RDF>',
    "Atom": '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>x</id><link rel="alternate" href="{0}"/></entry></feed>',
    "Atom with relative links": '<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="/2026/11/22/a-story-of-note"/></entry></feed>',
    "JSON Feed": '{{"version": "https://jsonfeed.org/version/1.1", "items": [{{"id": "1", "url": "{0}"}}]}}',
    "RSS with a stray ampersand": '<rss version="2.0"><channel><item><title>R & D</title><link>{0}</link></item></channel></rss>',
}


@pytest.mark.parametrize("form", FEEDS)
def test_every_form_of_feed_names_its_articles(crawl: Any, server: NewsServer, form: str) -> None:
    server.routes = {STORY: Reply(article(1)), "/feed.xml": Reply(FEEDS[form].format(server.url + STORY).encode())}
    ended = crawl()
    assert [capture.url for capture in ended.captures()] == [server.url + STORY]
    assert ended.report.sources[f"{server.url}/feed.xml"].startswith("ok 200, 1 links")


@pytest.mark.parametrize("coding", ["utf-8", "iso-8859-1", "utf-16"])
def test_a_feed_in_any_coding_keeps_its_letters(crawl: Any, server: NewsServer, coding: str) -> None:
    text = f'<?xml version="1.0" encoding="{coding}"?><rss version="2.0"><channel><item><title>Käse für alle</title>'
    body = f"{text}<link>{server.url}{STORY}</link></item></channel></rss>".encode(coding)
    server.routes = {STORY: Reply(article(1)), "/feed.xml": Reply(body, content_type="application/rss+xml")}
    assert crawl().captures()[0].hints.title == "Käse für alle"


def test_json_feed_items_bring_their_hints(crawl: Any, server: NewsServer) -> None:
    item = {
        "url": server.url + STORY, "title": "A &amp; B", "date_published": "2026-11-20T08:00:00Z", "language": "de",
        "authors": [{"name": "Ada"}, {"name": "Bob"}], "tags": ["x"],
    }  # fmt: skip
    server.routes = {
        STORY: Reply(article(1)),
        "/feed.xml": Reply(json.dumps({"version": "1", "items": [item, 3]}).encode()),
    }
    hints = crawl().captures()[0].hints
    assert (hints.title, hints.language, hints.authors, hints.tags) == ("A & B", "de", ("Ada", "Bob"), ("x",))
    assert hints.published_at.isoformat() == "2026-11-20T08:00:00+00:00"


def test_sitemaps_are_read_through_indexes_gzip_and_text(crawl: Any, server: NewsServer) -> None:
    pages = [f"/2026/11/22/story-number-{n}" for n in range(4)]
    urls = [server.url + page for page in pages]
    server.routes = {page: Reply(article(page)) for page in pages}
    server.routes |= {
        "/index.xml": Reply(
            index_of(f"{server.url}/a.xml", f"{server.url}/b.xml.gz", f"{server.url}/c.txt", f"{server.url}/d.xml")
        ),
        "/a.xml": Reply(urlset(urls[0])),
        "/b.xml.gz": Reply(gzip.compress(urlset(urls[1])), content_type="application/gzip"),
        "/c.txt": Reply(f"{urls[2]}\n\n".encode(), content_type="text/plain"),
        "/d.xml": Reply(gzip.compress(urlset(urls[3])), headers=(("Content-Encoding", "gzip"),)),
    }
    ended = crawl({"sitemaps": [f"{server.url}/index.xml"]})
    assert sorted(capture.url for capture in ended.captures()) == urls
    assert ended.report.sources[f"{server.url}/index.xml"] == "ok 200, 0 links, 4 sitemaps"


def test_a_news_sitemap_brings_date_title_language_and_keywords(crawl: Any, server: NewsServer) -> None:
    entry = (
        f"<url><loc>{server.url}{STORY}</loc><lastmod>2026-11-21</lastmod><news:news><news:publication><news:name>N</news:name>"
        "<news:language>fr</news:language></news:publication><news:publication_date>2026-11-20T10:00:00+02:00</news:publication_date>"
        "<news:title>Un titre</news:title><news:keywords>un, deux</news:keywords></news:news>"
        '<image:image xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><image:loc>http://x/y.jpg</image:loc>'
        "<image:title>not this</image:title></image:image></url>"
    )
    server.routes = {STORY: Reply(article(1)), "/s.xml": Reply(f"<urlset {SITEMAP} {NEWS}>{entry}</urlset>".encode())}
    hints = crawl({"sitemaps": [f"{server.url}/s.xml"]}).captures()[0].hints
    assert (hints.title, hints.language, hints.tags, hints.source) == ("Un titre", "fr", ("un", "deux"), "sitemap")
    assert (hints.published_at.isoformat(), hints.modified_at.isoformat()[:10]) == (
        "2026-11-20T08:00:00+00:00",
        "2026-11-21",
    )


def test_an_index_that_names_itself_ends(crawl: Any, server: NewsServer) -> None:
    server.routes = {
        "/s.xml": Reply(index_of(f"{server.url}/s.xml", f"{server.url}/t.xml")),
        "/t.xml": Reply(index_of(f"{server.url}/s.xml")),
    }
    crawl({"sitemaps": [f"{server.url}/s.xml"]})
    assert server.paths() == ["/s.xml", "/t.xml"]


def test_a_sitemap_whose_lastmod_stays_is_not_asked_again(crawl: Any, server: NewsServer) -> None:
    def index(lastmod: str) -> Reply:
        entries = f"<sitemap><loc>{server.url}/a.xml</loc><lastmod>{lastmod}</lastmod></sitemap>"
        return Reply(f"<sitemapindex {SITEMAP}>{entries}</sitemapindex>".encode())

    server.routes = {
        "/s.xml": index("2026-11-01"),
        "/a.xml": Reply(urlset(server.url + STORY)),
        STORY: Reply(article(1)),
    }
    site = {"sitemaps": [f"{server.url}/s.xml"]}
    crawl(site)
    server.seen.clear()
    ended = crawl(site)
    assert server.paths() == ["/s.xml"]
    assert ended.counts == {"not_due": 1}, "what it listed is still listed"
    assert ended.report.sources == {f"{server.url}/s.xml": "not modified, 0 links, 1 of them not asked again"}
    server.routes["/s.xml"] = index("2026-11-02")
    server.routes["/a.xml"] = Reply(urlset(server.url + STORY, f"{server.url}/2026/11/22/another-story"))
    assert crawl(site).counts == {"not_due": 1, "captured": 1}


def test_the_many_sitemaps_of_an_index_are_taken_in_turn(crawl: Any, server: NewsServer) -> None:
    maps = [f"/map-{n:02d}.xml" for n in range(12)]
    server.routes = {path: Reply(urlset(f"{server.url}/2026/11/22/story-of-{path[5:7]}")) for path in maps}
    server.routes |= {
        "/s.xml": Reply(index_of(*(server.url + path for path in maps))),
        "*": Reply(article(1), etag=False),
    }
    site = {"sitemaps": [f"{server.url}/s.xml"]}
    crawl(site)
    crawl(site)
    server.seen.clear()
    ended = crawl(site)
    assert server.paths() == ["/s.xml"], "twelve that brought nothing new wait a while"
    assert ended.counts == {"not_due": 12}
    ended = crawl(site, limits={"sitemaps": 5}, revisit_now=True)
    assert ended.report.sources[f"{server.url}/s.xml"].endswith("7 left for the next run")


def test_each_sitemap_of_a_long_index_has_its_turn(crawl: Any, server: NewsServer) -> None:
    """They say no lastmod and change at each visit: none is ever quiet."""
    maps = [f"/map-{n:02d}.xml" for n in range(12)]
    comments = itertools.count()

    def changing(request: Seen) -> Reply:
        listed = urlset(f"{server.url}/2026/11/22/story-of-{request.target[5:7]}")
        return Reply(listed + f"<!-- {next(comments)} -->".encode())

    server.routes = dict.fromkeys(maps, changing)
    server.routes |= {"/s.xml": Reply(index_of(*(server.url + path for path in maps))), "*": Reply(article(1))}
    for _ in range(3):
        crawl({"sitemaps": [f"{server.url}/s.xml"]}, limits={"sitemaps": 5})
    assert {path for path in server.paths() if path.startswith("/map")} == set(maps)


def test_indexes_are_followed_three_deep(crawl: Any, server: NewsServer) -> None:
    server.routes = {f"/{n}.xml": Reply(index_of(f"{server.url}/{n + 1}.xml")) for n in range(9)}
    crawl({"sitemaps": [f"{server.url}/0.xml"]})
    assert server.paths() == ["/0.xml", "/1.xml", "/2.xml", "/3.xml"]


def test_a_section_gives_its_article_links_only(crawl: Any, server: NewsServer) -> None:
    page = (
        '<base href="/world/"><a href="2026/11/22/harbour-bridge-reopens">1</a><a href="/about">2</a><a href="/tag/harbour-bridge-news">3</a>'
        '<a href="http://elsewhere.example/2026/11/22/harbour-bridge-reopens">4</a><a href="/img/2026/harbour-bridge-big.jpg">5</a>'
        '<a href="/article-123456">6</a><a href="mailto:x@y">7</a><a href="2026/11/22/harbour-bridge-reopens#comments">8</a>'
    )
    server.routes = {"/world/": Reply(page.encode()), "*": Reply(article(1), etag=False)}
    ended = crawl({"sections": [f"{server.url}/world/"]})
    assert sorted(c.url.removeprefix(server.url) for c in ended.captures()) == [
        "/article-123456",
        "/world/2026/11/22/harbour-bridge-reopens",
    ]
    assert ended.counts == {"captured": 2}


def test_article_url_decides_when_it_is_given(crawl: Any, server: NewsServer) -> None:
    server.routes = {
        "/": Reply(b'<a href="/x/1">1</a><a href="/2026/11/22/some-long-article-name">2</a>'),
        "*": Reply(article(1)),
    }
    ended = crawl({"sections": [f"{server.url}/"], "article_url": "/x/[0-9]+$"})
    assert [capture.url for capture in ended.captures()] == [f"{server.url}/x/1"]


def test_links_that_do_not_look_like_articles_are_told_and_wanted_by_an_article_url(
    crawl: Any, server: NewsServer
) -> None:
    server.routes = {
        "/": Reply(b'<a href="/story-1.html">1</a><a href="/story-2.html">2</a>'),
        "*": Reply(article(1)),
    }
    section = {"sections": [f"{server.url}/"]}
    said = crawl(section).report.sources[f"{server.url}/"]
    assert said == "ok 200, 0 links, none of the 2 links seen looks like an article's"
    assert crawl(section | {"article_url": "/story-"}).counts == {"captured": 2}  # though the page is unchanged


def test_links_off_the_site_are_failures_once_and_then_wait(crawl: Any, server: NewsServer) -> None:
    foreign = "http://elsewhere.example/2026/story"
    server.routes = {"/feed.xml": Reply(rss([foreign]))}
    assert crawl().failures == {foreign: "off_site"}
    assert crawl().counts == {"not_due": 1}


def test_one_article_in_two_feeds_is_one_candidate(crawl: Any, server: NewsServer) -> None:
    server.routes = {
        "/a.xml": Reply(rss([f"{server.url}{STORY}?utm_source=a#top"])), "/b.xml": Reply(rss([f"{server.url}{STORY}?utm_source=b"])),
        STORY: Reply(article(1)),
    }  # fmt: skip
    ended = crawl({"feeds": [f"{server.url}/a.xml", f"{server.url}/b.xml"]})
    assert (ended.report.discovered, [capture.url for capture in ended.captures()]) == (1, [server.url + STORY])


def test_a_page_known_only_with_its_tracking_parameters_is_asked_for_as_listed(crawl: Any, server: NewsServer) -> None:
    listed = f"{STORY}?utm_source=rss"
    server.routes = {"/feed.xml": Reply(rss([server.url + listed])), listed: Reply(article(1))}
    ended = crawl()
    assert [(c.url, c.final_url, c.status) for c in ended.captures()] == [
        (server.url + STORY, server.url + listed, 200)
    ]
    server.seen.clear()
    assert crawl(revisit_now=True).counts == {"not_modified": 1}
    assert server.paths() == ["/feed.xml", listed]


# a site that names nothing


def test_feeds_announced_by_the_home_page_are_used(crawl: Any, server: NewsServer) -> None:
    server.publish({STORY: article(1)})
    server.routes["/news.rss"] = server.routes.pop("/feed.xml")
    server.routes["/"] = Reply(b'<link rel="alternate" type="application/rss+xml" href="/news.rss"><p>hello</p>')
    ended = crawl({})
    assert ended.counts == {"captured": 1}
    assert ended.report.sources[f"{server.url}/news.rss"] == "ok 200, 1 links"


def test_sitemaps_named_by_robots_txt_are_used(crawl: Any, server: NewsServer) -> None:
    server.routes = {
        "/robots.txt": Reply(f"User-agent: *\nDisallow: /private\nSitemap: {server.url}/deep/map.xml\n".encode()),
        "/deep/map.xml": Reply(urlset(server.url + STORY)), STORY: Reply(article(1)), "/": Reply(b"<p>home</p>"),
    }  # fmt: skip
    assert crawl({}).counts == {"captured": 1}


@pytest.mark.parametrize("path", ["/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml"])
def test_well_known_feed_paths_are_tried(crawl: Any, server: NewsServer, path: str) -> None:
    server.routes = {path: Reply(rss([server.url + STORY])), STORY: Reply(article(1)), "/": Reply(b"<p>home</p>")}
    assert crawl({}).counts == {"captured": 1}


def test_well_known_sitemaps_are_tried(crawl: Any, server: NewsServer) -> None:
    server.routes = {
        "/sitemap.xml": Reply(urlset(server.url + STORY)),
        STORY: Reply(article(1)),
        "/": Reply(b"<p>home</p>"),
    }
    assert crawl({}).counts == {"captured": 1}


def test_what_was_found_is_remembered_and_not_looked_for_again(crawl: Any, server: NewsServer) -> None:
    server.routes = {"/rss": Reply(rss([server.url + STORY])), STORY: Reply(article(1)), "/": Reply(b"<p>home</p>")}
    crawl({})
    server.seen.clear()
    crawl({})
    assert sorted(server.paths()) == ["/", "/rss"]


def test_the_home_page_serves_when_there_is_nothing_else(crawl: Any, server: NewsServer) -> None:
    server.routes = {"/": Reply(f'<a href="{STORY}">story</a>'.encode()), STORY: Reply(article(1))}
    ended = crawl({})
    assert ended.counts == {"captured": 1}
    assert list(ended.report.sources) == [f"{server.url}/"]


# hostile and broken sources


def entity_bomb() -> bytes:
    lines = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    return f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol">{lines}]><rss version="2.0"><channel><item><title>&j;</title><link>http://127.0.0.1/x</link></item></channel></rss>'.encode()


XXE = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><item><link>http://127.0.0.1/&x;</link></item></channel></rss>'
BROKEN = {
    "html": (b"<!doctype html><html><body><h1>We moved</h1></body></html>", "not a feed: HTML"),
    "empty": (b"", "not a feed: empty"),
    "cut XML": (b'<?xml version="1.0"?><urlset xmlns="x"><url><lo', "not a feed: malformed XML"),
    "XXE": (XXE, "not a feed: XML with entity declarations, refused"),
    "XXE in UTF-16": (XXE.decode().encode("utf-16"), "not a feed: XML with entity declarations, refused"),
    "XXE after a comment": (b"<!-- <rss> -->" + XXE.partition(b"?>")[2], "not a feed: XML with entity declarations, refused"),
    "billion laughs": (entity_bomb(), "not a feed: XML with entity declarations, refused"),
    "entities in a sitemap": (XXE.replace(b'<rss version="2.0"', b"<urlset"), "not a feed: XML with entity declarations, refused"),
    "JSON": (b'{"a": 1}', "not a feed: JSON, but no JSON Feed"),
    "text": (b"We moved.", "not a feed: text without URLs"),
    "not gzip": (b"\x1f\x8bnot gzip", "not a feed: payload is no gzip"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_no_feed_is_said_so_and_the_others_go_on(crawl: Any, server: NewsServer, kind: str) -> None:
    body, word = BROKEN[kind]
    server.routes = {"/bad.xml": Reply(body), "/good.xml": Reply(rss([server.url + STORY])), STORY: Reply(article(1))}
    ended = crawl({"feeds": [f"{server.url}/bad.xml", f"{server.url}/good.xml"]})
    assert ended.report.sources[f"{server.url}/bad.xml"].startswith(word)
    assert ended.counts == {"captured": 1}


def test_what_a_malformed_sitemap_lists_before_its_fault_counts(crawl: Any, server: NewsServer) -> None:
    server.routes = {"/s.xml": Reply(urlset(server.url + STORY)[:-9] + b"<url><loc>&nope;"), STORY: Reply(article(1))}
    ended = crawl({"sitemaps": [f"{server.url}/s.xml"]})
    assert ended.counts == {"captured": 1}
    assert "malformed XML" in ended.report.sources[f"{server.url}/s.xml"]


def test_a_bare_ampersand_loses_no_entry_of_a_sitemap() -> None:
    said = [
        "http://times.example/1?a=1&b=2",
        "http://times.example/2?a=1&amp;b=2",
        "<![CDATA[http://times.example/3?a=1&b=2]]>",
    ]
    cut = urlset(said[2])[: -len("</urlset>")]
    for body, count in ((urlset(*said[:2]), 2), (urlset(*said[1:]), 2), (cut, 1)):
        listing = read_listing(body, None, "http://times.example/s", 2**20, 99)
        assert [link.url[-8:] for link in listing.links] == ["?a=1&b=2"] * count


ONE_IN_TWO = {
    "RSS": lambda url: (
        f'<rss version="2.0"><channel><item><link>{url}</link></item><item><link>http://[::1</link></item>'
        "<item><title>Harbour</title></item></channel></rss>"
    ),
    "JSON Feed": lambda url: json.dumps({"items": [{"url": url}, {"id": "7"}, "Harbour"]}),
    "sitemap": lambda url: f"<urlset><url><loc>{url}</loc></url><url><loc/></url><url></url></urlset>",
    "text": lambda url: f"{url}\nHarbour\nftp://times.example/1\n",
}


@pytest.mark.parametrize("kind", ONE_IN_TWO)
def test_entries_without_an_address_are_said(crawl: Any, server: NewsServer, kind: str) -> None:
    listing = ONE_IN_TWO[kind](server.url + STORY)
    server.routes = {"/s": Reply(listing.encode(), content_type="text/plain"), STORY: Reply(article(1))}
    ended = crawl({"sitemaps": [f"{server.url}/s"]})
    assert ended.report.sources == {f"{server.url}/s": "ok 200, 1 links, 2 entries without an address"}


@pytest.mark.parametrize("kind", ONE_IN_TWO)
def test_a_listing_longer_than_is_read_says_so(kind: str) -> None:
    two = ONE_IN_TWO[kind]("http://times.example/1").replace
    body = {
        "RSS": two("http://[::1", "http://times.example/2"),
        "JSON Feed": two('{"id": "7"}', '{"url": "http://times.example/2"}'),
        "sitemap": two("<loc/>", "<loc>http://times.example/2</loc>"),
        "text": two("Harbour", "http://times.example/2"),
    }[kind]
    listing = read_listing(body.encode(), None, "http://times.example/s", 2**20, 1)
    assert [link.url for link in listing.links] == ["http://times.example/1"]
    assert "cut after 1 entry" in listing.note


def test_a_gzip_bomb_of_a_sitemap_does_not_go_off(crawl: Any, server: NewsServer) -> None:
    bomb = gzip.compress(b" " * (60 * 2**20))
    server.routes = {
        "/s.xml.gz": Reply(bomb, content_type="application/gzip"),
        "/t.xml": Reply(bomb, headers=(("Content-Encoding", "gzip"),)),
    }
    ended = crawl({"sitemaps": [f"{server.url}/s.xml.gz", f"{server.url}/t.xml"]})
    assert list(ended.report.sources.values()) == ["not a sitemap: inflates beyond 50 MiB"] * 2


def test_sources_that_do_not_answer_are_visible(crawl: Any, server: NewsServer) -> None:
    server.routes = {"/a.xml": Reply(b"", 404, "Not Found")}
    ended = crawl({"feeds": [f"{server.url}/a.xml"]})
    assert ended.report.sources == {f"{server.url}/a.xml": "HTTP 404"}
    assert ended.report.discovered == 0
