"""What belongs to what is kept, whatever the model says: a table's other rows, a quotation's source, the standfirst."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Collection, Container
from functools import lru_cache
from typing import Final

from extract.blocks import BlockTree
from extract.class_words import HIDDEN_BIT, bit_mask, tag_mask
from extract.features import Features, Signals, squeeze

MIN_STANDFIRST_CHARS = 18
MAX_LONGER = 1.3  # times the description; what begins with it and is longer is the first paragraph of the text
PROSE_CHARS = 60
MAX_SUBHEAD_CHARS = 160
NEAR = 20  # blocks between headline and standfirst: a byline, a date, share links
OPENING = 5  # blocks of the text in which the standfirst may stand already
MAX_STANDFIRST_CHARS = 400
# whole words of the class of what themes print below a headline
_CALLED = re.compile(
    r"(?!(?:\S*[-_])?(?:no|with|without|has|hide|show)[-_])(?:(?:\S*[-_])?"
    r"(?:sub-?title|sub-?headline|stand-?first|dec?k|chap[oô]|chapeau|entradilla|bajada|vorspann|ingress|perex|lede|"
    r"(?:article|post|story|entry)[-_]excerpt)|(?-i:[A-Za-z]*(?:Dek|Sub[Tt]itle|Stand[Ff]irst|Sub[Hh]eadline)))"
    r"(?:[-_]\S*)?",
    re.IGNORECASE,
)
_SOURCE = re.compile(r"[—–]\s?\S.{,118}")
_ASIDE: Final = tag_mask(("figcaption", "aside", "nav", "footer"))
_NO_STANDFIRST: Final = 1 << HIDDEN_BIT | tag_mask(("figcaption", "aside", "nav", "footer", "form", "button", "dialog"))
_CAPTION: Final = bit_mask(("caption",))
_SUBHEADS: Final = frozenset(("h2", "h3", "h4", "h5"))
_BOXES: Final = bit_mask(("related", "newsletter", "share", "comment", "author", "ad", "consent", "paywall", "tags"))


def completed(
    page: BlockTree, kept: list[int], found: Features, signals: Signals, chrome: Container[int] = ()
) -> list[int]:
    """Return the kept blocks, in order, with those that belong to them; `chrome` stands on the site's other pages."""
    kept = whole_quotes(page, whole_tables(page, kept))
    kept = sorted({*kept, *(at for at in announced(page, kept, found, signals) if at not in chrome)})
    standfirst = find_standfirst(page, kept, found, signals)
    return kept if standfirst is None or standfirst in chrome else sorted({*kept, standfirst})


def find_standfirst(page: BlockTree, kept: list[int], found: Features, signals: Signals) -> int | None:
    """Return the block below the headline that is the page's description, or called its standfirst; None if kept.

    What says the same as the text's first lines is no standfirst but a copy of them.
    """
    first = next((at for at in kept if len(page.blocks[at].text) >= PROSE_CHARS), None)
    summaries = [text for one in signals.standfirst if len(text := squeeze(one)) >= MIN_STANDFIRST_CHARS]
    if first is None:
        return None
    titles = {squeeze(title) for title in signals.headlines}
    headline = next((at for at in range(first - 1, -1, -1) if found.squeezed[at] in titles), first)
    opening = " ".join(found.squeezed[at] for at in kept[:OPENING])
    for at in range(headline + 1, min(first, headline + 1 + NEAR)):
        block, text = page.blocks[at], found.squeezed[at]
        if (
            len(text) >= MIN_STANDFIRST_CHARS
            and (
                any(_is_said(text, summary) for summary in summaries)
                or (len(text) <= MAX_STANDFIRST_CHARS and _names_standfirst(page.said[block.node].get("class")))
            )
            and block.link_chars < len(block.text) / 2
            and not page.above[block.node] & _NO_STANDFIRST
            and not page.bits_around(block.node, 1) & _CAPTION
        ):
            return None if text in opening else at
    return None


@lru_cache(maxsize=1024)
def _names_standfirst(classes: str | None) -> bool:
    return classes is not None and any(map(_CALLED.fullmatch, classes[:500].split()))


def _is_said(text: str, summary: str) -> bool:
    """Whether a block reads as a description, which may have been cut, or go on for a little."""
    if len(text) < PROSE_CHARS or len(summary) < PROSE_CHARS:
        return text == summary
    return summary.startswith(text) or (text.startswith(summary) and len(text) <= MAX_LONGER * len(summary))


def subheads(page: BlockTree, kept: list[int], perhaps: Collection[int]) -> list[int]:
    """Return the headings of `perhaps` that stand between two kept blocks, one of them prose, in no box."""
    found = []
    for at in sorted(perhaps):
        place = bisect(kept, at)
        if not 0 < place < len(kept) or not _is_subhead(page, at):
            continue
        before, after = kept[place - 1], kept[place]
        is_beside = page.parents[page.blocks[at].node] == page.parents[page.blocks[after].node]
        if (
            before == at - 1
            and (after == at + 1 or is_beside)  # a box between a subhead and its text
            and max(len(page.blocks[one].text) for one in (before, after)) >= PROSE_CHARS
        ):
            found.append(at)
    return found


def announced(page: BlockTree, kept: list[int], found: Features, signals: Signals) -> list[int]:
    """Return the blocks that JSON-LD says are of the text: post titles of a live blog, a claim, questions and answers.

    A post's title is a heading; some have to stand amid what is kept, and the last posts may be pictures alone. Each
    other passage is taken once, below the headline, if it is no link and in no box; its answer may wait for a click.
    """
    if not kept or not (signals.posts or signals.passages):
        return []
    titles = {squeeze(title) for title in signals.posts} - {""}
    heads = [at for at in range(kept[0], len(page.blocks)) if found.squeezed[at] in titles and _is_subhead(page, at)]
    left = {squeeze(text) for text in signals.passages} - {found.squeezed[at] for at in kept} - {""}
    passages = []
    for at in range(_headline(found, signals, kept[0]) + 1, len(page.blocks)) if left else ():
        if found.squeezed[at] in left and _is_bare(page, at, _ASIDE):
            passages.append(at)
            left.remove(found.squeezed[at])
    return (heads if heads and heads[0] < kept[-1] else []) + passages


def _headline(found: Features, signals: Signals, before: int) -> int:
    """Return the last block that is a title of the page, of those before one; -1 if there is none."""
    titles = {squeeze(title) for title in signals.headlines}
    return next((at for at in range(before - 1, -1, -1) if found.squeezed[at] in titles), -1)


def _is_subhead(page: BlockTree, at: int) -> bool:
    block = page.blocks[at]
    return (
        page.tags[block.node] in _SUBHEADS
        and len(block.text) <= MAX_SUBHEAD_CHARS
        and _is_bare(page, at, _NO_STANDFIRST)
    )


def _is_bare(page: BlockTree, at: int, never: int) -> bool:
    """Whether a block is no link, and stands in no box and in nothing that has bits of `never`."""
    block = page.blocks[at]
    return (
        block.link_chars < len(block.text) / 2
        and not page.bits_around(block.node, 2) & _BOXES
        and not page.above[block.node] & never
    )


def whole_tables(page: BlockTree, kept: list[int]) -> list[int]:
    """Return `kept` with the missing rows of tables most of whose rows are kept: their head says what they hold."""
    chosen = set(kept)
    rows: dict[int, list[int]] = {}
    for at, block in enumerate(page.blocks):
        node = block.node
        if page.tags[node] == "tr":
            while node >= 0 and page.tags[node] != "table":
                node = page.parents[node]
            rows.setdefault(node, []).append(at)
    for table in rows.values():
        if 2 * sum(at in chosen for at in table) > len(table):
            chosen.update(table)
    return sorted(chosen)


def whole_quotes(page: BlockTree, kept: list[int]) -> list[int]:
    """Return `kept` with the missing last lines "— Name, day" of quotations: whose words they are is part of them."""
    chosen = set(kept)
    for at in kept:
        after = at + 1
        if after in chosen or after >= len(page.blocks) or not _SOURCE.fullmatch(page.blocks[after].text):
            continue
        quote = _quote(page, at)
        if quote is not None and (
            quote == _quote(page, after) or page.parents[quote] == page.parents[page.blocks[after].node]
        ):  # in it, or right below it
            chosen.add(after)
    return sorted(chosen)


def _quote(page: BlockTree, at: int) -> int | None:
    """Return the node of the <blockquote> that holds a block."""
    node = page.blocks[at].node
    while node >= 0:
        if page.tags[node] == "blockquote":
            return node
        node = page.parents[node]
    return None
