"""Upkeep: few files, no leftovers, nothing lost while others read and write."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.frontiers import SiteFrontiers
from cli.verify import read_known
from spiders.frontier import Frontier
from storage import layout, retention
from storage import upkeep as keeping
from storage.articles import Archive
from storage.captures import S3CaptureArchive
from storage.client import Store
from storage.publish import publish
from storage.retention import Keep
from storage.session import make_client, make_session
from storage.tables import open_table
from storage.upkeep import UpkeepReport, upkeep
from storage.uploads import abort_uploads
from storage.verify import Ask, verify
from tests.storage.archiving import NOW, Newsroom
from tests.storage.making import START, article, rejection, run_id, stage_outcomes

DAY = 1440  # minutes


def keep_up(store: Store, now: datetime = NOW, **keeps: Keep) -> UpkeepReport:
    return upkeep(store, SiteFrontiers().retire, keeps, now)


def findings(store: Store, now: datetime = NOW) -> list[str]:
    return [str(one) for one in verify(store, Ask(read_known, now, deep=True)).findings]


def fill(store: Store, first: int, count: int) -> None:
    """Publish runs of one article and one rejection each, a commit each."""
    for number in range(first, first + count):
        stage_outcomes(store, "times", run_id(number), [article(f"a{number}", minutes=number), rejection(f"r{number}")])
        publish(store)


def files(store: Store, key: str) -> int:
    table = open_table(store, key)
    assert table
    return len(table.file_uris())


def test_a_days_small_files_become_one_and_the_rows_are_the_same(store: Store) -> None:
    fill(store, 0, 12)
    before = Archive(store).articles(all_versions=True), Archive(store).rejections()
    report = keep_up(store)
    assert (report.days, report.files_before, report.files) == (2, 24, 2)
    assert [files(store, key) for key in (layout.ARTICLES, layout.REJECTIONS)] == [1, 1]
    assert (Archive(store).articles(all_versions=True), Archive(store).rejections()) == before
    assert keep_up(store).days == 0  # again: nothing is left to do
    fill(store, 12, 1)
    stage_outcomes(store, "times", run_id(0), [article("a0")])  # published before, and remembered through it all
    assert publish(store).articles == 0


def test_the_next_publish_need_not_scan_what_was_compacted(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    fill(store, 0, 3)
    keep_up(store)
    caplog.set_level("INFO", "storage.heads")
    caplog.clear()
    fill(store, 3, 1)
    assert "reading the heads" not in caplog.text


def test_readers_and_publishers_go_on_while_it_runs(store: Store) -> None:
    fill(store, 0, 6)
    done, wrong = threading.Event(), []

    def read() -> None:
        while not done.is_set():
            numbers = {row["url"] for row in Archive(store).articles().to_pylist()}
            if not {article(f"a{number}").url for number in range(6)} <= numbers:
                wrong.append(numbers)

    def write() -> None:
        fill(store, 6, 6)

    reader, writer = threading.Thread(target=read), threading.Thread(target=write)
    reader.start()
    writer.start()
    while writer.is_alive():
        keep_up(store)
    writer.join()
    done.set()
    reader.join()
    assert wrong == []
    keep_up(store)
    assert Archive(store).articles(all_versions=True).num_rows == Archive(store).rejections().num_rows == 12
    assert files(store, layout.ARTICLES) == 1


def test_old_files_go_and_recent_ones_and_what_is_others_stay(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store, 0, 3)
    others = f"{layout.ARTICLES}/notes.txt"
    store.put(others, b"not ours")
    keep_up(store)
    names = [one.key for one in store.list(f"{layout.ARTICLES}/captured_day")]
    assert len(names) == 4
    real = keeping.DeltaTable.vacuum

    def vacuum(table: keeping.DeltaTable, **asked: bool) -> list[str]:
        return real(table, 0, enforce_retention_duration=False, **asked)  # a week later

    monkeypatch.setattr(keeping.DeltaTable, "vacuum", vacuum)
    report = keep_up(store)
    assert report.old_files == 6  # of both tables
    assert len(list(store.list(f"{layout.ARTICLES}/captured_day"))) == 1
    assert store.get(others).body == b"not ours"
    assert Archive(store).articles().num_rows == 3


def test_a_staged_file_that_was_published_goes_and_one_that_waits_stays(store: Store) -> None:
    stage_outcomes(store, "times", run_id(1), [article("a1")])
    left = store.get(layout.staged_key("times", run_id(1))).body
    publish(store)
    store.put(layout.staged_key("times", run_id(1)), left)
    stage_outcomes(store, "times", run_id(2), [article("a2", minutes=2)])
    assert keep_up(store).staged == 1
    assert [one.key for one in store.list(layout.STAGED)] == [layout.staged_key("times", run_id(2))]


def test_uploads_that_nobody_ends_are_aborted_in_our_folders_only(store: Store) -> None:
    settings = store.settings
    client = make_client(make_session(settings), settings)
    for key in ("tables/articles/x.parquet", "of-others/y"):
        client.create_multipart_upload(Bucket=settings.bucket_name, Key=f"{settings.prefix}/{key}")
    now = datetime.now(UTC)
    assert abort_uploads(store, now - timedelta(days=1)) == 0
    assert abort_uploads(store, now + timedelta(minutes=1)) == 1
    left = client.list_multipart_uploads(Bucket=settings.bucket_name, Prefix=f"{settings.prefix}/")
    assert [one["Key"].removeprefix(f"{settings.prefix}/") for one in left.get("Uploads", ())] == ["of-others/y"]
    client.close()


def test_captures_go_by_age_and_verify_passes(store: Store, tmp_path: Path) -> None:
    room = Newsroom(store, tmp_path)
    for day in range(4):
        room.run(DAY * day + 1, {f"a{day}": f"Story {day}.", f"r{day}": "404"})
    end = START + timedelta(days=4)
    report = keep_up(store, end, times=Keep(raw_days=2))
    assert (report.captures, report.articles, report.rejections) == (2, 0, 0)
    assert len([one for one in store.list("raw/") if one.key.endswith(".cdxj")]) == 2
    assert Archive(store).articles().num_rows == 4
    assert findings(store, end) == []
    assert keep_up(store, end, times=Keep(raw_days=2)).captures == 0


def test_articles_go_by_age_with_all_their_versions_and_are_not_asked_for_again(store: Store, tmp_path: Path) -> None:
    room = Newsroom(store, tmp_path)
    for day in range(4):
        room.run(DAY * day + 1, {f"a{day}": f"Story {day}.", "a0": f"Story 0, day {day}.", f"r{day}": "404"})
    end = START + timedelta(days=4)
    report = keep_up(store, end, times=Keep(days=2))
    assert (report.captures, report.articles, report.rejections) == (2, 2, 2)
    urls = [row["url"] for row in Archive(store).articles(all_versions=True).to_pylist()]
    assert sorted(url.rpartition("/")[2] for url in urls) == ["a2", "a3"]
    assert findings(store, end) == []
    frontier = Frontier.load(S3CaptureArchive(store).read_frontier("times")[0], "times")
    known = frontier.urls["https://times.example/a1"]
    assert (known.state, known.content_sha256) == ("gone", None)
    assert keep_up(store, end, times=Keep(days=2)) == keep_up(store, end)
    room.run(DAY * 4 + 1, {"a4": "Story 4."})
    assert findings(store, end + timedelta(days=1)) == []


def test_a_crawl_that_still_knew_an_old_article_does_not_bring_it_back(store: Store, tmp_path: Path) -> None:
    room = Newsroom(store, tmp_path)
    room.run(1, {"a0": "Story 0."})
    archive = S3CaptureArchive(store)
    crawling = Frontier.load(archive.read_frontier("times")[0], "times")
    end = START + timedelta(days=4)
    assert keep_up(store, end, times=Keep(days=2)).articles == 1
    body, etag = archive.read_frontier("times")
    crawling.merge(Frontier.load(body, "times"))
    archive.write_frontier("times", crawling.dump(), etag)
    assert crawling.urls["https://times.example/a0"].state == "gone"
    assert findings(store, end) == []


def test_a_text_that_is_staged_while_its_article_goes_by_age_is_not_missed(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Newsroom(store, tmp_path)
    room.run(1, {"a0": "Story 0."})
    real = retention.erase_articles

    def erase_articles(*args: Any) -> set[date]:
        room.run(DAY * 4, {"a0": "Story 0, corrected."})
        return real(*args)

    monkeypatch.setattr(retention, "erase_articles", erase_articles)
    end = START + timedelta(days=4)
    assert keep_up(store, end, times=Keep(days=2)).articles == 1
    assert Archive(store).articles(all_versions=True).num_rows == 0
    assert findings(store, end) == []
