"""The stories table: its rows by day, and the stories that readers ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from storage import layout, schema
from storage.client import Store
from storage.members import Member, Sighting
from storage.rows import from_row, to_row
from storage.scan import both, scan
from storage.tables import files_by_day, open_table, table_errors

DAY = pc.field(schema.PARTITION.name)


class StoryRows:
    """The rows of one version of the stories table, each day's file read once."""

    def __init__(self, store: Store, table: DeltaTable) -> None:
        self.days = set(files_by_day(table).values())
        self._store, self._table = store, table
        self._read: set[date] = set()
        self._rows = schema.STORIES.empty_table()

    def of(self, days: Iterable[date]) -> pa.Table:
        """Return the rows of `days`."""
        wanted = set(days)
        if missing := (wanted & self.days) - self._read:
            self._rows = pa.concat_tables([self._rows, _scan(self._store, self._table, DAY.isin(sorted(missing)))])
            self._read |= missing
        return self._rows.filter(DAY.isin(sorted(wanted)))


def _scan(
    store: Store, table: DeltaTable, when: pc.Expression | None, texts: Mapping[str, Sequence[str]] | None = None
) -> pa.Table:
    with table_errors(store, layout.STORIES):
        batches = scan(table, store.table_files(layout.STORIES), schema.STORIES.names, when=when, texts=texts)
        return pa.Table.from_batches(batches, schema=schema.STORIES)


def having(rows: pa.Table, column: str, named: Iterable[Sighting | Member]) -> pa.Table:
    """Return the rows whose `column` is that of one of `named`."""
    values = pa.array(sorted({getattr(one, column) for one in named}), pa.string())
    return rows.filter(pc.is_in(rows[column], value_set=values))


def members_of(rows: pa.Table) -> list[Member]:
    """Return rows as records."""
    return [from_row(Member, row) for row in rows.to_pylist()]


def as_table(members: Iterable[Member]) -> pa.Table:
    """Return records as rows, with their partition."""
    rows = [to_row(row) | {schema.PARTITION.name: row.captured_at.date()} for row in members]
    return pa.Table.from_pylist(rows, schema=schema.STORIES)


def read_stories(store: Store, *, since: datetime | None = None, min_sites: int = 1) -> pa.Table:
    """Return the member rows of the stories that at least `min_sites` sites had, the oldest story first.

    With `since`, an aware datetime, those that an article captured then or later is in, with all their members. Within
    a story the origin comes first, then the order of publication.
    """
    table = open_table(store, layout.STORIES)
    found = members_of(_scan(store, table, None) if since is None else _since(store, table, since)) if table else []
    sites: dict[str, set[str]] = {}
    for row in found:
        sites.setdefault(row.story_id, set()).add(row.site)
    order = attrgetter("story_captured_at", "story_id")
    kept = [row for row in found if len(sites[row.story_id]) >= min_sites]
    kept.sort(key=lambda row: (*order(row), not row.is_origin, row.published_by, row.captured_at, row.article_id))
    return as_table(kept)


def _since(store: Store, table: DeltaTable, since: datetime) -> pa.Table:
    recent = _scan(store, table, both(since.date() <= DAY, pc.field("captured_at") >= since))
    if not recent.num_rows:
        return recent
    first = pc.min(recent["story_captured_at"]).as_py().date()
    return _scan(store, table, first <= DAY, {"story_id": pc.unique(recent["story_id"]).to_pylist()})
