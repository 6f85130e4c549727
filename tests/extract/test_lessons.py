from __future__ import annotations

from dataclasses import replace

import pytest

from extract.agreement import Verdict, agreement, better, judge_shapes
from extract.lessons import MAX_ARTICLES, Lessons, Notes, choose, merge, nothing_taught, pack, unpack
from extract.profile import Evidence, ProfileError, SitePages, learn
from extract.read import read_page
from tests.extract.page import PARAGRAPHS, capture, news_page


def page(number: int, **keys: tuple[int, int, int]) -> Evidence:
    """The evidence of one article; `keys`: blocks, characters and kept characters of its shapes."""
    shapes = {
        f"{name}|prose": counts for name, counts in (keys or {"story": (5, 900, 900), "menu": (4, 100, 0)}).items()
    }
    return Evidence(f"article{number:04}", (f"line{number:04}",), shapes, (f"text{number:04}",), ("div<body",), 900)


def test_agreement_is_the_share_of_characters_decided_as_the_full_reading_did() -> None:
    profile = learn(None, [page(number) for number in range(3)])
    assert agreement(profile, [page(9)]) == 1.0
    assert agreement(profile, [page(9, story=(5, 900, 900), menu=(4, 100, 100))]) == 0.9
    assert agreement(profile, [page(9, fresh=(5, 900, 900), menu=(4, 100, 0))]) == 0.1  # a redesign
    assert agreement(profile, []) == 0.0


def test_a_shape_is_not_decided_by_one_page_nor_by_the_page_itself() -> None:
    pages = [page(number) for number in range(2)]
    profile = learn(None, pages)
    assert judge_shapes(profile, pages[0]) == Verdict(1000, 1000, 0)
    assert judge_shapes(profile, pages[0], counted=True) == Verdict(1000, 0, 0)


def test_a_new_profile_that_is_only_less_sure_or_knows_a_redesign_is_better() -> None:
    old = learn(None, [page(number, story=(5, 900, 900)) for number in range(5)])
    blurred = [page(number, story=(5, 900, 300)) for number in range(10, 15)]
    assert better(old, learn(old, blurred), blurred)
    redesigned = [page(number, fresh=(5, 900, 800)) for number in range(10, 15)]
    assert better(old, learn(old, redesigned), redesigned)
    assert better(None, old, blurred)


def test_a_page_is_left_out_with_the_versions_and_copies_of_its_article() -> None:
    pages = [page(number) for number in range(4)]
    site = SitePages.of([*pages, replace(pages[0], lines=("edited",)), replace(pages[1], article="copy")])
    assert site.whole.pages == 4
    assert site.without(pages[0]).pages == site.without(nothing_taught(pages[0].article)).pages == 3
    assert (
        site.without(nothing_taught("another", pages[2].lines)).keys
        == SitePages.of([pages[0], pages[1], pages[3]]).whole.keys
    )
    assert site.without(nothing_taught("another")) == site.whole


def test_no_length_of_the_page_itself_bounds_its_settled_reading() -> None:
    long = replace(page(9), chars=90_000)
    assert SitePages.of([page(1), page(2), long]).without(long).longest == 900


def test_of_many_articles_the_same_are_kept_in_any_order_and_one_page_of_each() -> None:
    pages = [page(number) for number in range(3 * MAX_ARTICLES)]
    assert choose([*pages, *pages]) == choose(reversed(pages)) == pages[:MAX_ARTICLES]
    halves = (Lessons(evidence=tuple(pages[150:])), Lessons(evidence=tuple(pages[:150])))
    assert merge(halves).evidence == merge(reversed(halves)).evidence == tuple(pages[:MAX_ARTICLES])


def test_notes_count_what_was_read_in_full_and_how_far_the_profile_agrees() -> None:
    notes = Notes(None)
    pages = [
        capture(
            news_page(
                paragraphs=tuple(
                    f"{one} So said the harbour's log, page {page}{at}."
                    for page, one in zip("abcd", PARAGRAPHS, strict=True)
                )
            ),
            f"https://courier.example/{at}",
        )
        for at in "xyz"
    ]
    for one in (*pages, capture(b"", status=404)):
        notes.add(read_page(one))
    lessons = notes.lessons()
    assert (lessons.profile, lessons.by_profile, lessons.in_full, len(lessons.evidence)) == (None, 0, 3, 3)
    assert lessons.match is None
    profile = learn(None, lessons.evidence[:2])  # too young to read alone
    again = Notes(profile)
    again.add(read_page(pages[0], profile))
    assert again.lessons().profile == profile.id
    assert again.lessons().match == 1.0


def test_lessons_come_back_from_their_bytes_and_others_are_refused() -> None:
    lessons = Lessons("0123456789abcdef", 3, 2, Verdict(10, 9, 1), (page(1), page(2)))
    assert unpack(pack(lessons)) == lessons
    assert pack(unpack(pack(lessons))) == pack(lessons)
    for damaged in (b"", b"no lessons", pack(lessons)[:-9]):
        with pytest.raises(ProfileError, match="no lessons"):
            unpack(damaged)
