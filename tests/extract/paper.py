"""A made-up paper: as many articles as a test asks for, no sentence twice, in themes that look like the web's."""

from __future__ import annotations

from dataclasses import dataclass, field

from extract.capture import Capture
from tests.extract.page import capture

WHO = ("The harbour master", "A retired teacher", "The council's engineer", "An apprentice baker", "The ferry's cook",
       "A spokesman of the shipyard", "The keeper of the lighthouse", "One of the divers", "The new librarian",
       "A farmer from the marsh", "The pilot on duty")  # fmt: skip
DID = ("counted the broken pumps", "wrote a long letter", "repaired the oldest winch", "found three sealed barrels",
       "turned down the higher offer", "measured the height of the flood", "sold the last of the nets",
       "asked for another survey", "painted the eastern railing", "opened the frozen lock gate", "called off the evening run",
       "lent a pair of oars", "drew a map of the shoals")  # fmt: skip
WHERE = ("behind the old customs house", "on the north quay", "near the swing bridge", "below the chapel steps",
         "in the sail loft", "at the edge of the salt meadow", "beside the fish hall")  # fmt: skip
WHY = ("because nobody else had the key", "although the wind had risen to a gale", "before the first train came in",
       "while the neighbours were still asleep", "since the insurers refused to pay", "after two weeks without rain",
       "so that the school could open on Monday", "as the tide began to turn", "despite a warning from the coast guard",
       "until the lamps went out", "when the price of diesel doubled", "and the mayor only heard of it at noon",
       "although three judges had said otherwise", "without a word to the owners", "as if it were an ordinary Tuesday",
       "in spite of a broken thumb", "long before the papers wrote about it")  # fmt: skip
SENTENCES = len(WHO) * len(DID) * len(WHERE) * len(WHY)  # 17,017: lengths without a common divisor make each one new


def sentence(number: int) -> str:
    """Return one of SENTENCES different sentences."""
    assert number < SENTENCES
    return f"{WHO[number % 11]} {DID[number % 13]} {WHERE[number % 7]} {WHY[number % 17]}."


def headline(number: int) -> str:
    """Return one of 1,001 different headlines."""
    return f"{WHO[number % 11]} {DID[number % 13]} {WHERE[number % 7]}"


@dataclass(frozen=True, slots=True)
class Story:
    """An article of the paper; the lines in `inserts` stand after the second paragraph, `endings` at the end."""

    number: int
    inserts: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    paragraphs: tuple[str, ...] = field(default=())

    @property
    def title(self) -> str:
        return headline(self.number)

    @property
    def texts(self) -> tuple[str, ...]:
        """Its own paragraphs, of two or three sentences each."""
        if self.paragraphs:
            return self.paragraphs
        first = self.number * 40
        return tuple(
            " ".join(sentence(first + 3 * place + one) for one in range(2 + place % 2))
            for place in range(6 + self.number % 5)
        )

    @property
    def lines(self) -> tuple[str, ...]:
        """What stands on the page as its text, in order."""
        return (*self.texts[:2], *self.inserts, *self.texts[2:], *self.endings)


RELATED = ("Ferry crews vote on strike after talks fail", "Tidal turbines win approval in the narrows",
           "School choir returns from the capital with a prize", "Storm surge closes coastal road until Thursday",
           "Fish prices climb for the third week in a row")  # fmt: skip
OTHERS = "".join(f"<li><a href='/news/{10 + at}'>{title}</a></li>" for at, title in enumerate(RELATED))


def plain_theme(story: Story) -> str:
    """The page in the theme that the paper has always had."""
    text = "".join(f"<p>{line}</p>" for line in story.lines)
    return (
        f"<header class='site-header'><a href='/'>The Tern Post</a><nav class='menu'><a href='/news'>News</a> <a href='/sport'>Sport</a></nav></header>"
        f"<main><article class='post-{story.number} article'><h1 class='headline'>{story.title}</h1>"
        f"<div class='byline'>By Ida Fenwick, {story.number % 28 + 1} November 2026</div>"
        f"<div class='share'><a href='#'>Share this article</a><span>{story.number * 7} views</span></div>"
        f"<div class='article-body'>{text}</div>"
        f"<div class='newsletter'><h3>Sign up for our newsletter</h3><p>The best of the coast in your inbox, every morning at six.</p></div>"
        f"</article><aside class='related'><h3>Read more</h3><ul>{OTHERS}</ul></aside></main>"
        f"<footer><p>© 2026 The Tern Post. All rights reserved.</p></footer>"
    )


def other_theme(story: Story) -> str:
    """The page after a redesign, or in the paper's other template."""
    text = "".join(f"<div class='c-text'><p class='c-text__p'>{line}</p></div>" for line in story.lines)
    return (
        f"<div id='app'><div class='top-bar'><a href='/'>Tern</a></div><div class='layout'><section class='story'>"
        f"<h1>{story.title}</h1><p class='meta'>Ida Fenwick · {story.number % 28 + 1} November 2026</p>{text}"
        f"<p class='c-share'>Share</p></section><section class='more-stories'><ul>{OTHERS}</ul></section></div>"
        f"<div class='bottom'>© The Tern Post</div></div>"
    )


def printed_page(story: Story, theme: str = "plain", address: str = "") -> Capture:
    """Return the capture of a story's page; two stories of one `address` are versions of one article."""
    body = {"plain": plain_theme, "other": other_theme}[theme](story)
    html = (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{story.title} | The Tern Post</title>"
        f"<meta property='og:type' content='article'></head><body>{body}</body></html>"
    )
    return capture(
        html.encode(),
        f"https://tern.example/{address or f'news/{story.number}-{story.title.lower()}'.replace(' ', '-')}",
    )
