"""Erasing from whole objects: captures and their indexes, manifests, and files that wait for the tables.

Each is read, changed, logged and put back with If-Match, in this order; the index before its segment, since only the
segment tells which of its lines are to go.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256

from extract.url import article_id
from storage import layout
from storage.client import Store, Stored
from storage.erase_staged import swept_rows, waiting_files
from storage.erase_warc import Original, Wanted, sweep_index, sweep_segment
from storage.erasures import Changed, Erasure, union, write_entry
from storage.errors import ObjectMissing, ObjectRefused, StoreConflict
from storage.manifest import RunManifest, RunState
from storage.tombstones import stand_in

log = logging.getLogger(__name__)


class ObjectEraser:
    """Erases from the objects of some sites. `entry` is the log's, as written so far.

    `dropped` and `originals` are the records that are gone, those of `earlier` tries too; `damaged` what could not be
    searched.
    """

    def __init__(
        self, store: Store, entry: Erasure, wanted: Wanted, urls: Collection[str], now: datetime,
        earlier: Iterable[Erasure] = (),
    ) -> None:  # fmt: skip
        self._store, self._wanted, self._urls, self._now = store, wanted, urls, now
        self.entry = entry
        self.dropped: dict[str, set[int]] = {}
        for one in (one for tried in earlier for one in tried.objects if one.records):
            self.dropped.setdefault(one.key, set()).update(one.records)
        self.originals: set[Original] = set()
        self.damaged: list[str] = []
        self.records = 0

    def sweep_sites(self, sites: Collection[str], since: date | None, tell: Callable[[int, int], None]) -> None:
        """Sweep what `sites` have: captures of `since` and later, manifests, staged files and parts."""
        segments = [key for site in sorted(sites) for key in self._segments(site, since)]
        for done, key in enumerate(segments):
            self._sweep_segment(key)
            tell(done + 1, len(segments))
        for site in sorted(sites):
            for key in [one.key for one in self._store.list(f"runs/{site}/") if layout.manifest_run(one.key)]:
                self._sweep_manifest(key)
        for key in list(waiting_files(self._store, sites)):
            self._sweep_rows(key)

    def sweep_run(self, site: str, run_id: str) -> list[str]:
        """Sweep what one run left; return what of it is damaged."""
        before = len(self.damaged)
        for key in self._segments(site, layout.run_started(run_id).date()):
            if layout.raw_run(key) == (site, run_id):
                self._sweep_segment(key)
        self._sweep_manifest(layout.manifest_key(site, run_id))
        for key in list(waiting_files(self._store, [site])):
            self._sweep_rows(key)
        return self.damaged[before:]

    def note_days(self, days: Iterable[date]) -> None:
        """Have the log name partitions before they are written: whoever tries again knows where to look."""
        named = union([self.entry.days, map(str, days)])
        if named != self.entry.days:
            self.entry = write_entry(self._store, replace(self.entry, days=named))

    def _segments(self, site: str, since: date | None) -> list[str]:
        start = layout.raw_day_prefix(site, since) if since else ""
        keys = (one.key for one in self._store.list(layout.raw_prefix(site), start_after=start))
        return [key for key in keys if key.endswith(".warc.gz")]

    def _sweep_segment(self, key: str) -> None:
        stored = self._get(key)
        if stored is None:
            return
        try:
            swept = sweep_segment(stored.body, key, self._wanted, self.originals, self._now)
        except ObjectRefused as error:
            self.damaged.append(error.message)
            return
        if not swept.dropped:
            return
        self.records += len(swept.dropped)
        self.originals |= swept.originals
        self.dropped.setdefault(key, set()).update(swept.dropped)
        index_key = layout.index_key(key)
        if index := self._get(index_key):
            self._replace(index_key, index, sweep_index(index.body, swept.dropped))
        self._replace(key, stored, swept.body, tuple(sorted(swept.dropped)))

    def _sweep_manifest(self, key: str) -> None:
        """Take URLs out of a staged run's failures; one that is not staged yet is looked at when its run has ended."""
        stored = self._get(key)
        if stored is None:
            return
        try:
            manifest = RunManifest.from_json(stored.body, key)
        except ObjectRefused as error:  # verify names it
            log.warning("%s", error.message)
            return
        failures = tuple(self._nameless(dict(one)) for one in manifest.failures)
        if manifest.state != RunState.STAGED or failures == manifest.failures:
            return
        body = replace(manifest, failures=failures).to_json()
        self._replace(key, stored, body)
        newest = self._get(layout.newest_key(manifest.site))
        if newest and newest.body == stored.body:
            try:
                self._store.put(layout.newest_key(manifest.site), body, if_match=newest.etag)
            except StoreConflict:
                log.info("%s: another run ended meanwhile", manifest.site)

    def _nameless(self, failure: dict[str, str]) -> dict[str, str]:
        article = article_id(failure["url"])
        if article in self._wanted.articles:
            return failure | {"url": stand_in(article), "detail": ""}
        if any(url in failure["detail"] for url in self._urls):
            return failure | {"detail": ""}
        return failure

    def _sweep_rows(self, key: str) -> None:
        stored = self._get(key)
        if stored is None:
            return
        try:
            body = swept_rows(stored.body, key, self._wanted, self._urls, self.dropped)
        except ObjectRefused as error:
            self.damaged.append(error.message)
            return
        try:
            self._replace(key, stored, body)
        except StoreConflict:  # published, staged or written anew meanwhile
            log.info("%s: its run went on meanwhile", key)

    def _get(self, key: str) -> Stored | None:
        try:
            return self._store.get(key)
        except ObjectMissing:
            return None

    def _replace(self, key: str, stored: Stored, body: bytes, records: tuple[int, ...] = ()) -> None:
        if body == stored.body:
            return
        was, now = (sha256(one).hexdigest() for one in (stored.body, body))
        self.entry = write_entry(self._store, self.entry.changed(Changed(key, was, now, len(body), records)))
        self._store.put(key, body, if_match=stored.etag)
