"""What a site's own pages teach of its theme: where its articles' text stands, and what stands on every page.

A profile is counted, never written by hand, and is data: JSON with sorted keys. It is learned without labels from
what the body model thought of each page's blocks. Counts are integers, and pages are counted in the order of their
article ids, so the same readings give the same bytes in any order.

What a profile may not do: remove prose that stands on one page only. extract/adjust.py says how that is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress, islice
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from extract.blocks import BlockTree
from extract.class_words import HIDDEN_BIT
from extract.removal import region
from extract.shapes import HIDDEN, LONG_LINE, Shape, hidden_passage, passage, text_hash

FORMAT: Final = 1
MAX_PAGES = 30  # recent pages that are remembered one by one, to tell versions of an article from other articles
MAX_KEYS = 1000  # shapes; the rarest go first
MAX_TEXTS = 400  # passages seen on several pages
MAX_HIDDEN = 20  # long passages that are styled away, of a page and of a profile
MAX_LINES = 40  # long lines by which an article is known again
MIN_LINES = 3  # with fewer long ones, it is known by all its lines
SAME_ARTICLE = 0.4  # of the long lines shared: versions or copies of one article, which count once
MIN_PAGES = 2  # other pages with a shape or a passage, before it says anything
SETTLED_PAGES = 3  # and more: pages may be read by the profile alone
HALF_LIFE = 200  # pages, after which all counts are halved: a redesign is forgotten at last
SURE_KEEP, SURE_DROP = 0.85, 0.15  # of a shape's characters kept on the site's pages
COMMON = 0.8  # of the site's pages, on which the element that holds the text is found
MAX_REGIONS = 12  # elements around a text


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one reading says of its site. Keys are shapes (`shapes`), values (blocks, characters, kept characters)."""

    article: str
    lines: tuple[str, ...]  # hashes of its long lines
    keys: Mapping[str, tuple[int, int, int]]
    texts: tuple[str, ...]  # hashes of all its passages, digits apart; long hidden ones too, marked
    regions: tuple[str, ...]  # signatures of the element that holds the text, and of those around it
    chars: int  # kept


@dataclass(frozen=True, slots=True)
class Count:
    """How often a shape was seen: pages, blocks, characters, kept characters."""

    pages: int = 0
    blocks: int = 0
    chars: int = 0
    kept: int = 0

    @property
    def share(self) -> float:
        """The share of its characters that is kept."""
        return self.kept / self.chars if self.chars else 0.0


@dataclass(frozen=True, slots=True)
class Profile:
    """The learned state of one site. `pages`: different articles counted; `recent`: what the last ones taught."""

    pages: int = 0
    keys: Mapping[str, Count] = field(default_factory=dict)
    texts: Mapping[str, int] = field(default_factory=dict)
    regions: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # on how many pages; how far out, summed up
    shortest: int = 0
    longest: int = 0
    recent: tuple[Evidence, ...] = field(default=(), repr=False)
    id: str = ""  # the first 16 hex digits of its JSON's sha256

    @property
    def settled(self) -> bool:
        """Whether pages may be read by the profile alone."""
        return self.pages >= SETTLED_PAGES and self.region is not None

    @property
    def region(self) -> str | None:
        """The signature of the innermost element that holds the text on nearly all pages, if there is one."""
        common = [(out / pages, key) for key, (pages, out) in self.regions.items() if pages >= COMMON * self.pages]
        return min(common)[1] if common else None


def gather(article: str, page: BlockTree, placed: Mapping[int, Shape], kept: NDArray[np.bool_]) -> Evidence:
    """Return what a full reading teaches; `placed`: the blocks judged; `kept`: which the page's own model keeps."""
    chosen = np.flatnonzero(kept).tolist()
    unseen = dict.fromkeys(at for at in placed if page.above[page.blocks[at].node] >> HIDDEN_BIT & 1)
    long_unseen = (text for at in unseen if len(text := page.blocks[at].text) >= LONG_LINE)
    keys: dict[str, tuple[int, int, int]] = {}
    texts = set(map(hidden_passage, islice(long_unseen, MAX_HIDDEN)))
    for at, shape in placed.items():
        if at in unseen:
            continue
        text = page.blocks[at].text
        texts.add(passage(text, shape))
        for key in (shape.fine, shape.coarse):
            blocks, chars, kept_chars = keys.get(key, (0, 0, 0))
            keys[key] = (blocks + 1, chars + len(text), kept_chars + len(text) * bool(kept[at]))
    whole = [page.blocks[at].text for at in chosen]
    lines = [line for line in whole if len(line) >= LONG_LINE]
    if len(lines) < MIN_LINES:
        lines = whole  # verse, or a script in which a sentence takes twenty characters
    return Evidence(
        article=article,
        lines=tuple(sorted({text_hash(line, exact=True) for line in lines[:MAX_LINES]})),
        keys=dict(sorted(keys.items())),
        texts=tuple(sorted(texts)),
        regions=_regions(page, chosen),
        chars=sum(map(len, whole)),
    )


def _regions(page: BlockTree, chosen: list[int]) -> tuple[str, ...]:
    if not chosen:
        return ()
    node = region(page, chosen)
    around: list[str] = []
    while node >= 0 and len(around) < MAX_REGIONS:
        around.append(page.place(node, 2))
        node = page.parents[node]
    return tuple(dict.fromkeys(around))


def learn(profile: Profile | None, evidence: Iterable[Evidence]) -> Profile:
    """Return the profile with more pages counted; versions or copies of an article already counted add nothing."""
    known = profile or Profile()
    fresh = fresh_pages(known, evidence)
    if not fresh:
        return known
    grown = _halved(known) if known.pages + len(fresh) > HALF_LIFE else known
    return _counted(grown, fresh, 1, tuple([*known.recent, *fresh][-MAX_PAGES:]))


def fresh_pages(known: Profile, evidence: Iterable[Evidence]) -> list[Evidence]:
    """Return the pages that are not of an article counted already, one of each article."""
    fresh: list[Evidence] = []
    for one in sorted(evidence, key=reading_order):
        if one.chars and not any(_same(one, other) for other in (*known.recent, *fresh)):
            fresh.append(one)
    return fresh


def reading_order(one: Evidence) -> tuple[Any, ...]:
    """Return by what pages are ordered: by all they teach, so that of two readings of an article the same counts."""
    return one.article, one.lines, one.texts, one.regions, tuple(one.keys.items())


@dataclass(frozen=True, slots=True)
class SitePages:
    """A site's pages, one of each article, and what they teach together."""

    pages: tuple[Evidence, ...] = field(repr=False)
    whole: Profile

    @classmethod
    def of(cls, evidence: Iterable[Evidence]) -> SitePages:
        """Count the pages, in whatever order they come."""
        pages = tuple(fresh_pages(Profile(), evidence))
        return cls(pages, _counted(Profile(), pages, 1, ()))

    def without(self, page: Evidence) -> Profile:
        """Return what the others teach: all but the page itself and versions and copies of its article."""
        same = [_same(one, page) for one in self.pages]
        if not any(same):
            return self.whole
        sizes = [one.chars for one, left_out in zip(self.pages, same, strict=True) if not left_out]
        others = replace(self.whole, shortest=min(sizes, default=0), longest=max(sizes, default=0))
        return _counted(others, compress(self.pages, same), -1, ())


def leave_one_out(evidence: Sequence[Evidence | None]) -> list[Profile]:
    """Return for each page the profile that all others teach; versions and copies of its article are left out too."""
    site = SitePages.of(filter(None, evidence))
    return [site.without(page) if page else site.whole for page in evidence]


def _same(one: Evidence, other: Evidence) -> bool:
    if one.article == other.article:
        return True
    fewer = min(len(one.lines), len(other.lines))
    return fewer > 0 and len(set(one.lines) & set(other.lines)) > SAME_ARTICLE * fewer


def _counted(profile: Profile, pages: Iterable[Evidence], sign: int, recent: tuple[Evidence, ...]) -> Profile:
    keys = dict(profile.keys)
    texts, regions = dict(profile.texts), dict(profile.regions)
    count, sizes = profile.pages, []
    for one in pages:
        count += sign
        sizes.append(one.chars)
        for key, (blocks, chars, kept) in one.keys.items():
            old = keys.get(key, Count())
            keys[key] = Count(
                old.pages + sign, old.blocks + sign * blocks, old.chars + sign * chars, old.kept + sign * kept
            )
        for text in one.texts:
            texts[text] = texts.get(text, 0) + sign
        for out, key in enumerate(one.regions):
            on_pages, summed = regions.get(key, (0, 0))
            regions[key] = (on_pages + sign, summed + sign * out)
    shortest, longest = profile.shortest, profile.longest
    if sign > 0:
        shortest = min([*sizes, *([shortest] if shortest else [])], default=0)
        longest = max([*sizes, longest])
    kept_keys = sorted(
        ((key, one) for key, one in keys.items() if one.pages > 0), key=lambda pair: (-pair[1].pages, pair[0])
    )[:MAX_KEYS]
    recent_texts = {text for one in recent for text in one.texts}
    kept_texts = sorted(
        ((text, pages) for text, pages in texts.items() if pages > 1 or (pages == 1 and text in recent_texts)),
        key=lambda pair: (-pair[1], pair[0]),
    )
    repeated = [
        *[pair for pair in kept_texts if pair[1] > 1 and not pair[0].startswith(HIDDEN)][:MAX_TEXTS],
        *[pair for pair in kept_texts if pair[1] > 1 and pair[0].startswith(HIDDEN)][:MAX_HIDDEN],
    ]
    return _sealed(Profile(
        pages=count, keys=dict(sorted(kept_keys)),
        texts=dict(sorted([*repeated, *(pair for pair in kept_texts if pair[1] == 1)])),
        regions={key: seen for key, seen in sorted(regions.items()) if seen[0] > 0},
        shortest=shortest, longest=longest, recent=recent,
    ))  # fmt: skip


def _sealed(profile: Profile) -> Profile:
    return replace(profile, id=hashlib.sha256(to_json(profile)).hexdigest()[:16])


def _halved(profile: Profile) -> Profile:
    """Return the profile with half of its weight, so that what pages look like now outweighs what they were."""
    return replace(
        profile,
        pages=profile.pages // 2,
        keys={
            key: Count(one.pages // 2, one.blocks // 2, one.chars // 2, one.kept // 2)
            for key, one in profile.keys.items()
        },
        texts={text: pages // 2 for text, pages in profile.texts.items()},
        regions={key: (pages // 2, out // 2) for key, (pages, out) in profile.regions.items()},
    )


def to_json(profile: Profile) -> bytes:
    """Return the profile as JSON: the same profile gives the same bytes."""
    return orjson.dumps({
        "format": FORMAT, "pages": profile.pages, "shortest": profile.shortest, "longest": profile.longest,
        "keys": {key: [one.pages, one.blocks, one.chars, one.kept] for key, one in profile.keys.items()},
        "texts": profile.texts, "regions": profile.regions,
        "recent": [
            {"article": one.article, "lines": one.lines, "texts": one.texts}
            for one in profile.recent
        ],
    }, option=orjson.OPT_SORT_KEYS)  # fmt: skip


class ProfileError(ValueError):
    """Stored bytes are no profile of this format."""


def from_json(data: bytes) -> Profile:
    """Return the profile in `data`; raises ProfileError."""
    try:
        stored: dict[str, Any] = orjson.loads(data)
        if stored["format"] != FORMAT:
            raise ProfileError(f"profile of format {stored['format']}, this code reads {FORMAT}: it is learned anew")
        return _sealed(Profile(
            pages=int(stored["pages"]), shortest=int(stored["shortest"]), longest=int(stored["longest"]),
            keys={str(key): Count(*map(int, one)) for key, one in stored["keys"].items()},
            texts={str(text): int(pages) for text, pages in stored["texts"].items()},
            regions={str(key): (int(pages), int(out)) for key, (pages, out) in stored["regions"].items()},
            recent=tuple(
                Evidence(
                    article=str(one["article"]), lines=tuple(one["lines"]), texts=tuple(one["texts"]),
                    keys={}, regions=(), chars=0,
                )
                for one in stored["recent"]
            ),
        ))  # fmt: skip
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, ProfileError):
            raise
        raise ProfileError(f"no profile: {type(error).__name__}: {error}") from error
