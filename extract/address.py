"""What a URL looks like: a front's, a list's, a section's or an article's."""

from __future__ import annotations

import re
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from extract.phrases import LIST_QUERY, LIST_SEGMENT

_DENSE = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_ID = re.compile(r"\d{5,}|\d[\da-f]{11,}|(?:19|20)\d\d[/-]?[01]?\d(?:[/-]|$)")
_ID_QUERY = re.compile(
    r"(?:^|&)(?:p|id|aid|artid|article\w*|story\w*|news\w*|idx\w*|no|nid|t|tid|itemid)=\w*\d",
    re.IGNORECASE,
)
_INDEX = re.compile(r"(?:index|default|home|homepage|start|startseite|portada|accueil)(?:\.\w{2,5})?", re.IGNORECASE)
_PAGE_NUMBER = re.compile(r"(?:page|seite|pagina|strona)(?:-?\d{1,4})?|p\d{1,4}", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][a-z]{2})?", re.IGNORECASE)


class Address(StrEnum):
    """What a URL looks like."""

    FRONT = "front"
    LIST = "list"
    SECTION = "section"  # short words and no id: a section, or an article with a short name
    ARTICLE = "article"


def read_address(url: str) -> tuple[Address, tuple[str, ...]]:
    """Return what a URL looks like and its path's segments, without a language, an index file and a page's number."""
    parts = urlsplit(url)
    segments = [unquote(segment).lower() for segment in parts.path.split("/") if segment]
    whole = tuple(segments)
    if segments and _LANGUAGE.fullmatch(segments[0]):
        del segments[0]
    if len(segments) > 1 and segments[-1].isdigit() and _PAGE_NUMBER.fullmatch(segments[-2]):
        del segments[-1]
    while segments and (_INDEX.fullmatch(segments[-1]) or _PAGE_NUMBER.fullmatch(segments[-1])):
        del segments[-1]
    if _ID_QUERY.search(parts.query):
        return Address.ARTICLE, whole
    listed = bool(LIST_QUERY.search(parts.query))
    if not segments:
        return (Address.LIST if listed or any(map(_PAGE_NUMBER.fullmatch, whole)) else Address.FRONT), whole
    if _YEAR.fullmatch(segments[0]) and all(map(str.isdigit, segments)) and len(segments) <= 3:
        return Address.LIST, whole  # a year, a month or a day
    for place, segment in enumerate(segments):
        followers = len(segments) - place - 1
        if followers <= 2 and LIST_SEGMENT.fullmatch(segment) and not (followers and segment.startswith("archiv")):
            return Address.LIST, whole
    last = segments[-1]
    named = last.count("-") + last.count("_") >= 3 or len(last) >= 40 or len(_DENSE.findall(last)) >= 8
    if named or _ID.search(f"{parts.path}?{parts.query}"):
        return Address.ARTICLE, whole
    return (Address.LIST if listed else Address.SECTION), whole
