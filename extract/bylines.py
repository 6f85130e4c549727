"""The byline that a reader sees: found by its mark-up, else by its words."""
# ruff: noqa: RUF001 - the full-width colon is what Chinese bylines are written with

from __future__ import annotations

import re
from itertools import islice

from lxml.etree import XPath
from lxml.html import HtmlElement

from extract.markup import around, is_beside, select, texts_around, visible_text
from extract.names import BYLINE, clean_authors, is_name_like, is_person

_LABELLED = re.compile(
    r"^[\s(（\[–—-]*(?:"
    r"(?:by|von|par|por|di|door|av|af|oleh|(?:written|posted|published|reported) by|"
    r"(?:(?:ein )?beitrag|text|geschrieben|verfasst) von|"
    r"(?:publié|écrit) par|(?:escrito|publicado) por|a cura di)\s+"
    r"|(?:autor(?:in|ka|en|es|a|e)?|auteur(?:e|s)?|authors?|textes?|text|yazar|автор|szerző|penulis|"
    r"责编|責編|责任编辑|作者|記者|记者)\s*[:：]\s*)(?=[^\W\d_])",
    re.IGNORECASE,
)
_BARE_LABEL = re.compile(
    r"^(?:by|von|par|por|door|av|af|autor(?:in|en|/in)?|autorin/autor|auteur|author|text|责任编辑)\s*[:：]?$",
    re.IGNORECASE,
)
_CLASS = re.compile(
    r"author|autor(?!ad|i[sz]|e?nnews)|auteur|byline|by-line|\bwriter|redakteur|verfasser|journalist|contributor|wrote|"
    r"forfatter|skribent|kirjoittaja|signature|firma\b|penulis|\bcreator|posted-?by|\bvcard\b|\breporter"
)  # of class names in lower case
_LIKE_CLASS = re.compile(_CLASS.pattern.replace(r"\b", ""))  # begins with letters alone: six times as fast
_OTHER_CLASS = re.compile(
    r"comment|kommentar|related|recommend|sidebar|widget|footer|teaser|reply|avatar|image|photo|picture|social|follow|"
    r"caption|figure|quote|popular|most-?read|more-|also|listing|promo|card-grid|newsletter|menu|navig|archive|"
    r"authori[sz]|authoring|button|icon|share|email|desc|about|bio(?![a-z])|job|position|role|count|date|time(?!s)",
    re.IGNORECASE,
)
_JOINT = re.compile(
    r"^(?:and|und|et|y|e|&|og|och|ve|i|ja|en|a|,|;|/|\||by|von|par|por|di|da|door|av|af|[•·●–-])+$", re.IGNORECASE
)
_NEVER = frozenset(
    ("link", "body", "article", "main", "section", "img", "script", "form", "svg", "input", "button", "textarea")
)
_MARKED = XPath("/descendant::body/descendant::*[@class or @rel or @itemprop]")
MAX_LINE_CHARS = 160  # of a byline with its role and date
MAX_SHORT_CHARS = 60  # of one that names a desk or a pen name in one word
MAX_PIECES, MAX_INNER, MAX_MARKED = 30, 300, 300
_NAMED_SHARE = 0.4  # a sentence that begins with "By" says more than a name


def marked_names(tree: HtmlElement, heading: HtmlElement | None) -> list[str]:
    """Return the names in the best byline that microdata, rel=author or class names mark, and in those beside it."""
    best, found, group, held = 0, list[str](), set[HtmlElement](), around(heading)
    marked = ((element, score) for element in select(_MARKED, tree) if (score := _score(element)))
    for element, score in islice(marked, MAX_MARKED):
        if score < best or is_beside(element, held):
            continue
        if not (names := _names_in(element)):
            continue
        place = set(list(element.iterancestors())[:2])
        if score > best:
            best, found, group = score, names, place
        elif place & group:
            found = found + [name for name in names if " " in name and _is_byline(name)]
    return found


def _score(element: HtmlElement) -> int:
    if "author" in (element.get("itemprop") or "").split():
        return 3
    if element.tag in _NEVER or element.tag == "meta":
        return 0
    if "author" in (element.get("rel") or "").lower().split():
        return 2
    names = element.get("class", "").lower()
    if not _LIKE_CLASS.search(names):
        return 0
    return int(any(_CLASS.search(name) and not _OTHER_CLASS.search(name) for name in names.split()))


def _names_in(element: HtmlElement) -> list[str]:
    """Return the names in a byline: of its itemprop=name, else piece by piece up to the first that is no name."""
    if element.tag == "meta":
        return [element.get("content") or ""]
    named = [part for part in islice(element.iter(), MAX_INNER) if "name" in (part.get("itemprop") or "").split()]
    if texts := [text for part in named if _is_byline(text := part.get("content") or visible_text(part))]:
        return texts
    names: list[str] = []
    for piece in [text for part in islice(element.itertext(), MAX_INNER) if (text := " ".join(part.split()))][
        :MAX_PIECES
    ]:
        people = [name for name in clean_authors([piece]) if is_person(name)] if len(piece) <= MAX_LINE_CHARS else []
        if not people and names and not _JOINT.match(piece):
            break
        names += people
    whole = visible_text(element)
    return names or ([whole] if len(whole) <= MAX_SHORT_CHARS and _is_byline(whole) else [])


def _is_byline(text: str) -> bool:
    return len(text) <= MAX_LINE_CHARS and any(map(is_name_like, clean_authors([text])))


def labelled_names(tree: HtmlElement, heading: HtmlElement | None) -> list[str]:
    """Return the names in the first line after the headline such as "By Ada Quist" or "Autorin: Ada Quist"."""
    texts, position = texts_around(tree, heading)
    start, held = position or 0, around(heading)
    for number, (place, text) in enumerate(texts[start:], start + 1):
        if len(text) > 3 * MAX_LINE_CHARS:
            continue
        line = " ".join(text.split())
        bare = _BARE_LABEL.match(line)
        if bare and number < len(texts):
            line = f"{line.rstrip(':：')}: {' '.join(texts[number][1][:MAX_LINE_CHARS].split())}"
        if not (_LABELLED.match(line) or (bare and BYLINE.match(line))) or len(line) > MAX_LINE_CHARS:
            continue
        names = [name for name in clean_authors([line]) if is_person(name)]
        if names and sum(map(len, names)) > _NAMED_SHARE * len(line) and not is_beside(place, held):
            return names
    return []
