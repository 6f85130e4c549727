"""Any bytes give an Article or a Rejection, never an exception; the same bytes in every process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.article import Article
from extract.capture import Capture
from extract.learning import read_site, settle
from extract.profile import Profile
from extract.read import read_article
from extract.rejection import Rejection
from tests.extract.corpus import stored_body, stored_index
from tests.extract.page import PARAGRAPHS, capture, news_page
from tests.extract.paper import Story, printed_page

ROOT = Path(__file__).resolve().parents[2]
MAX_SPOILED = 100_000  # bytes; a larger page says no more and takes longer
START = b"<!doctype html><html><head><title>Harbour bridge reopens</title></head><body>"
DECLARED = START.replace(b"<title>", b"<meta property='og:type' content='article'><title>")
TEXT = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS).encode()
CHARSETS = (
    "utf-8",
    "iso-8859-1",
    "utf-16",
    "utf-16-be",
    "shift_jis",
    "koi8-r",
    "utf-7",
    "gb18030",
    "none-such",
    "\x00",
    "",
)
FRAGMENTS = (
    b"<div>", b"</div>", b"<p", b"<table><tr>", b"</table>", b"<!--", b"-->", b"<![CDATA[", b"<script>", b"</script>", b"<title>",
    b"<br>", b"&#0;", b"&#xD800;", b"&#1114112;", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"<svg>", b"<template>", b"<body>", b"</html>",
    b"<a href='http://[::1'>", b"<time datetime='99999-99-99'>", b"<p hidden style='display:none'>", b"\xed\xa0\x80", b"<meta charset=utf-16>",
    b"<article itemprop='articleBody'>", b'<script type="application/ld+json">{"@type":["NewsArticle"],"author":{"author":[[]]}}</script>',
)  # fmt: skip
UNHURRIED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@cache
def site_profile() -> Profile:
    return settle([printed_page(Story(number)) for number in range(1, 8)])


def check(given_capture: Capture) -> Article | Rejection:
    """Read a page with and without a profile, twice: an outcome each time, and the same one."""
    found = read_article(given_capture)
    assert isinstance(found, Article | Rejection)
    assert read_article(given_capture) == found
    known = read_article(given_capture, site_profile())
    assert isinstance(known, Article | Rejection)
    for one in (found, known):
        if isinstance(one, Article):
            assert one.text.strip()
            one.text.encode()
            assert json.loads(json.dumps([span.text for span in one.removed])) == [span.text for span in one.removed]
            assert one.extraction.confidence is not None
            assert 0 <= one.extraction.confidence <= 1
        else:
            assert "\n" not in one.detail
            one.detail.encode()
    return found


PAGES = st.sampled_from([news_page(), printed_page(Story(9)).body, printed_page(Story(3), "other").body])


@st.composite
def spoiled(draw: st.DrawFn, pages: st.SearchStrategy[bytes]) -> bytes:
    """A page cut short, with bytes flipped, parts moved, doubled and lost, and fragments put in between."""
    body = bytearray(draw(pages))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(body) - 1, 0)))
        how = draw(st.sampled_from(("cut", "flip", "insert", "lose", "double", "noise")))
        if how == "cut":
            del body[at:]
        elif how == "flip" and body:
            body[at] ^= draw(st.integers(1, 255))
        elif how == "insert":
            body[at:at] = draw(st.sampled_from(FRAGMENTS)) * draw(st.sampled_from((1, 1, 3, 400)))
        elif how == "lose":
            del body[at : at + draw(st.integers(1, 3000))]
        elif how == "double":
            body += body[at : at + draw(st.integers(1, 3000))]
        else:
            body[at:at] = draw(st.binary(max_size=40))
    return bytes(body)


@given(spoiled(PAGES), st.sampled_from(CHARSETS))
@UNHURRIED
def test_a_spoiled_page_has_an_outcome(body: bytes, charset: str) -> None:
    check(capture(body, headers=(("Content-Type", f"text/html; charset={charset}"),)))


@given(st.binary(max_size=3000))
@UNHURRIED
def test_any_bytes_have_an_outcome(body: bytes) -> None:
    check(capture(body))


@given(st.text(max_size=400), st.sampled_from(CHARSETS))
@UNHURRIED
def test_any_text_in_an_article_has_an_outcome(said: str, charset: str) -> None:
    body = START + b"<article>" + f"<p>{said}</p>".encode("utf-8", "surrogatepass") + TEXT
    check(capture(body, headers=(("Content-Type", f"text/html; charset={charset}"),)))


def test_a_spoiled_page_of_the_web_has_an_outcome() -> None:
    small = [body for page in stored_index()[::9] if len(body := stored_body(page)) < MAX_SPOILED]

    @given(spoiled(st.sampled_from(small)))
    @UNHURRIED
    def read(body: bytes) -> None:
        check(capture(body))

    read()


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "shift_jis"])
@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "utf-16", ""])
def test_a_page_in_another_charset_than_it_says_has_an_outcome(coding: str, declared: str) -> None:
    header = f"text/html; charset={declared}" if declared else "text/html"
    check(capture(news_page().decode().replace("©", "").encode(coding), headers=(("Content-Type", header),)))


def test_a_mark_at_the_start_says_more_than_the_header() -> None:
    body = news_page().decode().replace("<meta charset='utf-8'>", "").encode("utf-16")
    found = check(capture(body, headers=(("Content-Type", "text/html; charset=utf-8"),)))
    assert isinstance(found, Article)
    assert [line for line in found.text.splitlines() if line in PARAGRAPHS] == list(PARAGRAPHS)


ROW = b"<tr><td>Coaster with gravel</td><td>2,140</td></tr>"
HOSTILE = {
    "nested": START + b"<div>" * 100_000 + TEXT,
    "nested and closed": START + b"<div>" * 100_000 + TEXT + b"</div>" * 100_000,
    "nested inline": START + b"<p>" + b"<b><i>" * 50_000 + TEXT,
    "nested lists": START + b"<ul><li>x" * 50_000 + TEXT,
    "nested tables": START + b"<table><tr><td>" * 20_000 + TEXT,
    "10 MB of one tag": START + b"<div>" * 2_000_000,
    "unclosed": START + (b"<article><section><div class='a'><p>x<a href=y><b>z<table><tr><td>w<ul><li>" * 2000) + TEXT,
    "a long attribute": START + b"<div class='" + b"a b-c " * 170_000 + b"'>" + TEXT,
    "a long style": START + b"<div style='" + b"display " * 125_000 + b"'>" + TEXT,
    "many attributes": START + b"<div " + b" ".join(b"a%d=1" % number for number in range(20_000)) + b">" + TEXT,
    "line breaks": START + b"<p>" + b"<br>" * 20_000 + b"</p>" + TEXT,
    "no blanks": START + b"<p>" + b"x" * 1_000_000 + b"</p>" + TEXT,
    "blanks": START + b"<p>" + b" " * 1_000_000 + b"</p>" + TEXT,
    "an open comment": START + TEXT + b"<!-- " + b"x" * 1_000_000,
    "an open script": START + TEXT + b"<script>" + b"<p>x" * 200_000,
    "quotes in a script": DECLARED + b"<script><p>" + b'"' * 1_500_000 + b"</script>",
    "an open string": DECLARED + b"<script><p>" + b'"\\' * 700_000 + b"</script>",
    "strings in strings": DECLARED + b"<script>" + b'"<p>' + b'\\"<p>' * 300_000 + b'"</script>',
    "many strings": DECLARED + b"<script>" + b'"<p>%s"' % (b"x" * 600) * 3_000 + b"</script>",
    "a long string": DECLARED + b'<script>"<p>' + b"word " * 50_000 + b"<p>word" * 900 + b'"</script>',
    "angles": b"<" * 1_000_000,
    "NULs": b"\x00" * 1_000_000,
    "NULs for blanks": news_page().replace(b" ", b"\x00"),
    "frames": b"<html><frameset><frame src=x></frameset></html>",
    "deep JSON-LD": START + b"<script type='application/ld+json'>" + b'{"a":' * 100_000 + b"</script>" + TEXT,
    "a feed": b"<?xml version='1.0'?><rss>" + b"<item>x</item>" * 2_000 + b"</rss>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_has_an_outcome(name: str) -> None:
    check(capture(HOSTILE[name]))


@pytest.mark.parametrize(
    "body",
    [
        START + b"<article>" + TEXT + b"<table>" + ROW * 20_000 + b"</table></article>",
        START + b"<p>a" * 5_000 + TEXT,
        START + b"<article>" + TEXT + b"<ul>" + b"<li><a href='/n/1'>Ferry crews vote on strike</a>" * 5_000 + b"</ul>",
    ],
    ids=["rows", "paragraphs", "links"],
)
def test_a_page_of_many_blocks_has_an_outcome(body: bytes) -> None:
    assert isinstance(read_article(capture(body)), Article | Rejection)


def test_a_character_reference_of_thousands_of_digits_is_read() -> None:
    huge = "&#" + "1" * 5000
    double = huge.replace("&", "&amp;")
    data = json.dumps({"@type": "NewsArticle", "headline": huge, "author": huge, "keywords": huge})
    head = f"<title>{double}</title><meta property='og:title' content='{double}'><script type='application/ld+json'>"
    page = f"<html><head>{head}{data}</script></head><body>".encode()
    for body in (
        page + TEXT,
        page.replace(b"}</script>", b",}</script>") + TEXT,
        page.replace(b"}</script>", b"</script>") + TEXT,
    ):
        assert isinstance(read_article(capture(body)), Article | Rejection)


READ_ALL = """
import hashlib, sys
from extract.learning import read_site, settle
from extract.profile import to_json
from tests.extract.page import capture, news_page
from tests.extract.paper import Story, printed_page
pages = [printed_page(Story(number), "other" if number % 3 else "plain") for number in range(1, 9)] + [capture(news_page())]
if sys.argv[1] == "back":
    pages.reverse()
found = sorted(map(repr, read_site(pages)))
print(hashlib.sha256("".join(found).encode()).hexdigest(), hashlib.sha256(to_json(settle(pages))).hexdigest())
"""


def test_processes_with_other_hashes_and_another_order_of_pages_give_the_same_bytes() -> None:
    given_orders = (("0", "on"), ("1", "back"), ("4711", "on"))
    outputs = {
        subprocess.run(
            [sys.executable, "-c", READ_ALL, order], cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed, order in given_orders
    }  # fmt: skip
    assert len(outputs) == 1
    pages = [printed_page(Story(number), "other" if number % 3 else "plain") for number in range(1, 9)]
    assert all(isinstance(found, Article) for found in read_site(pages))
