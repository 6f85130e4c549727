"""Lines of a text that say who wrote it: known by the authors that the metadata name."""

from __future__ import annotations

import re
from typing import Final

from extract.blocks import BlockTree
from extract.features import Features, Signals, squeeze
from extract.line_rules import Removal

ITEMS: Final = frozenset(("li", "tr", "td", "th", "dd", "blockquote"))  # a short word is one of them, such as "salt"
_ENDS = 3  # lines at either end of the text
_CONTACT = re.compile(
    r"(?:.{0,160}[.!?] )?(?:"
    r"(?:he|she|they|the (?:author|reporter|writer)) (?:can|may) be (?:reached|contacted) (?:at|on|by|via)\b|"
    r"(?:reach|contact|e-?mail|write to) (?:him|her|them|the (?:author|reporter|writer|newsroom)) (?:at|on|by|via)\b|"
    r"follow (?:him|her|them) (?:on|at)\b).{0,160}",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\s(?:(?:can|may) be (?:reached|contacted)|is|was|covers|writes|reports|works|lives|teaches|"
    r"ist|war|schreibt|est|écrit|es|escribe|è|scrive)\b"
)
_BY = re.compile(r"(?:(?:text )?by|von|par|por|di|door|av|af|oleh|autor(?:in)?|text) ")
_AND: Final = frozenset(("and", "und", "et", "y", "e", "en", "og", "och", "dan", "with", "mit"))
MAX_BYLINE_CHARS, MAX_BIO_CHARS = 100, 600


def signatures(page: BlockTree, kept: list[int], found: Features, signals: Signals) -> dict[int, str]:
    """Return the first lines that only name the authors, and the last that tell of them or how to reach them."""
    authors = [name for name in signals.authors if " " in name]
    words = {word for name in authors for word in squeeze(name).split()}
    first = [
        at
        for at in kept[:_ENDS]
        if words
        and len(page.blocks[at].text) <= MAX_BYLINE_CHARS
        and len(named := set(_BY.sub("", found.squeezed[at], count=1).split()) - _AND) > 1
        and named <= words
    ]
    last = [
        at
        for at in kept[_ENDS:][-_ENDS:]
        if len(text := page.blocks[at].text) <= MAX_BIO_CHARS
        and page.tags[page.blocks[at].node] not in ITEMS
        and (_CONTACT.fullmatch(text) or any(_tells_of(text, name) for name in authors))
    ]
    return dict.fromkeys([*first, *last], Removal.BYLINE)


def _tells_of(text: str, author: str) -> bool:
    return text.startswith(author) and _ABOUT.match(text, len(author)) is not None
