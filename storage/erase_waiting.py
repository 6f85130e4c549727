"""What an erasure goes on looking for while it waits for runs under way: hashes of passages, no words.

A run that began before may still capture the article's words on other pages, when its rows are gone. The hashes are
deleted with the last such run; until then its own spool holds more than they tell.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import orjson

from extract.passages import Passages
from storage import layout
from storage.client import Store
from storage.erase_warc import Wanted
from storage.errors import ObjectMissing, ObjectRefused


def keep_wanted(store: Store, name: str, wanted: Wanted) -> None:
    """Store what the erasure `name` looks for."""
    told = {"texts": _told(wanted.texts), "titles": _told(wanted.titles)}
    store.put(layout.wanted_key(name), orjson.dumps(told, option=orjson.OPT_SERIALIZE_NUMPY))


def read_wanted(store: Store, name: str, articles: Collection[str]) -> Wanted:
    """Return what the erasure `name` of `articles` looks for: them alone where nothing was kept."""
    key = layout.wanted_key(name)
    try:
        told = orjson.loads(store.get(key).body)
        return Wanted(frozenset(articles), _passages(told["texts"]), _passages(told["titles"]))
    except ObjectMissing:
        return Wanted(frozenset(articles))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise ObjectRefused(
            f"{key}: no passages to look for ({error!r}); restore it from a backup, or delete it and erase again"
        ) from error


def drop_wanted(store: Store, name: str) -> None:
    """Delete what `keep_wanted` stored."""
    store.delete([layout.wanted_key(name)])


def drop_unwanted(store: Store, waiting: Collection[str]) -> None:
    """Delete what is kept of all erasures but those that are `waiting`; nobody may erase meanwhile."""
    kept = {layout.wanted_key(name) for name in waiting}
    store.delete([one.key for one in store.list(layout.WANTED) if one.key not in kept])


def _told(passages: Passages) -> dict[str, Any]:
    return {str(size): hashes for size, hashes in passages.runs.items()}


def _passages(told: dict[str, list[int]]) -> Passages:
    return Passages({int(size): np.array(sorted(hashes), np.uint64) for size, hashes in told.items()})
