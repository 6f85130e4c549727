"""What re-extractions noted of a site's captures, an object a month of them, `state/SITE/reextracted/YYYY-MM.json`:

    {"site": "times", "month": "2026-11",
     "articles": {"RUN": [["raw/…", 1234]]},   captures that gave a rejection first and are an article today
     "passes": [{"at": "…", "read_by": ["2.3.1+broadsheet.4", "the profile's id"], "rows": 12}]}

The manifest of a run counts its rejections, for good; here `verify` learns which of them the table need not have any
more. A capture is noted before the tables change, and counts only once its rejection is gone: so it does not matter
where a re-extraction died. `passes` are those that changed rows, the last PASSES of them, for people.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from storage import layout
from storage.client import Store
from storage.errors import ObjectMissing, ObjectRefused, StoreConflict

PASSES = 100
TRIES = 30  # another re-extraction of the site's month wrote its own
Place = tuple[str, int]  # a capture: the key of its WARC segment, and the byte where its response begins


@dataclass(frozen=True, slots=True)
class Noted:
    """What one of the objects holds. `articles`: by run id, the captures that became articles."""

    articles: Mapping[str, frozenset[Place]] = field(default_factory=dict)
    passes: tuple[Mapping[str, Any], ...] = ()


def read_became(store: Store, site: str) -> dict[str, set[Place]]:
    """Return by run id the captures of `site` that gave a rejection first and an article later."""
    found: dict[str, set[Place]] = {}
    for listed in store.list(layout.reextracted_prefix(site)):
        noted, _ = _read(store, listed.key)
        for run_id, places in noted.articles.items():
            found.setdefault(run_id, set()).update(places)
    return found


def note_became(store: Store, site: str, month: date, places: Iterable[tuple[str, Place]]) -> None:
    """Note (run id, capture) of rejections that are to become articles; those noted before stay."""
    wanted = set(places)

    def add(noted: Noted) -> Noted:
        joined = dict(noted.articles)
        for run_id, place in wanted:
            joined[run_id] = joined.get(run_id, frozenset()) | {place}
        return replace(noted, articles=joined)

    _change(store, site, month, add)


def note_pass(store: Store, site: str, month: date, told: Mapping[str, Any]) -> None:
    """Note that a re-extraction changed rows."""
    _change(store, site, month, lambda noted: replace(noted, passes=(*noted.passes, told)[-PASSES:]))


def _change(store: Store, site: str, month: date, change: Callable[[Noted], Noted]) -> None:
    key = layout.reextracted_key(site, month)
    for attempt in range(1, TRIES + 1):
        noted, etag = _read(store, key)
        changed = change(noted)
        if changed == noted:
            return
        told = {
            "site": site, "month": f"{month:%Y-%m}",
            "articles": {run_id: sorted(places) for run_id, places in sorted(changed.articles.items())},
            "passes": changed.passes,
        }  # fmt: skip
        try:
            store.put(key, json.dumps(told, indent=1).encode(), if_none_match=etag is None, if_match=etag)
        except StoreConflict:
            if attempt == TRIES:
                raise
        else:
            return


def _read(store: Store, key: str) -> tuple[Noted, str | None]:
    try:
        stored = store.get(key)
    except ObjectMissing:
        return Noted(), None
    try:
        told = json.loads(stored.body)
        articles = {
            str(run_id): frozenset((str(segment), int(offset)) for segment, offset in places)
            for run_id, places in told["articles"].items()
        }
        return Noted(articles, tuple(told["passes"])), stored.etag
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ObjectRefused(f"{key}: no notes of a re-extraction ({error!r}); restore it from a backup") from error
