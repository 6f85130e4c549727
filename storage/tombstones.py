"""The ids of erased articles: whoever publishes leaves them out, whatever a run still has of them.

One object, so that it costs a publisher one request. It is written before the first row goes and read after the table
was opened: an erasure fences each table after it has written the ids, so that a commit that was prepared before loses
its race, and the next try reads them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from storage import layout
from storage.client import Store
from storage.erasures import read_log
from storage.errors import ObjectMissing, ObjectRefused


@dataclass(frozen=True, slots=True)
class Tombstones:
    """`articles`: erased ids. `waiting`: (site, run id) that were under way then: their captures are yet to go."""

    articles: frozenset[str] = frozenset()
    waiting: frozenset[tuple[str, str]] = frozenset()


def read_tombstones(store: Store) -> Tombstones:
    """Return the tombstones, none before the first erasure; from the log of erasures if they are lost."""
    try:
        told = json.loads(store.get(layout.TOMBSTONES).body)
        return Tombstones(frozenset(told["articles"]), frozenset((site, run_id) for site, run_id in told["waiting"]))
    except ObjectMissing:
        return _from_log(store)
    except (ValueError, TypeError, KeyError) as error:
        raise ObjectRefused(
            f"{layout.TOMBSTONES}: no tombstones ({error!r}); ./broadsheet upkeep writes it anew once it is deleted"
        ) from error


def restore_tombstones(store: Store) -> None:
    """Write them anew if they are lost, so that a publisher need not read the log; for who holds the eraser's lock."""
    if not list(store.list(layout.TOMBSTONES)) and (found := _from_log(store)) != Tombstones():
        write_tombstones(store, found)


def _from_log(store: Store) -> Tombstones:
    entries = read_log(store)
    return Tombstones(
        frozenset(article for entry in entries for article in entry.articles),
        frozenset(run for entry in entries for run in entry.waiting),
    )


def write_tombstones(store: Store, tombstones: Tombstones) -> None:
    """Put `tombstones` in force; only who holds the eraser's lock may."""
    told = {"articles": sorted(tombstones.articles), "waiting": sorted(tombstones.waiting)}
    store.put(layout.TOMBSTONES, json.dumps(told).encode())


def stand_in(article: str) -> str:
    """Return what is kept in place of an erased article's URL, which often holds its headline."""
    return f"erased:{article}"
