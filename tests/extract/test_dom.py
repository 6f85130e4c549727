"""The tree of a page: what is one, how its texts are told apart, and what bounds its size."""

from __future__ import annotations

import pytest

from extract.blocks import read_blocks
from extract.dom import (
    NoTreeError,
    ancestors,
    children,
    parse_html,
    text_after,
    text_before,
    text_inside,
    text_within,
)

HEAD = "<!doctype html><html><head><title>t</title></head><body>"


@pytest.mark.parametrize("page", ["<p>a</p>", "words", "<b>a</b> <i>b</i>", "a <htmlish> word"])
def test_words_and_scraps_of_markup_are_no_document(page: str) -> None:
    with pytest.raises(NoTreeError):
        parse_html(page)


@pytest.mark.parametrize(
    "page",
    [
        "<title>t</title><p>a</p>",
        "<!DOCTYPE  html><p>a</p>",
        "<HTML><p>a</p></HTML>",
        "<body class=x>a",
        "<article><h1>a</h1><p>b</p></article>",
        f"<b>Warning</b>: no database<br>{HEAD}<p>a</p>",
        b"<html><p>a</p></html>",
    ],
)
def test_what_says_that_it_is_html_is_a_document(page: str | bytes) -> None:
    document = parse_html(page)
    assert document.root.tag == "html"
    assert document.markup == (page if isinstance(page, bytes) else page.encode())


def test_texts_are_found_before_within_and_after_an_element_whatever_comments_part_them() -> None:
    root = parse_html(f"{HEAD}<div>a<!-- c -->b<p>c<!-- d -->d<i>e</i>f</p>g<!-- h -->h<em></em></div>").root
    (p,), (em,), (div,) = root.css("p"), root.css("em"), root.css("div")
    assert (text_before(p), text_within(p), text_after(p), text_inside(p)) == ("ab", "cd", "gh", "cdef")
    assert (text_before(em), text_within(em), text_after(em)) == ("gh", "", "")
    assert [one.tag for one in children(div)] == ["p", "em"]
    assert [one.tag for one in ancestors(p)] == ["div", "body", "html"]


MANY = "".join(f"<b id={number}>" for number in range(1990))
LATER = "<p>x</p>" * 1990
WIDE = "".join(f" a{number}=1" for number in range(1000))
OPENED = {
    "formatting": f"<p>{MANY}</p>{LATER}",
    "few, with attributes": "".join(f"<b id={n}{WIDE[:600]}>" for n in range(100)) + "<p>x</p>" * 1000,
    "closed in comments": f"<!-- {'</b>' * 1990} --><p>{MANY}</p>{LATER}",
    "closed in attributes": "<p>" + "".join(f"<b id={n} title='</b>'>" for n in range(1990)) + f"</p>{LATER}",
    "closed by no name": "<p>" + "".join(f"<b id={n}></x>" for n in range(1990)) + f"</p>{LATER}",
    "closed behind a fence": "<p>" + "".join(f"<B id={n}><object></b></object>" for n in range(1990)) + f"</p>{LATER}",
    "an anchor of many attributes": f"<p><a{WIDE * 3}></p>{'<p>x</p>' * 5000}",
    "rewritten": f"<p>{MANY[:1500]}{'<section>x</section>' * 20_000}",
}


@pytest.mark.parametrize("body", OPENED.values(), ids=OPENED.keys())
def test_what_is_left_open_is_not_opened_again_in_each_block(body: str) -> None:
    root = parse_html(f"{HEAD}{body}").root
    every = root.css("*")
    assert len(every) < body.count("<") + 20_000
    assert sum(len(one.attributes) for one in every) < 100_000
    assert text_inside(root).count("x") > 900


DEEP = {
    "nested": "<div>x" * 30_000 + "</div>" * 30_000,
    "closed by no name": "<div></x>" * 30_000,
    "closed by no name at the end": "<span>" * 3_900 + "</x>" * 200_000,
}


@pytest.mark.parametrize("body", DEEP.values(), ids=DEEP.keys())
def test_nesting_is_cut_before_its_cost_grows_with_its_depth(body: str) -> None:
    root = parse_html(f"{HEAD}{body}").root
    assert max(sum(1 for _ in ancestors(one)) for one in root.css("div,span")) < 300


def test_a_long_page_of_well_closed_tags_is_parsed_as_it_is() -> None:
    page = f"{HEAD}{'<p>An <b>old</b> ferry.<br>' * 5000}".encode()
    root = parse_html(page).root
    assert len(root.css("p > b")) == len(root.css("p > br")) == 5000


@pytest.mark.parametrize(
    "held",
    ["<div><img></noscript>", "<textarea></noscript>", "<!-- <img></noscript>", "<p>Turn scripts on</p></noscript>"],
)
def test_what_waits_for_a_browser_without_scripts_is_not_on_the_page(held: str) -> None:
    root = parse_html(f"<html><head><noscript>{held}<title>t</title></head><body><noscript>{held}<p>text").root
    assert [block.text for block in read_blocks(root).blocks] == ["text"]


@pytest.mark.parametrize("name", ["script", "title", "iframe", "textarea", "select", "p", "div"])
def test_a_tag_that_closes_itself_does_so_in_xhtml(name: str) -> None:
    page = f"<html><head><title>t</title></head><body><{name} class='a/b' id=\"x\"/><p>a<br/>b</p></body></html>"
    root = parse_html(page, is_xml=True).root
    assert [block.text for block in read_blocks(root).blocks] == ["a b"]
    assert root.css("p")[-1].parent is not None
    assert [one.tag for one in ancestors(root.css("p")[-1])] == ["body", "html"]
