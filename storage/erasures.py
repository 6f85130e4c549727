"""What was taken out of the archive on purpose: the one place where `verify` learns what it is not to miss.

Whoever erases writes `erased/NAME.json` before each object changes:

    {"at": "…", "by": "…", "reason": "…",               when, who and why
     "articles": ["16 hex digits"],                      rows that the articles table no longer has
     "rows": {"SITE/RUN": 2},                            rows that the rejections table no longer has, by run
     "sites": […], "since": "…", "days": […],            where it was looked for, and from which day on
     "waiting": [["SITE", "RUN"]],                       under way then: their captures are yet to be looked at
     "done": true,                                       false: killed on the way, to be run again
     "objects": [{"key": "raw/…", "was": "hex sha256",   as it was
                  "sha256": "hex sha256", "size": 123}]}  as it stands now; both null: deleted

Names sort by time, and of two entries about the same bytes the later counts: the earlier died before it changed them.
`erased/retention.json` says by site before which day captures ("raw") and rows ("rows") are gone by age.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from typing import Any

from extract.stored import StoredObject
from storage import layout
from storage.client import Store
from storage.errors import ObjectMissing, ObjectRefused


@dataclass(frozen=True, slots=True)
class Kept:
    """From which day on a site's captures and rows are kept; None: all of them."""

    raw: date | None = None
    rows: date | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """One object: its sha256 as it was, and as it stands now (None: deleted)."""

    key: str
    was: str
    sha256: str | None
    size: int | None
    records: tuple[int, ...] = ()  # of a WARC segment, the offsets of those that are blank now


@dataclass(frozen=True, slots=True)
class Erasure:
    """One entry of the log. It holds ids of articles, never their URLs or words."""

    name: str
    at: str
    by: str
    reason: str
    articles: tuple[str, ...]
    sites: tuple[str, ...] = ()
    since: str | None = None
    days: tuple[str, ...] = ()
    waiting: tuple[tuple[str, str], ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)
    objects: tuple[Changed, ...] = field(default=(), repr=False)
    done: bool = False

    def changed(self, one: Changed) -> Erasure:
        """Return the entry with one more object."""
        return replace(self, objects=(*self.objects, one))


@dataclass(frozen=True, slots=True)
class Erasures:
    """All erasures of an archive. `objects`: (key, sha256 before) → the object that stands there now, None: none."""

    articles: frozenset[str]
    rows: Mapping[str, int]
    objects: Mapping[tuple[str, str], StoredObject | None]
    kept: Mapping[str, Kept] = field(default_factory=dict)

    def standing(self, listed: StoredObject) -> StoredObject | None:
        """Return what must lie at the key of `listed` today: itself, what an erasure left of it, or None."""
        if self.is_past(listed.key):
            return None
        now: StoredObject | None = listed
        seen = set()
        while now and (place := (now.key, now.sha256)) in self.objects and place not in seen:
            seen.add(place)
            now = self.objects[place]
        return now

    def is_past(self, key: str) -> bool:
        """Return whether the capture at `key` is gone by age."""
        run = layout.raw_run(key)
        first = self.kept[run[0]].raw if run and run[0] in self.kept else None
        day = layout.raw_day(key)
        return first is not None and day is not None and day < first

    def rows_since(self, site: str) -> date:
        """Return the day from which on the site's rows are kept."""
        return (self.kept[site].rows if site in self.kept else None) or date.min


def read_erasures(store: Store) -> Erasures:
    """Return every erasure; ObjectRefused, naming the object, where one cannot be read."""
    articles: set[str] = set()
    rows: Counter[str] = Counter()
    objects: dict[tuple[str, str], StoredObject | None] = {}
    for entry in read_log(store):
        articles.update(entry.articles)
        rows.update(entry.rows)
        for one in entry.objects:
            now = StoredObject(one.key, one.sha256, one.size or 0) if one.sha256 else None
            objects[one.key, one.was] = now
    return Erasures(frozenset(articles), rows, objects, read_retention(store))


def read_log(store: Store) -> list[Erasure]:
    """Return the entries, oldest first; ObjectRefused, naming the object, where one cannot be read."""
    keys = [listed.key for listed in store.list(layout.ERASED) if listed.key != layout.RETENTION]
    return [_entry(store, key) for key in keys]


def _entry(store: Store, key: str) -> Erasure:
    try:
        told = json.loads(store.get(key).body)
        plain: dict[str, Any] = {one.name: told[one.name] for one in fields(Erasure) if one.name in told}
        plain |= {name: tuple(plain.get(name, ())) for name in ("articles", "sites", "days")}
        plain["waiting"] = tuple((site, run_id) for site, run_id in told.get("waiting", ()))
        plain["objects"] = tuple(
            Changed(**one | {"records": tuple(one.get("records", ()))}) for one in told.get("objects", ())
        )
        name = key.removeprefix(layout.ERASED).removesuffix(".json")
        defaults: dict[str, Any] = {"at": "", "by": "", "reason": "", "done": True}
        return Erasure(**defaults | plain | {"name": name})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ObjectRefused(f"{key}: no erasure ({error!r}); restore it from a backup") from error


def write_entry(store: Store, entry: Erasure) -> Erasure:
    """Put an entry into the log, over its earlier state; return it."""
    told = asdict(entry)
    del told["name"]
    store.put(layout.erasure_key(entry.name), json.dumps(told, indent=1, ensure_ascii=False).encode())
    return entry


def read_retention(store: Store) -> dict[str, Kept]:
    """Return from which day on each site's captures and rows are kept, of those that lost any by age."""
    try:
        told = json.loads(store.get(layout.RETENTION).body)
        return {site: Kept(*(one[name] and date.fromisoformat(one[name]) for name in ("raw", "rows")))
                for site, one in told.items()}  # fmt: skip
    except ObjectMissing:
        return {}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ObjectRefused(f"{layout.RETENTION}: no retention ({error!r}); restore it from a backup") from error


def write_retention(store: Store, kept: Mapping[str, Kept]) -> None:
    """Say what is gone by age: before it goes."""
    told = {site: {"raw": _iso(one.raw), "rows": _iso(one.rows)} for site, one in sorted(kept.items())}
    store.put(layout.RETENTION, json.dumps(told, indent=1).encode())


def later(one: date | None, other: date | None) -> date | None:
    """Return the later of two days, None if there is neither: what went by age does not come back."""
    return max(filter(None, (one, other)), default=None)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def union(values: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """Return all of the values, sorted."""
    return tuple(sorted({one for some in values for one in some}))
