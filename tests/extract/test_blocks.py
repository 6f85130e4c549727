from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.blocks import MAX_BLOCKS, MAX_CARD_CHARS, MAX_CELL_CHARS, BlockTree, read_blocks, signature
from extract.class_words import HIDDEN_BIT, TAG_BITS
from extract.dom import parse_html
from extract.paths import dom_paths
from tests.extract.visible import at_path, ink, printed

SENTENCE = "The pilot boat came in at dawn with its lamps still lit, and nobody on the quay asked why it was so late."


def blocks(body: str) -> BlockTree:
    return read_blocks(parse_html(f"<!doctype html><html><head><title>t</title></head><body>{body}</body></html>").root)


def texts(body: str) -> list[str]:
    return [block.text for block in blocks(body).blocks]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>One</p><p>Two</p>", ["One", "Two"]),
        ("<div>before<p>inside</p>after</div>", ["before", "inside", "after"]),
        ("<p>A <b>bold</b> <a href='/x'>wo<i>rd</i></a>s</p>", ["A bold words"]),
        ("<p>  a \n\t b\u00a0c\u200b\u00ad </p>", ["a b c"]),
        ("<p>first verse<br>second verse</p>", ["first verse second verse"]),
        (f"<p>{SENTENCE}<br>Another line</p>", [SENTENCE, "Another line"]),
        ("<p>one<br><br>two<br> <br/>three</p>", ["one", "two", "three"]),
        ("<p>a<span hidden>gone</span><span style='display: none'>gone</span>b</p>", ["ab"]),
        (
            "<p>Ida <span class='hover-people'>Marsh<span class='rollover-people-block'>Marsh<a href='/1'>Tides</a></span></span> said",
            ["Ida Marsh said"],
        ),
        (
            "<p>the <span class='tooltip'>tide<span class='tooltiptext'>rise of the sea</span></span> <i role='tooltip'>x</i>rose</p>",
            ["the tide rose"],
        ),
        ("<p>a</p><div class='popover-body'>b</div>", ["a", "b"]),
        (
            "<p><span class='sr-only'>For subscribers</span>the tide <a class='hovercard-trigger' href='/1'>rose</a></p>",
            ["the tide rose"],
        ),
        (
            "<p>the <span class='has-tooltip-text'>tide</span> <span class='tooltip-box'>rose</span></p>",
            ["the tide rose"],
        ),
        ("<p>a<script>x()</script><style>p{}</style><noscript>y</noscript>b</p>", ["ab"]),
        ("<p>a<select><option>1</option></select><textarea>t</textarea><svg><text>s</text></svg>b</p>", ["ab"]),
        ("<p>a<!-- no -->b</p>", ["ab"]),
        ("<ul><li>x<li>y</ul>", ["x", "y"]),
        ("<dl><dt>x<dd>y</dl>", ["x", "y"]),
        ("<p> </p><div>\u200b</div>", []),
        ("<ruby>港<rt>こう</rt></ruby>の橋", ["港こうの橋"]),
    ],
)
def test_a_block_is_a_run_of_visible_text(body: str, expected: list[str]) -> None:
    assert texts(body) == expected


def test_a_card_that_is_one_link_is_linked_text() -> None:
    """Fronts and boxes of other stories are made of such cards: their words are links as those in a sentence are."""
    card = "<a href='/x'><div><h3>Ferry</h3><p>It sails again.</p></div></a>"
    page = blocks(f"{card}<p>By <a href='/y'>Jo Marsh</a></p>{card}<p>Text</p>")
    linked = [(block.text, block.link_chars, block.links) for block in page.blocks]
    assert linked == [
        ("Ferry", 5, 1), ("It sails again.", 15, 1), ("By Jo Marsh", 8, 1), ("Ferry", 5, 1), ("It sails again.", 15, 1), ("Text", 0, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("newsletter-signup", True),
        ("share-this-story-about-us", True),  # as many words as a name has
        ("harbour-board-members-share-comments-about-the-new-ferry", False),
    ],
)
def test_an_id_made_of_a_headline_says_nothing_of_its_element(name: str, *, says: bool) -> None:
    """News of members and comments is no newsletter and no comment, on that one page of its site."""
    named, plain = (blocks(f"<div{told}><p>{SENTENCE}</p></div>") for told in (f" id={name}", ""))
    assert (named.own != plain.own) is says


def test_about_is_no_subscription() -> None:
    about, plain = (blocks(f"<div class={name}><p>{SENTENCE}</p></div>") for name in ("about-us", "us"))
    assert about.own == plain.own


def test_an_anchor_that_was_left_open_makes_no_link_of_an_article() -> None:
    page = blocks(
        "<a href='/x'><div>" + f"<p>{SENTENCE}</p>" * (MAX_CARD_CHARS // len(SENTENCE) + 1) + "</div></a><p>z</p>"
    )
    assert [(block.link_chars, block.links) for block in page.blocks] == [(0, 0)] * len(page.blocks)


def test_a_target_of_links_is_none_itself() -> None:
    page = blocks("<ul><a name='tolls'><li>Lorries pay four crowns</li></a></ul><p><a id='x'>Boats</a> pay more</p>")
    assert [(block.link_chars, block.links) for block in page.blocks] == [(0, 0), (0, 0)]


def row(*cells: str) -> str:
    return "<table><tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr></table>"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (row("Ship", "Today", "Planned"), ["Ship | Today | Planned"]),
        (row("<p>5.55</p>", "<p>6.20</p>"), ["5.55 | 6.20"]),
        (row("<b>Ship</b>", "", "310"), ["Ship | 310"]),
        (row("alone"), ["alone"]),
        (row("<p>a</p><p>b</p>", "c"), ["a", "b", "c"]),
        (row("menu", "x" * (MAX_CELL_CHARS + 1)), ["menu", "x" * (MAX_CELL_CHARS + 1)]),
        (row("menu", row("a", "b")), ["menu", "a | b"]),
    ],
)
def test_a_row_of_short_cells_is_one_block(body: str, expected: list[str]) -> None:
    assert texts(body) == expected


def test_links_and_strong_text_are_counted_in_characters() -> None:
    (block,) = blocks("<p>See <a href='/x'>four</a> and <b>six<a href='/y'>ty</a></b> now</p>").blocks
    assert (block.links, block.link_chars, block.strong_chars, block.breaks) == (2, 6, 5, 0)


def test_a_path_leads_to_its_element() -> None:
    page = blocks("<div>a</div><p>b</p><div><p>c<b>d</b></p>e<ul><li>f<li>g</ul><o:p>h</o:p></div><main>i</main>")
    found = dom_paths(page.nodes)
    root = page.nodes[0].parent
    assert root is not None
    assert "/html/body/div[2]/ul/li[2]" in found
    for path, element in zip(found, page.nodes, strict=True):
        there = at_path(root, path)
        assert there is not None
        assert there.mem_id == element.mem_id


def test_a_block_knows_its_element_and_what_is_above_it() -> None:
    page = blocks("<article class='story-body'><div hidden><p class='teaser-1'>x</p></div></article><p>y</p>")
    hidden, plain = page.blocks
    assert dom_paths([page.nodes[hidden.node]]) == ["/html/body/article/div/p"]
    assert page.nodes[hidden.node].attrs.get("class") == "teaser-1"
    assert page.above[hidden.node] >> TAG_BITS.index("article") & 1
    assert page.above[hidden.node] >> HIDDEN_BIT & 1
    assert not page.above[plain.node] >> HIDDEN_BIT & 1
    article = page.parents[page.parents[hidden.node]]
    assert article < hidden.node < page.ends[article] <= plain.node


def test_what_a_theme_repeats_is_alike_and_numbers_do_not_count() -> None:
    page = blocks("<div class='post-12 b a'><p>x</p><p>y</p></div><div class='a b post-345'><p>z</p></div><p>w</p>")
    x, y, z, w = page.alike(2)
    assert x == y == z != w
    nodes = [page.nodes[block.node] for block in page.blocks]
    assert signature(nodes[0], 2) == signature(nodes[2], 2) == "p<div.a.b.post-0<body"
    assert signature(nodes[3], 1) == "p<body"


TAGS = ["p", "div", "span", "b", "a", "em", "ul", "li", "section", "table", "tr", "td", "h2", "blockquote", "br", "figure",
        "center", "x-own", "script", "button", "small", "form"]  # fmt: skip
words = st.text("abc déф港|.\u00a0\u200b\n", max_size=8)
trees = st.recursive(
    words,
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>", st.sampled_from(TAGS), st.lists(inner, max_size=4)
    ),
    max_leaves=25,
)


@given(trees)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_visible_character_of_any_tree_is_in_one_block_in_order(body: str) -> None:
    root = parse_html(f"<!doctype html><html><head><title>t</title></head><body><i>x</i>{body}</body></html>").root
    assert ink("".join(block.text for block in read_blocks(root).blocks)) == printed(root.css("body")[0]).text


def test_a_data_dump_is_read_up_to_a_bound() -> None:
    page = blocks("<p>x</p>" * (MAX_BLOCKS + 50))
    assert len(page.blocks) == MAX_BLOCKS
