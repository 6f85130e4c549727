"""Reading a page by its site's settled profile: without trafilatura, and only the region that holds the text.

Blocks of shapes that the profile knows well are kept or left out as on other pages. Others are judged by forests
that see the region alone, without trafilatura's vote; where they are not sure, the page is in doubt and read in full.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from extract.adjust import known_shape, moved_by, own_texts, seen_on
from extract.blocks import BlockTree, read_blocks, signature
from extract.body import KEEP, region_models
from extract.class_words import bit_mask
from extract.completed import announced, find_standfirst, subheads
from extract.dom import Element, smallest_around
from extract.features import Features, Signals, bare_features, is_hopeless, squeeze, unvoted_rows
from extract.language import DENSE
from extract.neighbours import second_features
from extract.outside import prose_outside
from extract.profile import SURE_DROP, SURE_KEEP, Count, Profile
from extract.removal import MIN_REPEAT_CHARS, in_caption, never_text, title_words
from extract.shapes import Shape, shapes

SAMPLE = 64  # one page in so many is read in full all the same, and the profile learns from it
SAMPLED_BYTES = 65_536  # of it by which it is chosen: no page's begin and length are another's
MIN_CHARS, MIN_DENSE_CHARS = 300, 125  # a text under this is read in full; in scripts that say more in a character
STRETCH = 3  # times shorter or longer than any text seen before: a doubt…
FEW = 30  # …that over the number of pages seen more: a range of few pages says little
# a probability between these is in doubt: on sites not seen, a full reading is right there more often
DOUBT = (0.2, 0.6)
PROSE_DOUBT = (0.3, 0.65)
MAX_DOUBT = 0.1  # of the text's characters, in blocks in doubt that hardly are text
MAX_OPEN = 100  # blocks in doubt that are looked at one by one
MAX_HEADINGS = 0.02  # of the text, in headings in doubt
MAX_ASKED = 0.8  # of the text, in blocks that the profile does not decide: the site looks otherwise now
MAX_CAPTIONS = 0.5  # of text and captions: where these are more, they may be what the page is about
_PLAIN = re.compile(r"[A-Za-z][A-Za-z_1-9-]*")  # what a selector may name; 0 stands for any number
MAX_CLASSES = 300  # characters
_QUOTE, _POST = bit_mask(("blockquote",)), bit_mask(("embed",))
_HEADINGS = frozenset(("h2", "h3", "h4", "h5", "h6"))


@dataclass(frozen=True, slots=True)
class SettledReading:
    """The blocks of the region, which are kept, and why others are not: {block: reason}; `sure`: 0 to 1."""

    page: BlockTree
    found: Features
    kept: NDArray[np.bool_]
    chrome: dict[int, str]
    sure: float


def is_sample(body: bytes) -> bool:
    """Whether a page is one of those read in full: chosen by its bytes, so that a repeat chooses alike."""
    return zlib.crc32(body[:SAMPLED_BYTES], len(body)) % SAMPLE == 0


def read_settled(root: Element, profile: Profile, signals: Signals, article: str) -> SettledReading | None:
    """Return the text by the profile's reading; None on any doubt. `article`: the page's id."""
    region = _region(root, profile.region)
    own = own_texts(profile, article)
    titles = {squeeze(title) for title in signals.headlines}
    if region is None:
        return None
    prose, captions = prose_outside(root, region, profile, own, titles)
    if prose:
        region = smallest_around([region, *prose])
        _, captions = prose_outside(root, region, profile, own, titles)
    page = read_blocks(region)
    if not page.blocks:
        return None
    found = bare_features(page)
    decided = _by_profile(page, found, profile, signals, own)
    _judge(page, found, signals, decided)
    _know_completed(page, found, signals, decided)
    chars = np.array([len(block.text) for block in page.blocks])
    kept = decided.probability >= KEEP
    text = int(chars[kept].sum())
    captions += int(chars[list(decided.captions)].sum())
    stretch = STRETCH + FEW / profile.pages
    least = MIN_DENSE_CHARS if text < MIN_CHARS and _is_dense(page, kept) else MIN_CHARS
    if not max(least, profile.shortest / stretch) <= text <= profile.longest * stretch:
        return None
    if _is_doubtful(page, decided, chars, text) or captions > MAX_CAPTIONS * (captions + text):
        return None
    sure = float((chars * np.maximum(decided.probability, 1 - decided.probability)).sum() / chars.sum())
    return SettledReading(page, found, kept, decided.chrome, sure)


def _is_dense(page: BlockTree, kept: NDArray[np.bool_]) -> bool:
    return any(DENSE.search(page.blocks[at].text) for at in np.flatnonzero(kept).tolist())


@dataclass(frozen=True, slots=True)
class _Decided:
    """What the profile says of each block; of those in `asked` too little, so that forests judge them."""

    probability: NDArray[np.float64]
    chrome: dict[int, str]
    asked: dict[int, tuple[Shape, Count | None]]
    open: set[int]  # of those asked for, where the forests are not sure, or disputed
    disputed: set[int]  # where the site says otherwise than the forests
    captions: set[int]  # by their mark-up, none of them known


def _by_profile(
    page: BlockTree, found: Features, profile: Profile, signals: Signals, own: frozenset[str] | None
) -> _Decided:
    titles = title_words(signals)
    decided = _Decided(np.zeros(len(page.blocks)), {}, {}, set(), set(), set())
    labels = {}
    for at, shape in shapes(page, range(len(page.blocks))).items():
        count = known_shape(profile, shape)
        if shape.look != "label" and (seen := seen_on(profile, page.blocks[at].text, shape, own)):
            decided.chrome[at] = seen
        elif never_text(page.blocks[at].text, found.squeezed[at], titles):
            continue  # whatever stands around it
        elif count and (count.share >= SURE_KEEP or (count.share <= SURE_DROP and shape.look != "prose")):
            decided.probability[at] = count.share
            if shape.look == "label" and count.share < KEEP:
                labels[at] = shape, count
        elif in_caption(page, page.blocks[at]):
            decided.captions.add(at)
        elif not is_hopeless(
            page, page.blocks[at]
        ):  # prose above all, be it where all its like went: what stands on one page only is judged by the page
            decided.asked[at] = shape, count
    beside = {*decided.asked, *np.flatnonzero(decided.probability >= KEEP).tolist()}
    decided.asked.update((at, known) for at, known in labels.items() if {at - 1, at + 1} <= beside)  # a subhead?
    return decided


def _judge(page: BlockTree, found: Features, signals: Signals, decided: _Decided) -> None:
    """Fill in what the forests say of the blocks asked for, the others being known."""
    blocks = list(decided.asked)
    if not blocks:
        return
    first, second = region_models()
    rows = unvoted_rows(page, found, signals, blocks)
    decided.probability[blocks] = first.predict(rows)
    asked = replace(found, candidates=np.array(blocks), matrix=rows)
    own = second.predict(second_features(page, asked, decided.probability))
    for (at, (shape, count)), p in zip(decided.asked.items(), own.tolist(), strict=True):
        moved = decided.probability[at] = moved_by(shape, count, p)
        low, high = PROSE_DOUBT if shape.look == "prose" else DOUBT
        if (moved >= KEEP) != (p >= KEEP):
            decided.disputed.add(at)
        if low < moved < high or at in decided.disputed:
            decided.open.add(at)


def _know_completed(page: BlockTree, found: Features, signals: Signals, decided: _Decided) -> None:
    """Take from what the forests are not sure of what comes in anyway, and what says again what is kept."""
    if not 0 < len(decided.open) <= MAX_OPEN:
        return
    kept = [at for at in np.flatnonzero(decided.probability >= KEEP).tolist() if at not in decided.open]
    counts = {at: decided.asked[at][1] for at in decided.open}
    coming = set(subheads(page, kept, {at for at, count in counts.items() if not count or count.share > SURE_DROP}))
    coming.update(at for at in decided.open if _is_post(page, page.blocks[at].node))
    coming.update(decided.open.intersection(announced(page, kept, found, signals)))
    if (standfirst := find_standfirst(page, kept, found, signals)) in decided.open and standfirst is not None:
        coming.add(standfirst)
    said = [found.squeezed[at] for at in kept if len(page.blocks[at].text) >= MIN_REPEAT_CHARS]
    again = {
        at
        for at in decided.open - coming
        if len(page.blocks[at].text) >= MIN_REPEAT_CHARS and any(found.squeezed[at] in one for one in said)
    }
    decided.probability[list(coming)] = 1.0
    decided.probability[list(again)] = 0.0
    decided.open.difference_update(coming, again)


def _is_post(page: BlockTree, node: int) -> bool:
    """Whether an element is of a quoted post, which is text like any quotation."""
    return bool(page.above[node] & _QUOTE and page.bits_around(node, 2) & _POST)


def _is_doubtful(page: BlockTree, decided: _Decided, chars: NDArray[np.int64], text: int) -> bool:
    """Whether what may well be text is in doubt, or too much else; `text`: characters kept."""
    may_be_text = [at for at in decided.open if _may_be_text(page, at, decided.asked[at][0])]
    return (
        any(decided.asked[at][0].look == "prose" or at in decided.disputed for at in may_be_text)
        or int(chars[may_be_text].sum()) > MAX_HEADINGS * text
        or int(chars[list(decided.open)].sum()) > MAX_DOUBT * text
        or int(chars[[at for at in decided.asked if decided.probability[at] >= KEEP]].sum()) > MAX_ASKED * text
    )


def _may_be_text(page: BlockTree, at: int, shape: Shape) -> bool:
    """Whether a block is a sentence or a subhead; a link or a prompt is none.

    Of a heading that is a whole sentence and of a table's row a full reading knows no more.
    """
    is_heading = page.tags[page.blocks[at].node] in _HEADINGS
    return not is_heading if shape.look == "prose" else is_heading and shape.look not in {"prompt", "linked"}


def _region(root: Element, wanted: str | None) -> Element | None:
    """Return the one element with the region's signature; None when there is none or more than one."""
    if wanted is None:
        return None
    levels = wanted.count("<")
    matching = [element for element in root.css(_selector(wanted)) if signature(element, levels) == wanted]
    return matching[0] if len(matching) == 1 else None


@lru_cache(maxsize=256)
def _selector(wanted: str) -> str:
    """Return a selector that finds the elements of a signature, among others."""
    tag, _, classes = wanted.partition("<")[0].partition(".")
    if not _PLAIN.fullmatch(tag):
        return "*"
    names = classes.split(".") if len(classes) < MAX_CLASSES else []  # the last of more may be cut off
    return tag + "".join(f".{name}" for name in names if _PLAIN.fullmatch(name))
