from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from extract import settled
from extract.article import Article
from extract.blocks import read_blocks
from extract.capture import Capture
from extract.dom import parse_html
from extract.features import Signals, bare_features
from extract.learning import settle
from extract.profile import SETTLED_PAGES, Count, Profile
from extract.read import read_article, read_page
from extract.settled import SAMPLE, _Decided, _know_completed, is_sample
from extract.shapes import Shape
from tests.extract.paper import Story, printed_page, sentence

KNOWN = range(1, 11)
NEW = range(11, 21)


@pytest.fixture(scope="module", params=["plain", "other"])
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def profile(theme: str) -> Profile:
    learned = settle([printed_page(Story(number), theme) for number in KNOWN])
    assert learned.settled
    return learned


def page(story: Story, theme: str, *, sample: bool = False, address: str = "") -> Capture:
    """The page of a story with a comment that makes it one of those read in full anyway, or none of them."""
    made = printed_page(story, theme, address)
    tried = (replace(made, body=made.body + f"<!-- {number} -->".encode()) for number in range(10_000))
    return next(one for one in tried if is_sample(one.body) == sample)


def by_profile(given: Capture, profile: Profile) -> bool:
    """Whether the page is read by the profile alone: nothing but a full reading has signs."""
    return read_page(given, profile).signs is None


def text(given: Capture, profile: Profile | None) -> str:
    found = read_article(given, profile)
    assert isinstance(found, Article), found
    return found.text


def test_new_pages_are_read_by_the_profile_alone_as_they_are_read_in_full(theme: str, profile: Profile) -> None:
    for number in NEW:
        story = Story(number)
        given = page(story, theme)
        assert by_profile(given, profile)
        assert text(given, profile).splitlines() == list(story.lines)
        full = text(page(story, theme, sample=True), profile)
        assert full == text(given, profile)


def test_some_pages_are_read_in_full_anyway_and_teach(theme: str, profile: Profile) -> None:
    reading = read_page(page(Story(11), theme, sample=True), profile)
    assert reading.signs is not None
    assert reading.evidence is not None
    assert read_page(page(Story(11), theme), profile).evidence is None
    share = sum(is_sample(f"<p>{number}</p>".encode()) for number in range(20_000)) / 20_000
    assert share == pytest.approx(1 / SAMPLE, abs=0.005)


def test_what_is_removed_is_listed_and_sure(theme: str, profile: Profile) -> None:
    found = read_article(page(Story(12), theme), profile)
    assert isinstance(found, Article)
    assert found.extraction.profile == profile.id
    assert found.extraction.confidence == 1.0
    assert Story(12).title in [span.text for span in found.removed]
    assert not {span.text for span in found.removed} & set(found.text.splitlines())


def test_a_young_profile_reads_nothing_alone(theme: str) -> None:
    young = settle([printed_page(Story(number), theme) for number in range(1, SETTLED_PAGES)])
    assert not young.settled
    assert not by_profile(page(Story(11), theme), young)


def doubtful(given: Capture, wanted: str, written: str) -> Capture:
    """The page with a change in it, none of those read in full anyway."""
    body = given.body.replace(wanted.encode(), written.encode())
    assert body != given.body
    tried = (replace(given, body=body + f"<!-- {number} -->".encode()) for number in range(10_000))
    return next(one for one in tried if not is_sample(one.body))


STRANGE = f"<blockquote class='strange'>{sentence(14_000)}</blockquote>"


@pytest.mark.parametrize(
    ("wanted", "written"),
    [
        ("<p>", "<div class='new'>"),  # all of it in a shape that no page had
        ("article-body", "story-text"),
        ("<main>", "<main class='m'>"),
        ("</main>", "</main><main><article class='article post-9'><div class='article-body'><p>Another</p></div></article></main>"),
    ],
)  # fmt: skip
def test_a_page_that_looks_otherwise_is_read_in_full(wanted: str, written: str) -> None:
    learned = settle([printed_page(Story(number)) for number in KNOWN])
    given = doubtful(printed_page(Story(11)), wanted, written)
    assert not by_profile(given, learned)
    kept = text(given, learned).splitlines()
    assert [line for line in kept if line in Story(11).lines] == list(Story(11).lines)


def test_prose_in_a_shape_that_no_page_had_is_kept() -> None:
    learned = settle([printed_page(Story(number)) for number in KNOWN])
    lines = list(Story(11).lines)
    given = doubtful(printed_page(Story(11)), f"{lines[0]}</p>", f"{lines[0]}</p>{STRANGE}")
    assert by_profile(given, learned)
    assert text(given, learned).splitlines() == [lines[0], sentence(14_000), *lines[1:]]


@pytest.mark.parametrize("place", ["<div class='note'><p>{}</p></div>", "<p>{}</p>", "<div>{}</div>"])
def test_prose_beside_the_element_that_holds_the_text_is_read_in_full(place: str) -> None:
    """A correction, a standfirst or a second part that a page has where no other page of the site has text."""
    learned = settle([printed_page(Story(number)) for number in KNOWN])
    said = sentence(15_000)
    given = doubtful(printed_page(Story(11)), "<main>", f"<main>{place.format(said)}")
    assert not by_profile(given, learned)
    again = doubtful(given, said, Story(11).title)
    assert by_profile(again, learned)  # the headline again, wherever it stands


def test_more_text_beside_it_of_which_the_forests_are_sure_is_read_with_it() -> None:
    learned = settle([printed_page(Story(number)) for number in KNOWN])
    second = [f"{sentence(15_000 + 3 * at)} {sentence(15_001 + 3 * at)} {sentence(15_002 + 3 * at)}" for at in range(4)]
    part = "".join(f"<p>{line}</p>" for line in second)
    given = doubtful(printed_page(Story(11)), "</main>", f"<section class='part'>{part}</section></main>")
    assert by_profile(given, learned)
    found = read_article(given, learned)
    assert isinstance(found, Article)
    assert found.text.splitlines() == [*Story(11).lines, *second]
    assert "Ferry crews vote on strike after talks fail" in [span.text for span in found.removed]


@pytest.mark.parametrize(("heads", "is_alone"), [(1, True), (4, False)])
def test_headings_in_doubt_are_none_where_they_are_little_of_the_text(
    monkeypatch: pytest.MonkeyPatch, heads: int, *, is_alone: bool
) -> None:
    monkeypatch.setattr(settled, "DOUBT", (0.0, 1.0))
    learned = settle([printed_page(Story(number)) for number in KNOWN])
    last = Story(19).lines[-1]
    after = "".join(f"<h2>Fares at quay {number}</h2>" for number in range(heads))
    given = doubtful(printed_page(Story(19)), f"{last}</p>", f"{last}</p>{after}")
    assert by_profile(given, learned) is is_alone


LOG_IN = "Log in to keep this article among your bookmarks and to read it without a connection"


NOTE, HIDDEN = "<div class='note'><p>{}</p></div>", "<div class='box' style='display: none'><p>{}</p></div>"


@pytest.mark.parametrize(
    ("place", "said"),
    [(NOTE, LOG_IN), (NOTE, f"{LOG_IN}."), (NOTE, sentence(15_000)), (HIDDEN, LOG_IN), (HIDDEN, f"{LOG_IN}.")],
)
def test_what_stands_beside_it_on_other_pages_too_is_no_doubt(place: str, said: str) -> None:
    """A prompt, be it hidden until it is needed; on one page only it is one."""

    def told(number: int) -> Capture:
        return doubtful(printed_page(Story(number)), "<main>", f"<main>{place.format(said)}")

    learned = settle([told(number) for number in KNOWN])
    assert by_profile(told(11), learned)
    assert text(told(11), learned).splitlines() == list(Story(11).lines)
    unaware = settle([printed_page(Story(number)) for number in KNOWN])
    assert by_profile(told(11), unaware) == (said == LOG_IN)  # no sentence: the forests are sure
    assert LOG_IN not in text(told(11), unaware)


@pytest.mark.parametrize(("name", "is_alone"), [("twitter-tweet", True), ("remark", False)])
def test_a_quoted_post_that_the_forests_are_not_sure_of_is_no_doubt(
    monkeypatch: pytest.MonkeyPatch, name: str, *, is_alone: bool
) -> None:
    learned = settle([printed_page(Story(number)) for number in KNOWN])
    first = Story(12).lines[0]
    post = f"<blockquote class='{name}'><p>{sentence(14_000)}</p></blockquote>"
    given = doubtful(printed_page(Story(12)), f"{first}</p>", f"{first}</p>{post}")
    monkeypatch.setattr(settled, "PROSE_DOUBT", (0.0, 1.0))
    assert by_profile(given, learned) == is_alone
    assert sentence(14_000) in text(given, learned)


@pytest.mark.parametrize(
    "caption", ["<figcaption><div><p>{}</p></div></figcaption>", "<p class='image-caption'>{}</p>"]
)
def test_a_caption_beside_it_is_no_doubt(caption: str) -> None:
    learned = settle([printed_page(Story(number)) for number in KNOWN])
    figure = f"<figure><img src='a.jpg'>{caption.format(sentence(15_000))}</figure>"
    given = doubtful(printed_page(Story(11)), "<main>", f"<main>{figure}")
    assert by_profile(given, learned)
    assert text(given, learned).splitlines() == list(Story(11).lines)


def test_captions_that_are_the_text_are_read_in_full() -> None:
    """Pictures in a row beside the element: they are kept where they are more than a third of the text."""
    learned = settle([printed_page(Story(number)) for number in KNOWN])
    captions = [f"{sentence(15_000 + at)} {sentence(15_100 + at)}" for at in range(12)]
    row = "".join(
        f"<figure><img src='{at}.jpg'><figcaption>{text}</figcaption></figure>" for at, text in enumerate(captions)
    )
    given = doubtful(printed_page(Story(11)), "<main>", f"<main>{row}")
    assert not by_profile(given, learned)
    assert not set(captions) - set(text(given, learned).splitlines())


@pytest.mark.parametrize(("count", "alone"), [(8, True), (20, False)])
def test_captions_within_it_in_shapes_that_no_page_had_are_no_doubt_unless_they_outweigh_the_text(
    count: int, alone: bool
) -> None:
    learned = settle([printed_page(Story(number)) for number in KNOWN])
    lines = list(Story(11).lines)
    captions = [f"{sentence(15_000 + at)} {sentence(15_100 + at)}" for at in range(count)]
    row = "".join(f"<figure><figcaption><p>{text}</p></figcaption></figure>" for text in captions)
    given = doubtful(printed_page(Story(11)), f"{lines[0]}</p>", f"{lines[0]}</p>{row}")
    assert by_profile(given, learned) is alone
    found = read_article(given, learned)
    assert isinstance(found, Article)
    if alone:
        assert found.text.splitlines() == lines
        assert [span.reason for span in found.removed if span.text in captions] == ["caption"] * count


@pytest.mark.parametrize(("description", "still_open"), [(sentence(15_000), set()), (sentence(15_001), {1})])
def test_a_standfirst_that_the_description_says_is_no_doubt(description: str, still_open: set[int]) -> None:
    story = Story(11)
    parts = (f"<h1>{story.title}</h1><p>{sentence(15_000)}</p>", *(f"<p>{line}</p>" for line in story.lines))
    page = read_blocks(parse_html(f"<!doctype html><html><body>{''.join(parts)}</body></html>").root)
    probability = np.array([0.0, 0.4, *(1.0 for _ in story.lines)])
    decided = _Decided(probability, {}, {1: (Shape.of("p<body", "prose"), None)}, {1}, set(), set())
    _know_completed(page, bare_features(page), Signals((story.title,), (description,)), decided)
    assert decided.open == still_open
    assert decided.probability[1] == (0.4 if still_open else 1.0)


@pytest.mark.parametrize("pages", [3, 9])
@pytest.mark.parametrize("name", ["article-body", "next-body"])
def test_a_story_that_other_pages_load_unseen_is_read_whole(pages: int, name: str) -> None:
    """As where the beginning of the next story waits, styled away, below each article in the same mark-up."""
    story = Story(99)
    waiting = "".join(f"<p>{line}</p>" for line in story.lines[:3])
    box = f"<div style='display: none'><article class='article post-99'><div class='{name}'>{waiting}</div></article></div>"

    def told(number: int) -> Capture:
        made = printed_page(Story(number))
        return doubtful(made, "</main>", f"{box}</main>") if number <= pages else made

    learned = settle([told(number) for number in KNOWN])
    for sample in (False, True):
        assert text(page(story, "plain", sample=sample), learned).splitlines() == list(story.lines)
    same = replace(told(1), body=told(1).body.replace(b"next-body", b"article-body"))
    learned = settle(
        [
            same,
            *(
                replace(told(number), body=told(number).body.replace(b"next-body", b"article-body"))
                for number in KNOWN[1:]
            ),
        ]
    )
    for sample in (False, True):
        assert text(page(story, "plain", sample=sample), learned).splitlines() == list(story.lines)


def test_an_article_that_taught_a_passage_does_not_speak_against_it() -> None:
    """Its standing disclaimer, which one other article has too, is text at the second look as it was at the first."""
    shared = sentence(16_000)

    def told(number: int) -> Capture:
        first = Story(number).lines[0]
        return doubtful(printed_page(Story(number)), f"{first}</p>", f"{first}</p><p>{shared}</p>")

    pages = [told(1), told(2), *(printed_page(Story(number)) for number in range(3, 7))]
    learned = settle(pages)
    assert shared in text(told(1), learned)
    assert shared not in text(told(3), learned)


def test_a_subhead_that_site_and_page_judge_differently_is_read_in_full() -> None:
    subhead = "<h2>What the ferry costs from Monday</h2>"
    first = Story(12).lines[0]
    given = doubtful(printed_page(Story(12)), f"{first}</p>", f"{first}</p>{subhead}")
    learned = settle([printed_page(Story(number)) for number in KNOWN])
    assert by_profile(given, learned)
    assert "What the ferry costs from Monday" in text(given, learned)
    shape = "h2<div.article-body<article.article.post-0<main|label"
    few, many = (Count(pages, pages, 30 * pages, kept=0) for pages in (2, 9))  # as of boxes on other pages
    assert not by_profile(given, replace(learned, keys=dict(learned.keys) | {shape: many}))
    assert "What the ferry costs from Monday" in text(given, replace(learned, keys=dict(learned.keys) | {shape: few}))


def test_a_standfirst_above_the_element_with_the_text_is_not_lost() -> None:
    """It comes in because the description says it: that has to teach where the site's texts begin."""

    def with_dek(number: int) -> Capture:
        page = printed_page(Story(number), "other")
        heading, dek = f"<h1>{Story(number).title}</h1>", f"Why boat {number} is for sale"
        body = page.body.replace(heading.encode(), b"").replace(
            b"<section class='story'>", f"<div>{heading}<b class='tags'>{dek}</b></div><section class='story'>".encode()
        )
        return doubtful(replace(page, body=body), "</title>", f"</title><meta name='description' content='{dek}'>")

    learned = settle([with_dek(number) for number in KNOWN])
    for number in NEW:
        assert text(with_dek(number), learned).splitlines()[0] == f"Why boat {number} is for sale"


MENU = "<div class='top'><ul><li>Home</li><li>Sport</li><li>Weather</li></ul></div>"
ITEMS = ("Two crowns for a child under twelve years of age", "Three crowns for a bicycle and its rider",
         "Nothing for a dog that is carried on board", "Nine crowns for a car without a trailer")  # fmt: skip


def test_a_list_is_text_though_the_items_of_a_menu_stand_alike() -> None:
    def with_menu(number: int) -> Capture:
        return doubtful(printed_page(Story(number)), "<main>", f"{MENU}<main>")

    learned = settle([with_menu(number) for number in KNOWN])
    first = Story(12).lines[0]
    items = "".join(f"<li>{item}</li>" for item in ITEMS)
    given = doubtful(with_menu(12), f"{first}</p>", f"{first}</p><ul>{items}</ul>")
    assert Shape.of("li<ul", "label").coarse in learned.keys, "by the menu"
    assert set(ITEMS) <= set(text(given, learned).splitlines())


def test_prose_looks_alike_in_both_readings_whatever_holds_the_element_with_the_text() -> None:
    def premium(number: int) -> Capture:
        page = printed_page(Story(number))
        body = page.body.replace(b"<div class='article-body'>", b"")
        return doubtful(replace(page, body=body), "<main>", "<main class='premium'>")

    learned = settle([premium(number) for number in KNOWN])
    assert by_profile(premium(12), learned)


SAID = sentence(12 * 40)  # the first sentence of story 12


@pytest.mark.parametrize(
    ("written", "is_alone"),
    [
        (f"<aside class='pull'><p>{SAID}</p></aside>", True),
        (f"<aside class='pull'><p>{sentence(14_000)}</p></aside>", False),
        ("<h2>What the ferry costs from Monday</h2>", True),
        ("<table><tr><th>Fare</th><th>Crowns</th></tr><tr><td>Child</td><td>Two</td></tr></table>", True),
    ],
    ids=["says it again", "says something else", "a subhead", "rows of a table"],
)
def test_what_a_full_reading_knows_no_more_of_is_no_doubt(
    monkeypatch: pytest.MonkeyPatch, written: str, *, is_alone: bool
) -> None:
    learned = settle([printed_page(Story(number)) for number in KNOWN])
    first = Story(12).lines[0]
    assert first.startswith(SAID)
    given = doubtful(printed_page(Story(12)), f"{first}</p>", f"{first}</p>{written}")
    monkeypatch.setattr(settled, "PROSE_DOUBT", (0.0, 1.0))
    monkeypatch.setattr(settled, "DOUBT", (0.0, 1.0))
    assert by_profile(given, learned) == is_alone


def test_a_text_that_is_much_longer_or_shorter_is_read_in_full(theme: str, profile: Profile) -> None:
    usual = page(Story(12), theme)
    size = len(text(usual, profile))
    assert by_profile(usual, profile)
    for times, is_alone in ((4, True), (20, False)):  # a range of few pages says little
        assert by_profile(usual, replace(profile, shortest=times * size, longest=2 * times * size)) == is_alone
        assert by_profile(usual, replace(profile, shortest=1, longest=size // times)) == is_alone
    assert text(usual, replace(profile, longest=1)).splitlines() == list(Story(12).lines)


def boxed(number: int, text: str) -> Capture:
    """A page with a box between two paragraphs, none of those read in full anyway."""
    given = printed_page(Story(number))
    first = Story(number).lines[0]
    return doubtful(given, f"{first}</p>", f"{first}</p><section class='box'>{text}</section>")


def test_prose_on_this_page_only_stays_though_its_like_went_on_every_other() -> None:
    """As where a theme sets teasers and corrections alike: the count of the shape says drop, but the passage is new."""
    learned = settle([boxed(number, sentence(12_000 + number)) for number in KNOWN])
    dropped = {key: replace(one, kept=0) for key, one in learned.keys.items() if "section.box" in key}
    assert dropped
    learned = replace(learned, keys=dict(learned.keys) | dropped)
    assert sentence(13_000) in text(boxed(11, sentence(13_000)), learned)
