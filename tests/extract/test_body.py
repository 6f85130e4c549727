"""What counts as the article (docs/extraction.md), on a page in our own words and on the demo newspaper."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from extract.article import Article
from extract.blocks import read_blocks
from extract.body import read_body, read_votes
from extract.capture import Capture
from extract.dom import NoTreeError, parse_html
from extract.features import Signals, squeeze
from extract.learning import read_site, settle
from extract.read import read_article
from extract.rejection import Rejection
from spiders.demo.newspaper import TEST_EPOCH, Expected, Newspaper, load_papers
from tests.extract.page import capture
from tests.extract.paper import sentence

HEADLINE = "Swing bridge opens again after nine months of repairs"
STANDFIRST = "The span over the northern lock moved for the first time since the storm. The toll stays where it was."
DATELINE = "BERLIN (dpa) - The minister had come by the night train and had not slept, she told the crowd on the quay."
CORRECTION = (
    "Correction: An earlier version of this report said that the bridge was built in 1923. It was built in 1932."
)
NOTE = "Editor's note: This report was updated on Tuesday evening with the answer of the harbour board."
ITEMS = ("Lorries pay four crowns a crossing.", "Bicycles pay nothing at all.", "Boats pay by the metre.")
QUOTE = "“We heard the ice crack in the night, and in the morning the pier was gone,” said the lock keeper."
ROWS = (
    "Ship | Today | Planned",
    "Coaster with gravel | 2,140 | 1,480",
    "Trawler | 310 | 310",
    "Yacht, 12 metres | 45 | 70",
)
TEXT = (
    STANDFIRST, DATELINE, sentence(1), f"{sentence(2)} {sentence(3)}", "What stands behind it", sentence(4), *ITEMS, sentence(5), QUOTE,
    f"{sentence(6)} {sentence(7)}", *ROWS, sentence(8), f"{sentence(9)} {sentence(10)}", CORRECTION, NOTE,
)  # fmt: skip
PLANTED = (
    "By Ida Fenwick, harbour reporter", "1 March 2026, 15:20", "Share this article", "The span at half past eight, seen from the lower basin",
    "Photo: Mara Ellison", "Read more: Ferry crews on the Sound vote on strike", "RELATED: Ministry approves tidal turbines in the narrows",
    "Sign up for our newsletter", "Advertisement", "12 views", "ab/cd/ef", "Leave a Reply", "Back to top",
)  # fmt: skip


def table() -> str:
    head, *rows = (row.split(" | ") for row in ROWS)
    cells = "".join(f"<th>{cell}</th>" for cell in head)
    return f"<table><thead><tr>{cells}</tr></thead><tbody>" + "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows
    ) + "</tbody></table>"  # fmt: skip


def full_page() -> Capture:
    """A page with everything that may stand in an article, and what stands between."""
    (byline, date, share, caption, credit, more, related, letter, advert, views, initials, reply, top) = PLANTED
    items = "".join(f"<li>{item}</li>" for item in ITEMS)
    html = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{HEADLINE} | The Port Courier</title>
<meta property="og:type" content="article"><meta property="og:title" content="{HEADLINE}"><meta name="description" content="{STANDFIRST}">
</head><body><header><nav><a href="/">Home</a> <a href="/harbour/">Harbour</a> <a href="/sport/">Sport</a></nav></header>
<main><article><header><h1>{HEADLINE}</h1><p class="standfirst">{STANDFIRST}</p>
<div class="byline">{byline}</div><time class="date">{date}</time><div class="share"><button>Copy link</button><span>{share}</span></div></header>
<div class="article-body"><p>{TEXT[1]}</p><p>{TEXT[2]}</p>
<figure><img src="/bridge.jpg" alt=""><figcaption>{caption} <span class="credit">{credit}</span></figcaption></figure>
<p>{TEXT[3]}</p><p><strong>Read more: <a href="/harbour/strike">{more.removeprefix("Read more: ")}</a></strong></p>
<h2>{TEXT[4]}</h2><p>{TEXT[5]}</p><ul>{items}</ul><p>{sentence(5)}</p>
<p>RELATED: <a href="/energy/turbines">{related.removeprefix("RELATED: ")}</a></p>
<blockquote><p>{QUOTE}</p></blockquote><div class="ad"><span>{advert}</span></div><p>{sentence(6)} {sentence(7)}</p>
{table()}<p>{sentence(8)}</p><div class="newsletter"><h3>{letter}</h3><form><input type="email"><button>Go</button></form></div>
<p>{sentence(9)} {sentence(10)}</p><p><em>{CORRECTION}</em></p><p>{NOTE}</p><p>{initials}</p></div>
<div class="post-meta"><span>{views}</span></div></article>
<section class="comments"><h3>{reply}</h3><p>Your email address will not be published.</p></section></main>
<footer><a href="#top">{top}</a><p>© 2026 The Port Courier. All rights reserved.</p></footer></body></html>"""
    return capture(html.encode())


def test_the_whole_text_is_kept_in_order_and_nothing_else() -> None:
    found = read_article(full_page())
    assert isinstance(found, Article)
    assert found.title == HEADLINE
    assert found.text.splitlines() == list(TEXT)


def test_every_line_that_is_left_out_of_the_article_has_its_reason() -> None:
    found = read_article(full_page())
    assert isinstance(found, Article)
    reasons = {span.text: span.reason for span in found.removed}
    assert reasons == {
        HEADLINE: "headline_repeat",
        PLANTED[0]: "byline",
        PLANTED[1]: "dateline_repeat",
        "Copy link": "share",
        PLANTED[2]: "share",
        f"{PLANTED[3]} {PLANTED[4]}": reasons[f"{PLANTED[3]} {PLANTED[4]}"],
        PLANTED[5]: "related_link",
        PLANTED[6]: "related_link",
        PLANTED[8]: "ad",
        PLANTED[7]: "newsletter",
        "Go": reasons["Go"],
        PLANTED[10]: "agency_signoff",
        PLANTED[9]: "counter",
    }
    assert reasons[f"{PLANTED[3]} {PLANTED[4]}"] in {"caption", "credit"}


PAPERS = [Newspaper(paper, f"http://127.0.0.1:{8741 + place}", TEST_EPOCH) for place, paper in enumerate(load_papers())]


def printed(paper: Newspaper, expected: Expected, at_s: float) -> Capture:
    answer = paper.render(expected.url.removeprefix(paper.base_url), at_s)
    headers = (("Content-Type", answer.content_type),)
    moment = TEST_EPOCH + timedelta(seconds=at_s)
    return Capture(paper.paper.name, expected.url, expected.url, answer.status, headers, answer.body, moment)


def differences(expected: Expected, found: Article | Rejection) -> list[str]:
    """Lines that are lost (-) or too many (+); the order, where all are there."""
    if isinstance(found, Rejection):
        return [f"rejected: {found.reason} {found.detail}"]
    kept = found.text.splitlines()
    wrong = [f"- {line}" for line in expected.paragraphs if line not in kept]
    wrong += [f"+ {line}" for line in kept if line not in expected.paragraphs]
    return wrong or (["the order"] if kept != list(expected.paragraphs) else [])


@pytest.mark.parametrize("at_s", [0.0, 600.0, 7200.0])
@pytest.mark.parametrize("paper", PAPERS, ids=[paper.paper.name for paper in PAPERS])
@pytest.mark.parametrize("how", ["cold", "warm", "by the site's profile"])
def test_of_the_demo_newspaper_no_planted_line_is_left_and_no_sentence_lost(
    paper: Newspaper, at_s: float, how: str
) -> None:
    live = [expected for expected in paper.truth(at_s) if not expected.deleted]
    captures = [printed(paper, expected, at_s) for expected in live]
    if how == "warm":
        found = read_site(captures)
    else:
        profile = settle(captures) if how != "cold" else None
        found = [read_article(one, profile) for one in captures]
    wrong = {
        expected.url.removeprefix(paper.base_url): lines
        for expected, one in zip(live, found, strict=True)
        if (lines := differences(expected, one))
    }
    assert wrong == {}
    assert len(live) >= 6


def test_a_tree_is_not_changed_by_reading_it() -> None:
    document = parse_html(full_page().body.decode())
    before = document.root.html
    judged = read_body(document, "https://courier.example/x", Signals(headlines=(HEADLINE,)))
    assert document.root.html == before
    assert len(judged.probability) == len(judged.page.blocks) == len(judged.kept)
    assert ((judged.probability >= 0) & (judged.probability <= 1)).all()


@pytest.mark.parametrize("text", ["", " \n", "\x00", "just words"])
def test_what_is_no_document_has_no_tree(text: str) -> None:
    with pytest.raises(NoTreeError):
        parse_html(text)


@pytest.mark.parametrize(
    "written", [b"\x0b", b"\x0c", b"&#11;", b"&#x0B;", b"&#x1f", b"&#8;", "\ufffe".encode(), b"&#xFFFF;"]
)
def test_what_is_no_character_of_xml_costs_no_vote(written: bytes) -> None:
    """It is what a word processor leaves; lxml would refuse to write it, and trafilatura to read the page."""
    plain = full_page()
    marked = replace(plain, body=plain.body.replace(b"<p>", b"<p>" + written + b" "))
    document = parse_html(marked.body)
    page = read_blocks(document.root)
    lines, shares = read_votes(
        document.markup, "https://courier.example/x", page, [squeeze(one.text) for one in page.blocks]
    )
    assert len(lines) > 3
    assert sum(share > 0.9 for share in shares) > 3


def test_a_page_that_comes_as_xhtml_may_close_any_tag_in_itself() -> None:
    page = full_page()
    body = page.body.replace(b"</head>", b"<script src='/a.js' /></head>")
    xhtml = replace(page, body=body, headers=(("Content-Type", "application/xhtml+xml; charset=utf-8"),))
    found, plain = read_article(xhtml), read_article(page)
    assert isinstance(found, Article)
    assert isinstance(plain, Article)
    assert found.text == plain.text
    assert isinstance(read_article(replace(page, body=body)), Rejection), "as HTML all of it is the script's"


def test_what_an_old_player_shows_in_its_place_is_seen_and_what_no_browser_shows_is_not() -> None:
    body = "<object data=a.swf><p>in the player's place</object><noembed><p>none</noembed><noframes><p>none</noframes><p>text"
    root = parse_html(f"<html><head><title>t</title></head><body>{body}").root
    assert [block.text for block in read_blocks(root).blocks] == ["in the player's place", "text"]


def test_a_page_that_trafilatura_fails_on_fails_nothing() -> None:
    page = full_page().body.replace(b"<p>", b"<p>&amp;#" + b"1" * 5000 + b"; ", 1)
    assert isinstance(read_article(capture(page)), Article | Rejection)
