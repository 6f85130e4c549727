"""What a site's profile changes in the judgement of a page's blocks, and what it may not change."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from extract.blocks import BlockTree
from extract.profile import MIN_PAGES, SURE_KEEP, Count, Profile
from extract.shapes import Shape, hidden_passage, passage

REPEAT_SHARE = 0.3  # of the site's pages; a passage on fewer is no chrome
WEIGHT = 0.8  # of the site's evidence beside the page's own, as log odds
_CLIP = 3.0  # log odds


def adjust(
    profile: Profile, page: BlockTree, placed: Mapping[int, Shape], probability: NDArray[np.float64], article: str
) -> tuple[NDArray[np.float64], dict[int, str]]:
    """Return the probabilities with the site's evidence, and why blocks fell: "site_chrome: seen on k of n pages".

    `placed`: the shapes of the blocks that are judged.

    Two things move a block. Its shape: how much of the same shape is kept on at least MIN_PAGES other pages
    (`moved_by`). Its words: the same passage on other articles (`seen_on`); this takes it out. Neither takes out a
    label of which the page's own model is sure: a subhead may stand where other pages have the title of a box. And
    prose that stands on one page only is never removed by what other pages look like.
    """
    moved = probability.copy()
    own = own_texts(profile, article)
    chrome: dict[int, str] = {}
    for at, shape in placed.items():
        p = float(probability[at])
        seen = seen_on(profile, page.blocks[at].text, shape, own)
        is_sure = p > SURE_KEEP and shape.look == "label"
        if seen and not is_sure:
            moved[at] = 0.0
            chrome[at] = seen
        else:
            moved[at] = max(moved_by(shape, known_shape(profile, shape), p), p if is_sure else 0.0)
    return moved, chrome


def own_texts(profile: Profile, article: str) -> frozenset[str] | None:
    """Return the passages by which an article taught the profile; None if it is not among the recent ones that did."""
    return next((frozenset(one.texts) for one in profile.recent if one.article == article), None)


def seen_on(profile: Profile, text: str, shape: Shape, own: frozenset[str] | None) -> str | None:
    """Return on how many pages a passage was seen, if on MIN_PAGES other articles and REPEAT_SHARE of all others.

    `own`: what the page's own article taught before (`own_texts`); it does not speak against itself.
    """
    pages, seen = _others_with(profile, passage(text, shape), own)
    return f"site_chrome: seen on {seen} of {pages} pages" if seen >= max(MIN_PAGES, REPEAT_SHARE * pages) else None


def hidden_on(profile: Profile, text: str, own: frozenset[str] | None) -> bool:
    """Return whether other articles' pages have a passage styled away, as many as `seen_on` asks for.

    That says something of hidden text alone: a site may well load the next story's text, unseen, on every page.
    """
    pages, seen = _others_with(profile, hidden_passage(text), own)
    return seen >= max(MIN_PAGES, REPEAT_SHARE * pages)


def _others_with(profile: Profile, key: str, own: frozenset[str] | None) -> tuple[int, int]:
    """Return how many other articles were counted, and how many of them have the passage."""
    return profile.pages - (own is not None), profile.texts.get(key, 0) - (own is not None and key in own)


def moved_by(shape: Shape, count: Count | None, probability: float) -> float:
    """Return a block's probability moved by how often its like was kept.

    That can bring a block in, and takes one out only if it is no prose or the page's own model drops it anyway.
    """
    if count is None:
        return probability
    weight = WEIGHT * min(1.0, count.pages / 4)
    moved = float(1 / (1 + np.exp(-(_logit(probability) + weight * _logit(count.share)))))
    return probability if shape.look == "prose" and moved < probability and probability >= 0.5 else moved


def known_shape(profile: Profile, shape: Shape) -> Count | None:
    """Return how often a shape was seen, by its fine or else its coarse key; None if on too few pages.

    A label is known by its fine key alone: the items of a menu and of a text's list stand alike.
    """
    for key in (shape.fine,) if shape.look == "label" else (shape.fine, shape.coarse):
        count = profile.keys.get(key)
        if count is not None and count.pages >= MIN_PAGES:
            return count
    return None


def _logit(p: float) -> float:
    return float(np.clip(np.log(max(p, 1e-6) / max(1 - p, 1e-6)), -_CLIP, _CLIP))
