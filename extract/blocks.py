"""The visible text of a page in blocks, in reading order, and where in its tree each block lies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import re2
from lxml.html import HtmlElement

# what a browser shows no text of, or only in a widget
_UNSEEN: Final = frozenset((
    "script", "style", "noscript", "template", "svg", "math", "iframe", "object", "embed", "video", "audio",
    "canvas", "select", "option", "optgroup", "textarea", "input", "datalist", "head", "title", "meta", "link",
    "base", "area", "map", "progress", "meter", "param", "source", "track", "applet", "frame", "frameset",
))  # fmt: skip
_INLINE: Final = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i",
    "img", "ins", "kbd", "label", "mark", "nobr", "q", "rp", "rt", "ruby", "s", "samp", "small", "span",
    "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "blink", "picture", "rb", "rtc",
))  # fmt: skip
_STRONG: Final = frozenset(["b", "strong", "em", "i", "h1", "h2", "h3", "h4", "h5", "h6", "th"])
_CELLS: Final = frozenset(("td", "th"))
MAX_CELL_CHARS = 160  # a longer cell is a paragraph of a page laid out with tables
MIN_LINE_CHARS = 80  # a shorter line before a line break is a verse or an address, and goes on
MAX_BLOCKS = 20_000  # a page with more text blocks is a data dump; the rest is not read
MAX_DEPTH = 240  # libxml2 cuts at 256
_BREAK = "\x0b"  # stands for <br>; blank like any other once lines are parted
_TERMINAL = (".", "!", "?", "…", "。", "！", "？", "”", '"', "»", ":")
_BLANKS = re.compile(r"\s+")
_CONTROLS = dict.fromkeys([*range(9), *range(14, 32), *range(127, 160), 0x200B, 0xFEFF, 0x00AD], None)

# Elements that say what they hold. A block carries a bit for each of its ancestors' tags…
TAG_BITS: Final = (
    "article", "main", "aside", "nav", "footer", "header", "figure", "figcaption", "form", "ul", "ol", "table",
    "blockquote", "section", "button", "details", "dl", "pre", "address", "dialog", "a", "h1", "h2", "h3", "p",
)  # fmt: skip
# …and one for each word group found in their class, id, role, itemprop or test id: the words that page themes use,
# in the main languages of news; no site's own. Patterns are searched in each word (articleBody and article-body are
# "article" and "body"), phrases are two words in a row.
WORD_GROUPS: Final = {
    "body": r"body|paragraph|cuerpo|corpo|corps|fliess|texto|wysiwyg|formatted|prose|richtext|^rte$",
    "article": r"article|^story|entry|^post|noticia|artik|beitrag|^news|detail",
    "content": r"content|^main|^text|copy|^page$",
    "related": r"relat|recommend|^more$|^mehr|^lire$|relacionad|correlat|verwandt|teaser|outbrain|taboola|popular|"
               r"trend|latest|^see$|also|suggest|similar|^next|veja|leia|promo|readmore|crosslink|interlink|linkbox|"
               r"linklist|^most$|^thema",
    "newsletter": r"newsletter|subscri|signup|optin|^abo|mailing|mailchimp|mc4wp|^cta|member|donat|support",
    "share": r"^shar(?:e|ing)|social|follow|addthis|addtoany|whatsapp|teilen|partag|compart|toolbar|tools|^actions?$",
    "comment": r"comment|disqus|respond|discuss|kommentar|coment|reply|forum|^reader",
    "author": r"author|byline|^bio|writer|contributor|profile|autor|auteur|creator|signature|journalist|people",
    "caption": r"caption|credit|legend|bildunter|didascal|^pie$",
    "media": r"figure|image|^img|photo|picture|galler|slideshow|video|player|carousel|slider|media|^foto|^bild",
    "nav": r"^nav|menu|breadcrumb|paginat|pager|^toc$|^tabs?$|masthead|topbar|^skip",
    "header": r"header|^head$|^hero|intro|^top$",
    "footer": r"foot|copyright|legal|disclaimer|imprint|bottom|colophon",
    "sidebar": r"side|aside|widget|^rail|^right$|secondary|^modul|complement|^col(?:umn)?$",
    "ad": r"^ads?$|advert|sponsor|banner|anzeige|publicid|werbung|^dfp|commerc|affiliat|shop|product|^deal|^buy|price",
    "tags": r"^tags?$|topic|keyword|categor|label|kicker|eyebrow|rubri|overline|dachzeile|taxonom|section",
    "date": r"date|^time|^meta|publish|datum|fecha|posted",
    "summary": r"summary|^lead|standfirst|^dek$|^deck|subtitle|subhead|chapo|excerpt|abstract|descri|entradilla|"
               r"sumario|ingress|vorspann|perex|bajada|strap|snippet|synopsis|^sub$|^lede$",
    "title": r"title|headline|heading|^titre|titulo|^titel",
    "paywall": r"paywall|premium|piano|subscriber|regwall|^meter|locked|poool|login|register|restrict|^gate",
    "embed": r"tweet|twitter|instagram|facebook|tiktok|youtube|embed|iframe|bluesky|telegram",
    "live": r"^live|ticker|timeline|update|liveblog",
    "box": r"box|^fact|inset|callout|pullquote|kasten|highlight|^card|keypoint|panel|^notes?$|^info",
    "consent": r"cookie|consent|gdpr|privacy|^cmp|onetrust|didomi|optanon|usercentrics",
    "unseen": r"^sr$|visually|screenreader|hidden|^a11y|noprint|^hide|invisible|modal|popup|overlay|^print$",
    "list": r"list|^links?$|^items?$|^grid|^feed|archive|stream|^loop|river|collection|listing",
    "quote": r"quote|zitat|^cita",
}  # fmt: skip
_PHRASES: Final = {
    "related": "read-more read-also read-next you-may also-like most-read most-viewed lire-aussi zum-thema in-line "
               "inline-link internal-link link-box link-list leia-mais mas-sobre up-next",
    "newsletter": "sign-up opt-in call-to",
    "body": "post-content entry-content article-text story-text main-text post-text",
    "sidebar": "right-rail right-column",
    "summary": "sub-title sub-head sub-headline sous-titre",
    "unseen": "screen-reader sr-only",
    "caption": "img-desc image-text photo-text image-description",
}  # fmt: skip
_GROUP_BIT: Final = {name: 1 << at for at, name in enumerate(WORD_GROUPS, len(TAG_BITS))}
_PHRASE_BITS: Final = {phrase: _GROUP_BIT[name] for name, phrases in _PHRASES.items() for phrase in phrases.split()}
_WORDS = re.compile(r"[A-Z]?[a-z]{2,24}|[A-Z]{2,24}|[^\W\d_a-zA-Z]{2,24}")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_NAMED = ("class", "id", "role", "itemprop", "data-component", "data-testid", "data-type", "aria-label")
HIDDEN_BIT: Final = len(TAG_BITS) + len(WORD_GROUPS)  # style or attribute says that it is not shown
MASK_BITS: Final = HIDDEN_BIT + 1
_TAG_BIT: Final = {tag: 1 << at for at, tag in enumerate(TAG_BITS)}


def bit_mask(names: Iterable[str]) -> int:
    """Return the bits of tags and word groups of these names; some names are both."""
    wanted = set(names)
    return sum(1 << at for at, name in enumerate([*TAG_BITS, *WORD_GROUPS]) if name in wanted)


@dataclass(slots=True)
class Block:
    """One run of visible text without a block boundary in it. Counts are in characters."""

    text: str
    node: int  # of the nearest block-level element, an index into BlockTree.nodes
    link_chars: int
    links: int
    strong_chars: int
    breaks: int  # single line breaks in it


@dataclass(slots=True)
class BlockTree:
    """The blocks of a page and the elements that hold them; lists by node index, parents before children."""

    blocks: list[Block] = field(default_factory=list)
    nodes: list[HtmlElement] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)  # -1: the first
    kinds: list[int] = field(default_factory=list)  # tag and classes, a number for each that occurs
    own: list[int] = field(default_factory=list)  # bits of the element itself
    above: list[int] = field(default_factory=list)  # bits of it and all its ancestors
    ends: list[int] = field(default_factory=list)  # index after the last node below

    def alike(self, levels: int) -> list[tuple[int, ...]]:
        """Return of each block's element its kind and those of `levels` elements above: equal for equal signatures."""
        kinds, parents = self.kinds, self.parents
        known: dict[int, tuple[int, ...]] = {}
        found = []
        for block in self.blocks:
            chain = known.get(block.node)
            if chain is None:
                steps: list[int] = []
                node = block.node
                while node >= 0 and len(steps) <= levels:
                    steps.append(kinds[node])
                    node = parents[node]
                chain = known[block.node] = tuple(steps)
            found.append(chain)
        return found

    def bits_around(self, node: int, levels: int) -> int:
        """Return the bits of an element and of `levels` above it."""
        bits = 0
        for _ in range(levels + 1):
            if node < 0:
                break
            bits |= self.own[node]
            node = self.parents[node]
        return bits

    def path(self, node: int) -> str:
        """Return the DOM path of a node, such as /html/body/div[2]/p[3]."""
        element = self.nodes[node]
        return str(element.getroottree().getpath(element))


def signature(element: HtmlElement, levels: int) -> str:
    """Return what a theme repeats from page to page: tag and classes of an element and of `levels` above it."""
    parts = [_kind(element.tag, element.get("class"))]
    above = element.getparent()
    while above is not None and len(parts) <= levels:
        parts.append(_kind(above.tag, above.get("class")))
        above = above.getparent()
    return "<".join(parts)


def has_signature(element: HtmlElement, kinds: list[str]) -> bool:
    """Return whether an element and those above it are of these kinds, the parts of a `signature`."""
    above: HtmlElement | None = element
    for kind in kinds:
        if above is None or _kind(above.tag, above.get("class")) != kind:
            return False
        above = above.getparent()
    return True


_VARYING = re.compile(
    r"(?<![^\W_])(?=[a-z]*\d[a-z\d]*[a-z]|[a-z]+\d)[a-z\d]{5,}(?![^\W_])|\d+", re.IGNORECASE
)  # 1234, x1ojipo


def _kind(tag: str, classes: str | None) -> str:
    return f"{tag}.{_stable(classes)}" if classes else tag


@lru_cache(maxsize=4096)
def _stable(classes: str) -> str:
    """Return class names in order, without the numbers that differ from page to page (post-1234)."""
    return ".".join(sorted({_VARYING.sub("0", name) for name in classes[:400].split()}))


def _group_set() -> re2.Set:
    found = re2.Set.SearchSet()
    for pattern in WORD_GROUPS.values():
        found.Add(pattern)
    found.Compile()
    return found


_GROUPS = _group_set()  # all groups in one pass


@lru_cache(maxsize=65_536)
def _word_bits(word: str) -> int:
    return sum(1 << at + len(TAG_BITS) for at in _GROUPS.Match(word) or ())


@lru_cache(maxsize=16_384)
def _bits(named: str) -> int:
    bits = 0
    before = ""
    for word in map(str.lower, _WORDS.findall(named)):
        bits |= _word_bits(word) | _PHRASE_BITS.get(f"{before}-{word}", 0)
        before = word
    return bits


def _own_bits(element: HtmlElement, tag: str) -> int:
    get = element.get
    bits = _TAG_BIT.get(tag, 0)
    if element.attrib:
        named = " ".join(value[:200] for name in _NAMED if (value := get(name)))
        if named:
            bits |= _bits(named)
        style = get("style")
        if get("hidden") is not None or (style and _HIDDEN_STYLE.search(style)):
            bits |= 1 << HIDDEN_BIT
    return bits


class _Reader:
    """One walk over a tree: text gathers until a block-level element begins or ends, or two line breaks follow."""

    def __init__(self) -> None:
        self.page = BlockTree()
        self.kinds: dict[tuple[str, str | None], int] = {}
        self.parts: list[str] = []
        self.after_break = 0  # where in `parts` the present line begins
        self.link_chars = self.links = self.strong_chars = self.breaks = 0

    def read(self, root: HtmlElement) -> BlockTree:
        """Return the blocks of the tree below `root`."""
        self._element(root, "body", -1, 0)
        return self.page

    def _element(self, element: HtmlElement, tag: str, parent: int, depth: int) -> None:
        page = self.page
        node = len(page.nodes)
        own = _own_bits(element, tag)
        classes = element.get("class")
        page.kinds.append(self.kinds.setdefault((tag, _stable(classes) if classes else None), len(self.kinds)))
        page.nodes.append(element)
        page.parents.append(parent)
        page.own.append(own)
        page.above.append(own | page.above[parent] if parent >= 0 else own)
        page.ends.append(0)
        self._inside(element, node, depth, in_link=tag == "a", strong=tag in _STRONG)
        self._flush(node)
        page.ends[node] = len(page.nodes)

    def _inside(self, element: HtmlElement, node: int, depth: int, *, in_link: bool, strong: bool) -> None:
        if element.text:
            self._text(element.text, in_link=in_link, strong=strong)
        for child in element:
            tag = child.tag
            if isinstance(tag, str):
                if tag == "br":
                    self._break(node)
                elif tag in _UNSEEN or depth > MAX_DEPTH or len(self.page.blocks) >= MAX_BLOCKS:
                    pass
                elif tag in _INLINE:
                    self._inline(child, tag, node, depth, in_link=in_link, strong=strong)
                else:
                    self._flush(node)
                    first = len(self.page.blocks)
                    self._element(child, tag, node, depth + 1)
                    if tag == "tr":
                        self._join_cells(first)
            if child.tail:
                self._text(child.tail, in_link=in_link, strong=strong)

    def _inline(self, element: HtmlElement, tag: str, node: int, depth: int, *, in_link: bool, strong: bool) -> None:
        if element.attrib and _own_bits(element, tag) >> HIDDEN_BIT & 1:
            return
        if tag == "a":
            self.links += 1
        self._inside(element, node, depth + 1, in_link=in_link or tag == "a", strong=strong or tag in _STRONG)

    def _text(self, text: str, *, in_link: bool, strong: bool) -> None:
        self.parts.append(text)
        if in_link or strong:
            size = len(text.strip())
            self.link_chars += size * in_link
            self.strong_chars += size * strong

    def _break(self, node: int) -> None:
        if self.breaks and self.parts and not "".join(self.parts[self.after_break :]).strip():
            self._flush(node)
        else:
            self.parts.append(_BREAK)
            self.after_break = len(self.parts)
            self.breaks += 1

    def _flush(self, node: int) -> None:
        if self.parts:
            text = "".join(self.parts).translate(_CONTROLS)
            lines = _paragraphs(text) if self.breaks else [text]
            for line in lines:
                if read := _BLANKS.sub(" ", line).strip():
                    share = len(line) / len(text)
                    block = Block(
                        read,
                        node,
                        int(self.link_chars * share),
                        self.links,
                        int(self.strong_chars * share),
                        self.breaks,
                    )
                    self.page.blocks.append(block)
            self.parts.clear()
        self.link_chars = self.links = self.strong_chars = self.breaks = 0

    def _join_cells(self, first: int) -> None:
        """Make one line of a table's row, unless its cells hold paragraphs (a page laid out with tables)."""
        cells = self.page.blocks[first:]
        nodes, parents = self.page.nodes, self.page.parents
        # a cell is its text or one paragraph
        held = [cell.node if nodes[cell.node].tag in _CELLS else parents[cell.node] for cell in cells]
        if (
            len(cells) < 2
            or len(set(held)) < len(held)
            or any(nodes[node].tag not in _CELLS for node in held)
            or any(len(cell.text) > MAX_CELL_CHARS for cell in cells)
        ):
            return
        joined = Block(
            " | ".join(cell.text for cell in cells), parents[held[0]], sum(cell.link_chars for cell in cells),
            sum(cell.links for cell in cells), sum(cell.strong_chars for cell in cells), 0,
        )  # fmt: skip
        self.page.blocks[first:] = [joined]


def _paragraphs(text: str) -> list[str]:
    """Part a text at the line breaks that follow a whole sentence of a long line; at others it goes on."""
    lines: list[str] = []
    for line in text.split(_BREAK):
        if lines and not (len(lines[-1].strip()) >= MIN_LINE_CHARS and lines[-1].rstrip().endswith(_TERMINAL)):
            lines[-1] += " " + line
        else:
            lines.append(line)
    return lines


def read_blocks(tree: HtmlElement) -> BlockTree:
    """Return the visible text of a parsed page in blocks. The tree is not changed.

    Two line breaks in a row end a paragraph, one does so after a whole sentence of a long line and else is a blank;
    a table's row of short cells is one block;
    scripts, form controls, embedded documents and inline text that is styled away are not visible.
    """
    body = tree.find(".//body") if tree.tag != "body" else tree
    return _Reader().read(tree if body is None else body)
