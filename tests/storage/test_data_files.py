"""What the table's log says of a data file never leaves out a row that a reader asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from storage import layout
from storage.articles import Archive
from storage.client import Store
from storage.data_files import LAST, LONGEST, statistics
from storage.publish import publish
from storage.tables import open_table
from tests.storage.making import START, article, run_id, stage_outcomes

MICROSECOND = timedelta(microseconds=1)


def said(tmp_path: Path, values: list[Any], kind: pa.DataType) -> dict[str, Any]:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"x": pa.array(values, kind)}), path, row_group_size=2)
    return statistics(pq.read_metadata(path))


@pytest.mark.parametrize(
    ("values", "kind", "low", "high", "nulls"),
    [
        ([3, 1, None, 2, 9], pa.int64(), 1, 9, 1),
        (["b", None, None, None, "a"], pa.string(), "a", "b", 3),
        (["\u00e9", "z"], pa.string(), "z", "\u00e9", 0),
        (
            [datetime(2026, 1, 1, 9, 0, 0, 123456, UTC)],
            pa.timestamp("us", "UTC"), "2026-01-01T09:00:00.123Z", "2026-01-01T09:00:00.124Z", 0,
        ),
        (
            [datetime(2026, 1, 1, 9, 0, tzinfo=UTC)],
            pa.timestamp("us", "UTC"), "2026-01-01T09:00:00.000Z", "2026-01-01T09:00:00.000Z", 0,
        ),
    ],
)  # fmt: skip
def test_bounds_are_those_of_all_row_groups(
    tmp_path: Path, values: list[Any], kind: pa.DataType, low: object, high: object, nulls: int
) -> None:
    found = said(tmp_path, values, kind)
    assert found == {
        "numRecords": len(values), "minValues": {"x": low}, "maxValues": {"x": high}, "nullCount": {"x": nulls},
    }  # fmt: skip


LONG = "The harbour bridge " * 10


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        ([LONG, "Zug"], LONG[:LONGEST], "Zug"),
        (["Aal", LONG], "Aal", LONG[:LONGEST] + LAST),
        (["Aal", LONG * 40], "Aal", LONG[:LONGEST] + LAST),
        ([LONG * 40] * 3, "", LAST),
    ],
)
def test_long_texts_are_bounded_by_their_beginnings(tmp_path: Path, values: list[str], low: str, high: str) -> None:
    found = said(tmp_path, values, pa.string())
    assert low <= min(values)
    assert max(values) <= high
    assert found["minValues"]["x"] <= low
    assert found["maxValues"]["x"] >= high


def test_a_column_of_nulls_has_no_bounds(tmp_path: Path) -> None:
    found = said(tmp_path, [None, None, None], pa.string())
    assert (found["nullCount"], found["minValues"], found["maxValues"]) == ({"x": 3}, {}, {})


def test_a_column_that_cannot_be_bounded_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="x: no bounds"):
        said(tmp_path, [float("nan")], pa.float64())


def test_a_reader_finds_rows_by_texts_of_any_length(store: Store) -> None:
    texts = {LONG, LONG * 40, "\u00e9" * 5000}
    columns = ("title", "url", "canonical_url", "text", "description")
    for number, long in enumerate(sorted(texts)):  # a file each
        changes = {name: f"https://times.example/{long}" if "url" in name else long for name in columns}
        stage_outcomes(store, "times", run_id(number), [article(f"a{number}"), article(long, **changes)])
        publish(store)
    table = open_table(store, layout.ARTICLES)
    assert table is not None
    dataset = table.to_pyarrow_dataset(filesystem=store.table_files(layout.ARTICLES))
    for name in columns:
        column = pc.field(name)
        for long in texts:
            value = f"https://times.example/{long}" if "url" in name else long
            assert dataset.count_rows(filter=column == value) == 1, name
        other = getattr(article("a0"), name)
        assert dataset.count_rows(filter=column.is_null() if other is None else column == other) > 0, name


def test_more_days_than_files_may_be_open_lose_no_row(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.data_files.OPEN_FILES", 2)
    monkeypatch.setattr("storage.data_files.GROUP_ROWS", 4)
    days = [article(f"a{number}", minutes=24 * 60 * (number % 5)) for number in range(20)]
    stage_outcomes(store, "times", run_id(1), days)
    publish(store)
    archive = Archive(store)
    assert sorted(archive.articles()["url"].to_pylist()) == sorted(one.url for one in days)
    assert archive.articles(since=START + timedelta(days=4)).num_rows == 4
    assert archive.table_version() == 1


def test_a_list_or_struct_has_no_bounds(tmp_path: Path) -> None:
    found = said(tmp_path, [["a"], ["b"]], pa.list_(pa.string()))
    assert found["nullCount"] == {}


def test_a_reader_finds_what_was_captured_between_two_milliseconds(store: Store) -> None:
    moment = START + timedelta(microseconds=123_456)
    stage_outcomes(store, "times", run_id(1), [article(captured_at=moment)])
    publish(store)
    archive = Archive(store)
    assert archive.articles(since=moment).num_rows == archive.articles(until=moment + MICROSECOND).num_rows == 1
    assert archive.articles(since=moment + MICROSECOND).num_rows == archive.articles(until=moment).num_rows == 0


def test_files_of_another_site_or_article_are_not_read(store: Store) -> None:
    for number, site in enumerate(("times", "post"), 1):
        stage_outcomes(store, site, run_id(number), [article(site, site=site)])
        publish(store)
    table = open_table(store, layout.ARTICLES)
    assert table is not None
    actions = table.get_add_actions(flatten=True)
    columns = {name: actions[name].to_pylist() for name in actions.schema.names}
    assert sorted(zip(columns["min.site"], columns["max.site"], columns["num_records"], strict=True)) == [
        ("post", "post", 1), ("times", "times", 1),
    ]  # fmt: skip
