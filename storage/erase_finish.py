"""What an erasure leaves to later: captures of runs that were under way, files of commits that came to nothing."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from storage.client import Store
from storage.erase_lock import erasing
from storage.erase_objects import ObjectEraser
from storage.erase_rows import TABLES, erase_articles, purge_history
from storage.erase_staged import own_words
from storage.erase_stories import erase_entries
from storage.erase_waiting import drop_unwanted, drop_wanted, read_wanted
from storage.erasures import read_log, write_entry
from storage.errors import NotAllErased, ObjectRefused
from storage.open_runs import list_open
from storage.tombstones import read_tombstones, write_tombstones

LINGERS = timedelta(days=3)  # files of commits that were under way may come after an erasure: looked for so long


def finish_erasures(store: Store, now: datetime) -> int:
    """Erase what runs that were under way have captured meanwhile; return how many runs are still waited for.

    Cheap when there is nothing to do: one request, two before the first erasure.
    """
    waiting = read_tombstones(store).waiting
    if not waiting:
        return 0
    going = {(site, opened.run_id) for opened in list_open(store) for site in opened.sites}
    ended = waiting - going
    if ended:
        name = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        with erasing(store, name):
            _finish(store, now, ended)
    return len(waiting) - len(ended)


def _finish(store: Store, now: datetime, ended: Collection[tuple[str, str]]) -> None:
    """Sweep what the runs that `ended` left. A run with a damaged segment is still waited for, the others are not."""
    damaged: dict[tuple[str, str], list[str]] = {}
    for entry in read_log(store):
        runs = sorted(set(entry.waiting) & set(ended))
        if not runs:
            continue
        try:
            wanted = own_words(store, read_wanted(store, entry.name, entry.articles), entry.sites)
        except ObjectRefused as error:
            damaged |= {run: [error.message] for run in runs}
            continue
        eraser = ObjectEraser(store, entry, wanted, (), now, [entry])
        damaged |= {run: found for run in runs if (found := eraser.sweep_run(*run))}
        erase_articles(store, wanted, entry.sites, eraser.dropped, eraser.note_days)  # what others repeat of it
        for key in TABLES:
            purge_history(store, key, map(date.fromisoformat, eraser.entry.days), entry.articles)
        swept = set(runs).difference(damaged)
        waiting = tuple(one for one in entry.waiting if one not in swept)
        if not waiting:  # before the entry says so: all is swept, and nobody looks for them after it
            drop_wanted(store, entry.name)
        write_entry(store, replace(eraser.entry, waiting=waiting))
    left = read_tombstones(store)
    write_tombstones(store, replace(left, waiting=left.waiting.difference(ended).union(damaged)))
    if damaged:
        raise NotAllErased("; ".join(one for found in damaged.values() for one in found))


def purge_recent(store: Store, now: datetime) -> None:
    """Look once more for files of commits that were under way at an erasure and came to nothing.

    And drop what erasures look for that wait for nothing: one that was killed between keeping it and saying so.
    """
    log_entries = read_log(store)
    drop_unwanted(store, {entry.name for entry in log_entries if entry.waiting})
    for entry in log_entries:
        if entry.done and now - datetime.fromisoformat(entry.at) < LINGERS:
            erase_entries(store, entry.articles)
            for key in TABLES:
                purge_history(store, key, map(date.fromisoformat, entry.days), entry.articles)
