"""The visible text of a page in blocks, in reading order, and where in its tree each block lies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from itertools import islice
from operator import or_
from typing import Final, TypeAlias

from extract.class_words import element_bits, plain_bits
from extract.dom import INLINE, UNSEEN, Element, ancestors, children
from extract.hidden import is_hidden, is_unseen

_STRONG: Final = frozenset(["b", "strong", "em", "i", "h1", "h2", "h3", "h4", "h5", "h6", "th"])
_CELLS: Final = frozenset(("td", "th"))
MAX_CELL_CHARS = 160  # a longer cell is a paragraph of a page laid out with tables
MIN_LINE_CHARS = 80  # a shorter line before a line break is a verse or an address, and goes on
MAX_CARD_CHARS = 1000  # in one link; what holds more is an anchor that was never closed
OUTER = 4  # elements around the first that may be asked for
MAX_BLOCKS = 20_000  # a page with more text blocks is a data dump; the rest is not read
MAX_DEPTH = 240  # libxml2, which trafilatura reads by, cuts at 256
_BREAK = "\x0b"  # stands for <br>; blank like any other once lines are parted
_TERMINAL = (".", "!", "?", "…", "。", "！", "？", "”", '"', "»", ":")
_CONTROLS = dict.fromkeys([*range(9), *range(14, 32), *range(127, 160), 0x200B, 0xFEFF, 0x00AD], None)


@dataclass(slots=True)
class Block:
    """One run of visible text without a block boundary in it. Counts are in characters."""

    text: str
    node: int  # of the nearest block-level element, an index into BlockTree.nodes
    link_chars: int  # of a card that is one link all
    links: int
    strong_chars: int
    breaks: int  # single line breaks in it


@dataclass(slots=True)
class BlockTree:
    """The blocks of a page and the elements that hold them; lists by node index, parents before children."""

    blocks: list[Block]
    nodes: list[Element]
    tags: list[str]
    said: list[dict[str, str | None]]  # attributes
    parents: list[int]  # -1: the first
    kinds: list[int]  # tag and classes, as an index into `names`
    names: list[str]
    outer: list[tuple[str, int]]  # of what holds the first, the nearest first: its name and bits
    own: list[int]  # bits of the element itself
    above: list[int]  # bits of it and all its ancestors
    ends: list[int]  # index after the last node below
    chains: dict[int, list[tuple[int, ...]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )  # what `alike` returned

    def alike(self, levels: int) -> list[tuple[int, ...]]:
        """Return of each block's element its kind and those of `levels` elements above: equal for equal signatures."""
        if levels in self.chains:
            return self.chains[levels]
        kinds, parents = self.kinds, self.parents
        known: dict[int, tuple[int, ...]] = {}
        found = self.chains[levels] = []
        for block in self.blocks:
            chain = known.get(block.node)
            if chain is None:
                node = block.node
                steps = [kinds[node]]
                for _ in range(levels):
                    node = parents[node]
                    if node < 0:
                        break
                    steps.append(kinds[node])
                chain = known[block.node] = tuple(steps)
            found.append(chain)
        return found

    def place(self, node: int, levels: int) -> str:
        """Return the `signature` of an element."""
        parts: list[str] = []
        at = node
        while at >= 0 and len(parts) <= levels:
            parts.append(self.names[self.kinds[at]])
            at = self.parents[at]
        return "<".join([*parts, *(name for name, _ in self.outer[: levels + 1 - len(parts)])])

    def bits_around(self, node: int, levels: int, *, beyond: bool = False) -> int:
        """Return the bits of an element and of `levels` above it; `beyond`: even of what holds the first."""
        bits = 0
        for level in range(levels + 1):
            if node < 0:
                return bits | reduce(or_, (one for _, one in self.outer[: levels + 1 - level]), 0) if beyond else bits
            bits |= self.own[node]
            node = self.parents[node]
        return bits


def signature(element: Element, levels: int) -> str:
    """Return what a theme repeats from page to page: tag and classes of an element and of `levels` blocks above it."""
    around = (element, *_around(element, levels))
    return "<".join(_kind(str(one.tag), one.attrs.get("class")) for one in around)


def _around(element: Element, levels: int) -> Iterable[Element]:
    """Return the nearest block-level elements that hold `element`."""
    return islice((one for one in ancestors(element) if one.tag not in INLINE), levels)


_VARYING = re.compile(
    r"(?<![^\W_])(?=[a-z]*\d[a-z\d]*[a-z]|[a-z]+\d)[a-z\d]{5,}(?![^\W_])|\d+", re.IGNORECASE
)  # 1234, x1ojipo


def _kind(tag: str, classes: str | None) -> str:
    return f"{tag}.{_stable(classes[:400])}" if classes else tag


@lru_cache(maxsize=4096)
def _stable(classes: str) -> str:
    """Return class names in order, without the numbers that differ from page to page (post-1234)."""
    return ".".join(sorted({_VARYING.sub("0", name) for name in classes.split()}))


_Row: TypeAlias = tuple[Element, str, dict[str, str | None], int, int, int, int]  # columns of a BlockTree


class _Reader:
    """One walk over a tree: text gathers until a block-level element begins or ends, or two line breaks follow.

    `linked`, `strong`: 1 within a link or strong text, else 0.
    """

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.rows: list[_Row] = []  # of the elements
        self.ends: list[int] = []
        self.looks: dict[tuple[str, str | None], tuple[int, int]] = {}  # of tag and classes as written
        self.numbers: dict[str, int] = {}  # of names
        self.parts: list[str] = []
        self.after_break = 0  # where in `parts` the present line begins
        self.link_chars = self.links = self.strong_chars = self.breaks = 0

    def read(self, root: Element) -> BlockTree:
        """Return the blocks of the tree below `root`."""
        self._element(root, root.tag or "", -1, 0, 0)
        nodes, tags, said, parents, kinds, own, above = map(list, zip(*self.rows, strict=True))
        around = ((str(one.tag), one.attributes) for one in _around(root, OUTER))
        outer = [(_kind(tag, about.get("class")), element_bits(tag, about)) for tag, about in around]
        return BlockTree(
            self.blocks, nodes, tags, said, parents, kinds, list(self.numbers), outer, own, above, self.ends
        )

    def _element(self, element: Element, tag: str, parent: int, depth: int, linked: int) -> None:
        self._flush(parent)
        node, first = len(self.rows), len(self.blocks)
        said = element.attributes
        kind, own = self._look(tag, said)
        above = self.rows[parent][-1] if parent >= 0 else 0
        self.rows.append((element, tag, said, parent, kind, own, above | own))
        self.ends.append(0)
        self.links += linked
        self._inside(element, node, depth, linked, int(tag in _STRONG))
        self._flush(node)
        self.ends[node] = len(self.rows)
        if tag == "tr" and parent >= 0:
            self._join_cells(first)

    def _look(self, tag: str, said: dict[str, str | None]) -> tuple[int, int]:
        """Return an element's kind and bits."""
        classes = said.get("class")
        look = self.looks.get((tag, classes))
        if look is None:
            kind = self.numbers.setdefault(_kind(tag, classes), len(self.numbers))
            look = self.looks[tag, classes] = kind, plain_bits(tag, classes)
        return look if len(said) == (classes is not None) else (look[0], element_bits(tag, said))

    def _inside(self, element: Element, node: int, depth: int, linked: int, strong: int) -> None:
        child = element.first_child
        while child is not None:
            if child.is_text_node:
                text = child.text_content or ""
                if self.parts or not text.isspace():
                    self._text(text, linked, strong)
            elif child.is_element_node:
                tag = child.tag or ""
                if tag == "br":
                    self._break(node)
                elif tag not in UNSEEN and depth <= MAX_DEPTH and len(self.blocks) < MAX_BLOCKS:
                    if tag in INLINE:
                        self._inline(child, tag, node, depth, linked, strong)
                    else:
                        self._element(child, tag, node, depth + 1, linked)
            child = child.next

    def _text(self, text: str, linked: int, strong: int) -> None:
        self.parts.append(text)
        if linked or strong:
            size = len(text.strip())
            self.link_chars += size * linked
            self.strong_chars += size * strong

    def _inline(self, element: Element, tag: str, node: int, depth: int, linked: int, strong: int) -> None:
        said = element.attributes
        if said and (is_hidden(said) or is_unseen(element, said)):
            return
        is_link = tag == "a" and "href" in said
        self.links += is_link
        first = len(self.blocks)
        self._inside(element, node, depth + 1, linked | is_link, strong | (tag in _STRONG))
        if is_link and not linked and len(self.blocks) > first:
            self._forget_anchor(self.blocks[first:])

    def _forget_anchor(self, inside: list[Block]) -> None:
        """Undo what an anchor says of the blocks inside it, if there are too many for a card: it was never closed."""
        if sum(len(block.text) for block in inside) > MAX_CARD_CHARS:
            for block in inside:
                block.link_chars = block.links = 0

    def _break(self, node: int) -> None:
        if self.breaks and self.parts and not "".join(self.parts[self.after_break :]).strip():
            self._flush(node)
        else:
            self.parts.append(_BREAK)
            self.after_break = len(self.parts)
            self.breaks += 1

    def _flush(self, node: int) -> None:
        self.links, links = 0, self.links
        if not self.parts:
            return
        text = "".join(self.parts)
        self.parts.clear()
        if self.breaks:
            for line in _paragraphs(text):
                self._block(line, node, links, len(line) / len(text))
        else:
            self._block(text, node, links, 1)
        self.link_chars = self.strong_chars = self.breaks = 0

    def _block(self, text: str, node: int, links: int, share: float) -> None:
        """Add a block, if any of the text is seen; `share`: how much it is of all that was gathered."""
        if read := _one_line(text):
            link_chars, strong_chars = int(self.link_chars * share), int(self.strong_chars * share)
            self.blocks.append(Block(read, node, link_chars, links, strong_chars, self.breaks))

    def _join_cells(self, first: int) -> None:
        """Make one line of a table's row, unless its cells hold paragraphs (a page laid out with tables)."""
        cells, rows = self.blocks[first:], self.rows
        # a cell is its text or one paragraph
        held = [cell.node if rows[cell.node][1] in _CELLS else rows[cell.node][3] for cell in cells]
        if (
            len(cells) < 2
            or len(set(held)) < len(held)
            or any(rows[node][1] not in _CELLS for node in held)
            or any(len(cell.text) > MAX_CELL_CHARS for cell in cells)
        ):
            return
        joined = Block(
            " | ".join(cell.text for cell in cells), rows[held[0]][3], sum(cell.link_chars for cell in cells),
            sum(cell.links for cell in cells), sum(cell.strong_chars for cell in cells), 0,
        )  # fmt: skip
        self.blocks[first:] = [joined]


def _one_line(text: str) -> str:
    """Return a text on one line, without controls and marks that are not seen."""
    read = " ".join(text.split())
    return read if read.isprintable() else " ".join(text.translate(_CONTROLS).split())


def _paragraphs(text: str) -> list[str]:
    """Part a text at the line breaks that follow a whole sentence of a long line; at others it goes on."""
    lines: list[list[str]] = []
    chars = 0  # of the last of them
    ends = False  # with it a sentence
    for line in text.split(_BREAK):
        written = line.strip()
        if lines and not (chars >= MIN_LINE_CHARS and ends):
            lines[-1].append(line)
            chars += len(written) + 1 if written else 0
        else:
            lines.append([line])
            chars = len(written)
        ends = written.endswith(_TERMINAL) if written else ends
    return [" ".join(parts) for parts in lines]


def read_blocks(root: Element) -> BlockTree:
    """Return the visible text of an element, of a page's body if it is <html>, in blocks.

    Two line breaks in a row end a paragraph, one does so after a whole sentence of a long line and else is a blank;
    a table's row of short cells is one block;
    scripts, form controls, embedded documents and inline text that is styled away are not visible.
    """
    body = next((part for part in children(root) if part.tag == "body"), root) if root.tag == "html" else root
    return _Reader().read(body)
