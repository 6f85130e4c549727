"""A run's outcomes in parts, one a WARC segment: written as segments are read, joined when the run is staged."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from extract.article import Article
from extract.rejection import Rejection
from storage import layout
from storage.client import Store
from storage.staging import Extracted, read_outcomes, write_rows


def write_part(store: Store, site: str, run_id: str, number: int, outcomes: Iterable[Article | Rejection]) -> Extracted:
    """Store the outcomes of a run's segment `number`; the iterable is read in small batches. Repeating it replaces the part."""
    return _write(store, layout.part_key(site, run_id, number), run_id, outcomes)


def written_parts(store: Store, site: str, run_id: str) -> set[int]:
    """Return the numbers of the parts that the run has."""
    prefix = layout.parts_prefix(site, run_id)
    return {int(listed.key.removeprefix(prefix).partition(".")[0]) for listed in store.list(prefix)}


def stage_parts(store: Store, site: str, run_id: str, count: int, more: Sequence[Rejection]) -> Extracted:
    """Join the parts 0 … count-1 and the rejections `more` into the run's staged file. ObjectMissing without a part."""

    def outcomes() -> Iterator[Article | Rejection]:
        for number in range(count):
            yield from read_outcomes(store, layout.part_key(site, run_id, number))
        yield from more

    return _write(store, layout.staged_key(site, run_id), run_id, outcomes())


def drop_parts(store: Store, site: str, run_id: str, count: int) -> None:
    """Delete the parts of a staged run."""
    store.delete(layout.part_key(site, run_id, number) for number in range(count))


def _write(store: Store, key: str, run_id: str, outcomes: Iterable[Article | Rejection]) -> Extracted:
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as folder:
        path = Path(folder) / "rows.parquet"
        articles, rejections = write_rows(path, outcomes, run_id)
        return Extracted(store.put_file(key, path), articles, rejections)
