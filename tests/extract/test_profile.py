from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import chain

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.article import Article
from extract.capture import Capture
from extract.learning import read_site, settle
from extract.profile import Evidence, Profile, ProfileError, from_json, learn, leave_one_out, to_json
from extract.read import read_article, read_page
from extract.rejection import Rejection
from extract.shapes import LONG_LINE
from tests.extract.paper import Story, headline, printed_page, sentence

SLOGAN = "The Tern Post is written, printed and carried by the people of the coast, and belongs to none but them."
DISCLAIMER = (
    "The views in this report are those of the people who were asked, and not those of the paper, its owners or "
    "the friends who pay for its printing; who finds a mistake in it may write to the editor by the end of the week."
)


def lines(found: Article | Rejection) -> list[str]:
    assert isinstance(found, Article), found
    return found.text.splitlines()


def stories(count: int, *, inserts: tuple[str, ...] = (), endings: tuple[str, ...] = ()) -> list[Story]:
    return [Story(number, inserts, endings) for number in range(1, count + 1)]


def evidence(captures: Sequence[Capture]) -> list[Evidence]:
    taught = [read_page(one).evidence for one in captures]
    return [one for one in taught if one]


def lost(told: Sequence[Story], captures: Sequence[Capture]) -> list[tuple[int, str]]:
    """Lines of one story only that a reading by the others' profile or by the whole site's leaves out."""
    profile = settle(captures)
    often = list(chain.from_iterable(set(story.lines) for story in told))
    missing = []
    for story, given_capture, warm in zip(told, captures, read_site(captures), strict=True):
        known = read_article(given_capture, profile)
        missing += [
            (story.number, line)
            for line in story.lines
            if often.count(line) == 1 and not (line in lines(warm) and line in lines(known))
        ]
    return missing


@pytest.mark.parametrize("theme", ["plain", "other"])
def test_a_site_that_knows_its_pages_reads_each_as_it_stands(theme: str) -> None:
    told = stories(9)
    captures = [printed_page(story, theme) for story in told]
    assert [lines(found) for found in read_site(captures)] == [list(story.lines) for story in told]


def test_other_pages_of_the_site_say_what_is_chrome() -> None:
    """The prompt looks like any other paragraph of the text; that it stands on each page tells."""
    prompt = "Our reporters walk to every meeting and stay until the lights go out; a cup of coffee keeps them awake."
    told = stories(8, endings=(prompt,))
    captures = [printed_page(story) for story in told]
    cold, warm = read_article(captures[0]), read_site(captures)[0]
    assert isinstance(warm, Article)
    assert prompt in lines(cold)
    assert prompt not in lines(warm)
    assert {span.reason for span in warm.removed if span.text == prompt} == {"site_chrome: seen on 7 of 7 pages"}


def test_a_slogan_in_each_article_takes_no_other_line_with_it() -> None:
    told = stories(8, inserts=(SLOGAN,))
    assert lost(told, [printed_page(story) for story in told]) == []


def test_a_standing_disclaimer_takes_no_other_line_with_it() -> None:
    told = stories(8, endings=(DISCLAIMER, SLOGAN))
    assert lost(told, [printed_page(story, "other") for story in told]) == []


def test_pages_that_are_all_the_same_delete_nothing_from_each_other() -> None:
    story = Story(1)
    captures = [printed_page(story, address=f"news/{number}") for number in range(8)]
    assert [lines(found) for found in read_site(captures)] == [list(story.lines)] * 8
    profile = settle(captures)
    assert profile.pages == 1
    assert lines(read_article(captures[0], profile)) == list(story.lines)
    assert lost([Story(2)], [printed_page(Story(2))]) == []
    assert lines(read_article(printed_page(Story(2)), profile)) == list(Story(2).lines)


def test_pages_of_short_lines_that_are_all_the_same_delete_nothing_from_each_other() -> None:
    verses = tuple(f"{headline(600 + place)[:54].rsplit(' ', 1)[0]}." for place in range(12))
    assert max(map(len, verses)) < LONG_LINE
    story = Story(1, paragraphs=verses)
    captures = [printed_page(story, address=f"news/{number}") for number in range(6)]
    assert [lines(found) for found in read_site(captures)] == [lines(read_article(captures[0]))] * 6


def test_two_templates_on_one_site_are_both_read() -> None:
    told = stories(12)
    captures = [printed_page(story, "plain" if story.number % 2 else "other") for story in told]
    assert lost(told, captures) == []


def test_after_a_redesign_nothing_is_lost_before_and_after_the_site_has_learned_it() -> None:
    told = stories(14)
    old = settle([printed_page(story) for story in told[:8]])
    new = [printed_page(story, "other") for story in told[8:]]
    for story, one in zip(told[8:], new, strict=True):
        assert [line for line in lines(read_article(one, old)) if line in story.lines] == list(story.lines)
    learned = learn(old, evidence(new))
    assert learned.pages == 14
    assert [lines(read_article(one, learned)) for one in new] == [list(story.lines) for story in told[8:]]


def test_sentences_that_differ_in_a_number_only_are_different_text() -> None:
    told = [
        Story(number, endings=(f"At the close the shares of the shipping line stood at {1200 + 17 * number} crowns, a rise of {number} in a day.",))
        for number in range(1, 9)
    ]  # fmt: skip
    assert lost(told, [printed_page(story) for story in told]) == []


def test_a_short_sentence_that_stands_on_one_page_stays() -> None:
    short = ("“No.”", "He walked on.", "It was not to be.", "And then it rained.")
    told = [Story(number, inserts=(short[number],) if number < len(short) else ()) for number in range(9)]
    assert lost(told, [printed_page(story) for story in told]) == []


def test_prose_with_the_words_of_a_prompt_stays() -> None:
    """On the other pages, the same place of the theme holds prompts with texts of their own."""
    prompts = [f"Read more: {sentence(12_000 + number)}" for number in range(9)]
    prose = "She had to subscribe to the newsletter of the council to learn of it, and shared it with the whole street by e-mail."
    told = [Story(number, inserts=(prompts[number] if number else prose,)) for number in range(9)]
    captures = [printed_page(story) for story in told]
    assert prose in lines(read_article(captures[0]))
    assert prose in lines(read_site(captures)[0])
    assert prose in lines(read_article(captures[0], settle(captures)))


def test_versions_of_one_article_count_once() -> None:
    told = [Story(1, endings=(sentence(13_000 + number),)) for number in range(6)]
    captures = [printed_page(story, address="news/one") for story in told]
    assert settle(captures).pages == 1
    assert lost(told, captures) == []
    others = [printed_page(story) for story in stories(5)[1:]]
    profile = learn(settle(captures[:1]), evidence([*others, *captures[1:]]))
    assert profile.pages == 5
    assert learn(profile, evidence(captures)) == profile


def test_a_copy_under_another_address_counts_once() -> None:
    captures = [
        printed_page(Story(1)),
        printed_page(Story(1, endings=(SLOGAN,)), address="copy"),
        printed_page(Story(2)),
    ]
    assert settle(captures).pages == 2


def test_a_page_itself_says_nothing_of_what_it_repeats() -> None:
    """Nor do its versions: what three pages of one article share is its text."""
    told = [Story(1, endings=(sentence(13_000 + number),)) for number in range(3)]
    versions = [printed_page(story, address="news/one") for story in told]
    others = [printed_page(Story(number)) for number in range(2, 6)]
    everything = evidence([*versions, *others])
    for one, profile in zip(everything, leave_one_out(everything), strict=True):
        rest = [other for other in everything if other.article != one.article]
        assert profile.pages == len({other.article for other in rest})
        repeated = {text for other in rest for text in other.texts}
        assert {text for text, pages in profile.texts.items() if pages > 1} <= repeated


def test_the_profile_without_a_page_is_the_one_that_the_others_teach() -> None:
    everything = evidence([printed_page(story) for story in stories(7)])
    for at, profile in enumerate(leave_one_out(everything)):
        taught = learn(None, everything[:at] + everything[at + 1 :])
        repeated = {text: pages for text, pages in taught.texts.items() if pages > 1}
        assert (profile.pages, profile.keys, profile.region) == (taught.pages, taught.keys, taught.region)
        assert {text: pages for text, pages in profile.texts.items() if pages > 1} == repeated
        assert (profile.shortest, profile.longest) == (taught.shortest, taught.longest)


def test_pages_in_any_order_make_the_same_bytes() -> None:
    versions = [printed_page(Story(1, endings=(sentence(13_000 + at),)), address="news/one") for at in range(3)]
    same_text = [
        Capture("tern", "https://tern.example/x", "https://tern.example/x", 200, one.headers, one.body.replace(b"views", word), one.captured_at)
        for word in (b"visits", b"friends and neighbours read it", b"views")
        for one in [printed_page(Story(2))]
    ]  # fmt: skip
    everything = evidence([*versions, *same_text, *(printed_page(story) for story in stories(7)[2:])])
    wanted = to_json(learn(None, everything))
    for seed in range(12):
        shuffled = random.Random(seed).sample(everything, len(everything))  # noqa: S311
        assert to_json(learn(None, shuffled)) == wanted


def test_a_profile_comes_back_from_its_json() -> None:
    profile = settle([printed_page(story) for story in stories(6)])
    back = from_json(to_json(profile))
    assert to_json(back) == to_json(profile)
    assert back.id == profile.id == settle([printed_page(story) for story in stories(6)][::-1]).id
    assert (back.pages, back.keys, back.texts, back.region, back.settled) == (
        profile.pages, profile.keys, profile.texts, profile.region, profile.settled,
    )  # fmt: skip
    page = printed_page(Story(8))
    assert read_article(page, back) == read_article(page, profile)
    more = evidence([page, *(printed_page(story) for story in stories(3))])
    assert to_json(learn(back, more)) == to_json(learn(profile, more))
    assert learn(back, more).pages == 7


def test_a_profile_of_another_format_is_refused_by_name() -> None:
    stored = orjson.loads(to_json(Profile())) | {"format": 99}
    with pytest.raises(ProfileError, match="profile of format 99"):
        from_json(orjson.dumps(stored))


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"null", b"[]", b"7", b'"x"', b"{}", b"\xff\xfe", b'{"format": 1}', b"[" * 5000, b'{"a":' * 5000],
)  # fmt: skip
def test_what_is_no_profile_is_refused(data: bytes) -> None:
    with pytest.raises(ProfileError, match="no profile"):
        from_json(data)


STORED = orjson.loads(to_json(settle([printed_page(story) for story in stories(3)])))
junk = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(STORED)), junk)
@settings(max_examples=300, deadline=None)
def test_a_field_of_any_shape_is_a_profile_or_refused(name: str, value: object) -> None:
    try:
        data = orjson.dumps(STORED | {name: value})
    except TypeError:
        return
    try:
        profile = from_json(data)
    except ProfileError:
        return
    page = printed_page(Story(5))
    assert lines(read_article(page, profile))
    learn(profile, evidence([page]))
