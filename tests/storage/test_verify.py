"""verify: a whole archive passes, and whatever is missing, altered, doubled or too much is named."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from cli.verify import read_known
from extract.warc import read_members
from spiders.frontier import Frontier
from storage import layout, schema
from storage import verify as verifying
from storage.captures import S3CaptureArchive
from storage.client import Store
from storage.open_runs import close_runs, open_run
from storage.publish import publish
from storage.tables import open_table
from storage.verify import Ask, VerifyReport
from storage.verify import verify as verify_archive
from storage.verify_tables import note_tables
from tests.storage.archiving import NOW, Newsroom, segment
from tests.storage.making import START, article, run_id

EDIT = "The bridge reopens. Late."


@pytest.fixture
def newsroom(store: Store, tmp_path: Path) -> Newsroom:
    """Three published runs of one site: two articles and a 404, an edit, and one more article."""
    room = Newsroom(store, tmp_path)
    room.run(1, {"bridge": "The bridge reopens.", "ferry": "The ferry sinks.", "old": "404"})
    room.run(2, {"bridge": EDIT})
    room.run(3, {"tram": "The tram is late.", "gone": "404"})
    return room


def verify(store: Store, **asked: Any) -> VerifyReport:
    return verify_archive(store, Ask(read_known, **({"now": NOW} | asked)))


def found(store: Store, **asked: Any) -> list[str]:
    return [str(finding) for finding in verify(store, **asked).findings]


def warc(number: int) -> str:
    return f"raw/times/2026/11/22/{run_id(number)}-001.warc.gz"


@pytest.mark.parametrize("deep", [False, True])
def test_a_whole_archive_passes_and_says_what_was_looked_at(newsroom: Newsroom, *, deep: bool) -> None:
    for _ in range(2):
        report = verify(newsroom.store, deep=deep)
        assert report.findings == ()
        assert report.in_flight == ()
        looked = {"sites": 1, "runs": 3, "objects": 6, "article rows": 4, "rejection rows": 2, "frontier URLs": 5}
        assert looked.items() <= report.counts.items()


def test_an_empty_archive_passes(store: Store) -> None:
    report = verify(store)
    assert (report.findings, report.proof) == ((), None)


def flip(store: Store, key: str, at: int | None = None) -> None:
    """Flip one byte of an object, in its middle unless told where."""
    body = bytearray(store.get(key).body)
    body[len(body) // 2 if at is None else at] ^= 1
    store.put(key, bytes(body))


@pytest.mark.parametrize("deep", [False, True])
def test_a_flipped_byte_in_any_capture_or_index_is_named(newsroom: Newsroom, *, deep: bool) -> None:
    keys = sorted(key for number in (1, 2, 3) for key in (warc(number), layout.index_key(warc(number))))
    for key in keys:
        flip(newsroom.store, key)
    said = found(newsroom.store, deep=deep)
    assert [one.partition(" its sha256 is not the one in its manifest")[0] for one in said] == [
        f"{key}: altered:" for key in keys
    ]
    for key in keys:
        flip(newsroom.store, key)
    assert found(newsroom.store, deep=deep) == []


def test_a_deep_look_says_which_record_is_damaged(newsroom: Newsroom) -> None:
    flip(newsroom.store, warc(1))
    assert "damaged at byte" in found(newsroom.store, deep=True)[0]


@pytest.mark.parametrize("deep", [False, True])
def test_a_dropped_capture_or_index_is_named(newsroom: Newsroom, *, deep: bool) -> None:
    keys = [warc(1), layout.index_key(warc(3))]
    newsroom.store.delete(keys)
    assert found(newsroom.store, deep=deep) == sorted(f"{key}: missing" for key in keys)


def test_a_cut_capture_is_named(newsroom: Newsroom) -> None:
    whole = newsroom.store.get(warc(2)).body
    newsroom.store.put(warc(2), whole[:-7])
    (said,) = found(newsroom.store)
    assert said.startswith(f"{warc(2)}: {len(whole) - 7} bytes, its manifest says {len(whole)}")


@pytest.mark.parametrize(
    "copy",
    [
        warc(1).replace("-001", "-002"),
        warc(9),
        "raw/times/copy.warc.gz",
        "raw/Elsewhere/copy",
        "raw/copy",
        "runs/times/notes.txt",
    ],
)
def test_a_doubled_capture_or_a_foreign_object_is_named(newsroom: Newsroom, copy: str) -> None:
    newsroom.store.put(copy, newsroom.store.get(warc(1)).body)
    (said,) = found(newsroom.store)
    assert said.startswith(copy.removesuffix("copy") if "Elsewhere" in copy else copy)
    assert "orphan" in said


@pytest.mark.parametrize("change", ["counts", "whitespace", "nonsense", "kinds"])
def test_an_edited_manifest_is_named(newsroom: Newsroom, change: str) -> None:
    for number in (1, 2, 3):
        key = layout.manifest_key("times", run_id(number))
        body = newsroom.store.get(key).body
        told = json.loads(body)
        changed = {
            "counts": body.replace(b'"articles": ', b'"articles": 1'), "whitespace": body + b"\n", "nonsense": b"{}",
            "kinds": json.dumps(told | {"counts": {"rejections": 3}}).encode(),
        }  # fmt: skip
        newsroom.store.put(key, changed[change])
        said = found(newsroom.store)
        assert {one.split(":")[0] for one in said} == {key}
        assert change == "nonsense" or any("altered" in one for one in said)
        newsroom.store.put(key, body)


def test_a_dropped_run_is_named_the_last_one_too(newsroom: Newsroom) -> None:
    for number in (1, 2, 3):
        key = layout.manifest_key("times", run_id(number))
        body = newsroom.store.get(key).body
        newsroom.store.delete([key])
        (said,) = found(newsroom.store)
        witness = layout.newest_key("times") if number == 3 else layout.manifest_key("times", run_id(number + 1))
        assert said.startswith(f"{key}: missing, {witness}")
        newsroom.store.put(key, body)


def test_a_dropped_end_of_the_chain_is_named(newsroom: Newsroom) -> None:
    newsroom.store.delete([layout.newest_key("times")])
    (said,) = found(newsroom.store)
    assert said.startswith(f"{layout.newest_key('times')}: missing")


def test_an_edited_end_of_the_chain_is_named(newsroom: Newsroom) -> None:
    key = layout.newest_key("times")
    whole = newsroom.store.get(key).body
    newsroom.store.put(key, whole + b"\n")
    (said,) = found(newsroom.store)  # one of the two
    assert said.startswith(f"{layout.manifest_key('times', run_id(3))}: altered, or {key} is")
    newsroom.store.put(key, whole)
    assert found(newsroom.store) == []  # no root was written over the altered one
    newsroom.store.put(key, whole + b"\n")
    (said,) = found(newsroom.store)  # a root was written since, which knows
    assert said.startswith(f"{key}: altered")


def test_a_doubled_manifest_is_named(newsroom: Newsroom) -> None:
    copy = layout.manifest_key("times", run_id(9))
    newsroom.store.put(copy, newsroom.store.get(layout.manifest_key("times", run_id(2))).body)
    (said,) = found(newsroom.store)
    assert said.startswith(f"{copy}: is the manifest of another run")


def test_a_run_that_was_made_up_is_named(newsroom: Newsroom) -> None:
    key = layout.manifest_key("times", run_id(9))
    body = newsroom.store.get(layout.manifest_key("times", run_id(3))).body
    newsroom.store.put(key, body.replace(run_id(3).encode(), run_id(9).encode()))
    assert f"{key}: not in the chain of its site's runs: no run wrote it" in found(newsroom.store)


def data_files(store: Store, table: str) -> list[str]:
    return [one.key for one in store.list(f"{table}/captured_day=")]


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("table", [layout.ARTICLES, layout.REJECTIONS])
def test_a_changed_table_file_is_named(newsroom: Newsroom, table: str, *, deep: bool) -> None:
    assert found(newsroom.store, deep=deep) == []
    for key in (data_files(newsroom.store, table)[0], f"{table}/_delta_log/00000000000000000001.json"):
        whole = newsroom.store.get(key).body
        for at in (4, len(whole) // 2, len(whole) - 30):
            flip(newsroom.store, key, at)
            said = found(newsroom.store, deep=deep)
            assert said, at
            assert all(one.startswith((key, f"{table}:")) for one in said), said
            newsroom.store.put(key, whole)
    assert found(newsroom.store, deep=deep) == []


def test_a_file_changed_after_its_publish_is_named_at_the_first_look(newsroom: Newsroom) -> None:
    note_tables(newsroom.store)
    key = data_files(newsroom.store, layout.ARTICLES)[0]
    flip(newsroom.store, key, 200)
    (said,) = found(newsroom.store)
    assert said.startswith(f"{key}: altered since it was seen first")


def test_a_file_that_nobody_saw_before_is_named_when_it_cannot_be_read(newsroom: Newsroom) -> None:
    key = data_files(newsroom.store, layout.ARTICLES)[0]
    flip(newsroom.store, key, len(newsroom.store.get(key).body) - 1)  # of the magic number that ends a Parquet file
    (said,) = found(newsroom.store, deep=True)
    assert said.startswith(f"{layout.ARTICLES}: {key.removeprefix('tables/articles/')} cannot be read")


def test_damaged_notes_are_named(newsroom: Newsroom) -> None:
    assert found(newsroom.store) == []
    flip(newsroom.store, layout.TABLE_NOTES)
    (said,) = found(newsroom.store)
    assert said.startswith(f"{layout.TABLE_NOTES}: no notes")


def test_a_dropped_or_cut_table_file_is_named(newsroom: Newsroom) -> None:
    key, other = data_files(newsroom.store, layout.ARTICLES)[:2]
    newsroom.store.put(other, newsroom.store.get(other).body + b"\n")
    newsroom.store.delete([key])
    said = found(newsroom.store)
    assert [one.split(":")[0] for one in said] == sorted([key, other])
    assert any("missing, though the table's log names it" in one for one in said)


def delta(store: Store, key: str) -> DeltaTable:
    table = open_table(store, key)
    assert table is not None
    return table


@pytest.mark.parametrize("deep", [False, True])
def test_a_removed_row_is_named_by_its_url(newsroom: Newsroom, *, deep: bool) -> None:
    delta(newsroom.store, layout.ARTICLES).delete("url = 'https://times.example/tram'")
    (said,) = found(newsroom.store, deep=deep)
    assert said.startswith(f"{layout.ARTICLES}: no row has https://times.example/tram as it was read last")


@pytest.mark.parametrize(("version", "says"), [(1, "no row is version 1 of"), (2, "no row has")])
def test_a_removed_version_is_named(newsroom: Newsroom, version: int, says: str) -> None:
    delta(newsroom.store, layout.ARTICLES).delete(f"url = 'https://times.example/bridge' AND version = {version}")
    (said,) = found(newsroom.store)
    assert said.startswith(f"{layout.ARTICLES}: {says}")
    assert "https://times.example/bridge" in said


def test_a_removed_rejection_is_named_by_its_run(newsroom: Newsroom) -> None:
    delta(newsroom.store, layout.REJECTIONS).delete("url = 'https://times.example/gone'")
    assert found(newsroom.store) == [f"{layout.REJECTIONS}: 0 rows of run {run_id(3)} of times, its manifest counts 1"]


@pytest.mark.parametrize("key", [layout.ARTICLES, layout.REJECTIONS])
def test_a_doubled_row_is_named(newsroom: Newsroom, key: str) -> None:
    table = delta(newsroom.store, key)
    write_deltalake(table, table.to_pyarrow_table(filters=[("run_id", "=", run_id(3))]), mode="append")
    said = found(newsroom.store)
    assert any("2 rows of one capture" in one for one in said)
    assert key == layout.REJECTIONS or any("2 rows are version 1 of https://times.example/tram" in one for one in said)
    assert {one.split(":")[0] for one in said} == {key}


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [("offset", 7, "no response begins there"), ("length", 10**6, "which has"), ("digest", "sha1:B", "is another")],
)
def test_a_row_whose_capture_is_not_there_is_named(newsroom: Newsroom, column: str, value: Any, says: str) -> None:
    table = delta(newsroom.store, layout.ARTICLES)
    rows = table.to_pyarrow_table().to_pylist()
    field = {"digest": "payload_digest"}.get(column, column)
    for row in rows:
        if row["url"].endswith("tram"):
            row["capture"][field] = value
    write_deltalake(table, pa.Table.from_pylist(rows, schema=schema.ARTICLES), mode="overwrite")
    said = [one for one in found(newsroom.store, deep=True) if "of commits not made" not in one]
    assert any(says in one and warc(3) in one for one in said), said


def test_a_text_that_is_not_that_of_its_digest_is_named(newsroom: Newsroom) -> None:
    delta(newsroom.store, layout.ARTICLES).update(
        updates={"text": "'The tram is early.'"}, predicate="url = 'https://times.example/tram'"
    )
    assert found(newsroom.store) == []
    assert found(newsroom.store, deep=True) == [
        f"{layout.ARTICLES}: version 1 of https://times.example/tram: its text is not that of its text_sha256"
    ]


def test_an_object_that_no_table_names_is_named(newsroom: Newsroom) -> None:
    whole = data_files(newsroom.store, layout.ARTICLES)[0]
    copy, strange = whole.replace("part-00000", "part-copy"), "tables/notes/notes.txt"
    for key in (copy, strange):
        newsroom.store.put(key, b"PAR1")
    assert [said.split(": ")[0] for said in found(newsroom.store)] == [copy, "tables/notes/"]


def test_files_of_earlier_versions_are_named_and_not_wrong(newsroom: Newsroom) -> None:
    newsroom.run(4, {"ferry": "404"})  # marks it gone: its file is written anew
    report = verify(newsroom.store, deep=True)
    assert report.findings == ()
    assert report.in_flight == (f"1 files of {layout.ARTICLES} are of earlier versions or of commits not made yet",)


def test_a_run_that_waits_for_publish_is_named_and_not_wrong(newsroom: Newsroom) -> None:
    newsroom.stage(4, newsroom.crawl(4, {"bus": "The bus is red.", "lost": "404"}))
    report = verify(newsroom.store, deep=True)
    assert report.findings == ()
    assert report.in_flight == ("1 runs of times wait for publish",)


def test_an_altered_or_foreign_staged_file_is_named(newsroom: Newsroom) -> None:
    newsroom.stage(4, newsroom.crawl(4, {"bus": "The bus is red."}))
    flip(newsroom.store, layout.staged_key("times", run_id(4)), 200)
    newsroom.store.put("staged/other/20261122T120000Z-abcdef.parquet", b"no Parquet")
    newsroom.store.put("staged/times/notes.txt", b"")
    said = found(newsroom.store)
    for key in (
        layout.staged_key("times", run_id(4)), "staged/other/20261122T120000Z-abcdef.parquet", "staged/times/notes.txt",
    ):  # fmt: skip
        assert any(one.startswith(f"{key}: ") for one in said), said


def test_a_staged_file_that_went_without_being_published_is_noticed(newsroom: Newsroom) -> None:
    newsroom.stage(4, newsroom.crawl(4, {"bus": "The bus is red.", "lost": "404"}))
    newsroom.store.delete([layout.staged_key("times", run_id(4))])
    said = found(newsroom.store)
    assert any("no row has https://times.example/bus" in one for one in said)
    assert any(f"0 rows of run {run_id(4)} of times, its manifest counts 1" in one for one in said)


def test_a_run_under_way_is_named_and_not_wrong_until_it_ends_without_a_manifest(newsroom: Newsroom) -> None:
    opened = open_run(newsroom.store, run_id(4), ["times"])
    segment, index = newsroom.crawl(4, {"bus": "The bus is red."})
    report = verify(newsroom.store)
    assert report.findings == ()
    assert report.in_flight == (f"run {run_id(4)} of times is not finished",)
    close_runs(newsroom.store, [opened], ["times"])
    assert found(newsroom.store) == [f"{one.key}: orphan: no manifest lists it" for one in (index, segment)]


def test_what_a_dead_run_captured_belongs_to_the_run_that_took_it_over(newsroom: Newsroom) -> None:
    newsroom.crawl(4, {"bus": "The bus is red.", "lost": "404"})
    newsroom.run(5, {"plane": "The plane lands."}, adopted=4)
    for deep in (False, True):
        assert found(newsroom.store, deep=deep) == []
    flip(newsroom.store, warc(4))
    (said,) = found(newsroom.store)
    assert said.startswith(f"{warc(4)}: altered")
    flip(newsroom.store, layout.index_key(warc(4)))
    assert [one.partition(": altered")[0] for one in found(newsroom.store)] == [layout.index_key(warc(4)), warc(4)]


def test_a_run_read_by_two_runs_doubles_nothing(newsroom: Newsroom) -> None:
    """A run that was taken for dead and lives: its rejections are in the table under both ids."""
    written = newsroom.crawl(4, {"bus": "The bus is red.", "lost": "404"})
    newsroom.run(5, {"plane": "The plane lands."}, adopted=4)
    newsroom.stage(4, written)
    publish(newsroom.store)
    assert found(newsroom.store, deep=True) == []


def test_the_frontier_and_the_table_agree(newsroom: Newsroom) -> None:
    archive = S3CaptureArchive(newsroom.store)
    body, etag = archive.read_frontier("times")
    frontier = Frontier.load(body, "times")
    del frontier.urls["https://times.example/ferry"]
    frontier.note_extraction("https://times.example/dream", "0" * 64, None, NOW)
    etag = archive.write_frontier("times", frontier.dump(), etag)
    assert [said.partition(";")[0] for said in found(newsroom.store)] == [
        f"{layout.frontier_key('times')}: does not know https://times.example/ferry, of which tables/articles has a row",
        f"{layout.ARTICLES}: no row has https://times.example/dream as it was read last",
    ]
    archive.write_frontier("times", b"no gzip", etag)
    (said,) = found(newsroom.store)
    assert "frontier: damaged" in said
    newsroom.store.delete([layout.frontier_key("times")])
    (said,) = found(newsroom.store)
    assert said.startswith(f"{layout.frontier_key('times')}: missing")


def test_a_frontier_begun_afresh_need_not_know_what_was_before_it(newsroom: Newsroom) -> None:
    newsroom.store.delete([layout.frontier_key("times")])
    S3CaptureArchive(newsroom.store).write_frontier("times", Frontier("times").dump(), None)
    newsroom.run(60, {"bus": "The bus is red."})
    archive = S3CaptureArchive(newsroom.store)
    body, etag = archive.read_frontier("times")
    frontier = Frontier.load(body, "times")
    frontier.first_run_at = START + timedelta(minutes=60)
    archive.write_frontier("times", frontier.dump(), etag)
    assert found(newsroom.store) == []


def test_what_was_erased_on_purpose_is_not_missed(newsroom: Newsroom) -> None:
    store, was = newsroom.store, hashlib.sha256(newsroom.store.get(warc(3)).body).hexdigest()
    delta(store, layout.ARTICLES).delete("url = 'https://times.example/tram'")
    delta(store, layout.REJECTIONS).delete("url = 'https://times.example/gone'")
    left = segment({}, 3)
    store.put(warc(3), left)
    index = layout.index_key(warc(3))
    gone = hashlib.sha256(store.get(index).body).hexdigest()
    store.delete([index])
    assert len(found(store)) == 4
    told = {
        "articles": [article("tram").article_id],
        "rows": {f"times/{run_id(3)}": 1},
        "objects": [
            {"key": warc(3), "was": was, "sha256": hashlib.sha256(left).hexdigest(), "size": len(left)},
            {"key": index, "was": gone, "sha256": None, "size": None},
        ],
    }
    store.put(f"{layout.ERASED}1.json", json.dumps(told).encode())
    assert found(store, deep=True) == []
    flip(store, warc(3))
    assert len(found(store)) == 1


def test_every_run_has_its_turn_once_in_the_days_of_a_share(store: Store, tmp_path: Path) -> None:
    room = Newsroom(store, tmp_path)
    for day in range(7):
        room.run(1440 * day + 1, {f"a{day}": f"Story {day}."})
    end = NOW + timedelta(days=7)
    keys = [
        layout.segment_key("times", run_id(1440 * day + 1), 1, (START + timedelta(days=day)).date()) for day in range(7)
    ]
    for key in keys:
        flip(store, key)
    said = [found(store, now=end + timedelta(days=day), days=5, deep=True) for day in range(5)]
    assert [len(one) for one in said] == [1, 1, 1, 2, 2]
    assert sorted(one.split(":")[0] for day in said for one in day) == keys


def test_a_share_is_whole_by_itself(newsroom: Newsroom) -> None:
    """Its neighbours in the chain, and the run that took over a dead one, are of other days."""
    newsroom.crawl(4, {"bus": "The bus is red."})
    newsroom.run(1500, {"plane": "The plane lands."}, adopted=4)
    for day in range(4):
        assert found(newsroom.store, now=NOW + timedelta(days=day), days=4, deep=True) == []
    newsroom.store.delete([layout.manifest_key("times", run_id(3))])
    said = [one for day in range(4) for one in found(newsroom.store, now=NOW + timedelta(days=day), days=4)]
    assert any(one.startswith(f"{layout.manifest_key('times', run_id(3))}: missing") for one in said)
    assert all(run_id(3) in one for one in said)  # by what it left behind, on its own day


def test_nothing_is_wrong_while_runs_come_and_go(newsroom: Newsroom) -> None:
    """A crawl, a stage and a publish go on between any two requests of the verification."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def ingest() -> None:
        try:
            for number in range(10, 500):
                if stop.is_set():
                    return
                opened = open_run(newsroom.store, run_id(number), ["times"])
                written = newsroom.crawl(
                    number, {"bridge": f"Edit {number}.", f"a{number}": f"Story {number}.", "old": "404"}
                )
                newsroom.stage(number, written)
                close_runs(newsroom.store, [opened], ["times"])
                publish(newsroom.store)
        except BaseException as error:  # noqa: BLE001 - shown by the test
            failures.append(error)

    ingesting = threading.Thread(target=ingest)
    ingesting.start()
    try:
        looks = [verify(newsroom.store, deep=deep) for deep in (False, True, False, True)]
    finally:
        stop.set()
        ingesting.join()
    assert failures == []
    assert [look.findings for look in looks] == [()] * 4
    assert looks[0].counts["runs"] < looks[-1].counts["runs"]
    assert found(newsroom.store, deep=True) == []


def test_sites_are_looked_at_in_groups(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many sites as fit in memory; one article may have versions from two of them."""
    other = replace(newsroom, site="courier")
    other.run(5, {"bridge": "The bridge is closed.", "tram": "The tram is late."})
    monkeypatch.setattr("storage.verify.GROUP_WEIGHT", 1)
    monkeypatch.setattr("storage.verify_versions.PASS_ROWS", 2)
    report = verify(newsroom.store, deep=True)
    assert report.findings == ()
    assert (report.counts["sites"], report.counts["runs"], report.counts["article rows"]) == (2, 4, 5)
    delta(newsroom.store, layout.ARTICLES).delete("url = 'https://times.example/bridge' AND version = 2")
    assert {said.partition(" https")[0] for said in found(newsroom.store)} == {
        f"{layout.ARTICLES}: no row is version 2 of", f"{layout.ARTICLES}: no row has"
    }  # fmt: skip


def test_what_a_run_changes_between_two_requests_is_no_finding(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is published after its site's manifests were listed and before the tables are read."""
    real, calls = verifying.check_rows, []

    def check_rows(*args: Any) -> None:
        calls.append(args)
        if len(calls) == 1:
            newsroom.run(4, {"bus": "The bus is red."})
        real(*args)

    monkeypatch.setattr(verifying, "check_rows", check_rows)
    assert found(newsroom.store) == []
    assert len(calls) == 2


def test_a_response_that_is_not_that_of_its_digest_is_named(newsroom: Newsroom, tmp_path: Path) -> None:
    """It was so when it was stored: the object has the sha256 that its manifest lists."""
    path = tmp_path / "wrong.warc.gz"
    whole = segment({"https://times.example/bus": "The bus is red."}, 4)
    members = [
        member.data.replace(b"The bus is red.", b"The bus is mad.") for member in read_members(io.BytesIO(whole), "")
    ]
    path.write_bytes(b"".join(gzip.compress(member) for member in members))
    written = S3CaptureArchive(newsroom.store).put_segment("times", run_id(4), 1, START.date(), path, b"")
    newsroom.stage(4, written)
    publish(newsroom.store)
    assert found(newsroom.store) == []
    (said,) = found(newsroom.store, deep=True)
    assert said.startswith(f"{warc(4)}: the payload of the record at byte {len(gzip.compress(members[0]))} is not")
