"""What a reader sees of a page: its texts in order, those around the headline, and what stands beside the article."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, islice

from extract.dom import UNSEEN, Element, ancestors, children, text_within

MAX_TEXTS = 20_000
MAX_TEXT_CHARS = 5000  # of a headline, a byline or a property
_UNSEEN = UNSEEN | {"button"}
_PARTING = frozenset(
    ("p", "div", "br", "li", "ul", "ol", "h1", "h2", "h3", "h4", "td", "tr", "dt", "dd", "span", "a", "time", "section")
)
_FRAMES = frozenset(("nav", "aside", "figure", "figcaption", "blockquote", "select"))
_BESIDE = re.compile(
    r"comment|kommentar|related|recommend|sidebar|(?<!elementor-)widget|(?<!post-)(?<!entry-)(?<!article-)(?<!story-)footer|teaser|reply|"
    r"popular|most-?read|caption|copyright|newsletter|ticker|navigation|menu|archive|calendar",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Shown:
    """What a reader sees of a page with a headline. Each part is read when it is first asked for."""

    root: Element
    heading: Element | None

    @cached_property
    def texts(self) -> list[tuple[Element, str]]:
        """The visible texts of the body, each with the element that it stands in."""
        return [(place, text) for place, text, _ in islice(texts_below(body_of(self.root)), MAX_TEXTS)]

    @cached_property
    def start(self) -> int | None:
        """Which of `texts` is the headline's first."""
        if self.heading is None:
            return None
        inside = {part.mem_id for part in islice(self.heading.traverse(), MAX_TEXTS)}
        return next((number for number, (place, _) in enumerate(self.texts) if place.mem_id in inside), None)

    @cached_property
    def _held(self) -> frozenset[int]:
        """The elements that hold the headline: no frame of the page, whatever their class is called."""
        heading = self.heading
        return frozenset() if heading is None else frozenset(part.mem_id for part in (heading, *ancestors(heading)))

    def is_beside(self, element: Element) -> bool:
        """Whether `element` lies in a comment, a caption, a list of other stories, a sidebar or the page's frame.

        Looking outwards from the element ends at what holds the headline. A footer in an article is the article's.
        """
        in_footer = False
        for part in chain((element,), ancestors(element)):
            tag = part.tag
            if tag in {"article", "main"}:
                return False
            if tag == "body" or part.mem_id in self._held:
                return in_footer
            said = part.attributes
            if tag in _FRAMES or _says_beside(f"{said.get('class') or ''} {said.get('id') or ''}"):
                return True
            in_footer = in_footer or tag == "footer"
        return False


@lru_cache(maxsize=16_384)
def _says_beside(names: str) -> bool:
    return bool(_BESIDE.search(names))


def body_of(root: Element) -> Element:
    """Return the body, or all of a page of frames."""
    return next((part for part in children(root) if part.tag == "body"), root)


def visible_text(element: Element) -> str:
    """Return the text of `element` on one line, cut at MAX_TEXT_CHARS, without scripts and styles.

    A blank parts what stands in different blocks or spans, unless punctuation follows.
    """
    if next(children(element), None) is None:
        return " ".join(text_within(element)[:MAX_TEXT_CHARS].split())
    parts, size = list[str](), 0
    for _, text, parted in islice(texts_below(element), MAX_TEXTS):
        parts.append(f" {text}" if parted and text[0] not in ",.;:!?)" else text)
        size += len(text)
        if size > MAX_TEXT_CHARS:
            break
    return " ".join("".join(parts)[:MAX_TEXT_CHARS].split())


def texts_below(root: Element, unseen: AbstractSet[str] = _UNSEEN) -> Iterator[tuple[Element, str, bool]]:
    """Yield each text below `root` that is not blank, what it stands in, and if anything parts it from the last.

    What lies in elements called `unseen` is left out. Text goes on after a comment.
    """
    parted = False
    opened: list[tuple[Element, bool]] = []
    node = root.first_child
    while node is not None or opened:
        if node is None:
            closed, parts = opened.pop()
            parted = parted or parts
            node = closed.next
        elif text := node.text_content:
            node = node.next
            while node is not None and not node.is_element_node:
                text += node.text_content or ""
                node = node.next
            if text.isspace():
                parted = True
            else:
                yield opened[-1][0] if opened else root, text, parted
                parted = False
        else:
            tag = node.tag
            parts = tag in _PARTING
            parted = parted or parts
            if tag not in unseen and (below := node.first_child) is not None:
                opened.append((node, parts))
                node = below
            else:
                node = node.next
