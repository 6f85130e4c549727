"""How far a profile decides as full readings do: whether a new one may replace the old, and whether a site drifts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from extract.profile import MIN_PAGES, SURE_DROP, SURE_KEEP, Count, Evidence, Profile, fresh_pages

MAX_LOSS = 0.02  # of a run's characters: how much less a new profile may agree with the full readings


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
    fresh = fresh_pages(old, evidence)
    before = [judge_shapes(old, one) for one in fresh]
    after = [judge_shapes(new, one, counted=True) for one in fresh]
    loss = sum(one.agreed for one in before) - sum(one.agreed for one in after)
    worse = sum(one.denied for one in after) > sum(one.denied for one in before)
    return not (worse and loss > MAX_LOSS * sum(one.chars for one in before))
