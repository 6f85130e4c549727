"""Whether prose stands outside the element in which a site's articles have their text: a correction, a second part.

Only what may be an article's text is looked at, without cutting the page into blocks, which takes longest of all.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from lxml.etree import XPath
from lxml.html import HtmlElement

from extract.adjust import hidden_on, known_shape, seen_on
from extract.blocks import INLINE, UNSEEN, signature
from extract.class_words import is_hidden
from extract.features import MAX_HOPELESS_CHARS, squeeze
from extract.markup import select
from extract.profile import SURE_DROP, Profile
from extract.removal import is_caption
from extract.shapes import LONG_LINE, Shape

MAX_LINKED = 0.6  # of a prose block's characters
_OUTSIDE = frozenset(("nav", "footer", "form", "button", "dialog"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_CAPTIONS = frozenset(("figcaption", "caption"))
_LOOKS = ("prose", "marked")
_LONG = XPath(
    f"*[not(self::head)]/descendant::p[string-length(.) >= {LONG_LINE}]"
    f" | *[not(self::head)]/descendant::text()[string-length(.) >= {LONG_LINE}]"
    "[not(parent::script or parent::style or parent::noscript or parent::p or parent::a or parent::title)]"
    f"[string-length(normalize-space(.)) >= {LONG_LINE}]/parent::*"
)


def captions_outside(
    tree: HtmlElement, region: HtmlElement, profile: Profile, own: frozenset[str] | None, titles: AbstractSet[str]
) -> int | None:
    """Return how many characters of captions stand outside `region`; None if other unlinked prose does.

    What the profile knows as dropped does not count; nor do `titles`, squeezed, wherever they stand.
    """
    inside = {region}  # and elements that hold blocks of it
    looked_at = set()
    captions = set()
    for element in select(_LONG, tree):
        block = _block(element)
        if block is None or block in looked_at or _is_inside(block, inside):
            continue
        if squeeze(element.text_content()) in titles:
            continue
        looked_at.add(block)
        text = " ".join(block.text_content().split())
        linked = sum(len(link.text_content()) for link in block.iter("a"))
        if len(text) < LONG_LINE or linked > MAX_LINKED * len(text) or not _may_hold_text(block, len(text)):
            continue
        if _is_known(block, text, profile, own):
            continue
        if not _is_within(block, _CAPTIONS) and not is_caption(block):
            return None
        captions.add(text)
    return sum(map(len, captions))


def _block(element: HtmlElement) -> HtmlElement | None:
    """Return the nearest block-level element; None for a heading, and inside a link or what no browser shows."""
    block: HtmlElement | None = element
    while block is not None and block.tag in INLINE:
        if block.tag == "a":
            return None
        block = block.getparent()
    return block if block is not None and block.tag not in UNSEEN | _HEADINGS else None


def _is_inside(block: HtmlElement, inside: set[HtmlElement]) -> bool:
    """Whether a block is in `inside` or below; what holds it is added: most of a region's blocks stand side by side."""
    if block in inside:
        return True
    parent = block.getparent()
    if parent in inside or not inside.isdisjoint(block.iterancestors()):
        inside.add(parent)
        return True
    return False


def _may_hold_text(block: HtmlElement, chars: int) -> bool:
    """Whether a block is seen, and no short line of a navigation, footer or form."""
    never = UNSEEN | _OUTSIDE if chars < MAX_HOPELESS_CHARS else UNSEEN
    return block.tag not in never and not any(above.tag == "a" or above.tag in never for above in block.iterancestors())


def _is_within(block: HtmlElement, tags: AbstractSet[str]) -> bool:
    return block.tag in tags or any(above.tag in tags for above in block.iterancestors())


def _is_hidden(block: HtmlElement) -> bool:
    return any(map(is_hidden, (block, *block.iterancestors())))


def _is_known(block: HtmlElement, text: str, profile: Profile, own: frozenset[str] | None) -> bool:
    place = signature(block, 3)
    prompt, *alike = [Shape.of(place, look) for look in ("prompt", *_LOOKS)]
    if any(seen_on(profile, text, shape, own) for shape in (prompt, *alike)):
        return True
    if _is_hidden(block) and hidden_on(profile, text, own):
        return True
    counts = [count for shape in alike if (count := known_shape(profile, shape))]
    return bool(counts) and all(count.share <= SURE_DROP for count in counts)
