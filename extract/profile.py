"""What a site's own pages teach of its theme: where its articles' text stands, and what stands on every page.

A profile is counted, never written by hand, and is data: JSON with sorted keys. It is learned without labels from
what the body model thought of each page's blocks. Counts are integers, and pages are counted in the order of their
article ids, so the same readings give the same bytes in any order.

What a profile may not do: remove prose that stands on one page only. `adjust` says how that is kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from extract.blocks import HIDDEN_BIT, BlockTree, bit_mask, signature
from extract.features import PHRASES, Features
from extract.removal import region

FORMAT: Final = 1
MAX_PAGES = 30  # recent pages that are remembered one by one, to tell versions of an article from other articles
MAX_KEYS = 1000  # shapes; the rarest go first
MAX_TEXTS = 400  # passages seen on several pages
MAX_LINES = 40  # long lines by which an article is known again
MIN_LINES = 3  # with fewer long ones, it is known by all its lines
LONG_LINE = 60  # characters
SAME_ARTICLE = 0.4  # of the long lines shared: versions or copies of one article, which count once
MIN_PAGES = 2  # other pages with a shape or a passage, before it says anything
SETTLED_PAGES = 4  # and more: pages may be read by the profile alone
HALF_LIFE = 200  # pages, after which all counts are halved: a redesign is forgotten at last
SURE_KEEP, SURE_DROP = 0.85, 0.15  # of a shape's characters kept on the site's pages
COMMON = 0.8  # of the site's pages, on which the element that holds the text is found
MAX_REGIONS = 6  # elements around a text
REPEAT_SHARE = 0.3  # of the site's pages; a passage on fewer is no chrome
MAX_LOSS = 0.02  # of a run's characters: how much less a new profile may agree with the full readings
WEIGHT = 0.8  # of the site's evidence beside the page's own, as log odds
_CLIP = 3.0  # log odds
# long blocks whose own mark-up says that they are something other than the article's prose
_MARKED: Final = bit_mask(
    ("figcaption", "caption", "author", "newsletter", "related", "comment", "share", "ad", "consent", "paywall")
)
# of a sentence: "What do you sing?" is no label
_ENDS: Final = (".", "!", "?", "…", "”", '"', "»", "’", "。", "\uff01", "\uff1f", "」", "؟", "।")
_DIGITS = re.compile(r"\d+")
_PROMPTS = tuple(
    at for at, name in enumerate(PHRASES) if name not in {"correction", "navigation"}
)  # what marks a line as other than the prose around it


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one reading says of its site. Keys are shapes (`shapes`), values (blocks, characters, kept characters)."""

    article: str
    lines: tuple[str, ...]  # hashes of its long lines
    keys: Mapping[str, tuple[int, int, int]]
    texts: tuple[str, ...]  # hashes of all its passages, digits apart
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


@dataclass(frozen=True, slots=True)
class Shape:
    """Where a block stands and what it looks like. `coarse` has only the nearest two elements of `fine`."""

    fine: str
    coarse: str
    look: str  # prose, marked, label, prompt, linked


def shapes(page: BlockTree, found: Features, blocks: Iterable[int]) -> dict[int, Shape]:
    """Return the shape of each block; a profile counts blocks by it."""
    known: dict[int, str] = {}
    prompts: NDArray[np.bool_] = np.any(found.says[:, _PROMPTS], axis=1)
    found_shapes = {}
    for at in blocks:
        block = page.blocks[at]
        node = block.node
        if node not in known:
            known[node] = signature(page.nodes[node], 3)
        size = len(block.text)
        if block.link_chars > 0.6 * size:
            look = "linked"
        elif prompts[at] and size < 200:
            look = "prompt"
        elif size < LONG_LINE and not block.text.endswith(_ENDS):
            look = "label"
        else:
            look = "marked" if page.bits_around(node, 2) & _MARKED else "prose"
        nearest = "<".join(known[node].split("<", 2)[:2])
        found_shapes[at] = Shape(f"{known[node]}|{look}", f"~{nearest}|{look}", look)
    return found_shapes


def gather(article: str, page: BlockTree, found: Features, kept: NDArray[np.bool_]) -> Evidence:
    """Return what a full reading teaches; `kept`: which blocks the page's own model keeps."""
    chosen = np.flatnonzero(kept).tolist()
    visible = [at for at in found.candidates.tolist() if not page.above[page.blocks[at].node] >> HIDDEN_BIT & 1]
    keys: dict[str, tuple[int, int, int]] = {}
    texts = set()
    for at, shape in shapes(page, found, visible).items():
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
        around.append(signature(page.nodes[node], 2))
        node = page.parents[node]
    return tuple(dict.fromkeys(around))


def passage(text: str, shape: Shape) -> str:
    """Return the hash of a passage in its place: an article's standfirst, in a teaser on other pages, is no chrome."""
    return text_hash(f"{shape.coarse} {text}", exact=shape.look == "prose")


def text_hash(text: str, *, exact: bool) -> str:
    """Return 12 hex digits of a passage; numbers count if `exact`: in prose they may be the news, in "12 views" not."""
    read = " ".join(text.casefold().split())
    return hashlib.sha256((read if exact else _DIGITS.sub("0", read)).encode()).hexdigest()[:12]


def learn(profile: Profile | None, evidence: Iterable[Evidence]) -> Profile:
    """Return the profile with more pages counted; versions or copies of an article already counted add nothing."""
    known = profile or Profile()
    fresh = _fresh(known, evidence)
    if not fresh:
        return known
    grown = _halved(known) if known.pages + len(fresh) > HALF_LIFE else known
    return _counted(grown, fresh, 1, tuple([*known.recent, *fresh][-MAX_PAGES:]))


def _fresh(known: Profile, evidence: Iterable[Evidence]) -> list[Evidence]:
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
        pages = tuple(_fresh(Profile(), evidence))
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


def agreement(profile: Profile, evidence: Iterable[Evidence]) -> float:
    """Return the share, 0 to 1, of the pages' characters whose shape the profile decides as the full reading did.

    A shape that it does not know or is not sure of is not agreed: so a redesign shows. 0 of no pages.
    """
    verdicts = [judge_shapes(profile, one) for one in evidence]
    chars = sum(verdict.chars for verdict in verdicts)
    return sum(verdict.agreed for verdict in verdicts) / chars if chars else 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Characters of pages: all, those that a profile decides as the full readings did, and as they did not."""

    chars: int = 0
    agreed: int = 0
    denied: int = 0


def judge_shapes(profile: Profile, page: Evidence, *, counted: bool = False) -> Verdict:
    """Return how far the profile's shapes decide as a full reading did. A page that is `counted` in it is left out."""
    agreed = denied = 0
    fine = {key: seen for key, seen in page.keys.items() if not key.startswith("~")}
    for key, (blocks, chars, kept) in fine.items():
        count = profile.keys.get(key, Count())
        if counted:
            count = Count(count.pages - 1, count.blocks - blocks, count.chars - chars, count.kept - kept)
        if count.pages < MIN_PAGES or SURE_DROP < count.share < SURE_KEEP:
            continue
        right = kept if count.share >= SURE_KEEP else chars - kept
        agreed, denied = agreed + right, denied + chars - right
    return Verdict(sum(chars for _, chars, _ in fine.values()), agreed, denied)


def better(old: Profile | None, new: Profile, evidence: Iterable[Evidence]) -> bool:
    """Return whether `new`, which is `old` taught `evidence`, may replace it, judged on these pages.

    It may not where it agrees less than the old one, by more than MAX_LOSS, and decides more otherwise: one that is
    only less sure asks for full readings, which does no harm. Each page is judged by what the others taught.
    """
    if old is None or not old.pages:
        return True
    fresh = _fresh(old, evidence)
    before = [judge_shapes(old, one) for one in fresh]
    after = [judge_shapes(new, one, counted=True) for one in fresh]
    loss = sum(one.agreed for one in before) - sum(one.agreed for one in after)
    worse = sum(one.denied for one in after) > sum(one.denied for one in before)
    return not (worse and loss > MAX_LOSS * sum(one.chars for one in before))


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
    repeated = [pair for pair in kept_texts if pair[1] > 1][:MAX_TEXTS]
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


def adjust(
    profile: Profile, page: BlockTree, found: Features, probability: NDArray[np.float64]
) -> tuple[NDArray[np.float64], dict[int, str]]:
    """Return the probabilities with the site's evidence, and why blocks fell: "site_chrome: seen on k of n pages".

    Two things move a block. Its shape: how much of the same shape is kept on at least MIN_PAGES other pages; this
    can bring a block in, and takes one out only if it is no prose or the page's own model would drop it anyway.
    Its words: the same passage on at least MIN_PAGES other articles and REPEAT_SHARE of all; this takes it out. So
    prose that stands on one page only is never removed by what other pages look like.
    """
    moved = probability.copy()
    chrome: dict[int, str] = {}
    candidates = found.candidates.tolist()
    for at, shape in shapes(page, found, candidates).items():
        p = probability[at]
        seen = profile.texts.get(passage(page.blocks[at].text, shape), 0)
        if seen >= MIN_PAGES and seen >= REPEAT_SHARE * profile.pages and not (p > SURE_KEEP and shape.look == "label"):
            moved[at] = 0.0
            chrome[at] = f"site_chrome: seen on {seen} of {profile.pages} pages"
            continue
        count = known_shape(profile, shape)
        if count is None:
            continue
        weight = WEIGHT * min(1.0, count.pages / 4)
        odds = _logit(p) + weight * _logit(count.share)
        new = 1 / (1 + np.exp(-odds))
        if shape.look == "prose" and new < p and p >= 0.5:
            continue
        moved[at] = new
    return moved, chrome


def known_shape(profile: Profile, shape: Shape) -> Count | None:
    """Return how often a shape was seen, by its fine or else its coarse key; None if on too few pages."""
    for key in (shape.fine, shape.coarse):
        count = profile.keys.get(key)
        if count is not None and count.pages >= MIN_PAGES:
            return count
    return None


def _logit(p: float) -> float:
    return float(np.clip(np.log(max(p, 1e-6) / max(1 - p, 1e-6)), -_CLIP, _CLIP))


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
