"""The demo newspaper as a function of path and time."""

from __future__ import annotations

import json
import re
from itertools import combinations, pairwise

import pytest
from lxml import html

from spiders.demo.newspaper import TEST_EPOCH, Expected, Newspaper, load_papers

END_S = 7200.0
PAPERS = [Newspaper(paper, f"http://127.0.0.1:{8741 + place}", TEST_EPOCH) for place, paper in enumerate(load_papers())]
NAMES = [paper.paper.name for paper in PAPERS]
EVERY_MOMENT = sorted({0.0, END_S, *(event for paper in PAPERS for event in paper.events_s)})


def page_text(paper: Newspaper, expected: Expected, at_s: float) -> str:
    """All the text of the article's page, scripts left out, blanks collapsed."""
    tree = html.fromstring(paper.render(path_of(paper, expected), at_s).body)
    for element in tree.xpath("//head | //script"):
        element.getparent().remove(element)
    return " ".join(tree.text_content().split())


def path_of(paper: Newspaper, expected: Expected) -> str:
    return expected.url.removeprefix(paper.base_url)


def live(paper: Newspaper, at_s: float) -> list[Expected]:
    return [expected for expected in paper.truth(at_s) if not expected.deleted]


@pytest.mark.parametrize("paper", PAPERS, ids=NAMES)
def test_the_page_of_every_article_has_the_whole_truth_in_order_and_every_planted_line(paper: Newspaper) -> None:
    for at_s in (0.0, 600.0, END_S):
        for expected in live(paper, at_s):
            text = page_text(paper, expected, at_s)
            place = 0
            for block in expected.blocks:
                for part in block.text.split(" | ") if block.kind == "row" else [block.text]:
                    place = text.index(part, place) + len(part)
            missing = [line for line in expected.planted if " ".join(line.split()) not in text]
            assert not missing, (expected.url, at_s)


def test_every_line_of_boilerplate_that_the_issue_names_is_planted() -> None:
    planted = {line for paper in PAPERS for expected in live(paper, 0.0) for line in expected.planted}
    named = {
        "top of page",
        "bottom of page",
        "1 view",
        "12 views",
        "IMG_2041.jpeg",
        "Subscribe to our newsletter. You can unsubscribe at any time.",
        "Leave a Reply",
        "Your email address will not be published. Required fields are marked *",
        "News | Harbour | Business | Sport | Culture | Weather",
        "Related Articles",
        "You may also like",
        "Back to top button",
        "Our Mission",
        "Home > Swing bridge opens again after nine months of repairs",
        "© 2026 The Ellery Gazette. All rights reserved.",
        "(kwr/lms)",
    }
    assert named <= planted
    assert "ab/cd/ef" in {line for paper in PAPERS for expected in live(paper, END_S) for line in expected.planted}
    related = {line for line in planted if line.startswith("RELATED: ")}
    assert len(related) > 1  # whose text differs from page to page


@pytest.mark.parametrize("paper", PAPERS, ids=NAMES)
def test_no_planted_line_is_a_line_of_the_text(paper: Newspaper) -> None:
    for at_s in EVERY_MOMENT:
        for expected in live(paper, at_s):
            assert not set(expected.planted) & set(expected.paragraphs)


@pytest.mark.parametrize("paper", PAPERS, ids=NAMES)
def test_there_are_enough_articles_of_a_readable_length(paper: Newspaper) -> None:
    assert len(live(paper, 0.0)) >= 6
    assert len(live(paper, END_S)) >= 10
    for expected in paper.truth(END_S):
        assert 250 <= len(" ".join(expected.paragraphs).split()) <= 600, expected.url


def test_a_new_article_appears_every_eighty_seconds_of_the_first_twenty_minutes() -> None:
    published = sorted(
        (expected.published_at - TEST_EPOCH).total_seconds() for paper in PAPERS for expected in paper.truth(END_S)
    )
    later = [at_s for at_s in published if at_s > 0]
    assert {after - before for before, after in pairwise([0.0, *later])} == {80.0}
    assert later[-1] == 1200.0


@pytest.mark.parametrize("paper", PAPERS, ids=NAMES)
def test_a_version_begins_exactly_where_title_or_text_changes(paper: Newspaper) -> None:
    for before_s, after_s in pairwise(EVERY_MOMENT):
        before = {expected.url: expected for expected in paper.truth(before_s)}
        for after in paper.truth(after_s):
            if (earlier := before.get(after.url)) is None:
                assert after.version == 1
                continue
            changed = (earlier.title, earlier.paragraphs) != (after.title, after.paragraphs)
            assert after.version == earlier.version + changed
            assert (after.modified_at > earlier.modified_at) == changed


def test_the_edits_change_what_they_should() -> None:
    gazette, saltings, courier = PAPERS

    def article(paper: Newspaper, slug: str, at_s: float) -> Expected:
        return next(expected for expected in paper.truth(at_s) if slug in expected.url)

    before, after = (article(gazette, "swing-bridge", at_s) for at_s in (329, 330))
    assert (before.version, after.version) == (1, 2)
    assert after.paragraphs[-1].startswith("Correction:")
    corrected = [(old, new) for old, new in zip(before.paragraphs, after.paragraphs[:-1], strict=True) if old != new]
    assert [old.replace("cost 4.1 million", "cost 4.7 million") for old, _ in corrected] == [
        new for _, new in corrected
    ]
    assert len(corrected) == 1

    before, after = (article(saltings, "oven", at_s) for at_s in (539, 540))
    assert after.paragraphs[:-1] == before.paragraphs

    headlines = [article(courier, "ferry-crews", at_s).title for at_s in (419, 420, 780)]
    assert headlines == ["Ferry crews on the Sound vote on strike", *["Ferry crews vote for strike from Thursday"] * 2]
    assert [article(courier, "storm", at_s).version for at_s in (0, 300, 510, 840)] == [1, 2, 3, 4]


@pytest.mark.parametrize("paper", PAPERS, ids=NAMES)
def test_links_and_counters_change_in_every_edition_while_the_text_stays(paper: Newspaper) -> None:
    for before_s, after_s in pairwise((0.0, *paper.events_s)):
        before = {expected.url: expected for expected in live(paper, before_s)}
        for after in live(paper, after_s):
            earlier = before.get(after.url)
            if earlier and earlier.version == after.version:
                assert earlier.paragraphs == after.paragraphs
                assert counters(earlier) < counters(after)
                assert links(paper, earlier.url, before_s) != links(paper, after.url, after_s)
                bodies = [paper.render(path_of(paper, after), at_s) for at_s in (before_s, after_s)]
                assert bodies[0].body != bodies[1].body
                assert bodies[0].etag != bodies[1].etag


def links(paper: Newspaper, url: str, at_s: float) -> list[str]:
    tree = html.fromstring(paper.render(url.removeprefix(paper.base_url), at_s).body)
    blocks = "//*[contains(@class, 'jp-relatedposts-items') or @data-hook='recent-posts' or @class='c-also__grid']"
    found: list[str] = tree.xpath(f"({blocks})[1]//a/@href")
    return [link for link in found if paper.base_url in link]


def counters(expected: Expected) -> int:
    line = next(
        line for line in expected.planted if re.search(r"Post Views: \d|^\d+ views?$|^\d+ people have read", line)
    )
    return int("".join(char for char in line if char.isdigit()))


@pytest.mark.parametrize("paper", PAPERS, ids=NAMES)
def test_pages_are_the_same_bytes_for_the_same_moment_and_all_through_an_edition(paper: Newspaper) -> None:
    again = Newspaper(paper.paper, paper.base_url, TEST_EPOCH)
    for expected in live(paper, END_S):
        path = path_of(paper, expected)
        assert paper.render(path, END_S) == again.render(path, END_S) == paper.render(path, END_S + 10_000)


def test_the_deleted_article_is_gone_from_its_address_and_from_every_list() -> None:
    courier = PAPERS[2]
    (deleted,) = [expected for paper in PAPERS for expected in paper.truth(END_S) if expected.deleted]
    path = path_of(courier, deleted)
    assert [courier.render(path, at_s).status for at_s in (659, 660, END_S)] == [200, 410, 410]
    lists = ("/", "/news/", "/feeds/all.atom", "/sitemaps/news.xml")
    assert all(path.encode() in courier.render(where, 659).body for where in lists)
    assert not any(path.encode() in courier.render(where, 660).body for where in lists)
    for expected in live(courier, END_S):
        assert path.encode() not in courier.render(path_of(courier, expected), END_S).body


def test_two_papers_carry_near_copies_of_one_story() -> None:
    def words(expected: Expected) -> set[tuple[str, ...]]:
        text = " ".join(expected.paragraphs).split()
        return {tuple(text[place : place + 3]) for place in range(len(text) - 2)}

    def likeness(one: Expected, other: Expected) -> float:
        first, second = words(one), words(other)
        return len(first & second) / len(first | second)

    pairs = combinations([expected for paper in PAPERS for expected in paper.truth(END_S)], 2)
    (copies,) = [(one, other) for one, other in pairs if likeness(one, other) > 0.1]
    assert {expected.site for expected in copies} == {"harbour-gazette", "harbour-courier"}
    assert 0.6 < likeness(*copies) < 1
    assert copies[0].title != copies[1].title
    assert all(any("Tidewire" in line for line in expected.planted) for expected in copies)


def test_one_article_is_german_and_says_so() -> None:
    (german,) = [expected for paper in PAPERS for expected in paper.truth(END_S) if expected.language != "en"]
    assert german.language == "de"
    assert b'<html lang="de">' in PAPERS[0].render(path_of(PAPERS[0], german), END_S).body


@pytest.mark.parametrize("paper", PAPERS[1:], ids=NAMES[1:])
def test_structured_data_tells_headline_author_and_dates(paper: Newspaper) -> None:
    for expected in live(paper, END_S):
        tree = html.fromstring(paper.render(path_of(paper, expected), END_S).body)
        data = json.loads(tree.xpath("string(//script[@type='application/ld+json'])"))
        (article,) = [node for node in data.get("@graph", [data]) if node["@type"] in {"NewsArticle", "BlogPosting"}]
        assert article["headline"] == expected.title
        assert article["author"][0]["name"] == expected.author
        assert article["datePublished"] == expected.published_at.isoformat()
        assert article["dateModified"] == expected.modified_at.isoformat()


@pytest.mark.parametrize("at_s", [0.0, END_S])
@pytest.mark.parametrize("paper", PAPERS, ids=NAMES)
def test_every_link_on_every_page_answers(paper: Newspaper, at_s: float) -> None:
    todo, seen = ["/"], {"/"}
    while todo:
        response = paper.render(todo.pop(), at_s)
        if not response.content_type.startswith("text/html"):
            continue
        for link in html.fromstring(response.body).xpath("//a/@href | //img/@src | //link[@rel='alternate']/@href"):
            path = link.removeprefix(paper.base_url).split("#")[0].split("?")[0]
            if path.startswith("/") and path not in seen:
                seen.add(path)
                todo.append(path)
    assert not {path for path in seen if paper.render(path, at_s).status != 200}
    assert {path_of(paper, expected) for expected in live(paper, at_s)} <= seen


def test_a_faster_newspaper_brings_dates_forward_but_no_text() -> None:
    slow, fast = PAPERS[0], Newspaper(PAPERS[0].paper, PAPERS[0].base_url, TEST_EPOCH, speed=10)
    for one, other in zip(slow.truth(600), fast.truth(600), strict=True):
        assert one.paragraphs == other.paragraphs
        ahead = (one.published_at - TEST_EPOCH).total_seconds()
        assert (other.published_at - TEST_EPOCH).total_seconds() == (ahead / 10 if ahead > 0 else ahead)
