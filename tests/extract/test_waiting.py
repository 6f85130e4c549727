"""Articles that wait in a script for the browser to show them."""

from __future__ import annotations

import json

import pytest

from extract.article import Article
from extract.body import parse_html
from extract.capture import Capture
from extract.read import read_article, read_page
from extract.rejection import Reason, Rejection
from extract.waiting import MAX_SCRIPT_CHARS, waiting_article
from tests.extract.page import PARAGRAPHS, capture

FIGURE = "<figure><img src='b.jpg'><figcaption>The span at dawn</figcaption></figure>"
BODY = "".join(f'<p class="text">{paragraph}</p>' for paragraph in PARAGRAPHS)
HTML = BODY.replace("</p>", f"</p>{FIGURE}", 1)
DECLARED = "<meta property='og:type' content='article'>"


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
        f"<script>var a = 'no \\' string'; load({data(HTML)});</script>",
    ],
    ids=["JSON", "a call", "code"],
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
        (DECLARED, f"<script>{'x' * MAX_SCRIPT_CHARS}{data(HTML)}</script>"),
    ],
    ids=["no article", "short", "no paragraphs", "far too long"],
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


@pytest.mark.parametrize("filling", ['"', '""', '\\"', '"\\', '"<p>', '"<p>' + "x" * 600 + '"'], ids=repr)
def test_a_hostile_script_has_an_outcome(filling: str) -> None:
    script = f"<p>{filling * (MAX_SCRIPT_CHARS // len(filling))}"
    assert isinstance(read_article(page(f"<script>{script}</script>")), Rejection | Article)
    waiting_article(parse_html(f"<html><body><script>{script}</script></body></html>"))
