"""Articles and rejections as Parquet: the contract's columns, nothing lost on the way."""

from __future__ import annotations

import hashlib
import typing
from dataclasses import fields, replace
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.article import Article
from extract.rejection import Reason, Rejection
from storage import layout, schema
from storage.client import Store
from storage.errors import ObjectRefused
from storage.rows import from_row, to_row
from storage.staging import drop_parts, read_tables, stage_parts, write_part, written_parts
from tests.storage.making import article, rejection, run_id

DESIGN_ARTICLE = (  # DESIGN section 6, word for word
    "article_id site url canonical_url version title authors published_at modified_at published_source captured_at "
    "language section tags description image text word_count text_sha256 status rights extraction removed capture run_id"
)


def test_the_tables_have_the_columns_of_the_contract_and_the_partition() -> None:
    assert set(schema.ARTICLES.names) == {*DESIGN_ARTICLE.split(), "captured_day"}
    rejection_columns = {"url", "site", "captured_at", "reason", "detail", "capture", "run_id", "captured_day"}
    assert set(schema.REJECTIONS.names) == rejection_columns
    struct = schema.ARTICLES.field("removed").type.value_type
    assert [one.name for one in struct] == ["text", "reason", "where"]
    assert schema.ARTICLES.field("captured_at").type == pa.timestamp("us", tz="UTC")
    assert not schema.ARTICLES.field("text").nullable
    assert schema.ARTICLES.field("canonical_url").nullable


def test_a_type_without_a_column_type_is_refused() -> None:
    class Odd(typing.NamedTuple):
        x: int

    with pytest.raises(TypeError, match="no column type"):
        schema._arrow_type(Odd)


moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(texts, texts, st.lists(texts, max_size=3), moments, st.none() | moments, st.none() | texts)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_article_survives_arrow(
    title: str, text: str, tags: list[str], captured: datetime, published: datetime | None, section: str | None
) -> None:
    made = article(
        title=title, text=text, tags=tuple(tags), captured_at=captured, published_at=published, section=section
    )
    table = pa.Table.from_pylist([to_row(made)], schema=schema.ARTICLE_ROW)
    assert from_row(Article, table.to_pylist()[0]) == made


def test_a_runs_parts_and_failures_come_back_from_the_staged_file(store: Store) -> None:
    first = [article(), rejection(reason=Reason.PAYWALL_STUB), article("ferry", removed=(), capture=None)]
    second, failure = [article("tram")], rejection("slow", Reason.TIMEOUT)
    written = write_part(store, "times", run_id(1), 0, iter(first))
    write_part(store, "times", run_id(1), 1, second)
    assert (written.articles, written.rejections) == (2, 1)
    assert written_parts(store, "times", run_id(1)) == {0, 1}
    staged = stage_parts(store, "times", run_id(1), [0, 1], [failure])
    assert staged.object is not None
    assert staged.object.key == layout.staged_key("times", run_id(1))
    expected = [replace(one, run_id=run_id(1)) for one in (first[0], first[2], *second, first[1], failure)]
    articles, rejections = read_tables(store, staged.object.key)
    assert [from_row(Article, row) for row in articles.to_pylist()] == [
        one for one in expected if isinstance(one, Article)
    ]
    assert [from_row(Rejection, row) for row in rejections.to_pylist()] == expected[len(articles) :]
    assert {(noted.url, noted.reason) for noted in staged.noted} == {
        (one.url, one.reason if isinstance(one, Rejection) else None) for one in expected
    }
    drop_parts(store, "times", run_id(1), [0, 1])
    assert written_parts(store, "times", run_id(1)) == set()


def test_a_run_without_outcomes_leaves_nothing_to_publish(store: Store) -> None:
    write_part(store, "times", run_id(1), 0, [])
    assert stage_parts(store, "times", run_id(1), [0], []).object is None
    assert list(store.list(layout.STAGED)) == []


def test_long_runs_are_written_in_batches_and_compressed(store: Store) -> None:
    written = write_part(store, "times", run_id(1), 0, (article(f"a{number}") for number in range(1000)))
    with store.open(written.object.key) as stream:
        found = pq.ParquetFile(pa.BufferReader(stream.read()))
    assert (found.metadata.num_rows, found.metadata.num_row_groups) == (1000, 4)
    assert found.metadata.row_group(0).column(0).compression == "ZSTD"


def test_a_file_that_is_no_parquet_is_refused_by_name(store: Store) -> None:
    store.put(layout.staged_key("times", run_id(1)), b"")
    with pytest.raises(ObjectRefused, match=f"staged/times/{run_id(1)}.parquet: no Parquet file"):
        read_tables(store, layout.staged_key("times", run_id(1)))


def test_every_field_of_the_records_has_a_column() -> None:
    assert [one.name for one in fields(Article)] == schema.ARTICLE_ROW.names
    assert [one.name for one in fields(Rejection)] == schema.REJECTION_ROW.names


def test_a_changed_record_changes_the_staged_files_version() -> None:
    columns = [(one.name, str(one.type), one.nullable) for one in (*schema.ARTICLE_ROW, *schema.REJECTION_ROW)]
    digest = hashlib.sha256(repr(columns).encode()).hexdigest()[:8]
    # where this fails for the second value, raise schema.STAGED_VERSION and note the new value here
    assert (schema.STAGED_VERSION, digest) == (1, "f6530c28")
