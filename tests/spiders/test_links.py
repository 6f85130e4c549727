from __future__ import annotations

import pytest

from spiders.decode import decode
from spiders.links import looks_like_article, read_page
from spiders.listing import NotAListing
from spiders.listing_formats import root_name

ARTICLES = [
    "https://x/2026/11/22/harbour-bridge", "https://x/world/harbour-bridge-reopens-after-storm", "https://x/news/123456", "https://x/a-12345678.html",
    "https://x/news/world-europe-66012345", "https://x/politik/ausland/wahl-in-polen-100.html", "https://x/2026/nov/22/two-words",
    "https://x/story/9f8e7d6c5b", "https://x/index.php/harbour_bridge_reopens_today",
]  # fmt: skip
OTHERS = [
    "https://x/", "https://x/world", "https://x/news/politics", "https://x/tag/harbour-bridge-reopens", "https://x/about-us", "https://x/2026/11/",
    "https://x/img/harbour-bridge-reopens-today.jpg", "https://x/feed.xml", "https://x/author/ada-augusta-king-byron", "https://x/video",
    "https://x/privacy-policy", "https://x/newsletters/morning-news-in-brief",
]  # fmt: skip


@pytest.mark.parametrize("url", ARTICLES)
def test_an_articles_address_is_known(url: str) -> None:
    assert looks_like_article(url)


@pytest.mark.parametrize("url", OTHERS)
def test_a_sections_address_is_known(url: str) -> None:
    assert not looks_like_article(url)


@pytest.mark.parametrize(
    "text",
    ["", "<", "<a href='http://[x'>y</a>", "<a>", "\x00\x01", "<!-- -->", "<base href='http://[x'><a href='/y'>"],
)
def test_no_page_is_too_odd(text: str) -> None:
    assert len(read_page(text, "https://x/").links) <= 1


def test_links_are_absolute_in_order_and_once() -> None:
    page = read_page('<a href="b">1</a><a href="/a">2</a><a href="b">3</a><a href="https://y/">4</a>', "https://x/s/")
    assert page.links == ("https://x/s/b", "https://x/a", "https://y/")


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("<rss>", "rss"),
        ('<?xml version="1.0"?><!-- <a> --><rdf:RDF x="y">', "rdf"),
        ("<!DOCTYPE html><HTML>", "html"),
        ("plain", ""),
    ],
)
def test_the_root_element_is_found_behind_its_prolog(text: str, root: str) -> None:
    assert root_name(text) == root


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>",
        "<!ENTITY b 'c'><a>",
        "<!DOCTYPE a SYSTEM 'x' [ ]><a>",
        "<!doctype a\n[<!element a any>]><a>",
    ],
)
def test_a_document_type_with_declarations_is_refused(text: str) -> None:
    with pytest.raises(NotAListing, match="entity declarations"):
        root_name(text)


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("é".encode(), "text/html; charset=iso-8859-1", "é"), ("é".encode("latin-1"), None, "é"), ("é".encode("utf-16"), None, "é"),
        ("<é>".encode("utf-16-le"), None, "<é>"), ("ж".encode("koi8-r"), "text/xml; charset=koi8-r", "ж"),
        (b'<?xml version="1.0" encoding="koi8-r"?>\xd6', None, '<?xml version="1.0" encoding="koi8-r"?>ж'),
        (b"\xe9", "text/html; charset=utf-16", "é"), (b"\xe9", "text/html; charset=nonsense", "é"), (b"\xe9", "x; charset=rot13", "é"),
    ],
)  # fmt: skip
def test_text_is_decoded_whatever_its_label(body: bytes, content_type: str | None, text: str) -> None:
    assert decode(body, content_type) == text
