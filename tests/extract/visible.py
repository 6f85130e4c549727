"""The visible text of an element by a walk of its own, to hold `text` and `removed` of an article against."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from extract.dom import INLINE, Element, children

# what a reader sees no text of, or only in a widget that must be opened
WIDGETS = {
    "area", "audio", "base", "canvas", "datalist", "embed", "frame", "frameset", "head", "iframe", "input", "link", "map",
    "math", "meta", "meter", "noembed", "noframes", "noscript", "optgroup", "option", "param", "progress", "script", "select", "source", "style",
    "svg", "template", "textarea", "title", "track", "video",
}  # fmt: skip
NOT_SHOWN = re.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidden")
# in the middle of a sentence: for screen readers alone, or a card under the mouse
FOR_READERS = re.compile(
    r"(?i)(?:^|\s)(?:u[-_]+)?(?:sr-only(?:-focusable)?|visually-?hidden|screen-reader(?:-text|-only)?|a11y-hidden|show-for-sr|"
    r"element-invisible)(?:\s|$)"
)
CARD = re.compile(
    r"(?i)(?:^|\s)(?!(?:\S*[-_])?(?:has|no|with|js|is)[-_])(?:\S*[-_])?(?:(?:roll-?over|popover|tool-?tip|hover-?card)"
    r"(?:[-_]\S*)?[-_](?:block|body|box|card|content|inner|panel)|tool-?tip[-_]*text)(?:\s|$)"
)
# blanks, what no font shows, and the bar that joins the cells of a row
NO_INK = re.compile("[\\s|\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u200b\ufeff]+")


def ink(text: str) -> str:
    """Return the characters of a text that leave ink."""
    return NO_INK.sub("", text)


@dataclass(slots=True)
class Printed:
    """The ink below an element in reading order; `hidden`: texts that style or attribute takes away.

    A reader may see these after all, once a script has run: they may be kept, and need not be listed as removed.
    """

    text: str = ""
    hidden: dict[int, int] = field(default_factory=dict)  # start: end
    spans: list[tuple[Element, int, int]] = field(default_factory=list)


def printed(root: Element) -> Printed:
    """Return the ink below `root`, and where in it each element begins and ends."""
    found = Printed()
    parts: list[str] = []
    length = 0

    def add(text: str | None, *, hidden: bool) -> None:
        nonlocal length
        if text and (seen := ink(text)):
            if hidden:
                found.hidden[length] = length + len(seen)
            parts.append(seen)
            length += len(seen)

    todo: list[tuple[Element, bool, int]] = [
        (root, False, -1)
    ]  # around it is hidden; its start, once its insides are done
    while todo:
        node, around, start = todo.pop()
        if start >= 0:
            found.spans.append((node, start, length))
        elif node.is_text_node:
            add(node.text_content, hidden=around)
        elif node.is_element_node and node.tag not in WIDGETS:
            said = node.attributes
            if node.tag in INLINE and is_unseen(node):
                continue
            styled_away = "hidden" in said or bool(NOT_SHOWN.search(said.get("style") or ""))
            hidden = around or (styled_away and node.mem_id != root.mem_id)
            todo.append((node, around, length))
            todo += [(child, hidden, -1) for child in reversed(list(node.iter(include_text=True)))]
    found.text = "".join(parts)
    return found


def is_unseen(node: Element) -> bool:
    """Whether no browser shows inline text, as far as the names of its class and of its parent's tell."""
    said, above = node.attributes, node.parent
    classes = said.get("class") or ""
    around = (above.attributes.get("class") or "").lower() if above is not None else ""
    is_card = CARD.search(classes) and "href" not in said and re.search("roll-?over|popover|tool-?tip|hover", around)
    return said.get("role") == "tooltip" or bool(is_card) or bool(FOR_READERS.search(classes))


def accounts_for(page: Printed, kept: Sequence[str], removed: Sequence[str]) -> bool:
    """Tell whether a page's ink is `kept` and `removed`, each piece once and each list in its order."""
    states = {(0, 0, 0)}
    done = set(states)
    while states:
        place, k, r = states.pop()
        if (place, k, r) == (len(page.text), len(kept), len(removed)):
            return True
        following = set()
        if place in page.hidden:
            following.add((page.hidden[place], k, r))
        if k < len(kept) and page.text.startswith(kept[k], place):
            following.add((place + len(kept[k]), k + 1, r))
        if r < len(removed) and page.text.startswith(removed[r], place):
            following.add((place + len(removed[r]), k, r + 1))
        states |= following - done
        done |= following
    return False


def whole_region(root: Element, text: str, removed: Sequence[str]) -> Element | None:
    """Return the smallest element whose visible text is exactly the lines of `text` and the spans of `removed`."""
    body = next((part for part in children(root) if part.tag == "body"), root)
    kept = [seen for line in text.splitlines() if (seen := ink(line))]
    gone = [seen for span in removed if (seen := ink(span))]
    size = sum(map(len, kept)) + sum(map(len, gone))
    for element, start, end in sorted(printed(body).spans, key=lambda span: span[2] - span[1]):
        if end - start >= size and accounts_for(printed(element), kept, gone):
            return element
    return None


def at_path(root: Element, path: str) -> Element | None:
    """Return the element at a DOM path such as /html/body/p[2]; None if there is none."""
    first, *steps = path.removeprefix("/").split("/")
    found = root if root.tag == first else None
    for step in steps:
        tag, _, number = step.rstrip("]").partition("[")
        alike = [child for child in children(found) if child.tag == tag] if found is not None else []
        found = alike[int(number or 1) - 1] if int(number or 1) <= len(alike) else None
    return found
