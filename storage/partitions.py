"""The parts in which the tables' rows are read again: one site's captures of one month, by UTC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from storage import layout, schema
from storage.client import Store
from storage.moments import in_utc
from storage.scan import both, scan
from storage.tables import open_table, table_errors

DAY = schema.PARTITION.name
_NAME = re.compile(r"([a-z0-9-]+)/(\d{4})-(0[1-9]|1[0-2])")
TABLES = (layout.ARTICLES, layout.REJECTIONS)


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """The captures of `site` in the month that begins with `month`, from `since` on and before `until`."""

    month: date
    site: str
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def named(cls, name: str, since: datetime | None = None, until: datetime | None = None) -> Partition:
        """Return the partition called SITE/YYYY-MM; ValueError for another name."""
        found = _NAME.fullmatch(name)
        if not found or not layout.is_site(found[1]):
            raise ValueError(f"{name!r} is no partition: SITE/YYYY-MM")
        return cls(date(int(found[2]), int(found[3]), 1), found[1], since, until)

    @property
    def name(self) -> str:
        """Its name, SITE/YYYY-MM."""
        return f"{self.site}/{self.month:%Y-%m}"

    @property
    def when(self) -> pc.Expression:
        """Its rows, by their day and time; not by their site."""
        following = (self.month.replace(day=28) + timedelta(days=4)).replace(day=1)
        month = (pc.field(DAY) >= self.month) & (pc.field(DAY) < following)
        return both(_between(self.since, self.until), month)


def list_partitions(
    store: Store, *, site: str | None = None, since: datetime | None = None, until: datetime | None = None
) -> list[Partition]:
    """Return the partitions that the tables have rows of, the oldest month first; aware times about captured_at."""
    texts = {"site": [site]} if site is not None else {}
    found: set[tuple[str, date]] = set()
    for key in TABLES:
        table = open_table(store, key)
        if table is None:
            continue
        with table_errors(store, key):
            for batch in scan(table, store.table_files(key), ["site", DAY], when=_between(since, until), texts=texts):
                rows = pa.table({"site": pc.cast(batch["site"], pa.string()), DAY: batch[DAY]})
                days = rows.group_by(["site", DAY]).aggregate([]).to_pylist()
                found.update((row["site"], row[DAY].replace(day=1)) for row in days)
    return sorted(Partition(month, name, since, until) for name, month in found)


def list_captures(store: Store, part: Partition) -> dict[str, set[int]]:
    """Return where the captures lie that gave the partition's rows: segment → bytes, oldest segment first."""
    found: dict[str, set[int]] = {}
    for batch in _rows(store, part):
        captures = batch["capture"]
        keys, offsets = (pc.struct_field(captures, name).to_pylist() for name in ("key", "offset"))
        for key, offset in zip(keys, offsets, strict=True):
            if key is not None:
                found.setdefault(key, set()).add(offset)
    return dict(sorted(found.items(), key=lambda item: (item[0].rpartition("/")[2], item[0])))


def _rows(store: Store, part: Partition) -> Iterator[pa.RecordBatch]:
    for key in TABLES:
        table = open_table(store, key)
        if table is not None:
            with table_errors(store, key):
                yield from scan(table, store.table_files(key), ["capture"], when=part.when, texts={"site": [part.site]})


def _between(since: datetime | None, until: datetime | None) -> pc.Expression | None:
    """Return the rows from `since` on and before `until`; whole days are pruned before a file is opened."""
    when = None
    day, moment = pc.field(DAY), pc.field("captured_at")
    if since is not None:
        when = both(when, (day >= in_utc(since).date()) & (moment >= since))
    if until is not None:
        when = both(when, (day <= in_utc(until).date()) & (moment < until))
    return when
