from __future__ import annotations

import pytest

from extract.blocks import BlockTree, read_blocks
from extract.completed import NEAR, announced, completed, subheads, whole_quotes, whole_tables
from extract.dom import parse_html
from extract.features import Features, Signals, bare_features

PROSE = "The harbour bridge reopened on Tuesday after eleven weeks of repairs, and lorries crossed before sunrise."
DEK = "The span moved for the first time since the storm, and the toll stays where it was."


def read(body: str) -> tuple[BlockTree, Features]:
    page = read_blocks(parse_html(f"<!doctype html><html><head><title>t</title></head><body>{body}</body></html>").root)
    return page, bare_features(page)


def kept_with(body: str, *descriptions: str) -> list[str]:
    """The text when the model keeps the last block of `body` alone."""
    page, found = read(body)
    signals = Signals(headlines=("Bridge opens",), standfirst=descriptions)
    return [page.blocks[at].text for at in completed(page, [len(page.blocks) - 1], found, signals)]


@pytest.mark.parametrize(
    ("dek", "description"),
    [
        (DEK, DEK),
        (DEK, DEK.upper()),
        (DEK, DEK[:70] + "…"),
        (DEK[:69], DEK),
        ("A short word of forty letters to the reader.",) * 2,
        ("Why the pig barn is for sale",) * 2,
    ],
)
def test_the_standfirst_is_text_whatever_the_model_says(dek: str, description: str) -> None:
    assert kept_with(f"<h1>Bridge opens</h1><p>{dek}</p><p>By Jo</p><p>{PROSE}</p>", description) == [dek, PROSE]


@pytest.mark.parametrize(
    "classes", ["article-subtitle", "c-dek c-dek--long", "post-excerpt", "sub-headline", "chapo", "HeaderDek-bIqF"]
)
def test_what_the_theme_calls_a_standfirst_is_one(classes: str) -> None:
    dek = f"<h2 class='{classes}'>{DEK}</h2>"
    assert kept_with(f"<h1>Bridge opens</h1>{dek}<p>By Jo</p><p>{PROSE}</p>", "Something else.") == [DEK, PROSE]
    assert kept_with(f"{dek}<h1>Bridge opens</h1><p>{PROSE}</p>", "Something else.") == [PROSE], "above the headline"
    assert kept_with(f"<h1>Bridge opens</h1>{dek.replace(DEK, PROSE * 6)}<p>{PROSE}</p>", "") == [PROSE], (
        "too long for one"
    )
    other = dek.replace(classes, "description with-subtitle by-the-deckhand")
    assert kept_with(f"<h1>Bridge opens</h1>{other}<p>{PROSE}</p>", "Something else.") == [PROSE]


@pytest.mark.parametrize(
    ("body", "description"),
    [
        (f"<h1>Bridge opens</h1><p>{DEK}</p><p>{PROSE}</p>", "Something else that the page says of itself, at some length."),
        (f"<p>{DEK}</p><h1>Bridge opens</h1><p>{PROSE}</p>", DEK),
        (f"<h1>The Port Courier</h1><p>{DEK}</p><p>{PROSE}</p>", DEK),
        (f"<h1>Bridge opens</h1><a href='/x'><p>{DEK}</p></a><p>{PROSE}</p>", DEK),
        (f"<h1>Bridge opens</h1><figure><figcaption>{DEK}</figcaption></figure><p>{PROSE}</p>", DEK),
        (f"<h1>Bridge opens</h1><form><p>{DEK}</p></form><p>{PROSE}</p>", DEK),
        (f"<h1>Bridge opens</h1><p style='display:none'>{DEK}</p><p>{PROSE}</p>", DEK),
        (f"<h1>Bridge opens</h1><p>{PROSE[:70]}</p><p>{PROSE}</p>", PROSE[:70]),
        (f"<h1>Bridge opens</h1><p>{DEK} {PROSE}</p><p>{PROSE}</p>", DEK[:60]),
        (f"<h1>Bridge opens</h1>{'<p>x</p>' * NEAR}<p>{DEK}</p><p>{PROSE}</p>", DEK),
    ],
    ids=["other", "above", "no headline", "linked", "caption", "form", "unseen", "the text's first words", "a paragraph", "far away"],
)  # fmt: skip
def test_what_only_looks_like_one_is_not(body: str, description: str) -> None:
    assert kept_with(body, description) == [PROSE]


def test_what_stands_on_other_pages_too_is_no_standfirst() -> None:
    page, found = read(f"<h1>Bridge opens</h1><p>{DEK}</p><p>{PROSE}</p>")
    signals = Signals(headlines=("Bridge opens",), standfirst=(DEK,))
    assert completed(page, [2], found, signals) == [1, 2]
    assert completed(page, [2], found, signals, {1: "site_chrome: seen on 5 of 6 pages"}) == [2]


def test_a_standfirst_is_kept_once() -> None:
    dek = f"<p>{DEK}</p>"
    assert kept_with(f"<h1>Bridge opens</h1>{dek}{dek}<p>{PROSE}</p>", DEK) == [DEK, PROSE]


def test_a_quotation_keeps_the_line_that_says_whose_words_they_are() -> None:
    quote = "<blockquote><p>We sail.</p>— Jo Marsh (@jo) May 4</blockquote>"
    page, _ = read(f"<p>a</p>{quote}<p>— not of it</p>{quote}<blockquote><p>No.</p><p>more</p></blockquote>")
    assert [block.text for block in page.blocks][2:4] == ["— Jo Marsh (@jo) May 4", "— not of it"]
    assert whole_quotes(page, [0, 1, 6]) == [0, 1, 2, 6], (
        "the other quotation is not kept, the last one has no such line"
    )


def test_a_source_right_below_its_quotation_is_kept() -> None:
    quote = "<div class='quote'><blockquote>We sail.</blockquote><div>— Jo Marsh</div></div>"
    page, _ = read(f"<p>a</p>{quote}<div>— not of it</div>")
    assert whole_quotes(page, [0, 1]) == [0, 1, 2]
    assert whole_quotes(page, [0, 1, 2]) == [0, 1, 2]


SUBHEAD = "<h2>What it costs</h2>"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"<p>{PROSE}</p>{SUBHEAD}<p>{PROSE}</p>", [1]),
        (f"<p>{PROSE}</p>{SUBHEAD}<ul><li>One crown</li></ul>", [1]),
        (f"<p>{PROSE}</p>{SUBHEAD}<aside>Other stories</aside><p>{PROSE}</p>", [1]),
        (f"<p>{PROSE}</p><div>{SUBHEAD}<i>Other stories</i></div><p>{PROSE}</p>", []),
        (f"<p>{PROSE}</p><div class='newsletter'>{SUBHEAD}</div><p>{PROSE}</p>", []),
        (f"<p>{PROSE}</p><h2><a href='/x'>What it costs</a></h2><p>{PROSE}</p>", []),
        (f"<p>{PROSE}</p><p>What it costs</p><p>{PROSE}</p>", []),
        (f"<p>Short</p>{SUBHEAD}<p>Short</p>", []),
        (f"<p>{PROSE}</p>{SUBHEAD}", []),
    ],
    ids=["prose", "a list", "a box below", "in a box", "in a prompt", "a link", "no heading", "no prose", "the last"],
)
def test_a_heading_between_two_kept_blocks_is_a_subhead(body: str, expected: list[int]) -> None:
    page, _ = read(body)
    perhaps = [at for at, block in enumerate(page.blocks) if block.text.startswith("What it costs")]
    kept = [at for at, block in enumerate(page.blocks) if at not in perhaps and "Other" not in block.text]
    assert subheads(page, kept, perhaps) == expected


@pytest.mark.parametrize(
    ("body", "kept", "expected"),
    [
        (f"<p>{PROSE}</p><h3>Bridge opens</h3><i>Jo, 9.14</i><p>{PROSE}</p><h3>Ferry sails</h3>", [0, 3], [1, 4]),
        (f"<h3>Ferry sails</h3><p>{PROSE}</p><h3>Other stories</h3><p>{PROSE}</p>", [1, 3], []),
        (f"<p>{PROSE}</p><h3><a href='#2'>Ferry sails</a></h3><p>{PROSE}</p>", [0, 2], []),
        (f"<p>{PROSE}</p><p>Ferry sails</p><p>{PROSE}</p>", [0, 2], []),
        (f"<p>{PROSE}</p><p>{PROSE}</p><h3>Ferry sails</h3>", [0, 1], []),
        ("<h3>Ferry sails</h3>", [], []),
    ],
    ids=["amid and after", "above", "a link", "no heading", "none amid", "nothing kept"],
)
def test_the_titles_of_a_live_blogs_posts_are_text(body: str, kept: list[int], expected: list[int]) -> None:
    page, found = read(body)
    signals = Signals(posts=("Bridge opens", "FERRY SAILS!", "–"))
    assert announced(page, kept, found, signals) == expected
    assert completed(page, kept, found, signals) == sorted([*kept, *expected])
    assert completed(page, kept, found, Signals()) == kept


CLAIM = "The mayor sold the ferry to his brother."


@pytest.mark.parametrize(
    ("body", "kept", "expected"),
    [
        (f"<h1>Bridge opens</h1><b>Claim</b><div>{CLAIM}</div><b>Rating</b><p>{PROSE}</p>", [4], [2]),
        (f"<p>{PROSE}</p><button>Who pays?</button><div hidden><p>The council.</p></div>", [0], [1, 2]),
        (f"<p>{PROSE}</p><p>{CLAIM}</p><p>{CLAIM}</p>", [0], [1]),
        (f"<p>{CLAIM}</p><p>{PROSE}</p><p>{CLAIM}</p>", [0, 1], []),
        (f"<p>{CLAIM}</p><h1>Bridge opens</h1><p>{PROSE}</p>", [2], []),
        (f"<p>{PROSE}</p><aside><p>{CLAIM}</p></aside><p><a href='/x'>{CLAIM}</a></p>", [0], []),
        (f"<p>{PROSE}</p><div class='related-links'><p>{CLAIM}</p></div>", [0], []),
    ],
    ids=["claim", "question", "once", "kept already", "above the headline", "beside", "in a box"],
)
def test_a_claim_and_questions_with_their_answers_are_text(body: str, kept: list[int], expected: list[int]) -> None:
    page, found = read(body)
    signals = Signals(("Bridge opens",), passages=(CLAIM, "Who pays?", "The council", ""))
    assert announced(page, kept, found, signals) == expected
    assert completed(page, kept, found, signals) == sorted([*kept, *expected])
    assert completed(page, kept, found, signals, chrome=set(expected)) == kept


def test_a_table_is_kept_whole_when_most_of_its_rows_are() -> None:
    rows = "".join(f"<tr><td>{number}</td><td>x</td></tr>" for number in range(1, 4))
    page, _ = read(f"<p>a</p><table><tr><th>No.</th><th>Ship</th></tr>{rows}</table><table>{rows}</table><p>z</p>")
    assert [block.text for block in page.blocks][:2] == ["a", "No. | Ship"]
    assert whole_tables(page, [0, 2, 3, 4, 5, 8]) == [0, 1, 2, 3, 4, 5, 8]
    assert whole_tables(page, [0, 2, 8]) == [0, 2, 8]
