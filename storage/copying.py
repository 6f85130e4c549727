"""The whole archive into another bucket: every object as it is; what is there already is not sent again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from storage import layout
from storage.client import Listed, Store
from storage.errors import StoreConfigError, StoreRefused

THREADS = 4  # each holds one object: a segment or a table file, 128 MiB and rarely more


@dataclass(frozen=True, slots=True)
class Copied:
    """How many objects and bytes were sent, and how many objects were there already."""

    objects: int = 0
    bytes: int = 0
    present: int = 0


def copy_archive(source: Store, target: Store, tell: Callable[[int, int], None]) -> Copied:
    """Make `target` hold what `source` holds, byte for byte; may be killed and repeated. Nothing may write to either.

    StoreRefused if `target` holds anything else: an object of another archive, or one that went here since an earlier
    copy, would be taken for this archive's.
    """
    if source.table_uri("") == target.table_uri("") and source.settings.endpoint == target.settings.endpoint:
        raise StoreConfigError(f"{target.settings.place}: that is where the archive is; name another bucket or prefix")
    there = {one.key: one.size for one in _objects(target)}
    wanted = _objects(source)
    if foreign := sorted(there.keys() - {one.key for one in wanted}):
        raise StoreRefused(
            f"{target.settings.place}: holds {len(foreign)} objects that the archive does not, such as {foreign[0]}; "
            "copy into an empty bucket or prefix"
        )

    def send(one: Listed) -> int:
        if there.get(one.key) == one.size and target.sha256(one.key)[0] == source.sha256(one.key)[0]:
            return -1
        return len(_send(source, target, one.key))

    sent: list[int] = []
    with ThreadPoolExecutor(THREADS, "copy") as threads:
        for size in threads.map(send, wanted):
            sent.append(size)
            tell(len(sent), len(wanted))
    return Copied(sum(size >= 0 for size in sent), sum(size for size in sent if size > 0), sent.count(-1))


def _send(source: Store, target: Store, key: str) -> bytes:
    body = source.get(key).body
    target.put(key, body)
    return body


def _objects(store: Store) -> list[Listed]:
    own = (layout.READY, layout.PROBE)  # the stores', not the archive's
    return [one for one in store.list("") if not one.key.startswith(own)]
