"""What was taken out of the archive on purpose: the one place where `verify` learns what it is not to miss.

Whoever erases writes `erased/NAME.json` before the first object changes:

    {"articles": ["16 hex digits"],                      rows that the articles table no longer has
     "rows": {"SITE/RUN": 2},                            rows that the rejections table no longer has, by run
     "objects": [{"key": "raw/…", "was": "hex sha256",   as the manifest lists it
                  "sha256": "hex sha256", "size": 123}]}  as it stands now; both null: deleted
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from extract.stored import StoredObject
from storage import layout
from storage.client import Store
from storage.errors import ObjectRefused


@dataclass(frozen=True, slots=True)
class Erasures:
    """All erasures of an archive. `objects`: (key, sha256 before) → the object that stands there now, None: none."""

    articles: frozenset[str]
    rows: Mapping[str, int]
    objects: Mapping[tuple[str, str], StoredObject | None]

    def standing(self, listed: StoredObject) -> StoredObject | None:
        """Return what must lie at the key of `listed` today: itself, what an erasure left of it, or None."""
        now: StoredObject | None = listed
        seen = set()
        while now and (place := (now.key, now.sha256)) in self.objects and place not in seen:
            seen.add(place)
            now = self.objects[place]
        return now


def read_erasures(store: Store) -> Erasures:
    """Return every erasure; ObjectRefused, naming the object, where one cannot be read."""
    articles: set[str] = set()
    rows: Counter[str] = Counter()
    objects: dict[tuple[str, str], StoredObject | None] = {}
    for listed in store.list(layout.ERASED):
        try:
            told = json.loads(store.get(listed.key).body)
            articles.update(told.get("articles", ()))
            rows.update(told.get("rows", {}))
            for one in told.get("objects", ()):
                now = StoredObject(one["key"], one["sha256"], one["size"]) if one["sha256"] else None
                objects[one["key"], one["was"]] = now
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ObjectRefused(f"{listed.key}: no erasure ({error!r})") from error
    return Erasures(frozenset(articles), rows, objects)
