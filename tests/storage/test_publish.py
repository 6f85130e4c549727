"""Staged runs become table rows exactly once, whatever happens on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from deltalake import DeltaTable

from extract.article import Article
from extract.rejection import Reason, Rejection
from storage import layout
from storage import publish as publishing
from storage.articles import Archive
from storage.client import Store
from storage.publish import PublishReport, StagedRefused, publish
from storage.rows import from_row
from tests.storage.making import article, rejection, run_id, stage_outcomes


def stage(store: Store, number: int, *outcomes: Article | Rejection) -> None:
    stage_outcomes(store, "times", run_id(number), outcomes)


def rows(store: Store, **chosen: Any) -> list[dict[str, Any]]:
    return Archive(store).articles(**chosen).to_pylist()


def history(store: Store) -> list[tuple[int, str, str]]:
    return sorted((row["version"], row["text"], row["status"]) for row in rows(store, all_versions=True))


def test_an_article_comes_back_from_the_table_as_it_was_staged(store: Store) -> None:
    stage(store, 1, article())
    assert publish(store) == PublishReport(runs=1, articles=1, table_version=1)
    assert from_row(Article, rows(store)[0]) == replace(article(), run_id=run_id(1))
    assert list(store.list(layout.STAGED)) == []


def test_publishing_nothing_changes_nothing(store: Store) -> None:
    assert publish(store) == PublishReport()


def test_the_same_text_again_is_no_new_version(store: Store) -> None:
    stage(store, 1, article())
    publish(store)
    stage(store, 2, article(minutes=60, authors=()))
    assert publish(store) == PublishReport(runs=1, unchanged=1, table_version=1)
    assert len(rows(store, all_versions=True)) == 1


def test_an_edit_is_a_new_version(store: Store) -> None:
    stage(store, 1, article())
    publish(store)
    stage(store, 2, article(text="The bridge reopens. Late.", minutes=60))
    assert publish(store).versions == 1
    assert history(store) == [(1, "The bridge reopens.", "live"), (2, "The bridge reopens. Late.", "live")]
    assert [row["version"] for row in rows(store)] == [2]


def test_a_new_title_is_a_new_version(store: Store) -> None:
    stage(store, 1, article())
    stage(store, 2, article(title="Harbour bridge open", minutes=60))
    assert publish(store).versions == 1
    assert [row["version"] for row in rows(store)] == [2]


def test_states_of_one_batch_are_numbered_by_capture_time(store: Store) -> None:
    stage(store, 1, article(text="Third.", minutes=30), article(text="First.", minutes=10))
    stage(store, 2, article(text="Second.", minutes=20), article(text="Second.", minutes=25))
    report = publish(store)
    assert (report.articles, report.versions, report.unchanged) == (1, 2, 1)
    assert history(store) == [(1, "First.", "live"), (2, "Second.", "live"), (3, "Third.", "live")]


def test_a_removed_article_is_gone_and_keeps_its_text(store: Store) -> None:
    stage(store, 1, article(), article("other"))
    publish(store)
    stage(store, 2, rejection(minutes=60))
    report = publish(store)
    assert (report.gone, report.rejections) == (1, 1)
    assert {row["url"][-6:]: row["status"] for row in rows(store)} == {"bridge": "gone", "/other": "live"}
    assert rows(store)[0]["text"] == "The bridge reopens."


@pytest.mark.parametrize("reason", [one for one in Reason if one is not Reason.GONE])
def test_other_rejections_leave_an_article_live(store: Store, reason: Reason) -> None:
    stage(store, 1, article())
    publish(store)
    stage(store, 2, rejection(reason=reason, minutes=60))
    assert publish(store).gone == 0
    assert history(store) == [(1, "The bridge reopens.", "live")]


def test_a_gone_article_that_answers_again_is_live(store: Store) -> None:
    stage(store, 1, article())
    stage(store, 2, rejection(minutes=60))
    publish(store)
    assert history(store) == [(1, "The bridge reopens.", "gone")]
    stage(store, 3, article(minutes=120))
    assert publish(store).unchanged == 1
    assert history(store) == [(1, "The bridge reopens.", "live")]


def test_a_rejection_of_an_unknown_page_is_only_a_rejection(store: Store) -> None:
    stage(store, 1, rejection("never-seen"))
    assert publish(store) == PublishReport(runs=1, rejections=1, table_version=0)
    kept = Archive(store).rejections().to_pylist()
    assert [(row["reason"], row["detail"], row["run_id"]) for row in kept] == [("gone", "HTTP 410", run_id(1))]


def test_a_capture_published_late_does_not_become_the_latest(store: Store) -> None:
    stage(store, 2, article(text="New.", minutes=60))
    publish(store)
    stage(store, 1, article(text="Old.", minutes=10))  # a crawl that died, recovered on another machine
    assert publish(store).versions == 1
    assert [row["text"] for row in rows(store)] == ["New."]
    stage(store, 3, article(text="Old.", minutes=20), article(text="New.", minutes=50))
    assert publish(store) == PublishReport(runs=1, unchanged=2, table_version=2)
    stage(store, 4, article(text="Newest.", minutes=70))
    publish(store)
    assert [(row["text"], row["version"]) for row in rows(store)] == [("Newest.", 3)]


def test_clocks_that_differ_lose_and_double_nothing(store: Store) -> None:
    """The worker of run 1 is ten minutes ahead; run 3, which was begun before it, ends later."""
    stage(store, 3, article(text="First.", minutes=0))
    publish(store)
    stage(store, 1, article(text="Second.", minutes=15))
    publish(store)
    stage(store, 2, article(text="Third.", minutes=10))
    publish(store)
    for number, minutes in enumerate((11, 12), start=4):  # the same again, still before the clock that is ahead
        stage(store, number, article(text="Third.", minutes=minutes))
        assert publish(store).unchanged == 1
    stage(store, 6, article(text="Third.", minutes=20))
    publish(store)
    assert [(version, text) for version, text, _ in history(store)] == [
        (1, "First."), (2, "Second."), (3, "Third."), (4, "Third."),
    ]  # fmt: skip
    assert [row["text"] for row in rows(store)] == ["Third."]
    stage(store, 0, rejection(minutes=30))
    assert publish(store).gone == 1
    assert [row["status"] for row in rows(store)] == ["gone"]


def test_a_run_staged_twice_is_published_once(store: Store) -> None:
    stage(store, 1, article(), rejection("gone"))
    publish(store)
    stage(store, 1, article(), rejection("gone"))
    assert publish(store) == PublishReport(runs=1, table_version=1)
    assert Archive(store).rejections().num_rows == 1


STEPS = ["append_rows", "set_status", "write_heads", "_publish_articles", "delete"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_crash_around_any_step_loses_and_doubles_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, step: str, *, after: bool
) -> None:
    stage(store, 1, article(), article("ferry"))
    publish(store)
    stage(store, 2, article(text="Edited.", minutes=60), rejection("ferry", minutes=60), article("tram", minutes=60))
    owner: Any = store if step == "delete" else publishing
    real = getattr(owner, step)

    def crash(*args: Any, **named: Any) -> None:
        if after:
            real(*args, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(owner, step, crash)
        with pytest.raises(KeyboardInterrupt):
            publish(store)
    publish(store)
    found = sorted(
        (row["url"].rpartition("/")[2], row["version"], row["status"]) for row in rows(store, all_versions=True)
    )
    assert found == [("bridge", 1, "live"), ("bridge", 2, "live"), ("ferry", 1, "gone"), ("tram", 1, "live")]
    assert Archive(store).rejections().num_rows == 1
    assert list(store.list(layout.STAGED)) == []
    stage(store, 3, article(text="Edited.", minutes=90), article("tram", "Stops.", minutes=90))
    report = publish(store)
    assert (report.articles, report.versions, report.unchanged) == (0, 1, 1)


def test_two_publishers_of_different_runs_cannot_number_one_article_alike(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage(store, 1, article())
    publish(store)
    stage(store, 3, article(text="Second edit.", minutes=60))
    real, calls = publishing.append_rows, []

    def append_while_another_publishes(*args: Any) -> None:
        calls.append(args)
        if len(calls) == 1:
            stage(store, 2, article(text="First edit.", minutes=30))
            other = [one for one in store.list(layout.STAGED) if run_id(2) in one.key]
            publishing._publish_batch(store, other, {}, publishing._Rereading(store, None))
        real(*args)

    monkeypatch.setattr(publishing, "append_rows", append_while_another_publishes)
    publish(store)
    assert history(store) == [
        (1, "The bridge reopens.", "live"),
        (2, "First edit.", "live"),
        (3, "Second edit.", "live"),
    ]


def test_a_run_is_remembered_past_the_tables_checkpoints(store: Store) -> None:
    for number in range(12):
        stage(store, number, article(f"a{number}", minutes=number), rejection(f"r{number}"))
        publish(store)
    for number in (0, 6, 11):
        stage(store, number, article(f"a{number}", "Changed.", minutes=number), rejection(f"r{number}"))
    assert publish(store) == PublishReport(runs=3, table_version=12)
    assert Archive(store).rejections().num_rows == 12


def test_many_runs_make_one_commit(store: Store) -> None:
    for number in range(12):
        stage(store, number, article(f"a{number}", minutes=number))
    assert publish(store) == PublishReport(runs=12, articles=12, table_version=1)


def test_a_damaged_staged_file_is_named_and_kept_and_the_others_are_published(store: Store) -> None:
    stage(store, 1, article())
    store.put(layout.staged_key("times", run_id(2)), b"PAR1 nonsense")
    with pytest.raises(StagedRefused, match=run_id(2)) as caught:
        publish(store)
    assert caught.value.report.articles == 1
    assert [one.key for one in store.list(layout.STAGED)] == [layout.staged_key("times", run_id(2))]


def test_a_staged_file_damaged_inside_is_refused_before_anything_is_committed(store: Store) -> None:
    stage(store, 1, article(text="The bridge reopens after repairs. " * 2000, title="Harbour " * 500))
    key = layout.staged_key("times", run_id(1))
    body = bytearray(store.get(key).body)
    body[100:1500] = bytes(1400)  # its footer is whole
    store.put(key, bytes(body))
    stage(store, 2, article("ferry"))
    with pytest.raises(StagedRefused, match=run_id(1)) as caught:
        publish(store)
    assert caught.value.report == PublishReport(runs=1, articles=1, table_version=1)
    assert [row["url"] for row in rows(store)] == [article("ferry").url]


def test_a_staged_file_of_a_newer_version_is_refused_by_name(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = publishing.schema.STAGED.with_metadata({publishing.schema.VERSION_KEY: b"2"})
    with monkeypatch.context() as patched:
        patched.setattr("storage.schema.STAGED", newer)
        patched.setattr("storage.schema.STAGED_VERSION", 2)
        stage(store, 1, article())
    with pytest.raises(StagedRefused, match="layout 2, this version reads 1"):
        publish(store)


def test_a_lost_heads_cache_is_rebuilt_from_the_table(store: Store) -> None:
    stage(store, 1, article(), article("ferry"))
    stage(store, 2, article(text="Edited.", minutes=60), rejection("ferry", minutes=60))
    publish(store)
    store.put(layout.HEADS, b"not parquet")
    stage(store, 3, article(text="Edited.", minutes=90), article("ferry", minutes=90))
    assert publish(store).unchanged == 2
    store.delete([layout.HEADS])
    stage(store, 4, article(text="Edited again.", minutes=120), article("ferry", minutes=120))
    report = publish(store)
    assert (report.articles, report.versions, report.unchanged) == (0, 1, 1)


def test_large_batches_are_split(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "BATCH_BYTES", 1)
    for number in range(3):
        stage(store, number, article(text=f"Text {number}.", minutes=number))
    assert publish(store) == PublishReport(runs=3, articles=1, versions=2, table_version=3)
    assert [version for version, _, _ in history(store)] == [1, 2, 3]


def test_a_publish_that_dies_with_its_files_stored_and_not_committed_is_taken_up(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = [rejection(f"none{number}") for number in range(3)]
    stage(store, 1, *(article(f"a{number}") for number in range(5)), *refused)
    commit, calls = DeltaTable.create_write_transaction, []

    def dies_at_the_second(*args: Any, **given: Any) -> None:
        calls.append(args)
        if len(calls) == 2:  # the rejections' commit went through
            raise KeyboardInterrupt
        commit(*args, **given)

    with monkeypatch.context() as patched:
        patched.setattr(DeltaTable, "create_write_transaction", dies_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            publish(store)
    assert rows(store) == []
    publish(store)
    assert sorted(row["url"] for row in rows(store, all_versions=True)) == [
        article(f"a{number}").url for number in range(5)
    ]
    assert Archive(store).rejections().num_rows == len(refused)


def test_a_publisher_that_another_follows_at_once_leaves_the_heads_to_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage(store, 1, article())
    publish(store)
    real, calls = DeltaTable.update_incremental, []

    def look_after_another_published(table: DeltaTable) -> None:
        calls.append(table)
        if len(calls) == 1:
            stage(store, 3, article(text="Second edit.", minutes=60))
            other = [one for one in store.list(layout.STAGED) if run_id(3) in one.key]
            publishing._publish_batch(store, other, {}, publishing._Rereading(store, None))
        real(table)

    stage(store, 2, article(text="First edit.", minutes=30))
    with monkeypatch.context() as patched:
        patched.setattr(DeltaTable, "update_incremental", look_after_another_published)
        assert publish(store).versions == 1
    stage(store, 4, article(text="Third edit.", minutes=90))
    assert publish(store).versions == 1
    assert [version for version, _, _ in history(store)] == [1, 2, 3, 4]


def test_a_run_is_one_commit_however_its_rows_lie_in_batches_and_days(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.staging.BATCH_ROWS", 3)
    monkeypatch.setattr("storage.data_files.GROUP_ROWS", 5)
    stage(store, 1, *(article(f"a{number}") for number in range(0, 20, 3)))
    publish(store)
    both = [article(f"a{number}", minutes=60 * number) for number in range(20)]  # into the next day
    stage(store, 2, *both, *(rejection(f"r{number}") for number in range(7)))
    assert publish(store) == PublishReport(runs=1, articles=13, unchanged=7, rejections=7, table_version=2)
    assert sorted((row["url"], row["text"]) for row in rows(store)) == sorted((one.url, one.text) for one in both)
