"""Erasing articles for good: from the captures, the tables and their history, the stories and what waits for them.

The order makes it safe to be killed at any point and run again. First the log says what is to go, the tombstones keep
publishers from adding it, and the frontiers keep crawls from asking for it. Then captures, which are searched for the
article's own words too; these come from its rows, so the rows go last. Before an object changes the log says what
it becomes (storage.erasures), so that `verify` passes at each point but between the two.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from extract.passages import Passages, letters
from extract.url import article_id
from storage import layout
from storage.client import Store
from storage.erase_lock import erasing
from storage.erase_objects import ObjectEraser
from storage.erase_rows import (
    TABLES,
    erase_articles,
    erase_rejections,
    fence_tables,
    purge_history,
    read_articles,
)
from storage.erase_staged import own_words, waiting_files, waiting_rows
from storage.erase_stories import erase_entries, erase_members
from storage.erase_waiting import keep_wanted
from storage.erase_warc import Original, Wanted
from storage.erasures import Erasure, read_log, union, write_entry
from storage.errors import (
    NotAllErased,
    NothingToErase,
    ObjectMissing,
    StoreConfigError,
    StoreConflict,
)
from storage.inventory import Inventory
from storage.open_runs import list_open
from storage.tombstones import read_tombstones, write_tombstones

log = logging.getLogger(__name__)
FRONTIER_TRIES = 10
BEFORE = timedelta(days=2)  # a feed may have named it so long before it was captured first


class Frontiers(Protocol):
    """What only the crawler knows of its frontiers' format."""

    def find(self, body: bytes, site: str, urls: Collection[str]) -> tuple[set[str], datetime | None] | None:
        """Return the URLs that lead to `urls`, themselves included, and when the first was seen; None: none of them."""

    def erase(self, body: bytes, site: str, articles: Collection[str], originals: Collection[Original]) -> bytes:
        """Return the frontier without `articles`, which it never asks for again, and without what `originals` were."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What to erase: normalised `urls`; who asks and why. `now` is an aware datetime."""

    urls: frozenset[str]
    reason: str
    by: str
    now: datetime
    tell: Callable[[int, int], None] = lambda _done, _total: None


@dataclass(frozen=True, slots=True)
class EraseReport:
    """What was erased. `waiting`: runs under way whose captures go when they have ended.

    `beside`: addresses that nobody named, of the same pages.
    """

    name: str
    articles: int
    versions: int
    objects: int
    records: int
    waiting: tuple[tuple[str, str], ...] = ()
    beside: tuple[str, ...] = ()


@dataclass(slots=True)
class _Known:
    """What the archive knows of the articles: all their URLs and ids, their rows, those that wait, where to look."""

    urls: set[str]
    tried: set[str] = field(default_factory=set)  # ids that an earlier erasure did not come to the end of
    sites: set[str] = field(default_factory=set)
    rows: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    seen: list[datetime] = field(default_factory=list)

    @property
    def days(self) -> list[str]:
        """The partitions of their rows, also of those that a publisher may be writing just now."""
        return [str(row["captured_at"].date()) for row in (*self.rows, *self.waiting)]

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(article_id(url) for url in self.urls) | self.tried


def erase(store: Store, frontiers: Frontiers, ask: Ask) -> EraseReport:
    """Erase the articles at `ask.urls`. Raises NothingToErase, ErasureUnderWay, or NotAllErased at the end."""
    name = f"{ask.now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    with erasing(store, name):
        return _Erasing(store, frontiers, ask).run(name)


class _Erasing:
    def __init__(self, store: Store, frontiers: Frontiers, ask: Ask) -> None:
        self._store, self._frontiers, self._ask = store, frontiers, ask
        self._log = read_log(store)

    def run(self, name: str) -> EraseReport:
        store, ask = self._store, self._ask
        earlier = [entry for entry in self._log if {article_id(url) for url in ask.urls} & set(entry.articles)]
        known = self._look_around(earlier)
        if not known.sites:
            raise NothingToErase(f"{min(ask.urls)}: the archive knows nothing of it; see ./broadsheet show")
        wanted = self._wanted(known)
        entry = Erasure(
            name, ask.now.isoformat(), ask.by, ask.reason, tuple(sorted(known.ids)), tuple(sorted(known.sites)),
            since=_since(known, earlier),
            days=union([known.days, *(one.days for one in earlier)]),
        )  # fmt: skip
        write_entry(store, entry)
        tombstones = read_tombstones(store)
        tombstones = replace(tombstones, articles=tombstones.articles | known.ids)
        write_tombstones(store, tombstones)
        fence_tables(store)
        wanted = self._look_again(known, wanted)
        for site in known.sites:
            self._change_frontier(site, known.ids, ())
        # after the frontiers: a run that begins now knows
        waiting = _under_way(store, known.sites)
        if waiting:
            keep_wanted(store, name, wanted)
        entry = write_entry(store, replace(entry, waiting=waiting))
        write_tombstones(store, replace(tombstones, waiting=tombstones.waiting | set(entry.waiting)))
        eraser = ObjectEraser(store, entry, wanted, known.urls, ask.now, earlier)
        eraser.sweep_sites(known.sites, date.fromisoformat(entry.since) if entry.since else None, ask.tell)
        for site in known.sites:
            self._change_frontier(site, known.ids, eraser.originals)
        self._clean_tables(known, wanted, eraser)
        entry = write_entry(store, replace(eraser.entry, done=not eraser.damaged))
        if eraser.damaged:
            raise NotAllErased("; ".join(eraser.damaged))
        for one in earlier:  # this one has done what they left
            write_entry(store, replace(one, done=True))
        beside = sorted({row["url"] for row in known.rows} - ask.urls)
        return EraseReport(
            name, len(known.ids), len(known.rows), len(entry.objects), eraser.records, entry.waiting, tuple(beside)
        )  # fmt: skip

    def _clean_tables(self, known: _Known, wanted: Wanted, eraser: ObjectEraser) -> None:
        """Rewrite the rows, then drop what the tables keep of before; the log has the days by then, for another try."""
        store, ids, note = self._store, known.ids, eraser.note_days
        erase_members(store, ids, note)
        erase_entries(store, ids)
        erase_rejections(store, wanted, known.urls, known.sites, eraser.dropped, note=note)
        erase_articles(store, wanted, known.sites, eraser.dropped, note)
        for key in TABLES:
            purge_history(store, key, map(date.fromisoformat, eraser.entry.days), ids)

    def _look_around(self, earlier: Iterable[Erasure]) -> _Known:
        store, known = self._store, _Known(set(self._ask.urls))
        known.sites.update(site for entry in earlier for site in entry.sites)
        known.tried.update(article for entry in earlier if not entry.done for article in entry.articles)
        self._ask_frontiers(known)
        known.rows = read_articles(store, article_id=sorted(known.ids))
        known.sites.update(row["site"] for row in known.rows)
        if known.sites:
            aliases = self._aliases(known)
            known.rows += [row for row in aliases if row["article_id"] not in known.ids]
            known.urls.update(row["url"] for row in aliases)
        for site, key in ((layout.staged_run(one.key), one.key) for one in store.list(layout.STAGED)):
            if site and waiting_rows(store, key, known.ids):
                known.sites.add(site[0])
        known.waiting = [
            row for key in waiting_files(store, known.sites) for row in waiting_rows(store, key, known.ids)
        ]
        known.seen += [row["captured_at"] for row in known.rows]
        return known

    def _aliases(self, known: _Known) -> list[dict[str, Any]]:
        """Return the rows of the same page under other addresses of its sites.

        Those that name it as canonical; what it names so itself, if title or text are the same; and what else names the
        same, if the text is: some sites name their front page on all their pages, and title each day's weather alike.
        """
        sites = sorted(known.sites)
        named = {row["canonical_url"] for row in known.rows} - {None} - known.urls
        titles, texts = ({row[name] for row in known.rows} for name in ("title", "text"))
        aliases = read_articles(self._store, site=sites, canonical_url=sorted(known.urls))
        if not named:
            return aliases
        meant = read_articles(self._store, site=sites, article_id=sorted(map(article_id, named)))
        beside = read_articles(self._store, site=sites, canonical_url=sorted(named))
        aliases += [row for row in meant if row["title"] in titles or row["text"] in texts]
        return aliases + [row for row in beside if row["text"] in texts]

    def _look_again(self, known: _Known, wanted: Wanted) -> Wanted:
        """Return what to look for once nobody can add a row any more: with what came since the archive was asked."""
        rows = read_articles(self._store, article_id=sorted(known.ids))
        if all(row in known.rows for row in rows):
            return wanted
        known.rows = rows
        return self._wanted(known)

    def _ask_frontiers(self, known: _Known) -> None:
        inventory = Inventory(self._store)
        try:
            folders, _ = inventory.below("state/")
        finally:
            inventory.close()
        for site in filter(layout.is_site, folders):
            try:
                body = self._store.get(layout.frontier_key(site)).body
            except ObjectMissing:
                continue
            if found := self._frontiers.find(body, site, known.urls):
                urls, first = found
                known.sites.add(site)
                known.urls |= urls
                known.seen += [first] if first else []

    def _wanted(self, known: _Known) -> Wanted:
        """Return what to look for. StoreConfigError if the log would repeat it by the reason given."""
        rows = known.rows + known.waiting
        texts = [row[name] for row in rows for name in ("text", "description") if row[name]]
        titles = Passages.of((), [row["title"] for row in rows])
        wanted = Wanted(known.ids, Passages.of(texts), titles)
        said = letters(self._ask.reason)
        if wanted.texts.count(said) or titles.count(said) or any(url in self._ask.reason for url in known.urls):
            raise StoreConfigError("the reason repeats the article's words or address, which the log would keep")
        return own_words(self._store, wanted, known.sites)

    def _change_frontier(self, site: str, articles: Collection[str], originals: Collection[Original]) -> None:
        change_frontier(self._store, site, lambda body: self._frontiers.erase(body, site, articles, originals))


def change_frontier(store: Store, site: str, change: Callable[[bytes], bytes]) -> None:
    """Put what `change` makes of a site's frontier in its place, whoever else writes it at the same time."""
    key = layout.frontier_key(site)
    for attempt in range(1, FRONTIER_TRIES + 1):
        try:
            stored = store.get(key)
        except ObjectMissing:
            return
        body = change(stored.body)
        if body == stored.body:
            return
        try:
            store.put(key, body, if_match=stored.etag)
        except StoreConflict:
            if attempt == FRONTIER_TRIES:
                raise
        else:
            return


def _since(known: _Known, earlier: Iterable[Erasure]) -> str | None:
    """Return the first day on which a capture may hold the articles, None: any."""
    told = [entry.since for entry in earlier]
    if None in told or not (known.seen or told):
        return None
    days = [(min(known.seen) - BEFORE).date().isoformat()] if known.seen else []
    return min([*days, *(day for day in told if day)])


def _under_way(store: Store, sites: Collection[str]) -> tuple[tuple[str, str], ...]:
    found = {(site, opened.run_id) for opened in list_open(store) for site in opened.sites if site in sites}
    return tuple(sorted(found))
