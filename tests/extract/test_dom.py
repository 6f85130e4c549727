"""The tree of a page: what is one, how its texts are told apart, and what bounds its size."""

from __future__ import annotations

import pytest

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


def test_formatting_that_is_left_open_is_not_opened_again_in_each_block() -> None:
    opened = "".join(f"<b id={number}>" for number in range(1500))
    root = parse_html(f"{HEAD}<p>{opened}</p>{'<p>x</p>' * 4000}").root
    assert len(root.css("*")) < 10_000


def test_nesting_is_cut_before_its_cost_grows_with_its_depth() -> None:
    depth = 30_000
    root = parse_html(f"{HEAD}{'<div>x' * depth}{'</div>' * depth}").root
    assert max(sum(1 for _ in ancestors(one)) for one in root.css("div")) < 300
    assert len(text_inside(root)) > 200


def test_a_long_page_of_well_closed_tags_is_parsed_as_it_is() -> None:
    page = f"{HEAD}{'<p>An <b>old</b> ferry.<br>' * 5000}".encode()
    root = parse_html(page).root
    assert len(root.css("p > b")) == len(root.css("p > br")) == 5000
