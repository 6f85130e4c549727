"""Edits that nobody made: the version before a new one is read again, as the new capture was.

A site's profile learns from run to run and the code changes, so that two captures of one page may be read differently
though only an advertisement moved. Before a new version is made, the capture of the one before it is therefore read by
the new one's profile and put in the place of what its row held (as a re-extraction does): then they differ by what the
publisher changed alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa

from storage import schema
from storage.became import State, read_states
from storage.client import Store
from storage.partitions import Partition
from storage.reextract import Reextraction
from storage.reextracted import note_pass
from storage.replaced import Row, unmarked

log = logging.getLogger(__name__)
# (site, segment, where captures begin in it, the id of a profile or None) → the article rows read there
ReadAs = Callable[[str, str, frozenset[int], str | None], list[Row]]
ReadBy = tuple[str, str | None]  # extraction version, profile


@dataclass(frozen=True, slots=True)
class Edit:
    """A new text of an article; `version` is the one before it, `read_by` (extraction version, profile) of the new."""

    article_id: str
    site: str
    version: int
    read_by: ReadBy


def reread_before(store: Store, edits: Iterable[Edit], read_as: ReadAs) -> int:
    """Read the version before each edit as the edit was, if it was read otherwise; return how many rows changed."""
    wanted = list(edits)
    states = read_states(store, (edit.article_id for edit in wanted))
    asked: dict[tuple[Partition, ReadBy], dict[str, set[int]]] = {}  # segments, which are read from their beginning
    for edit in wanted:
        before = next((one for one in states.get(edit.article_id, ()) if one.version == edit.version), None)
        if before is None or before.capture is None or _read_by(before) == edit.read_by:
            continue
        part = Partition(before.captured_at.astimezone(UTC).date().replace(day=1), edit.site)
        segment, offset = before.capture
        asked.setdefault((part, edit.read_by), {}).setdefault(segment, set()).add(offset)
    changed = 0
    for (part, read_by), segments in asked.items():
        found = (read_as(part.site, key, frozenset(offsets), read_by[1]) for key, offsets in sorted(segments.items()))
        changed += _put(store, part, read_by, [row for rows in found for row in rows])
    return changed


def _read_by(state: State) -> ReadBy:
    version, profile = state.read_by
    return unmarked(version), profile


def _put(store: Store, part: Partition, read_by: ReadBy, rows: list[Row]) -> int:
    making = Reextraction(store, part, lambda _: None, dry_run=False)
    articles = pa.Table.from_pylist(rows, schema=schema.ARTICLE_ROW)
    making.put(articles, schema.REJECTION_ROW.empty_table())
    changed = sum(making.counts[kind] for kind in ("texts", "metadata", "provenance"))
    if changed:
        log.info("%s: %d versions read again by %s, as what came after them", part.name, changed, read_by)
        note_pass(
            store, part.site, part.month, {"at": datetime.now(UTC).isoformat(), "read_by": read_by, "rows": changed}
        )
    return changed
