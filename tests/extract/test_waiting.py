"""Articles that wait in a script for the browser to show them."""

from __future__ import annotations

import json

import pytest

from extract.article import Article
from extract.capture import Capture
from extract.read import read_article, read_page
from extract.rejection import Reason, Rejection
from extract.waiting import MAX_PARAGRAPHS, MAX_SCRIPT_CHARS
from tests.extract.page import PARAGRAPHS, capture

FIGURE = "<figure><img src='b.jpg'><figcaption>The span at dawn</figcaption></figure>"
BODY = "".join(f'<p class="text">{paragraph}</p>' for paragraph in PARAGRAPHS)
HTML = BODY.replace("</p>", f"</p>{FIGURE}", 1)
DECLARED = "<meta property='og:type' content='article'><meta name='description' content='Engineers replaced forty-two bearings.'>"
OTHER = "".join(
    f"<p>Sailors of the island fleet have voted on a strike for the {number}th time this year, their union says.</p>"
    for number in range(20)
)


def data(html: str) -> str:
    """A string in JSON, as a framework writes it into its pages."""
    return (
        json.dumps({"props": {"teaser": "<p>short</p>", "content": html}})
        .replace("<", r"\u003c")
        .replace(">", r"\u003e")
    )


def page(script: str, head: str = DECLARED) -> Capture:
    html = f"<!doctype html><html><head><title>Harbour bridge reopens</title>{head}</head><body><div id='app'></div>{script}</body></html>"
    return capture(html.encode(), "https://courier.example/2026/11/20/harbour-bridge-reopens")


@pytest.mark.parametrize(
    "script",
    [
        f"<script id='data' type='application/json'>{data(HTML)}</script>",
        f"<script>window.push([1, {json.dumps(HTML)}])</script>",
        f"<script>var a = 'no \\' string', b = \"\\ud800 {OTHER}\", c = \"\\' {OTHER}\"; load({data(HTML)});</script>",
        f"<script>JSON.parse({json.dumps(data(HTML))})</script>",
        f"<script>self.push([1, {json.dumps('5:[' + data(HTML) + ']')}])</script>",
        f"<script>self.push([1, {json.dumps('1a:T7d0,' + HTML)}])</script>",
        f"<script>{data(OTHER)} {data(HTML)} {data(OTHER)}</script>",
    ],
    ids=["JSON", "a call", "code", "JSON in a string", "data in a string", "a chunk", "beside other stories"],
)
def test_html_that_waits_in_a_script_is_read(script: str) -> None:
    reading = read_page(page(script))
    found = reading.outcome
    assert isinstance(found, Article)
    assert found.text.splitlines() == list(PARAGRAPHS)
    assert [(span.text, span.reason, span.where) for span in found.removed] == [
        ("The span at dawn", "caption", "/html/body/script#/html/body/article/figure/figcaption")
    ]
    assert reading.evidence is None, "where it stood says nothing of the site's pages"


@pytest.mark.parametrize(
    ("head", "script"),
    [
        ("", f"<script>{data(HTML)}</script>"),
        (DECLARED, f"<script>{data('<p>Too short.</p>')}</script>"),
        (DECLARED, f"<script>{data(BODY.replace('<p', '<b').replace('</p', '</b'))}</script>"),
        (DECLARED, f"<script>{data(OTHER)}</script>"),
        (DECLARED, f"<script>{data(HTML + '<p>.</p>' * MAX_PARAGRAPHS)}</script>"),
        (DECLARED, f"<script>{'x' * MAX_SCRIPT_CHARS}{data(HTML)}</script>"),
    ],
    ids=["no article", "short", "no paragraphs", "another story", "too many paragraphs", "far too long"],
)
def test_not_every_string_is_an_article(head: str, script: str) -> None:
    found = read_article(page(script, head))
    assert isinstance(found, Rejection)
    assert found.reason == Reason.NOT_AN_ARTICLE


def test_what_the_page_shows_goes_first() -> None:
    other = BODY.replace("harbour", "other")
    found = read_article(page(f"<article>{BODY}</article><script>{data(other)}</script>"))
    assert isinstance(found, Article)
    assert found.text.splitlines() == list(PARAGRAPHS)


def test_a_brief_in_a_dense_script_is_enough() -> None:
    """Fifty characters of it are an article: nothing else is looked for."""
    brief = "周二清晨。港口大桥在经过十一周的维修后重新开放。第一批货车在日出前驶过。市长感谢了夜班工人。并表示通行费将继续暂停到月底。"
    html = f"<!doctype html><html lang='zh'><head><title>港口大桥重新开放</title>{DECLARED}</head><body><article><h1>港口大桥重新开放</h1><p>{brief}</p></article>"
    alone, beside = (
        read_article(capture(f"{html}{script}</body></html>".encode()))
        for script in ("", f"<script>{data(HTML)}</script>")
    )
    assert isinstance(alone, Article)
    assert isinstance(beside, Article)
    assert beside.text == alone.text
