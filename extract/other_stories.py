"""Links to other stories among the lines of a text: under a label that announces them, or as its last lines."""

from __future__ import annotations

from typing import Final

from extract.blocks import Block, BlockTree
from extract.features import Features
from extract.line_rules import Removal, line_reason
from extract.read_more import begins_with_label
from extract.signatures import ITEMS

LINKED: Final = 0.8  # of a line's characters, for a line that is a link
ANNOUNCED: Final = 0.6  # of them, for one after a label: "[VIDEO]" and the like stand beside the links
MAX_LAST: Final = 1 / 3  # of the text, in its last lines: where it is more, links are the text
MIN_HEADLINE: Final = 25  # characters of a headline in brackets
MIN_LAST: Final = 2  # lines: a single one may be the source


def other_stories(page: BlockTree, kept: list[int], found: Features) -> dict[int, str]:
    """Return which of the kept blocks are links to other stories."""
    announced = _announced(page).intersection(kept)
    last = _last_links(page, [at for at in kept if at not in announced], found)
    return dict.fromkeys([*announced, *last], Removal.RELATED_LINK)


def _announced(page: BlockTree) -> set[int]:
    """Return the blocks that are links and stand right below a label, or have one themselves, or brackets."""
    announced = set[int]()
    is_below = False
    for at, block in enumerate(page.blocks):
        if not block.link_chars:
            is_below = line_reason(block.text) == Removal.RELATED_LINK
        elif _is_linked(block, ANNOUNCED) and (is_below or begins_with_label(block.text) or _in_brackets(block)):
            announced.add(at)
        else:
            is_below = False
    return announced


def _last_links(page: BlockTree, kept: list[int], found: Features) -> list[int]:
    """Return the last lines of the text, as far as they are links; those of lists are what the text recommends."""
    last: list[int] = []
    for at in reversed(kept):
        if not _is_linked(page.blocks[at], LINKED) or page.tags[page.blocks[at].node] in ITEMS:
            break
        last.append(at)
    chars = sum(found.chars[at] for at in kept)
    return last if len(last) >= MIN_LAST and sum(found.chars[at] for at in last) <= MAX_LAST * chars else []


def _in_brackets(block: Block) -> bool:
    text = block.text
    return len(text) > MIN_HEADLINE and text[0] + text[-1] in {"[]", "()", "【】"} and block.link_chars >= len(text) - 2


def _is_linked(block: Block, share: float) -> bool:
    return block.link_chars >= share * len(block.text)
