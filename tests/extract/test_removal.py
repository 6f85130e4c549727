from __future__ import annotations

from collections.abc import Sequence

import pytest

from extract.article import RemovedSpan
from extract.blocks import BlockTree, read_blocks
from extract.dom import parse_html
from extract.features import Features, Signals, bare_features
from extract.line_rules import Removal
from extract.removal import refuse_lines, region, removed_spans

PROSE = "The harbour bridge reopened on Tuesday after eleven weeks of repairs, and lorries crossed before sunrise."
MORE = "Shopkeepers on the east bank had complained that trade fell by a third while the detour was in force."
NO_SIGNALS = Signals()


def read(body: str) -> tuple[BlockTree, Features]:
    page = read_blocks(parse_html(f"<!doctype html><html><head><title>t</title></head><body>{body}</body></html>").root)
    return page, bare_features(page)


def refused(body: str, signals: Signals = NO_SIGNALS) -> dict[str, str]:
    """Refused lines and their reasons when the model would keep every block of `body`."""
    page, found = read(body)
    kept = list(range(len(page.blocks)))
    return {page.blocks[at].text: reason for at, reason in refuse_lines(page, kept, found, signals).items()}


def removed(body: str, keep: Sequence[str], signals: Signals = NO_SIGNALS) -> list[RemovedSpan]:
    """What is removed from the region when the lines `keep` are kept."""
    page, found = read(body)
    kept = [at for at, block in enumerate(page.blocks) if block.text in keep]
    assert len(kept) == len(keep)
    return list(removed_spans(page, kept, found, {}, signals))


def test_a_long_line_is_text_twice_and_no_more() -> None:
    page, found = read(
        f"<p>{PROSE}</p><p>a</p><p>b</p><p>c</p><p>{MORE}</p><p>d</p><p>{MORE}</p><p>d</p><p>{MORE}</p><p>d</p>"
    )
    assert refuse_lines(page, list(range(10)), found, NO_SIGNALS) == {8: Removal.REPEAT}


def linked(*headlines: str) -> str:
    """A paragraph for each headline, all of it a link."""
    return "".join(f'<p><a href="/{at}">{text}</a></p>' for at, text in enumerate(headlines))


def test_links_under_a_label_are_other_stories_until_the_text_goes_on() -> None:
    story, cited = "Ferry crews on the Sound vote on strike", "The harbour's own report of last year tells of it"
    found = refused(
        f"<p>{PROSE}</p><p>You may also like...</p>{linked(story)}<p>{MORE}</p>{linked(cited)}<p>{PROSE[:60]}</p>"
    )
    assert found == {"You may also like...": Removal.RELATED_LINK, story: Removal.RELATED_LINK}


def test_a_label_with_links_in_one_line_is_other_stories() -> None:
    line = '<b>DON\'T MISS</b> <a href="/a">Ferry crews vote on strike</a> [VIDEO] <a href="/b">Tides rise again</a>'
    text = "DON'T MISS Ferry crews vote on strike [VIDEO] Tides rise again"
    assert refused(f"<p>{PROSE}</p><p>{line}</p><p>{MORE}</p>") == {text: Removal.RELATED_LINK}
    cited = 'Read more carefully, the <a href="/a">report</a> said that tides rise.'
    assert refused(f"<p>{PROSE}</p><p>{cited}</p><p>{MORE}</p>") == {}


def test_a_link_in_brackets_is_another_story() -> None:
    line = "[The last orchard keeper looks for an heir]"
    link = '[<a href="/a">The last orchard keeper looks for an heir</a>]'
    assert refused(f"<p>{PROSE}</p><p>{link}</p><p>{MORE}</p>") == {line: Removal.RELATED_LINK}
    assert refused(f'<p>{PROSE}</p><p>[<a href="/a">1</a>]</p><p>{MORE}</p>') == {}


def test_links_that_end_a_text_are_other_stories_unless_they_are_much_of_it() -> None:
    stories = ("Ferry crews on the Sound vote", "Tides rise in the narrows")
    assert refused(f"<p>{PROSE}</p><p>{MORE}</p>{linked(*stories)}") == dict.fromkeys(stories, Removal.RELATED_LINK)
    assert refused(f"<p>{PROSE}</p><p>{MORE}</p>{linked(stories[0])}") == {}, "a single one may be the source"
    assert refused(f"<p>{PROSE}</p>{linked(*stories)}<p>{MORE}</p>") == {}, "the text goes on"
    assert refused(f"<p>{PROSE[:40]}</p>{linked(*stories)}") == {}, "links are the text"
    items = "".join(f'<li><a href="/{one}">{one}</a></li>' for one in stories)
    assert refused(f"<p>{PROSE}</p><p>{MORE}</p><ul>{items}</ul>") == {}, "a list of what the text recommends"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Read more: Ferry crews on the Sound vote on strike", Removal.RELATED_LINK),
        ("RELATED: Ministry approves tidal turbines in the narrows", Removal.RELATED_LINK),
        ("Mehr zum Thema", Removal.RELATED_LINK),
        ("Lire aussi : Le pont tournant rouvre lundi", Removal.RELATED_LINK),
        ("You may also like", Removal.RELATED_LINK),
        ("top of page", Removal.NAVIGATION),
        ("Home > Harbour > Swing bridge opens again", Removal.NAVIGATION),
        ("12 views", Removal.COUNTER),
        ("1 view", Removal.COUNTER),
        ("Post Views: 1,204", Removal.COUNTER),
        ("Leave a Reply", Removal.COMMENTS),
        ("Your email address will not be published. Required fields are marked *", Removal.COMMENTS),
        ("Sign up for our newsletter", Removal.NEWSLETTER),
        ("For the best of the coast, sign up to our weekly newsletter.", Removal.NEWSLETTER),
        ("Got a story? Write to news@ellery.example or ring the bell", Removal.COMMENTS),
        ("Get in touch with our news team by emailing us at news@ellery.example.", Removal.COMMENTS),
        ("For more stories like this, check our harbour page.", Removal.RELATED_LINK),
        ("Image: Anna Berg/Coast Pictures", Removal.CREDIT),
        ("Photo credit: Anna Berg", Removal.CREDIT),
        ("Bilder: Anna Berg, Per Lind", Removal.CREDIT),
        ("© 2026 The Ellery Gazette. All rights reserved.", Removal.COPYRIGHT),
        ("Share this article", Removal.SHARE),
        ("Advertisement", Removal.AD),
        ("Article continues below", Removal.AD),
    ],
)
def test_a_line_that_is_never_text_is_refused(line: str, reason: Removal) -> None:
    assert refused(f"<p>{PROSE}</p><p>{line}</p><p>{MORE}</p>") == {line: reason}


@pytest.mark.parametrize(
    "line",
    [
        "BERLIN (dpa) - The ferry is back, and nobody is happier than the baker.",
        "Correction: An earlier version of this report gave the wrong year for the first bridge.",
        "Editor's note: This report was updated on Tuesday with the answer of the harbour board.",
        "Read more slowly, the teacher said, and the whole class put a finger under the first word of the page.",
        "Related to the mayor by marriage, the engineer had asked to be left out of the vote.",
        "Close the harbour, they had written on the wall.",
        "Share prices of the shipping line fell by a tenth on the news.",
        "Subscribe to the idea that tides can be tamed, and you will build walls.",
        "For more news from the islands she had to wait until the mail boat came.",
        "Have a story ready, the pilot said, for the night is long.",
        "Picture this: a harbour without a single mast.",
        "Her images of the harbour: all of them grey.",
        "Do you have a story from the lock that has stayed with you?",
        "Get in touch with the police by calling the harbour office if you saw the lorry, the pilot said.",
        "For the first time, parents can sign up for the school's weekly newsletter.",
        "For more news on the strike, see the union's own account, which differs.",
        "Photo: 50 megapixels, f/1.8",
        "Image: was it ever worth the trouble?",
        "12 views of the same lighthouse hang in the town hall.",
        "He walked on.",
        "“Yes.”",
        "What stands behind it",
    ],
)
def test_a_line_of_prose_is_not(line: str) -> None:
    assert refused(f"<p>{PROSE}</p><p>{line}</p><p>{MORE}</p>") == {}


@pytest.mark.parametrize(
    "line",
    [
        "ab/cd/ef",
        "mok",
        "(kwr/lms)",
        "dpa",
        "(AFP)",
        "kwr/dpa (with material of the agency)",
        "(Avec AFP)",
        "mw/ jann/",
        "ENDS",
        "—AP",
        "With inputs from PTI",
    ],
)
def test_an_agencys_sign_off_is_refused_at_the_end_only(line: str) -> None:
    assert refused(f"<p>{PROSE}</p><p>{MORE}</p><p>{line}</p>") == {line: Removal.AGENCY_SIGNOFF}
    assert refused(f"<p>{line}</p><p>{PROSE}</p><p>{MORE}</p>") == {}


SIGNED = Signals(authors=("Ada Quist", "Jo Marsh", "Staff"))


@pytest.mark.parametrize("line", ["By Ada Quist", "ADA QUIST", "di Ada Quist e Jo Marsh", "Von Jo Marsh"])
def test_a_first_line_that_only_names_the_authors_is_a_byline(line: str) -> None:
    assert refused(f"<p>{line}</p><p>{PROSE}</p><p>{MORE}</p>", SIGNED) == {line: Removal.BYLINE}
    assert refused(f"<p>{line}</p><p>{PROSE}</p><p>{MORE}</p>") == {}, "or it may be a name in the news"
    assert refused(f"<p>{PROSE}</p><p>{MORE}</p><p>{PROSE} Then,</p><p>{line}</p>", SIGNED) == {}


@pytest.mark.parametrize(
    "line",
    [
        "Ada Quist covers the harbour for the Post and lives in Ellery.", "Jo Marsh ist Redakteurin in Ellery.",
        "Ada Quist can be reached at ada@post.example.", "She keeps the tide tables. Follow her on Mastodon.",
        "Reach the newsroom at news@post.example.",
    ],
)  # fmt: skip
def test_a_last_line_that_tells_of_an_author_is_a_byline(line: str) -> None:
    text = f"<p>{PROSE}</p><p>{MORE}</p><p>{PROSE} Then,</p>"
    assert refused(f"{text}<p>{line}</p>", SIGNED) == {line: Removal.BYLINE}
    assert refused(f"<p>{line}</p>{text}", SIGNED) == {}


@pytest.mark.parametrize(
    "line", ["Ada Quist said no.", "Staff is short at the lock.", "The lock can be reached at 555-0140."]
)
def test_a_last_line_of_prose_is_none(line: str) -> None:
    assert refused(f"<p>{PROSE}</p><p>{MORE}</p><p>{PROSE} Then,</p><p>{line}</p>", SIGNED) == {}


def test_a_box_that_asks_for_an_address_is_a_newsletters() -> None:
    box = "<div class='kg-card kg-signup-card'><p>Essays on work by the water</p></div>"
    assert refused(f"<p>{PROSE}</p>{box}<p>{MORE}</p>") == {"Essays on work by the water": Removal.NEWSLETTER}
    assert refused(f"<div class='newsletter-post'><p>{PROSE}</p><p>{MORE}</p></div>") == {}


def test_a_short_word_that_ends_a_list_is_no_sign_off() -> None:
    assert refused(f"<p>{PROSE}</p><ul><li>two eggs</li><li>salt</li></ul>") == {}


def test_the_headline_is_refused_wherever_it_stands() -> None:
    signals = Signals(headlines=("Harbour bridge reopens after eleven weeks",))
    line = "Harbour Bridge reopens, after eleven weeks"
    assert refused(f"<h1>{line}</h1><p>{PROSE}</p>", signals) == {line: Removal.HEADLINE_REPEAT}
    assert refused(f"<h2>Harbour bridge reopens</h2><p>{PROSE}</p>", signals) == {}


def test_a_long_passage_is_kept_once_and_a_refrain_as_often_as_it_is_sung() -> None:
    assert refused(f"<p>{PROSE}</p><div>{PROSE.upper()}</div>") == {PROSE.upper(): Removal.REPEAT}
    assert refused("<p>And the boats go out.</p><p>And the boats go out.</p>") == {}


def test_captions_are_refused_unless_they_are_the_text() -> None:
    figure = (
        "<figure><img src='x'><figcaption>The span at half past eight, seen from the lower basin</figcaption></figure>"
    )
    assert set(refused(f"<p>{PROSE}</p>{figure}<p>{MORE}</p>").values()) == {Removal.CAPTION}
    assert refused(f"<p>Ten pictures.</p>{figure}{figure.replace('half', 'quarter')}") == {}


@pytest.mark.parametrize(
    "name", ["caption", "image__caption", "wp-caption-text", "imageCaption", "legende", "Bildunterschrift"]
)
def test_a_caption_is_one_by_its_class_too(name: str) -> None:
    body = f"<p>{PROSE}</p><div class='x {name}'>The span at half past eight</div><p>{MORE}</p>"
    assert refused(body) == {"The span at half past eight": Removal.CAPTION}
    for other in ("captioned-text", "no-caption", "has-caption", "withCaption"):
        assert refused(body.replace(name, other)) == {}, "the text beside a picture"


def test_credits_are_refused_unless_they_are_the_text_or_an_item_of_it() -> None:
    credit = "<p>Photo: The ferry at Dawn</p>"
    assert refused(f"<p>{PROSE}</p>{credit}<p>{MORE}</p>") == {"Photo: The ferry at Dawn": Removal.CREDIT}
    assert refused(f"<p>{PROSE}</p><ul><li>Photo: The ferry at Dawn</li></ul><p>{MORE}</p>") == {}
    assert refused(f"<p>Three pictures.</p>{credit}{credit.replace('Dawn', 'Noon')}") == {}


@pytest.mark.parametrize(
    ("body", "tag"),
    [
        (f"<main><div id=r><p>{PROSE}</p><p>{MORE}</p></div><p>x</p></main>", "div"),
        (f"<main><div id=r><p>{PROSE}</p><div><p>{MORE}</p></div></div><p>x</p></main>", "div"),
        (f"<main><p id=r>{PROSE}</p><p>x</p></main>", "p"),
        (f"<article id=r><div><p>{PROSE}</p><p>{MORE}</p></div><p>x</p></article>", "article"),
        (f"<article id=r><header>x</header><p>{PROSE}</p></article>", "article"),
        (f"<article><div><div><div id=r><p>{PROSE}</p><p>{MORE}</p></div></div></div></article>", "div"),
    ],
)
def test_the_region_is_the_smallest_element_with_the_text_or_the_article_right_around_it(body: str, tag: str) -> None:
    page, _ = read(body)
    element = page.nodes[region(page, [at for at, block in enumerate(page.blocks) if block.text in (PROSE, MORE)])]
    assert (element.tag, element.attrs.get("id")) == (tag, "r")


def test_what_is_outside_of_the_region_is_not_listed() -> None:
    spans = removed(f"<nav>Home</nav><article><p>{PROSE}</p><p>12 views</p></article><aside>Most read</aside>", [PROSE])
    assert spans == [RemovedSpan("12 views", "counter", "/html/body/article/p[2]")]


def test_nothing_kept_is_nothing_removed() -> None:
    assert removed("<p>x</p>", []) == []


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ("<figcaption>A crane above the quay</figcaption>", Removal.CAPTION),
        ("<div class='newsletter-box'><p>The letter of the week</p></div>", Removal.NEWSLETTER),
        ("<div class='share-bar'><span>Tell a friend</span></div>", Removal.SHARE),
        ("<div class='comment-list'><p>What a fine bridge it is</p></div>", Removal.COMMENTS),
        ("<div class='cookie-consent'>May we?</div>", Removal.CONSENT),
        ("<div class='advert'>The best paint for boats</div>", Removal.AD),
        ("<div class='related'><p>Crews vote on strike</p></div>", Removal.RELATED_LINK),
        ("<div class='byline-block'>Ida Fenwick in Marlow</div>", Removal.BYLINE),
        ("<div class='piano-paywall'>The rest is for friends of the house</div>", Removal.PAYWALL_PROMPT),
        ("<ul class='tags'><li>Bridges</li></ul>", Removal.TAGS),
        ("<div class='published-date'>On a Tuesday</div>", Removal.DATELINE_REPEAT),
        ("<nav><span>Harbour desk</span></nav>", Removal.NAVIGATION),
        ("<p><a href='/x'>Ferry crews on the Sound vote on strike</a></p>", Removal.RELATED_LINK),
        ("<p><a href='/x'>Ferries</a></p>", Removal.NAVIGATION),
        ("<p>By Ida Fenwick</p>", Removal.BYLINE),
        ("<p>Photo: Mara Ellison</p>", Removal.CREDIT),
        ("<p>A line against which nothing speaks</p>", Removal.LOW_SCORE),
    ],
)
def test_the_reason_is_what_the_place_or_the_words_say(part: str, reason: Removal) -> None:
    (span,) = removed(f"<article><p>{PROSE}</p>{part}<p>{MORE}</p></article>", [PROSE, MORE])
    assert span.reason == reason


def test_a_reason_that_is_known_already_stays() -> None:
    page, found = read(f"<article><p>12 views</p><p>{PROSE}</p></article>")
    (span,) = removed_spans(page, [1], found, {0: "site_chrome: seen on 4 of 5 pages"}, NO_SIGNALS)
    assert span.reason == "site_chrome: seen on 4 of 5 pages"


def test_what_style_takes_away_is_not_visible_but_a_region_that_waits_for_a_script_is() -> None:
    secret = "<p style='display:none'>A secret</p>"
    assert removed(f"<article><p>{PROSE}</p>{secret}</article>", [PROSE]) == []
    waiting = f"<div style='visibility: hidden'><p>{PROSE}</p><p>12 views</p><p>{MORE}</p></div>"
    assert [span.text for span in removed(waiting, [PROSE, MORE])] == ["12 views"]
