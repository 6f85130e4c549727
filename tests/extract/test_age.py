"""What changes at every visit and is no text: ages, time stamps, counters, boxes of advertisements and other stories."""

from __future__ import annotations

import pytest

from extract.article import Article
from extract.read import read_article
from tests.extract.page import PARAGRAPHS, capture, news_page


def text_of(body: bytes) -> list[str]:
    outcome = read_article(capture(body))
    assert isinstance(outcome, Article), outcome
    return outcome.text.splitlines()


@pytest.mark.parametrize(
    "line",
    [
        "3 hours ago", "Updated 3 hours ago", "Last updated: 12 minutes ago by Ann Lee", "Published 22 November 2026, 14:05 GMT",
        "Updated: 2026-11-22T06:00:00Z", "Updated at 5:30 p.m. EST", "Updated today at 14:05", "vor 3 Stunden",
        "Stand: 22.11.2026, 14:05 Uhr", "Zuletzt aktualisiert am 22. November 2026 um 14:05 Uhr", "Il y a 3 heures",
        "Mis à jour le 22 novembre 2026 à 14h05", "hace 2 horas", "3 uur geleden", "3 часа назад", "3時間前",
        "更新 2026年11月22日", "1,200 people are reading this", "Viewed 1200 times", "340 people have read this article",
    ],
)  # fmt: skip
def test_a_line_that_only_the_clock_or_a_counter_wrote_is_no_text(line: str) -> None:
    assert text_of(news_page(body=f"<p>{line}</p>")) == list(PARAGRAPHS)


@pytest.mark.parametrize(
    "line",
    [
        "The bridge fell two hours ago, its keeper says, and nobody was on it.", "500 people were killed in the flood of 1911.",
        "1,200 people read the letter aloud at the memorial on Sunday.", "40,000 people watched the final on Saturday.",
        "12 comments were filed with the commission before the vote.", "Share the burden, the mayor tells the villages.",
        "Copyright holders have until March to object, the court in Saltings ruled.", "Published in 1984, the book was banned a year later.",
    ],
)  # fmt: skip
def test_a_sentence_with_an_age_or_a_count_is_text(line: str) -> None:
    assert line in text_of(news_page(paragraphs=(PARAGRAPHS[0], line, *PARAGRAPHS[1:])))


@pytest.mark.parametrize(
    "box",
    [
        "<div class='ad'><p>{}</p></div>", "<aside class='advertisement'><p>{}</p></aside>", "<div id='ad-slot-3'><p>{}</p></div>",
        "<div class='box sponsored'><a href='/x'>{}</a></div>", "<section class='related'><h4><a href='/y'>{}</a></h4></section>",
        "<ul class='most-read'><li><a href='/z'>{}</a></li></ul>",
    ],
)  # fmt: skip
def test_a_box_that_calls_itself_an_advertisement_or_other_stories_is_no_text(box: str) -> None:
    said = "Open an account at the Harbour Bank this month and we will plant a tree for you in the dunes."
    page = news_page().replace(b"</p><p>", f"</p>{box.format(said)}<p>".encode(), 1)
    assert said in page.decode()
    assert text_of(page) == list(PARAGRAPHS)


@pytest.mark.parametrize("name", ["ad", "related", "sponsored-content"])
def test_a_theme_that_calls_its_text_so_keeps_it(name: str) -> None:
    page = (
        news_page()
        .replace(b"<article>", f"<article><div class='{name}'>".encode())
        .replace(b"</article>", b"</div></article>")
    )
    assert text_of(page) == list(PARAGRAPHS)


def test_lines_made_to_be_slow_are_not() -> None:
    """A pattern that goes back over what it matched would not end within a minute here."""
    lines = [
        f"Updated {part * (280 // len(part))}x" for part in ("1", "1 ", "a ", "may mar ", "a.m", ".", "12:", "vor ")
    ]
    page = news_page(body="".join(f"<p>{line}</p>" for line in lines * 5))
    assert set(PARAGRAPHS) <= set(text_of(page))
