"""What a run does to its site's profile, and what its manifest says of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from extract.lessons import Lessons, merge
from storage.client import Store
from storage.profiles import StoredProfile, teach


def learn_run(store: Store, site: str, run_id: str, current: StoredProfile, parts: Iterable[Lessons]) -> dict[str, Any]:
    """Teach the site's profile what the parts of a run taught; return what the manifest tells of it.

    `current` is the profile as the run read it. `docs/records.md` has the fields.
    """
    lessons = merge(parts)
    taught = teach(store, site, run_id, current, lessons.evidence)
    return {
        "profile": lessons.profile,
        "next_profile": taught.stored,
        "pages_read_by_profile": lessons.by_profile,
        "read_in_full": lessons.in_full,
        "match": lessons.match,
    } | ({"refused_profile": taught.refused} if taught.refused else {})
