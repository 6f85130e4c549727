"""What goes by age: captures and articles of the sites that keep them for so many days only.

`erased/retention.json` first says from which day on a site's things are kept, so that `verify` misses nothing; then
they go. Killed on the way it is done the next day: the day said only moves on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

import pyarrow.compute as pc

from storage import layout
from storage.client import Store
from storage.erase import change_frontier
from storage.erase_rows import TRIES, erase_articles
from storage.erase_stories import erase_entries, erase_members
from storage.erase_warc import Wanted
from storage.erasures import Kept, later, read_retention, write_retention
from storage.errors import StoreConflict
from storage.scan import scan
from storage.tables import delete_rows, open_table, table_errors

log = logging.getLogger(__name__)
SLICE = 20_000  # articles in one commit
Retire = Callable[[bytes, str, Collection[str]], bytes]  # a frontier's bytes, its site, ids of articles


@dataclass(frozen=True, slots=True)
class Keep:
    """For how many days a site keeps its captures and its articles; None: for ever."""

    raw_days: int | None = None
    days: int | None = None

    def since(self, today: date) -> Kept:
        """Return the days from which on they are kept."""
        raw, rows = (today - timedelta(days=days) if days else None for days in (self.raw_days, self.days))
        return Kept(later(raw, rows), rows)  # a capture holds the article's text


@dataclass(frozen=True, slots=True)
class Retained:
    """How much went by age."""

    captures: int = 0
    articles: int = 0
    rejections: int = 0


def retain(store: Store, retire: Retire, keeps: Mapping[str, Keep], now: datetime) -> Retained:
    """Delete what the sites in `keeps` keep no longer; the eraser's lock is held."""
    before = read_retention(store)
    kept = dict(before)
    for site, keep in keeps.items():
        since, was = keep.since(now.date()), before.get(site, Kept())
        if since != Kept():
            kept[site] = Kept(later(since.raw, was.raw), later(since.rows, was.rows))
    if kept != before:
        write_retention(store, kept)
    captures = articles = rejections = 0
    for site, since in kept.items():
        if since.raw:
            captures += _drop_captures(store, site, since.raw)
        if since.rows:
            articles += _drop_articles(store, retire, site, since.rows)
            rejections += _drop_rejections(store, site, since.rows)
    return Retained(captures, articles, rejections)


def _drop_captures(store: Store, site: str, first: date) -> int:
    old = []
    for one in store.list(layout.raw_prefix(site)):
        day = layout.raw_day(one.key)
        if one.key >= layout.raw_day_prefix(site, first):
            break
        if day is not None and day < first:
            old.append(one.key)
    store.delete(old)
    return sum(key.endswith(".warc.gz") for key in old)


def _drop_articles(store: Store, retire: Retire, site: str, first: date) -> int:
    """Delete articles captured first before `first`; the frontier first, for it must not ask for them again.

    And once more after the rows: a stage may have noted a text meanwhile, whose row went with the others.
    """
    old = _old_articles(store, site, first)
    for start in range(0, len(old), SLICE):
        ids = frozenset(old[start : start + SLICE])
        change_frontier(store, site, partial(_retired, retire, site, ids))
        erase_members(store, ids)
        erase_entries(store, ids)
        erase_articles(store, Wanted(ids), (), {})
        change_frontier(store, site, partial(_retired, retire, site, ids))
    return len(old)


def _retired(retire: Retire, site: str, articles: Collection[str], body: bytes) -> bytes:
    return retire(body, site, articles)


def _old_articles(store: Store, site: str, first: date) -> Sequence[str]:
    table = open_table(store, layout.ARTICLES)
    if table is None:
        return ()
    seen: dict[str, datetime] = {}
    with table_errors(store, layout.ARTICLES):
        columns = ["article_id", "captured_at"]
        for batch in scan(table, store.table_files(layout.ARTICLES), columns, texts={"site": [site]}):
            for article, at in zip(*(batch[name].to_pylist() for name in columns), strict=True):
                seen[article] = min(at, seen.get(article, at))
    return sorted(article for article, at in seen.items() if at.date() < first)


def _drop_rejections(store: Store, site: str, first: date) -> int:
    """Delete the rejections of runs that began before `first`: the counts of a run are then all or none."""
    for _ in range(TRIES):
        table = open_table(store, layout.REJECTIONS)
        if table is None or not _has_rejections(store, site, first):
            return 0
        try:
            return delete_rows(store, layout.REJECTIONS, table, f"site = '{site}' AND run_id < '{first:%Y%m%d}'")
        except StoreConflict as error:
            log.info("%s was written meanwhile (%s): once more", layout.REJECTIONS, error.message)
    raise StoreConflict(f"{layout.REJECTIONS}: written {TRIES} times meanwhile; run upkeep again")


def _has_rejections(store: Store, site: str, first: date) -> bool:
    table = open_table(store, layout.REJECTIONS)
    if table is None:
        return False
    with table_errors(store, layout.REJECTIONS):
        batches = scan(table, store.table_files(layout.REJECTIONS), ["run_id"], texts={"site": [site]})
        return any(pc.any(pc.less(batch["run_id"].cast("string"), f"{first:%Y%m%d}")).as_py() for batch in batches)
