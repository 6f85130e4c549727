from __future__ import annotations

import json

import pytest

from extract.dom import parse_html
from extract.metadata import Metadata, read_metadata
from extract.title import strip_site_name
from tests.extract.page import capture

SITE = "<meta property='og:site_name' content='The Port Courier'>"


def read(head: str, *headings: str) -> Metadata:
    page = f"<html><head>{head}</head><body>{''.join(f'<h1>{heading}</h1>' for heading in headings)}<p>Text.</p></body></html>"
    return read_metadata(parse_html(page).root, capture(page.encode()))


def json_ld(headline: str) -> str:
    return f"<script type='application/ld+json'>{json.dumps({'@type': 'NewsArticle', 'headline': headline})}</script>"


def og_title(title: str) -> str:
    return f"<meta property='og:title' content='{title}'>"


def test_the_title_of_a_drawing_is_none_of_the_page() -> None:
    drawing = "<svg><g><title>Menu icon</title></g></svg>"
    assert read(f"{drawing}<title>Rain ends drought</title>").title == "Rain ends drought"


@pytest.mark.parametrize(
    ("title", "stripped"),
    [
        ("Rain ends drought | The Port Courier", "Rain ends drought"),
        ("Rain ends drought - courier.example", "Rain ends drought"),
        ("The Port Courier: Rain ends drought", "The Port Courier: Rain ends drought"),
        ("Port Courier | Rain ends drought | Harbour", "Rain ends drought | Harbour"),
        ("North - South talks resume", "North - South talks resume"),
        ("Rain ends drought：The Port Courier", "Rain ends drought"),
        ("Rain ends drought-ThePortCourier", "Rain ends drought"),
        ("The Port Courier", "The Port Courier"),
    ],
)
def test_only_the_sites_own_name_leaves_a_title(title: str, stripped: str) -> None:
    assert strip_site_name(title, ["The Port Courier", "courier.example"]) == stripped


def test_what_only_one_source_adds_after_a_separator_is_no_title() -> None:
    assert read(json_ld("Rain ends drought | Weather desk"), "Rain ends drought").title == "Rain ends drought"


def test_a_colon_or_a_dash_inside_the_headline_stays() -> None:
    assert (
        read(og_title("Rain: drought ends - for now"), "Rain: drought ends - for now").title
        == "Rain: drought ends - for now"
    )
    assert read(json_ld("Drought: rain at last"), "Drought").title == "Drought: rain at last"


def test_the_section_and_the_day_before_the_sites_name_leave_with_it() -> None:
    section = "<meta property='article:section' content='Weather'>"
    assert (
        read(SITE + section + og_title("Rain ends drought - Weather | The Port Courier")).title == "Rain ends drought"
    )
    assert read(SITE + og_title("Rain ends drought | The Port Courier | 22.11.2026")).title.startswith(
        "Rain ends drought"
    )
    assert read(section + og_title("Rain ends drought - Weather")).title == "Rain ends drought - Weather"


def test_a_headline_cut_short_gives_way_to_the_whole_one() -> None:
    whole = "Rain ends the longest drought that the coast has seen since its records began"
    assert read(json_ld(f"{whole[:40]}…"), whole).title == whole
    assert read(json_ld(whole[:70]), whole).title == whole


def test_a_source_that_no_other_agrees_with_gives_way() -> None:
    assert (
        read(og_title("Welcome aboard!") + "<title>Rain ends drought</title>", "Rain ends drought").title
        == "Rain ends drought"
    )


def test_the_heading_among_many_is_the_one_that_the_head_names() -> None:
    assert (
        read("<title>Rain ends drought | The Port Courier</title>" + SITE, "Log in", "Rain ends drought", "More").title
        == "Rain ends drought"
    )


def test_subheads_that_are_h1_are_no_titles() -> None:
    found = read(
        "<title>Rain ends drought | The Port Courier</title>" + SITE, "Rain ends drought", "The fix", "What next"
    )
    assert found.headlines == ("Rain ends drought",)


def test_a_heading_that_names_the_site_is_none() -> None:
    site = "<meta property='og:site_name' content='Folha do Sertao'>"
    found = read("<title>Rain ends drought</title>" + site, "Folha do Sertão", "Rain ends drought")
    assert (found.title, found.headlines) == ("Rain ends drought", ("Rain ends drought",))


def test_invisible_and_private_characters_are_not_in_a_title() -> None:
    assert read("", "Rain\u00adfall ends\u200b drought \ue001").title == "Rainfall ends drought"


@pytest.mark.parametrize("title", ["Tide Times: Rain ends the drought", "Rain ends the drought :: Tide Times"])
@pytest.mark.parametrize("shown", ["<h3>Rain ends the drought</h3>", "<td><b>Rain ends the drought</b></td>"])
def test_what_the_page_shows_of_a_title_that_is_all_it_has_is_the_headline(title: str, shown: str) -> None:
    page = f"<html><head><title>{title}</title></head><body><h1>Tide Times</h1>{shown}<p>Text.</p></body></html>"
    found = read_metadata(parse_html(page).root, capture(page.encode()))
    assert found.title == "Rain ends the drought"


def test_a_page_that_names_only_its_site_has_that_title() -> None:
    assert read("<title>The Port Courier</title>" + SITE).title == "The Port Courier"


def test_a_page_without_a_title_has_none() -> None:
    assert read("").title == ""
