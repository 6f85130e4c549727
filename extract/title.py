"""The headline of an article, chosen among JSON-LD, meta tags, headings and <title>, without the site's name."""
# ruff: noqa: RUF001 - separators as sites write them

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from extract.dom import Element
from extract.entities import unescape
from extract.jsonld import JsonLdArticle
from extract.markup import Markup
from extract.shown import body_of, texts_below, visible_text

MAX_TITLE = 1000  # characters
MAX_SHOWN = 5000  # texts of a page that are looked through for a part of its title
MIN_PART = 12  # letters of a headline in <title>, beside the site's name
MIN_LIKENESS = 0.3  # of the words of an h1 and of a title in common, for it to be one
MAX_TAIL = 60  # of a site's name with its claim or section
_TAG = re.compile(r"<[^<>]{1,200}>")
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ue000-\uf8ff\ufffc\ufffd]")
# a colon, or a dash without blanks, parts a title only before the very name of the site
_SEPARATOR = re.compile(r"\s+(?:(?:[|–—·•»«›‹:│┃/~⋆★-]|::|--)\s+|[|｜│┃ㅣ»›]\s*)|[|｜│┃ㅣ]\s*")
_COLON = re.compile(r":\s+")
_TIGHT_SEPARATOR = re.compile(r"\s*[:：|｜ㅣ_»›–—-]+\s*")
_DATE_PART = re.compile(r"^\d{1,2}\.\s?\d{1,2}\.\s?\d{4}$|^\d{4}-\d\d-\d\d$|^\d{1,2}/\d{1,2}/\d{4}$")
_NO_LETTERS = {code: None for code in range(128) if not chr(code).isalnum()}
_WORD = re.compile(r"\w{3,}")
_CUT = re.compile(r"\s*(?:\.\.\.|…|\[…\])$")
_TITLE_META = ("og:title", "twitter:title")
_MORE_TITLE_META = (
    "parsely-title",
    "sailthru.title",
    "dc.title",
    "dcterms.title",
    "citation_title",
    "headline",
    "title",
)


@dataclass(frozen=True, slots=True)
class Headings:
    """The titles that a page gives itself: the chosen one, its heading, and all of them."""

    title: str
    heading: Element | None  # the h1, or other heading, that shows the title
    headlines: tuple[str, ...]  # distinct, each without the site's name
    decks: tuple[str, ...]  # like none of these, though the page's data call them titles: as a rule the standfirst
    tails: frozenset[str] = frozenset()  # squeezed: what only some of the titles end with, mostly the site's name


def clean_text(value: str | None, limit: int) -> str | None:
    """Return `value` unescaped, on one line, without tags and invisible characters; None when nothing is left."""
    if not value:
        return None
    text = value[: 10 * limit]
    if "&" in text:
        text = unescape(unescape(text))
    if "<" in text:
        text = _TAG.sub(" ", text)
    if not text.isprintable() or "\ufffc" in text or "\ufffd" in text:
        text = _UNPRINTABLE.sub(" ", _INVISIBLE.sub("", text))
    return " ".join(text.split())[:limit] or None


def read_headings(
    root: Element, marks: Markup, found: JsonLdArticle, hint: str | None, own: AbstractSet[str],
    section: str | None,
) -> Headings:  # fmt: skip
    """Return the title of the article and the candidates it was chosen from; `own` are the site's names (`site_keys`).

    JSON-LD's headline goes first, then og:title, twitter:title, microdata, the h1, <title>, the feed's `hint`. A
    candidate that is cut short gives way to the one it is the beginning of; one that shares no word with any other
    of the page gives way to those that do.
    """
    meta = [text for value in marks.all(_TITLE_META) if (text := clean_text(value, MAX_TITLE))]
    shown = [(h1, text) for h1 in marks.headings if (text := clean_text(visible_text(h1), MAX_TITLE))]
    sites = set(map(_unaccented, own))
    shown = [pair for pair in shown if _unaccented(squeeze(pair[1])) not in sites]
    data = [text for value in [found.headline] if (text := clean_text(value, MAX_TITLE))]
    micro = [text for value in marks.property_texts(["headline"]) if (text := clean_text(value, MAX_TITLE))][:1]
    page = [text for value in [marks.title] if (text := clean_text(value, MAX_TITLE))]
    written = [*data, *meta, *micro, *page]
    tails = _tails(written, [text for _, text in shown] + written)
    strip = _Stripper(own, tails, [section or "", *found.trail])
    main = _main_heading(shown, [strip(text) for text in written])
    ranked = [strip(text) for text in [*data, *meta, *micro]]
    if page and not ranked:  # nothing but <title>: as a rule the site's name stands in it, too
        ranked = _shown_part(root, page[0], sites)
    ranked += [strip(main[1])] if main else []
    ranked += [
        strip(text)
        for text in [*page, *filter(None, map(_line, marks.all(_MORE_TITLE_META))), *filter(None, [_line(hint)])]
    ]
    ranked = [text for text in ranked if text]
    named = {text for text in dict.fromkeys(ranked) if strip.names_site(text)}
    ranked = [text for text in ranked if text not in named] or ranked
    others = [strip(text) for text in filter(None, map(_line, found.alternatives))]
    headlines = [strip(text) for text in _headlines(shown, ranked)]
    vocabulary = [_words(text) for text in dict.fromkeys([*ranked, *headlines])]
    decks = [text for text in others if vocabulary and not _is_like(text, vocabulary)]
    title = _choose(ranked)
    return Headings(
        title=title,
        heading=main[0] if main else _lower_heading(root, title),
        headlines=tuple(dict.fromkeys(text for text in [*ranked, *others, *headlines] if text and text not in decks)),
        decks=tuple(dict.fromkeys(decks)),
        tails=frozenset(tails),
    )


def _headlines(shown: list[tuple[Element, str]], ranked: list[str]) -> list[str]:
    """Return the h1 that say what the page is called, and the first; the others are subheads of the text."""
    vocabulary = [_words(text) for text in ranked]
    return [text for place, (_, text) in enumerate(shown) if not place or _is_like(text, vocabulary)]


def _is_like(text: str, vocabulary: list[frozenset[str]]) -> bool:
    return any(_likeness(_words(text), words) >= MIN_LIKENESS for words in vocabulary)


def _shown_part(root: Element, title: str, sites: AbstractSet[str]) -> list[str]:
    """Return the longest part of a title, no site's name, that stands on the page by itself; [] if none does."""
    between = [*_COLON.finditer(title), *_SEPARATOR.finditer(title)]
    ends = [part for found in between for part in (title[: found.start()], title[found.end() :])]
    parts = {
        key: part.strip() for part in ends if len(key := squeeze(part)) >= MIN_PART and _unaccented(key) not in sites
    }
    shown = (text for _, text, _ in islice(texts_below(body_of(root)), MAX_SHOWN)) if parts else ()
    said = {squeeze(text) for text in shown if len(text) <= MAX_TITLE}
    return sorted((part for key, part in parts.items() if key in said), key=len)[-1:]


def _unaccented(text: str) -> str:
    """Return `text` as the name of a host has it."""
    if text.isascii():
        return text
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def _line(value: str | None) -> str | None:
    return clean_text(value, MAX_TITLE)


def _choose(ranked: list[str]) -> str:
    """Return the first of `ranked` that another agrees with, in full length; the first of all where none agree."""
    if not ranked:
        return ""
    words = {text: _words(text) for text in ranked}
    agreed = (
        text
        for number, text in enumerate(ranked)
        if any(words[text] & words[other] for place, other in enumerate(ranked) if place != number)
    )
    title = next(agreed, ranked[0])
    is_cut = _CUT.search(title)
    if not is_cut and not (len(title) >= 60 and any(_breaks_word(title, text) for text in ranked)):
        return title
    start = squeeze(_CUT.sub("", title))
    longer = (
        text for text in ranked if len(text) > len(title) and squeeze(text).startswith(start) and not _CUT.search(text)
    )
    return next(longer, title)


def _breaks_word(title: str, longer: str) -> bool:
    return longer.startswith(title) and longer[len(title) : len(title) + 1].isalnum() and title[-1:].isalnum()


@lru_cache(maxsize=1024)
def _words(text: str) -> frozenset[str]:
    found = frozenset(_WORD.findall(text.casefold()))
    return found or frozenset(text)


def _main_heading(shown: list[tuple[Element, str]], written: list[str]) -> tuple[Element, str] | None:
    """Return the h1 that shares most words with what the page's head says; the first where it is silent."""
    if not written:
        return shown[0] if shown else None
    vocabulary = [_words(text) for text in dict.fromkeys(written)]
    scored = [
        (max(_likeness(_words(text), words) for words in vocabulary), pair) for pair in shown for text in [pair[1]]
    ]
    best = max(scored, key=lambda entry: entry[0], default=None)
    return best[1] if best and best[0] > 0 else None


def _lower_heading(root: Element, title: str) -> Element | None:
    if not (key := squeeze(title)):
        return None
    return next((part for part in root.css("h2,h3,h4") if squeeze(visible_text(part)) == key), None)


def _likeness(left: AbstractSet[str], right: AbstractSet[str]) -> float:
    return len(left & right) / len(left | right) if left | right else 0.0


def _tails(written: list[str], others: list[str]) -> set[str]:
    """Return what follows a separator where another source of the title stops: the site's name, claim or section."""
    known = {squeeze(text) for text in dict.fromkeys(others)}
    return {
        squeeze(title[found.end() :])
        for title in dict.fromkeys(written)
        for found in _SEPARATOR.finditer(title)
        if ":" not in found[0] and len(title) - found.end() <= MAX_TAIL and squeeze(title[: found.start()]) in known
    }


class _Stripper:
    """Takes the site's name, and the section or day before it, off the ends of a title."""

    def __init__(self, names: AbstractSet[str], tails: set[str], sections: Iterable[str]) -> None:
        self.names = names
        self.tails = tails
        self.sections = {squeeze(section) for section in sections if section}
        self.stripped: dict[str, str] = {}  # most sources give the same title

    def __call__(self, title: str) -> str:
        if title not in self.stripped:
            self.stripped[title] = self._strip(title)
        return self.stripped[title]

    def _strip(self, title: str) -> str:
        stripped = False
        while True:
            shorter = self._shorter(title, stripped=stripped)
            if shorter == title:
                return title
            title, stripped = shorter, True

    def _shorter(self, title: str, *, stripped: bool) -> str:
        separators = list(_SEPARATOR.finditer(title))
        for found in separators:
            if squeeze(title[found.end() :]) in self.tails and title[: found.start()].strip():
                return title[: found.start()].strip()
        if separators:
            first, last = separators[0], separators[-1]
            head, tail = title[: first.start()].strip(), title[last.end() :]
            start = title[: last.start()].strip()
            if start and (
                _names_site(tail, self.names)
                or (stripped and (squeeze(tail) in self.sections or _DATE_PART.match(tail)))
            ):
                return start
            if head and _names_site(head, self.names) and ":" not in first[0]:
                return title[first.end() :].strip()
        tight = list(_TIGHT_SEPARATOR.finditer(title))
        if tight and tight[-1].start():
            tail = squeeze(title[tight[-1].end() :])
            if tail and (tail in self.names or (stripped and tail in self.sections)):
                return title[: tight[-1].start()].strip()
        return title

    def names_site(self, text: str) -> bool:
        return squeeze(text) in self.names


def strip_site_name(title: str, site_names: Iterable[str]) -> str:
    """Return `title` without a last or first part that names the site, such as " | The Post"."""
    return _Stripper(site_keys(site_names), set(), ())(title)


def site_keys(site_names: Iterable[str]) -> set[str]:
    """Return the names of a site, and the main label of its host, as `squeeze` gives them."""
    return {
        squeezed
        for name in site_names
        for squeezed in (squeeze(name), squeeze(_domain_label(name)))
        if len(squeezed) > 1
    }


def _names_site(part: str, names: AbstractSet[str]) -> bool:
    squeezed = squeeze(part)
    return bool(squeezed) and any(
        squeezed == name or (len(squeezed) > 3 and squeezed in name) or (len(name) > 3 and name in squeezed)
        for name in names
    )


@lru_cache(maxsize=4096)
def squeeze(text: str) -> str:
    """Return the letters and digits of `text`, case folded, without a leading "the": for comparing names."""
    folded = text.casefold()
    letters = folded.translate(_NO_LETTERS) if folded.isascii() else "".join(filter(str.isalnum, folded))
    return letters.removeprefix("the")


def _domain_label(name: str) -> str:
    labels = [label for label in name.split(".") if label not in {"www", "m", "amp", "news"}]
    return max(labels[:-1], key=len) if len(labels) > 1 and " " not in name else name
