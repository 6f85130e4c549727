"""What a page holds and no browser shows, as far as its own mark-up says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from extract.dom import Element

_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# what a stylesheet hides: for screen readers alone; cards that show under the mouse, inside the words they belong to
_FOR_READERS = re.compile(
    r"(?:u[-_]+)?(?:sr-only(?:-focusable)?|visually-?hidden|screen-reader(?:-text|-only)?|a11y-hidden|show-for-sr|"
    r"element-invisible)",
    re.IGNORECASE,
)
_CARD = re.compile(
    r"(?!(?:\S*[-_])?(?:has|no|with|js|is)[-_])(?:\S*[-_])?(?:"
    r"(?:roll-?over|popover|tool-?tip|hover-?card)(?:[-_]\S*)?[-_](?:block|body|box|card|content|inner|panel)|"
    r"tool-?tip[-_]*text)",
    re.IGNORECASE,
)
_PERHAPS_UNSEEN = re.compile(r"sr-|isually|creen-r|11y|-invis|oll-?over|opover|ool-?tip|over-?card", re.IGNORECASE)
_OVER = re.compile(r"roll-?over|popover|tool-?tip|hover", re.IGNORECASE)


def is_hidden(said: Mapping[str, str | None]) -> bool:
    """Whether an element is styled away: by its own style or attribute, not by a stylesheet."""
    return "hidden" in said or ((style := said.get("style")) is not None and bool(_HIDDEN_STYLE.search(style)))


def is_unseen(element: Element, said: dict[str, str | None]) -> bool:
    """Whether inline text is for screen readers alone, or a card over the words around it."""
    if said.get("role") == "tooltip":
        return True
    why = _by_class(said.get("class"))
    if why == "card":
        above = element.parent
        return "href" not in said and above is not None and _holds_card(above.attributes.get("class"))
    return why is not None


@lru_cache(maxsize=4096)
def _by_class(classes: str | None) -> str | None:
    """Return why no browser shows an element in a line of text, by its class: "reader" or "card"; None if it does."""
    if classes is None or not _PERHAPS_UNSEEN.search(classes):
        return None
    words = classes[:500].split()
    if any(map(_FOR_READERS.fullmatch, words)):
        return "reader"
    return "card" if any(map(_CARD.fullmatch, words)) else None


def _holds_card(classes: str | None) -> bool:
    """Whether an element's class says that a card shows over it."""
    return classes is not None and bool(_OVER.search(classes))
