"""What is left out of an article's text, and why: lines that are no text whatever the model says, and the reasons."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from extract.article import RemovedSpan
from extract.blocks import Block, BlockTree
from extract.class_words import HIDDEN_BIT, bit_mask
from extract.credits import is_credit
from extract.features import Features, Signals, squeeze
from extract.line_rules import MAX_LINE_CHARS, Removal, line_reason
from extract.other_stories import other_stories
from extract.paths import dom_paths
from extract.signatures import ITEMS, signatures
from extract.wording import PHRASES, phrases_in

MIN_REPEAT_CHARS = 40  # shorter lines may well stand twice in a text
MAX_HEADLINE_CHARS = 160  # what is longer is a standfirst that stands as title somewhere
MAX_CAPTIONS = 1 / 3  # of the text: where it is more, captions are the text, as of pictures in a row
MAX_BOX = 1 / 3  # of the text, in what its class calls an advertisement or other stories: more than that is the text
_HEADLINE_SHARE = 0.85  # of the words of a line and of the title in common

_SIGN_OFF = re.compile(
    r"\(?(?:AFP|AP|Reuters|dpa|ANSA|EFE|APA|TASS|PTI|ANI|UPI|Xinhua|Kyodo|Yonhap|ANP|Belga|SDA|Lusa|MTI|ČTK|PAP|Ritzau|NTB|TT)\)?[.)]?"
    r"|[a-zäöüß]{2,4}|(?:[a-zäöüß]{2,5})(?:[/-][a-zäöüß]{2,8}){1,5}(?:\s*\(.{2,30}\))?"
    r"|\((?:[a-zäöü]{2,8}[/, -]?){1,4}\)|-?[A-Z]{2,4}-|[a-z]{2,4}/(?: [a-z]{2,5}/)*|ENDS|#{2,3}|-30-"
    r"|\(?(?:[Aa]vec|[Mm]it|[Cc]on|[Cc]om|[Ww]ith|[Mm]et|[Mm]ed) (?:inputs? from )?"
    r"(?:[A-Z]{2,5}|dpa|Reuters|[Aa]gen[cz]\w+)\)?"
    r"|[-–—]\s?(?:AP|AFP|IANS|PTI|ANI|Reuters|Xinhua|dpa|UPI|Bernama|TNS)"
)
_FIRST = 3  # blocks that may be a standfirst, which is often said again; further down a list may well repeat itself
_LAST = 2  # lines at the end in which a sign-off is looked for

# what an element's tag and class words say, most telling first; then what the words of the line say
_BY_PLACE: Final = (
    (Removal.CAPTION, ("figcaption", "caption")), (Removal.CONSENT, ("consent",)),
    (Removal.NEWSLETTER, ("newsletter",)), (Removal.COMMENTS, ("comment",)), (Removal.SHARE, ("share",)),
    (Removal.AD, ("ad",)), (Removal.RELATED_LINK, ("related",)), (Removal.NAVIGATION, ("nav",)),
    (Removal.BYLINE, ("author", "address")), (Removal.TAGS, ("tags",)), (Removal.PAYWALL_PROMPT, ("paywall",)),
    (Removal.DATELINE_REPEAT, ("date",)), (Removal.CAPTION, ("media", "figure")), (Removal.NAVIGATION, ("footer",)),
)  # fmt: skip
_PLACES = tuple((reason, bit_mask(names)) for reason, names in _BY_PLACE)
_ANY_PLACE = bit_mask(name for _, names in _BY_PLACE for name in names)
_BY_WORDS: Final = {
    "counter": Removal.COUNTER, "copyright": Removal.COPYRIGHT, "caption": Removal.CREDIT,
    "newsletter": Removal.NEWSLETTER, "comment": Removal.COMMENTS, "related": Removal.RELATED_LINK, "ad": Removal.AD,
    "consent": Removal.CONSENT, "paywall": Removal.PAYWALL_PROMPT, "share": Removal.SHARE,
    "date": Removal.DATELINE_REPEAT, "byline": Removal.BYLINE, "navigation": Removal.NAVIGATION,
    "agency": Removal.AGENCY_SIGNOFF, "player": Removal.PLAYER,
}  # fmt: skip
# whole words of a class or an id that no theme gives to its text
_BOXES: Final = (
    (
        Removal.AD,
        re.compile(
            r"ads?|adverts?|advertisements?|adsbygoogle|ads?[-_](?:slot|unit|container|wrapper|box|banner|block|space|label|"
            r"placeholder)(?:[-_]\w+)?|adverts?[-_]\w+|advertisement[-_]\w+|sponsored(?:[-_](?:content|post|link|box))?|"
            r"dfp[-_]\w+|anzeige|werbung|publicite|publicidad",
            re.IGNORECASE,
        ),
    ),
    (
        Removal.RELATED_LINK,
        re.compile(
            r"related(?:[-_](?:articles?|stories|story|posts?|links?|news|items?|reading|box|list))?|most[-_]?(?:read|popular|"
            r"viewed)|trending|recommended(?:[-_](?:articles?|stories|posts?|reading))?|read[-_]?(?:more|next|also)|"
            r"outbrain|taboola(?:[-_]\w+)*",
            re.IGNORECASE,
        ),
    ),
    (
        Removal.NEWSLETTER,
        re.compile(
            r"newsletter[-_]?(?:box|sign-?up|form|widget|block|inline|promo|subscribe|cta|card|teaser|banner)|"
            r"(?:kg-)?signup[-_](?:card|form|box)(?:[-_]\w+)*|subscribe[-_](?:form|box|widget)",
            re.IGNORECASE,
        ),
    ),
)
_CAPTION_BIT: Final = bit_mask(("figcaption",))
_CAPTION = re.compile(
    r"(?!(?:\S*[-_])?(?:no|has|with|without|hide|show|closed)[-_]?caption)(?:\S*[-_])?caption(?:[-_]text)?|"
    r"(?!(?i:\S*(?:no|has|with|without|hide|show|closed)caption))[A-Za-z]*Caption|"
    r"(?i:l[eé]gende|bildunterschrift|didascalia|pie-?de-?foto)"
)
_PERHAPS_CAPTION = re.compile(r"(?i:aption|gende|terschrift|dascalia|pie-?de)")
_LINKED, _LABEL_CHARS = 0.8, 25  # a shorter link is a label, a longer one a headline
_TELLING: Final = [list(PHRASES).index(name) for name in _BY_WORDS]  # phrases, the most telling first
_BY_PHRASE: Final = dict(zip(_TELLING, _BY_WORDS.values(), strict=True))


def refuse_lines(page: BlockTree, kept: list[int], found: Features, signals: Signals) -> dict[int, str]:
    """Return which of the kept blocks are no text whatever the model says, with the reason."""
    refused: dict[int, str] = {}
    titles = title_words(signals)
    placed = _boxed(page, kept, found) | _captions(page, kept, found)
    standfirst: set[str] = set()
    once, twice = set[str](), set[str]()  # a third time it is what stands under each of many pictures
    before = ""
    for place, at in enumerate(kept):
        text = page.blocks[at].text
        if reason := placed.get(at) or never_text(text, found.squeezed[at], titles):
            refused[at] = reason
        elif len(text) >= MIN_REPEAT_CHARS and any(
            found.squeezed[at] in said for said in ({before}, standfirst, twice)
        ):
            refused[at] = Removal.REPEAT
        before = found.squeezed[at]
        (twice if before in once else once).add(before)
        if place < _FIRST:
            standfirst.add(before)
    refused |= other_stories(page, [at for at in kept if at not in refused], found)
    refused |= signatures(page, [at for at in kept if at not in refused], found, signals)
    for at in [at for at in kept if at not in refused][-_LAST:]:
        if page.tags[page.blocks[at].node] not in ITEMS and _SIGN_OFF.fullmatch(page.blocks[at].text):
            refused[at] = Removal.AGENCY_SIGNOFF
    return refused


def never_text(text: str, squeezed: str, titles: list[set[str]]) -> Removal | None:
    """Return why a line is no text, wherever it stands: its words, or those of a title (`title_words`)."""
    if reason := line_reason(text):
        return reason
    return Removal.HEADLINE_REPEAT if len(text) <= MAX_HEADLINE_CHARS and _is_headline(squeezed, titles) else None


def _captions(page: BlockTree, kept: list[int], found: Features) -> dict[int, Removal]:
    captions: dict[int, Removal] = {}
    for at in kept:
        block = page.blocks[at]
        if in_caption(page, block):
            captions[at] = Removal.CAPTION
        elif is_credit(block.text) and page.tags[block.node] not in ITEMS:
            captions[at] = Removal.CREDIT
    chars = sum(found.chars[at] for at in kept)
    return captions if sum(found.chars[at] for at in captions) <= MAX_CAPTIONS * chars else {}


def in_caption(page: BlockTree, block: Block) -> bool:
    """Whether the mark-up calls a block a picture's caption."""
    return page.above[block.node] & _CAPTION_BIT != 0 or is_caption(page.said[block.node].get("class"))


@lru_cache(maxsize=4096)
def is_caption(classes: str | None) -> bool:
    """Whether an element's class says that it is a picture's caption."""
    return (
        classes is not None
        and bool(_PERHAPS_CAPTION.search(classes))
        and any(map(_CAPTION.fullmatch, classes[:500].split()))
    )


def _boxed(page: BlockTree, kept: list[int], found: Features) -> dict[int, Removal]:
    """Return which of the kept blocks stand in a box that calls itself an advertisement or other stories.

    Such boxes change from visit to visit: what is read out of one is an edit that nobody made.
    """
    boxes: dict[int, tuple[int, Removal] | None] = {-1: None}  # by node: the box that it is in
    inside: dict[int, list[int]] = {}
    for at in kept:
        node, below = page.blocks[at].node, []
        while node not in boxes:
            below.append(node)
            node = page.parents[node]
        for one in reversed(below):
            boxes[one] = boxes[page.parents[one]] or ((one, reason) if (reason := _box(page, one)) else None)
        if box := boxes[page.blocks[at].node]:
            inside.setdefault(box[0], []).append(at)
    chars = sum(found.chars[at] for at in kept)
    small = {box: held for box, held in inside.items() if sum(found.chars[at] for at in held) <= MAX_BOX * chars}
    return {at: told[1] for box, held in small.items() if (told := boxes[box]) for at in held}


def _box(page: BlockTree, node: int) -> Removal | None:
    if page.tags[node] in {"body", "html", "article", "main"}:
        return None
    said = page.said[node]
    return _box_called(f"{said.get('class') or ''} {said.get('id') or ''}"[:500])


@lru_cache(maxsize=4096)
def _box_called(names: str) -> Removal | None:
    words = names.split()
    return next((reason for reason, pattern in _BOXES if any(map(pattern.fullmatch, words))), None)


def title_words(signals: Signals) -> list[set[str]]:
    """Return the words of each headline."""
    return [set(text.split()) for title in signals.headlines if (text := squeeze(title))]


def _is_headline(squeezed: str, titles: list[set[str]]) -> bool:
    most = squeezed.count(" ") + 1
    likely = [title for title in titles if most >= _HEADLINE_SHARE * len(title)]
    words = set(squeezed.split()) if likely else set()
    return any(words and len(words & title) >= _HEADLINE_SHARE * len(words | title) for title in likely)


def removed_spans(
    page: BlockTree, kept: Iterable[int], found: Features, known: dict[int, str], signals: Signals
) -> tuple[RemovedSpan, ...]:
    """Return every visible block of the article's region that is not kept; `known`: reasons already found.

    The region is the smallest element with all that is kept, or the <article> right around it.
    """
    chosen = set(kept)
    if not chosen:
        return ()
    start = region(page, chosen)
    hidden = (1 << HIDDEN_BIT) & ~page.above[start]  # where all of it waits for a script, that says nothing of a part
    removed = [
        at
        for at, block in enumerate(page.blocks)
        if at not in chosen and start <= block.node < page.ends[start] and not page.above[block.node] & hidden
    ]
    paths = dom_paths(page.nodes[page.blocks[at].node] for at in removed)
    titles = title_words(signals)
    return tuple(
        RemovedSpan(page.blocks[at].text, str(known.get(at) or _reason(page, at, found, titles)), path)
        for at, path in zip(removed, paths, strict=True)
    )


def region(page: BlockTree, kept: Iterable[int]) -> int:
    """Return the node of the smallest element that holds all blocks of `kept`, or of an <article> within 3 levels."""
    nodes = [page.blocks[at].node for at in kept]
    node, last = min(nodes), max(nodes)
    while page.ends[node] <= last:
        node = page.parents[node]
    above = node
    for _ in range(3):
        if page.tags[above] == "article":
            return above
        if page.parents[above] < 0:
            break
        above = page.parents[above]
    return node


def _reason(page: BlockTree, at: int, found: Features, titles: list[set[str]]) -> Removal:
    """Return why a block is no text."""
    block = page.blocks[at]
    short = len(block.text) <= MAX_LINE_CHARS
    if short and _is_headline(found.squeezed[at], titles):
        return Removal.HEADLINE_REPEAT
    if short and (reason := line_reason(block.text) or (Removal.CREDIT if is_credit(block.text) else None)):
        return reason
    if spoken := _BY_PHRASE.keys() & phrases_in(block.text):
        return _BY_PHRASE[min(spoken, key=_TELLING.index)]
    near = page.bits_around(block.node, 3)
    if near & _ANY_PLACE:
        return next(reason for reason, bits in _PLACES if near & bits)
    if block.link_chars > _LINKED * len(block.text):
        return Removal.RELATED_LINK if len(block.text) > _LABEL_CHARS else Removal.NAVIGATION
    return Removal.LOW_SCORE
