"""Reading a page by its site's settled profile alone: no trafilatura, no model, only the region that holds the text.

Every block must have a shape that the profile knows well; anything else is a doubt, and a doubt is read in full.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from lxml.html import HtmlElement
from numpy.typing import NDArray

from extract.blocks import BlockTree, has_signature, read_blocks
from extract.features import Features, bare_features, squeeze
from extract.profile import MIN_PAGES, REPEAT_SHARE, SURE_DROP, SURE_KEEP, Profile, known_shape, passage, shapes

SAMPLE = 20  # one page in so many is read in full all the same, and the profile learns from it
MIN_CHARS = 300  # a text under this is read in full
STRETCH = 3  # times shorter or longer than any text seen before: a doubt
_HEADINGS = frozenset(("h2", "h3", "h4", "h5", "h6"))
MAX_UNKNOWN = (
    0.1  # of the text's characters, in other blocks than prose whose shapes the profile does not know: left out
)


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
    return hashlib.sha256(body).digest()[0] % SAMPLE == 0


def read_settled(tree: HtmlElement, profile: Profile, headlines: tuple[str, ...]) -> SettledReading | None:
    """Return the text by the profile's reading; None on any doubt."""
    root = _region(tree, profile.region)
    if root is None:
        return None
    page = read_blocks(root)
    if not page.blocks:
        return None
    found = bare_features(page)
    kept = np.zeros(len(page.blocks), bool)
    chrome: dict[int, str] = {}
    titles = {squeeze(title) for title in headlines}
    unknown = 0
    weight = certain = 0.0
    for at, shape in shapes(page, found, range(len(page.blocks))).items():
        text = page.blocks[at].text
        count = known_shape(profile, shape)
        seen = profile.texts.get(passage(text, shape), 0)
        if seen >= MIN_PAGES and seen >= REPEAT_SHARE * profile.pages and shape.look != "label":
            chrome[at] = f"site_chrome: seen on {seen} of {profile.pages} pages"
        elif found.squeezed[at] in titles:
            continue  # not text, whatever stands around it
        elif shape.look == "prose" and (count is None or count.share < SURE_KEEP):
            return None  # not even where all its like went: what stands on one page only is judged by the page
        elif count is None or SURE_DROP < count.share < SURE_KEEP:
            if shape.look == "label" and page.nodes[page.blocks[at].node].tag in _HEADINGS:
                return None  # a subhead or the head of a box
            unknown += len(text)
        else:
            kept[at] = count.share >= SURE_KEEP
            weight += len(text)
            certain += len(text) * max(count.share, 1 - count.share)
    chars = sum(len(page.blocks[at].text) for at in np.flatnonzero(kept).tolist())
    if (
        not max(MIN_CHARS, profile.shortest / STRETCH) <= chars <= profile.longest * STRETCH
        or unknown > MAX_UNKNOWN * chars
    ):
        return None
    return SettledReading(page, found, kept, chrome, certain / weight)


def _region(tree: HtmlElement, wanted: str | None) -> HtmlElement | None:
    """Return the one element with the region's signature; None when there is none or more than one."""
    if wanted is None:
        return None
    kinds = wanted.split("<")
    tag = kinds[0].partition(".")[0]
    matching = [element for element in tree.iter(tag) if has_signature(element, kinds)]
    return matching[0] if len(matching) == 1 else None
