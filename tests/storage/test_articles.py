"""The readers' API gives what was published, and reads only the days asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import polars as pl
import pytest

from extract.rejection import Reason
from storage import layout, schema
from storage.articles import Archive
from storage.client import Store
from storage.errors import StoreError
from storage.publish import publish
from storage.stories import cluster
from tests.storage.making import START, article, rejection, run_id, stage_outcomes

DAY_MINUTES = 24 * 60


@pytest.fixture
def archive(store: Store) -> Archive:
    """Three days: "bridge" with two versions, "ferry" on the first day, "tram" of another site on the third."""
    days = [
        [article(), article("ferry"), rejection("none")],
        [article(text="The bridge reopens. Late.", minutes=DAY_MINUTES)],
        [article("tram", minutes=2 * DAY_MINUTES, site="post"), rejection("gone", minutes=2 * DAY_MINUTES)],
    ]
    for number, outcomes in enumerate(days):
        stage_outcomes(store, "times", run_id(number), outcomes)
        publish(store)
    return Archive(store)


def names(archive: Archive, **chosen: Any) -> list[tuple[str, int]]:
    found = archive.articles(**chosen).to_pylist()
    return [(row["url"].rpartition("/")[2], row["version"]) for row in found]


def test_an_empty_archive_is_an_empty_table_with_the_schema(store: Store) -> None:
    archive = Archive(store)
    assert archive.articles() == schema.ARTICLES.empty_table()
    assert archive.rejections() == schema.REJECTIONS.empty_table()
    assert archive.lazy().collect().columns == schema.ARTICLES.names
    assert archive.table_version() is None


def test_latest_versions_come_by_capture_time(archive: Archive) -> None:
    assert names(archive) == [("ferry", 1), ("bridge", 2), ("tram", 1)]
    assert names(archive, all_versions=True) == [("bridge", 1), ("ferry", 1), ("bridge", 2), ("tram", 1)]
    assert archive.articles().schema == schema.ARTICLES


def test_articles_are_chosen_by_site_url_and_time(archive: Archive) -> None:
    assert names(archive, site="post") == [("tram", 1)]
    assert names(archive, url="HTTPS://Times.example/bridge?utm_source=x#top", all_versions=True) == [
        ("bridge", 1),
        ("bridge", 2),
    ]
    second = START + timedelta(days=1)
    assert names(archive, since=second) == [("bridge", 2), ("tram", 1)]
    assert names(archive, since=second, until=second + timedelta(seconds=1)) == [("bridge", 2)]


def test_until_gives_the_version_in_force_then(archive: Archive) -> None:
    assert names(archive, until=START + timedelta(days=1)) == [("bridge", 1), ("ferry", 1)]


def test_a_time_without_a_zone_is_refused(archive: Archive) -> None:
    with pytest.raises(StoreError, match="has no time zone"):
        archive.articles(since=datetime(2026, 11, 22))  # noqa: DTZ001


def test_a_question_of_the_wrong_kind_is_answered_in_one_line(archive: Archive) -> None:
    asked: list[dict[str, Any]] = [
        {"since": "2026-01-01"}, {"until": START.date()}, {"site": ["times"]}, {"columns": "title"},
    ]  # fmt: skip
    for wrong in asked:
        for ask in (archive.articles, archive.article_batches, archive.rejections, archive.lazy):
            if ask == archive.lazy and "columns" in wrong:
                continue
            with pytest.raises(StoreError) as refused:
                ask(**wrong)
            assert "\n" not in refused.value.message
    for url in ("bridge", ["https://times.example/bridge"]):
        with pytest.raises(StoreError, match="is no"):
            archive.articles(url=url)  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="is no datetime"):
        archive.stories(since="1h")  # type: ignore[arg-type]


def test_times_before_and_after_all_captures_leave_nothing_out(archive: Archive) -> None:
    east, west = timezone(timedelta(hours=5)), timezone(timedelta(hours=-5))
    ever = {"since": datetime.min.replace(tzinfo=east), "until": datetime.max.replace(tzinfo=west)}
    assert len(names(archive, **ever)) == 3
    assert archive.lazy(**ever).collect().height == 3
    assert names(archive, since=datetime.max.replace(tzinfo=west)) == []


def test_an_address_is_found_in_the_spelling_that_it_is_filed_under(store: Store) -> None:
    bare, encoded = "news/überfall?ort=köln", "news/%C3%BCberfall?ort=k%C3%B6ln"
    both = [article("caf%C3%A9", "Encoded."), article("café", "Bare.")]
    stage_outcomes(store, "times", run_id(0), [article(bare.replace("fall", "")), article(encoded), *both])
    publish(store)
    archive, host = Archive(store), "https://times.example"
    assert archive.articles(url=f"{host}/{bare}")["url"].to_pylist() == [f"{host}/{encoded}"]
    assert archive.articles(url=f"{host}/{encoded.replace('fall', '')}").num_rows == 1
    assert archive.articles(url=f"{host}/café", columns=["text"]).to_pylist() == [{"text": "Bare."}]
    assert archive.articles(url=f"{host}/caf%c3%a9", columns=["text"]).num_rows == 1
    assert archive.articles(url=f"{host}/caf%C3%A9", columns=["text"]).to_pylist() == [{"text": "Encoded."}]
    assert archive.filed([f"{host}/{path}" for path in ("none", "café")]) == [f"{host}/café"]


def test_other_days_are_not_read(archive: Archive) -> None:
    day = START + timedelta(days=2)
    for one in archive.store.list("tables/articles/captured_day=2026-11-22/"):
        archive.store.delete([one.key])  # reading the first day would fail now
    assert names(archive, since=day) == [("tram", 1)]
    with pytest.raises(Exception, match="tables/articles"):
        archive.articles()


def test_only_the_columns_asked_for_are_given_in_their_order(archive: Archive) -> None:
    latest = archive.articles(columns=["title", "url"])
    assert latest.column_names == ["title", "url"]
    assert [url.rpartition("/")[2] for url in latest["url"].to_pylist()] == ["ferry", "bridge", "tram"]
    assert archive.rejections(columns=["reason"]).to_pylist() == [{"reason": "gone"}] * 2
    assert archive.article_batches(columns=["site"]).read_all().column_names == ["site"]
    assert archive.articles(columns=["site"], site="nobody").num_rows == 0


def test_a_column_that_is_not_there_is_named(archive: Archive) -> None:
    with pytest.raises(StoreError, match="no column headline; there are article_id, site"):
        archive.articles(columns=["headline"])


def test_the_latest_of_two_versions_captured_at_one_moment_is_the_higher(store: Store) -> None:
    for number, text in enumerate(["One.", "Two.", "Three."]):
        stage_outcomes(store, "times", run_id(number), [article(text=text)])
        publish(store)
    archive = Archive(store)
    assert names(archive) == [("bridge", 3)]
    assert archive.article_batches(columns=["version"]).read_all().to_pylist() == [{"version": 3}]


def test_rejections_are_read_by_time(archive: Archive) -> None:
    found = archive.rejections(since=START + timedelta(days=1)).to_pylist()
    assert [(row["url"], row["reason"]) for row in found] == [("https://times.example/gone", "gone")]


def test_polars_reads_the_same(archive: Archive) -> None:
    assert archive.lazy().collect().height == 3
    frame = archive.lazy(all_versions=True).filter(pl.col("site") == "times").select("url", "version")
    assert sorted(frame.collect()["version"]) == [1, 1, 2]


def test_polars_reads_the_site_and_time_asked_for(archive: Archive) -> None:
    second = START + timedelta(days=1)
    chosen = archive.lazy(since=second, until=second + timedelta(seconds=1)).collect()
    assert chosen["version"].to_list() == [2]
    assert archive.lazy(until=second).collect()["version"].to_list() == [1, 1]  # in force then
    assert archive.lazy(site="post").collect()["url"].to_list() == ["https://times.example/tram"]
    with pytest.raises(StoreError, match="has no time zone"):
        archive.lazy(since=datetime(2026, 11, 22))  # noqa: DTZ001


def test_a_stream_names_the_table_that_cannot_be_read(archive: Archive) -> None:
    archive.store.delete([one.key for one in archive.store.list("tables/articles/captured_day=2026-11-22/")])
    with pytest.raises(StoreError, match="tables/articles"):
        archive.article_batches().read_all()


def test_stories_are_those_of_so_many_sites(store: Store) -> None:
    text = " ".join(f"Councillor number{number} spoke about harbour dues." for number in range(60))
    copies = [article("dues", text), article("copy", text, minutes=9, site="post")]
    stage_outcomes(store, "times", run_id(0), [*copies, article("other")])
    publish(store)
    archive = Archive(store)
    assert archive.stories() == schema.STORIES.empty_table()
    cluster(store, START + timedelta(hours=1))
    assert archive.stories()["site"].to_pylist() == ["times", "post"]
    assert archive.stories(min_sites=3).num_rows == 0
    assert archive.stories(since=START + timedelta(hours=1)).num_rows == 0


def test_batches_hold_the_same_rows(archive: Archive) -> None:
    assert sum(batch.num_rows for batch in archive.article_batches()) == 3
    assert sum(batch.num_rows for batch in archive.article_batches(all_versions=True)) == 4


def test_articles_in_files_that_an_update_rewrote_are_found_by_site_url_and_time(store: Store) -> None:
    """deltalake writes string_view when it updates; three articles a file, so that statistics alone cannot answer."""
    stage_outcomes(store, "times", run_id(0), [article(), article("ferry"), article("tram")])
    publish(store)
    stage_outcomes(store, "times", run_id(1), [rejection("ferry", Reason.GONE, minutes=60)])
    publish(store)
    archive = Archive(store)
    url = article("ferry").url
    assert [row["status"] for row in archive.articles(url=url).to_pylist()] == ["gone"]
    assert archive.articles(site="times", since=START - timedelta(hours=1)).num_rows == 3
    assert archive.articles(site="another").num_rows == 0


CHOICES: list[dict[str, Any]] = [
    {},
    {"site": "times"},
    {"site": "post"},
    {"since": START + timedelta(hours=2)},
    {"until": START + timedelta(hours=2)},
    {"since": START + timedelta(minutes=20), "until": START + timedelta(hours=4)},
    {"since": START + timedelta(hours=9)},
]


@pytest.mark.parametrize("is_cached", [True, False], ids=["heads", "no heads"])
def test_a_stream_gives_the_latest_versions_that_a_table_does(
    store: Store, monkeypatch: pytest.MonkeyPatch, *, is_cached: bool
) -> None:
    monkeypatch.setattr("storage.data_files.GROUP_ROWS", 2)
    edits = {1: (0, 1, 2, 3), 2: (1, 3, 4), 3: (0, 5), 5: (2, 3, 1), 4: (1,)}  # run 4 is published late
    for number, changed in edits.items():
        moments = {"minutes": 60 * number}
        stage_outcomes(store, "times", run_id(number), [
            article(f"a{one}", f"Text {number}.", **moments) for one in changed
        ])  # fmt: skip
        publish(store)
    both = article("a9", "Of two sites.", minutes=30)
    stage_outcomes(store, "times", run_id(7), [both])
    publish(store)
    stage_outcomes(store, "post", run_id(8), [replace(both, site="post", captured_at=START + timedelta(hours=8),
                                                      text_sha256="f" * 64)])  # fmt: skip
    publish(store)
    if not is_cached:
        store.delete([layout.HEADS])
    archive = Archive(store)
    for chosen in CHOICES:
        streamed = archive.article_batches(**chosen).read_all().sort_by(
            [("captured_at", "ascending"), ("url", "ascending")]
        )  # fmt: skip
        assert streamed.to_pylist() == archive.articles(**chosen).to_pylist(), chosen
    assert dict(names(archive)) == {"a0": 2, "a1": 3, "a2": 2, "a3": 3, "a4": 1, "a5": 1, "a9": 2}
    assert dict(names(archive, site="times"))["a9"] == 1
