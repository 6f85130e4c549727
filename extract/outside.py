"""Whether prose stands outside the element in which a site's articles have their text: a correction, a second part.

Only what may be an article's text is looked at, without cutting the page into blocks, which takes longest of all.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from extract.adjust import hidden_on, known_shape, seen_on
from extract.blocks import signature
from extract.dom import INLINE, UNSEEN, Element, ancestors, text_inside
from extract.features import MAX_HOPELESS_CHARS, squeeze
from extract.hidden import is_hidden
from extract.profile import SURE_DROP, Profile
from extract.removal import is_caption
from extract.shapes import LONG_LINE, Shape

MAX_LINKED = 0.6  # of a prose block's characters
_OUTSIDE = frozenset(("nav", "footer", "form", "button", "dialog"))
_NEVER = UNSEEN | {"a", "h1", "h2", "h3", "h4", "h5", "h6"}
_CAPTIONS = frozenset(("figcaption", "caption"))
_LOOKS = ("prose", "marked")


def prose_outside(
    root: Element, region: Element, profile: Profile, own: frozenset[str] | None, titles: AbstractSet[str]
) -> tuple[list[Element], int]:
    """Return the blocks of unlinked prose outside `region`, and how many characters of captions stand there.

    What the profile knows as dropped does not count; nor do `titles`, squeezed, wherever they stand.
    """
    looked_at = set()
    captions = set()
    prose = []
    for element in _long(root, region):
        block = _block(element)
        if block.mem_id in looked_at or squeeze(text_inside(element)) in titles:
            continue
        looked_at.add(block.mem_id)
        text = " ".join(text_inside(block).split())
        linked = sum(len(text_inside(link)) for link in block.css("a"))
        if len(text) < LONG_LINE or linked > MAX_LINKED * len(text) or not _may_hold_text(block, len(text)):
            continue
        if _is_known(block, text, profile, own):
            continue
        if _is_within(block, _CAPTIONS) or is_caption(block.attrs.get("class")):
            captions.add(text)
        else:
            prose.append(block)
    return prose, sum(map(len, captions))


def _long(root: Element, region: Element) -> Iterator[Element]:
    """Yield the paragraphs outside the region, and what else has a run of text in it, of a line's length and more.

    What stands in a link, in a heading or where no browser shows it is left out.
    """
    past = region.mem_id
    held = [root]
    while held:
        holder = held.pop()
        node = holder.first_child
        while node is not None:
            if node.is_text_node:
                text = node.text_content or ""
                if len(text) >= LONG_LINE and not text.isspace() and len(" ".join(text.split())) >= LONG_LINE:
                    yield holder
            elif (tag := node.tag) == "p":
                if len(text_inside(node)) >= LONG_LINE and node.mem_id != past:
                    yield node
            elif tag not in _NEVER and node.mem_id != past:
                held.append(node)
            node = node.next


def _block(element: Element) -> Element:
    """Return the nearest block-level element."""
    return next((one for one in (element, *ancestors(element)) if one.tag not in INLINE), element)


def _may_hold_text(block: Element, chars: int) -> bool:
    """Whether a block is no short line of a navigation, footer or form."""
    return chars >= MAX_HOPELESS_CHARS or not _is_within(block, _OUTSIDE)


def _is_within(block: Element, tags: AbstractSet[str]) -> bool:
    return block.tag in tags or any(above.tag in tags for above in ancestors(block))


def _is_hidden(block: Element) -> bool:
    return any(is_hidden(one.attributes) for one in (block, *ancestors(block)))


def _is_known(block: Element, text: str, profile: Profile, own: frozenset[str] | None) -> bool:
    """Whether the site's other pages leave out what stands there, or have the same text."""
    place = signature(block, 3)
    alike = [Shape.of(place, look) for look in _LOOKS]
    counts = [count for shape in alike if (count := known_shape(profile, shape))]
    if counts and all(count.share <= SURE_DROP for count in counts):
        return True
    if any(seen_on(profile, text, shape, own) for shape in (*alike, Shape.of(place, "prompt"))):
        return True
    return _is_hidden(block) and hidden_on(profile, text, own)
