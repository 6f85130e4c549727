"""The byline that a reader sees: found by its mark-up, else by its words."""
# ruff: noqa: RUF001 - the full-width colon is what Chinese bylines are written with

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from extract.dom import Element, ancestors
from extract.markup import Markup
from extract.names import BYLINE, clean_authors, is_name_like, is_person
from extract.shown import Shown, body_of, texts_below, visible_text

_LABELLED = re.compile(
    r"^[\s(（\[–—-]*(?:"
    r"(?:by|von|par|por|di|door|av|af|oleh|written by|posted by|published by|reported by|"
    r"ein beitrag von|beitrag von|text von|geschrieben von|verfasst von|"
    r"publié par|écrit par|escrito por|publicado por|a cura di|بقلم|كتب(?:ت)?|כתב(?:ה)?|מאת|نویسنده)\s*[:：]?\s+"
    r"|(?:autor(?:in|ka|en|es|a|e)?|auteur(?:e|s)?|authors?|textes?|text|yazar|автор|szerző|penulis|"
    r"责编|責編|责任编辑|作者|記者|记者)\s*[:：]\s*)(?=[^\W\d_])"
)  # of lines in lower case, as is the next
_BARE_LABEL = re.compile(
    r"^(?:by|von|par|por|door|av|af|autor(?:in|en|/in)?|autorin/autor|auteur|author|text|بقلم|责任编辑)\s*[:：]?$"
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
    (
        "link",
        "meta",
        "body",
        "article",
        "main",
        "section",
        "img",
        "script",
        "form",
        "svg",
        "input",
        "button",
        "textarea",
    )
)
MAX_LINE_CHARS = 160  # of a byline with its role and date
MAX_SHORT_CHARS = 60  # of one that names a desk or a pen name in one word
MAX_PIECES, MAX_INNER, MAX_MARKED = 30, 300, 300
_NAMED_SHARE = 0.4  # a sentence that begins with "By" says more than a name


def marked_names(shown: Shown, marks: Markup) -> list[str]:
    """Return the names in the first byline that microdata, else rel=author, else a class name marks, and those beside.

    Beside it are bylines of the same mark, in the same element or the one around.
    """
    return next(filter(None, (_first_names(shown, marked) for marked in _marked(shown.root, marks))), [])


def _marked(root: Element, marks: Markup) -> Iterator[Iterator[Element]]:
    body = body_of(root)
    yield (part for part in marks.properties.get("author", ()) if all(above.tag != "head" for above in ancestors(part)))
    yield (part for part in body.css("[rel~=author i]") if part.tag not in _NEVER)
    yield (part for part in body.css("[class]") if _says_byline(part.attrs["class"] or "") and part.tag not in _NEVER)


def _first_names(shown: Shown, marked: Iterator[Element]) -> list[str]:
    found, group = list[str](), set[int]()
    for element in islice(marked, MAX_MARKED):
        if shown.is_beside(element) or not (names := _names_in(element)):
            continue
        places = {above.mem_id for above in islice(ancestors(element), 2)}
        if not found:
            found, group = names, places
        elif places & group:
            found = found + [name for name in names if " " in name and _is_byline(name)]
    return found


@lru_cache(maxsize=16_384)
def _says_byline(classes: str) -> bool:
    names = classes.lower()
    return bool(_LIKE_CLASS.search(names)) and any(
        _CLASS.search(name) and not _OTHER_CLASS.search(name) for name in names.split()
    )


def _names_in(element: Element) -> list[str]:
    """Return the names in a byline: of its itemprop=name, else piece by piece up to the first that is no name."""
    if element.tag == "meta":
        return [element.attrs.get("content") or ""]
    parts = islice((part for part in element.traverse() if part.is_element_node), MAX_INNER)
    named = [part for part in parts if "name" in (part.attributes.get("itemprop") or "").split()]
    if texts := [text for part in named if _is_byline(text := part.attrs.get("content") or visible_text(part))]:
        return texts
    names: list[str] = []
    for _, text, _ in islice(texts_below(element, frozenset()), MAX_PIECES):
        piece = " ".join(text.split())
        people = [name for name in clean_authors([piece]) if is_person(name)] if len(piece) <= MAX_LINE_CHARS else []
        if not people and names and not _JOINT.match(piece):
            break
        names += people
    whole = visible_text(element)
    return names or ([whole] if len(whole) <= MAX_SHORT_CHARS and _is_byline(whole) else [])


def _is_byline(text: str) -> bool:
    return len(text) <= MAX_LINE_CHARS and any(map(is_name_like, clean_authors([text])))


def labelled_names(shown: Shown) -> list[str]:
    """Return the names in the first line after the headline such as "By Ada Quist" or "Autorin: Ada Quist"."""
    texts, start = shown.texts, shown.start or 0
    for number, (place, text) in enumerate(texts[start:], start + 1):
        if len(text) > 3 * MAX_LINE_CHARS:
            continue
        line = " ".join(text.split())
        lowered = line.lower()
        bare = _BARE_LABEL.match(lowered)
        if not (bare or _LABELLED.match(lowered)):
            continue
        if bare and number < len(texts):
            line = f"{line.rstrip(':：')}: {' '.join(texts[number][1][:MAX_LINE_CHARS].split())}"
        if len(line) > MAX_LINE_CHARS or (bare and not BYLINE.match(line)):
            continue
        names = [name for name in clean_authors([line]) if is_person(name)]
        if names and sum(map(len, names)) > _NAMED_SHARE * len(line) and not shown.is_beside(place):
            return names
    return []
