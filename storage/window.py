"""The fingerprints of the last two weeks' articles, kept on S3 so that a run need read little of them.

A head names the versions that the window holds and, for each day they were captured on, two objects: the index, every
LSH key with the number of its entry, sorted by key; and the entries, with their sketches, read only for the days on
which an index has a candidate. Days are written anew beside the old, then the head is replaced with If-Match: of two
runs at once one begins again. All of it can be rebuilt from the articles table.
"""

from __future__ import annotations

import io
import json
import logging
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from extract.minhash import METHOD, Fingerprint, Hashes
from storage import layout
from storage.client import Store
from storage.errors import ObjectMissing, ObjectRefused, StoreConflict
from storage.meeting import meeting, sorted_index
from storage.members import Sighting

log = logging.getLogger(__name__)
WINDOW = timedelta(days=14)  # between the first captures of two articles that are compared
KEPT = WINDOW + timedelta(days=2)  # for runs that are published late
FORGET_TRIES = 30  # a run that looks at new articles came between
HEAD = pa.schema(
    {
        "article_id": pa.string(), "version": pa.int32(), "captured_day": pa.date32(),
        "first_captured_at": pa.timestamp("us", tz="UTC"),
    }
)  # fmt: skip
ENTRIES = pa.schema(
    {
        "article_id": pa.string(), "version": pa.int64(), "site": pa.string(), "url": pa.string(),
        "title": pa.string(), "published_at": pa.timestamp("us", tz="UTC"),
        "captured_at": pa.timestamp("us", tz="UTC"), "shingles": pa.int32(), "level": pa.int8(),
        "sketch": pa.list_(pa.uint32()), "numbers": pa.list_(pa.uint32()),
    }
)  # fmt: skip
_NAME = b"broadsheet.stories"


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of an article, captured on `day`; `fingerprint` is None for a text too short to compare."""

    sighting: Sighting
    day: date
    fingerprint: Fingerprint | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Window:
    """The head. `articles` names the version of the articles table that was looked at last; `days`: the objects' names.

    `generation` counts the heads. `etag` is None before the first.
    """

    rows: pa.Table
    days: dict[date, str]
    generation: int
    articles: str
    etag: str | None

    def first_captures(self, articles: Iterable[str]) -> dict[str, datetime]:
        """Return when those of `articles` that are in the window were captured first."""
        found = self._of(articles)
        return dict(zip(found["article_id"].to_pylist(), found["first_captured_at"].to_pylist(), strict=True))

    def versions(self, articles: Iterable[str]) -> set[tuple[str, int]]:
        """Return (article, version) of every version of `articles` that was looked at."""
        found = self._of(articles)
        return set(zip(found["article_id"].to_pylist(), found["version"].to_pylist(), strict=True))

    def _of(self, articles: Iterable[str]) -> pa.Table:
        wanted = pa.array(sorted(set(articles)), pa.string())
        return self.rows.filter(pc.is_in(self.rows["article_id"], value_set=wanted))


def empty_window(store: Store, etag: str | None) -> Window:
    """Return a window without articles, to replace the head of this `etag` and all days' objects that there are."""
    generations = [layout.story_day_generation(one.key) for one in store.list(layout.STORY_DAYS)]
    return Window(HEAD.empty_table(), {}, max(generations, default=0), "", etag)


def read_window(store: Store) -> Window:
    """Return the window, an empty one where there is none, or it is damaged or holds fingerprints of another method."""
    try:
        stored = store.get(layout.STORY_HEAD)
    except ObjectMissing:
        return empty_window(store, None)
    try:
        rows = _read(stored.body, "head", HEAD)
    except ObjectRefused as error:
        log.warning("%s", error.message)
        return empty_window(store, stored.etag)
    about = json.loads((rows.schema.metadata or {}).get(_NAME, b"{}"))
    if about.get("method") != METHOD:
        return empty_window(store, stored.etag)
    days = {date.fromisoformat(day): name for day, name in about["days"].items()}
    return Window(rows.replace_schema_metadata(None), days, about["generation"], about["articles"], stored.etag)


def candidates(store: Store, window: Window, day: date, keys: Hashes) -> list[tuple[int, Entry]]:
    """Return (row of `keys`, entry of `day`) of all that meet in MIN_BANDS or more. `keys`: BANDS columns."""
    index = _read(store.get(_key(day, window.days[day], "index")).body, f"index of {day}")
    pairs = list(meeting(index["key"].to_numpy(), index["row"].to_numpy(), keys))
    if not pairs:
        return []
    wanted = sorted({row for _, row in pairs})
    body = store.get(_key(day, window.days[day], "entries")).body
    found = dict(zip(wanted, _entries(_read(body, f"entries of {day}", ENTRIES).take(wanted), day), strict=True))
    return [(new, found[row]) for new, row in pairs]


def add_entries(store: Store, window: Window, entries: Sequence[Entry], oldest: datetime) -> Window:
    """Write `entries` to their days and return the window that holds them, its head not yet written.

    Articles captured first before `oldest` leave it.
    """
    kept = {day: name for day, name in window.days.items() if day >= oldest.date()}
    name = f"{window.generation + 1:08d}-{secrets.token_hex(4)}"
    for day in sorted({one.day for one in entries if one.fingerprint}):
        _write_day(store, day, kept.get(day), name, [one for one in entries if one.day == day and one.fingerprint])
        kept[day] = name
    added = [
        {
            "article_id": one.sighting.article_id, "version": one.sighting.version, "captured_day": one.day,
            "first_captured_at": one.sighting.captured_at,
        }
        for one in entries
    ]  # fmt: skip
    rows = pa.concat_tables([window.rows, pa.Table.from_pylist(added, schema=HEAD)])
    return replace(window, rows=rows.filter(pc.field("first_captured_at") >= oldest), days=kept)


def blank_entries(store: Store, window: Window, articles: Collection[str]) -> Window:
    """Take titles, URLs, sketches and numbers of `articles` out of their days' entries; the head is not yet written.

    The entries keep their rows, which the index counts, and are copies of nothing any more.
    """
    found = window.rows.filter(pc.is_in(window.rows["article_id"], value_set=pa.array(sorted(articles), pa.string())))
    name = f"{window.generation + 1:08d}-{secrets.token_hex(4)}"
    days = dict(window.days)
    for day in set(found["captured_day"].to_pylist()) & window.days.keys():
        try:
            stored = store.get(_key(day, days[day], "entries"))
        except ObjectMissing:  # replaced meanwhile, which the head will show, or lost: then nothing of them is left
            log.warning("the story window has no entries of %s", day)
            continue
        entries = _read(stored.body, f"entries of {day}", ENTRIES)
        nothing: dict[str, Any] = {
            "url": "",
            "title": "",
            "published_at": None,
            "shingles": 0,
            "level": 0,
            "sketch": [],
            "numbers": [],
        }
        rows = [row | nothing if row["article_id"] in articles else row for row in entries.to_pylist()]
        blanked = pa.Table.from_pylist(rows, schema=ENTRIES)
        if blanked.equals(entries):
            continue
        index = store.get(_key(day, days[day], "index")).body
        store.put(_key(day, name, "entries"), _parquet(blanked))
        store.put(_key(day, name, "index"), index)
        days[day] = name
    return replace(window, days=days)


def write_window(store: Store, window: Window) -> Window:
    """Put `window` in force and return it; StoreConflict if another run put one there since it was read."""
    generation = window.generation + 1
    about = {
        "generation": generation, "method": METHOD, "articles": window.articles,
        "days": {f"{day}": name for day, name in window.days.items()},
    }  # fmt: skip
    body = _parquet(window.rows.combine_chunks().replace_schema_metadata({_NAME: json.dumps(about).encode()}))
    etag = store.put(layout.STORY_HEAD, body, if_none_match=window.etag is None, if_match=window.etag)
    sweep_days(store, window.days, generation)
    return replace(window, generation=generation, etag=etag)


def forget_versions(store: Store, versions: Collection[tuple[str, int]]) -> None:
    """Have a later run look again at `versions`, (article, version), whose texts are about to change.

    Their lines stay, as of version 0: they say when the article was captured first. Called before the texts change, so
    that a crash in between forgets too much and never too little.
    """
    wanted = pa.array(sorted(f"{article}:{version}" for article, version in versions), pa.string())
    for attempt in range(1, FORGET_TRIES + 1):
        window = read_window(store)
        rows = window.rows
        names = pc.binary_join_element_wise(rows["article_id"], pc.cast(rows["version"], pa.string()), ":")
        known = pc.is_in(names, value_set=wanted)
        if not pc.any(known).as_py():
            return
        number = pc.if_else(known, pa.scalar(0, pa.int32()), rows["version"])
        rows = rows.set_column(rows.schema.get_field_index("version"), HEAD.field("version"), number)
        try:
            write_window(store, replace(window, rows=rows))
        except StoreConflict:
            if attempt == FORGET_TRIES:
                raise
        else:
            return


def sweep_days(store: Store, days: Mapping[date, str], generation: int) -> None:
    """Delete the days' objects that no head names. A run still writing writes for a later generation than this."""
    named = {_key(day, name, part) for day, name in days.items() for part in ("index", "entries")}
    old = [
        one.key
        for one in store.list(layout.STORY_DAYS)
        if one.key not in named and layout.story_day_generation(one.key) <= generation
    ]
    if old:
        store.delete(old)


def _write_day(store: Store, day: date, old: str | None, name: str, added: Sequence[Entry]) -> None:
    entries = ENTRIES.empty_table()
    keys, rows = np.empty(0, np.uint32), np.empty(0, np.uint32)
    if old:
        entries = _read(store.get(_key(day, old, "entries")).body, f"entries of {day}", ENTRIES)
        index = _read(store.get(_key(day, old, "index")).body, f"index of {day}")
        keys, rows = index["key"].to_numpy(), index["row"].to_numpy()
    new = np.stack([one.fingerprint.keys for one in added if one.fingerprint])
    new_keys, new_rows = sorted_index(new, entries.num_rows)
    keys, rows = np.concatenate([keys, new_keys]), np.concatenate([rows, new_rows])
    order = np.argsort(keys, kind="stable")  # two sorted runs: it only merges
    index = pa.table({"key": keys[order], "row": rows[order]})
    both = pa.concat_tables([entries, pa.Table.from_pylist([_row(one) for one in added], schema=ENTRIES)])
    store.put(_key(day, name, "entries"), _parquet(both.combine_chunks()))
    body = _parquet(index, use_dictionary=["row"], column_encoding={"key": "DELTA_BINARY_PACKED"}, compression="none")
    store.put(_key(day, name, "index"), body)


def _row(entry: Entry) -> dict[str, Any]:
    sighting, found = entry.sighting, entry.fingerprint
    assert found is not None  # noqa: S101 - for mypy: texts too short are not written
    return {
        "article_id": sighting.article_id, "version": sighting.version, "site": sighting.site, "url": sighting.url,
        "title": sighting.title, "published_at": sighting.published_at, "captured_at": sighting.captured_at,
        "shingles": found.shingles, "level": found.level, "sketch": found.sketch, "numbers": found.numbers,
    }  # fmt: skip


def _entries(rows: pa.Table, day: date) -> Iterator[Entry]:
    none = np.empty(0, np.uint32)
    for row in rows.to_pylist():
        shingles, level = row.pop("shingles"), row.pop("level")
        sketch, numbers = (np.array(row.pop(name), np.uint32) for name in ("sketch", "numbers"))
        yield Entry(Sighting(**row), day, Fingerprint(shingles, level, none, sketch, numbers))


def _key(day: date, name: str, part: str) -> str:
    return layout.story_day_key(day, name, part)


def _parquet(rows: pa.Table, **how: Any) -> bytes:  # noqa: ANN401 - pyarrow's own keywords
    sink = io.BytesIO()
    pq.write_table(rows, sink, **({"compression": "zstd"} | how))
    return sink.getvalue()


def _read(body: bytes, what: str, expected: pa.Schema | None = None) -> pa.Table:
    try:
        rows = pq.read_table(io.BytesIO(body))
    except (pa.ArrowException, OSError) as error:
        raise ObjectRefused(f"the story window's {what} is damaged ({error})") from error
    if expected is not None and not rows.schema.equals(expected):
        raise ObjectRefused(f"the story window's {what} is not of this version")
    return rows
