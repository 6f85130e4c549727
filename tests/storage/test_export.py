"""A slice as a WACZ: the right records, whole and provable, whatever lies in the bucket."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cdxj_indexer.main import CDXJIndexer

from extract.article import Article
from spiders.reread import record_lines
from storage import wacz
from storage.client import Store
from storage.errors import NoScratchSpace, ObjectRefused
from storage.export import Exported, export_index, export_wacz
from storage.publish import publish
from storage.slices import Slice
from tests.storage.capturing import Page, put_pages
from tests.storage.making import START, article, run_id, stage_outcomes


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def exported(store: Store, chosen: Slice | None = None, **how: Any) -> tuple[dict[str, bytes], Exported]:
    """Return the files of a WACZ of the slice, and what was told of it."""
    out = io.BytesIO()
    done = export_wacz(store, out, chosen or Slice(), record_lines, **how)
    with zipfile.ZipFile(out) as parts:
        return {name: parts.read(name) for name in parts.namelist()}, done


def records(files: dict[str, bytes]) -> list[tuple[str, str, str]]:
    """Return (file, kind, name of the page) of every record but the opening ones, as warcio reads them."""
    from warcio.archiveiterator import ArchiveIterator  # noqa: PLC0415

    return [
        (
            name.removeprefix("archive/"),
            record.rec_type,
            record.rec_headers.get_header("WARC-Target-URI").rpartition("/")[2],
        )
        for name, body in files.items()
        if name.startswith("archive/")
        for record in ArchiveIterator(io.BytesIO(body))
        if record.rec_type != "warcinfo"
    ]


def answers(files: dict[str, bytes]) -> set[tuple[str, str]]:
    return {(kind, page) for _, kind, page in records(files) if kind in {"response", "revisit"}}


def published(store: Store, run: str, *found: Article) -> None:
    stage_outcomes(store, "times", run, found)
    publish(store)


def test_whole_segments_are_copied_byte_for_byte_and_indexed_as_others_do(store: Store, tmp_path: Path) -> None:
    put_pages(store, tmp_path, run_id(1), [Page("a", at(1), "one"), Page("b", at(1.5), "two")])
    put_pages(store, tmp_path, run_id(60), [Page("a", at(61), "one", same_as=at(1)), Page("c", at(62), "", at(1), 304)])
    files, done = exported(store)
    assert (done.segments, done.captures, done.originals, done.lost_originals) == (
        2,
        4,
        0,
        1,
    )  # of c there is no original
    keys = [one.key for one in store.list("raw/") if one.key.endswith(".warc.gz")]
    names = [f"archive/times-{key.rpartition('/')[2]}" for key in keys]
    assert [files[name] for name in names] == [store.get(key).body for key in keys]
    lines = gzip.decompress(files["indexes/index.cdx.gz"])
    assert lines == expected_index(tmp_path, {name: files[name] for name in names})
    assert b'"status":"304"' not in lines


def expected_index(folder: Path, warcs: dict[str, bytes]) -> bytes:
    """Return what cdxj-indexer makes of the files, without the 304 that would replay as a bare 304."""
    for name, body in warcs.items():
        (folder / name.rpartition("/")[2]).write_bytes(body)
    out = folder / "theirs.cdxj"
    CDXJIndexer(str(out), [str(folder / name.rpartition("/")[2]) for name in warcs], sort=True).process_all()
    theirs = []
    for line in out.read_text().splitlines():
        key, stamp, fields = line.split(" ", 2)
        if (told := json.loads(fields)).get("status") != "304":
            theirs.append(f"{key} {stamp} {json.dumps(told, separators=(',', ':'))}\n".encode())
    return b"".join(sorted(theirs))


def test_everything_in_a_wacz_is_proved_by_its_package_and_the_same_archive_gives_the_same_bytes(
    store: Store, tmp_path: Path
) -> None:
    placed = put_pages(store, tmp_path, run_id(1), [Page("a", at(1), "one"), Page("b", at(2), "two")])
    published(
        store,
        run_id(1),
        article("a", captured_at=at(1), capture=placed[0]),
        article("b", captured_at=at(2), capture=placed[1]),
    )
    files, _ = exported(store, texts=True)
    package = json.loads(files["datapackage.json"])
    assert (package["profile"], package["wacz_version"], package["created"]) == (
        "data-package",
        "1.1.1",
        "2026-11-22T09:02:00Z",
    )
    listed = {one["path"]: (one["bytes"], one["hash"]) for one in package["resources"]}
    assert listed == {
        name: (len(body), f"sha256:{hashlib.sha256(body).hexdigest()}")
        for name, body in files.items() if not name.startswith("datapackage")
    }  # fmt: skip
    digest = json.loads(files["datapackage-digest.json"])
    assert digest == {
        "path": "datapackage.json",
        "hash": f"sha256:{hashlib.sha256(files['datapackage.json']).hexdigest()}",
    }
    _, *pages = map(json.loads, files["pages/pages.jsonl"].splitlines())
    assert [(page["url"], page["ts"], page["title"], page["text"]) for page in pages] == [
        ("https://times.example/a", "2026-11-22T09:01:00.000Z", "Harbour bridge", "The bridge reopens."),
        ("https://times.example/b", "2026-11-22T09:02:00.000Z", "Harbour bridge", "The bridge reopens."),
    ]
    outs = [io.BytesIO(), io.BytesIO()]
    for out in outs:
        export_wacz(store, out, Slice(), record_lines)
    assert outs[0].getvalue() == outs[1].getvalue()
    with zipfile.ZipFile(outs[0]) as parts:  # the run began at 9:01, the newest capture is of 9:02
        assert {part.date_time for part in parts.infolist()} == {(2026, 11, 22, 9, minute, 0) for minute in (1, 2)}


def test_a_slice_has_its_exchanges_whole_and_the_originals_of_its_revisits(store: Store, tmp_path: Path) -> None:
    put_pages(store, tmp_path, run_id(1), [Page("old", at(1), "one"), Page("other", at(1.5), "two")])
    put_pages(store, tmp_path, run_id(30), [Page("decoy", at(31), "none")])
    put_pages(
        store, tmp_path, run_id(60),
        [Page("near", at(61), "near"), Page("old", at(62), "one", at(1)), Page("near", at(63), "near", at(61)), Page("new", at(64), "n")],
    )  # fmt: skip
    files, done = exported(store, Slice(since=at(62), until=at(64)))
    name = f"times-{run_id(60)}-001"
    assert records(files) == [
        *((f"{name}.warc.gz", kind, page) for page in ("old", "near") for kind in ("request", "revisit", "metadata")),
        *((f"{name}.originals-1.warc.gz", kind, "near") for kind in ("request", "response", "metadata")),
        *((f"times-{run_id(1)}-001.originals-1.warc.gz", kind, "old") for kind in ("request", "response", "metadata")),
    ]
    assert (done.captures, done.originals, done.lost_originals) == (2, 2, 0)
    assert len(gzip.decompress(files["indexes/index.cdx.gz"]).splitlines()) == 4


def test_an_original_of_weeks_ago_is_found_without_reading_what_lies_between(store: Store, tmp_path: Path) -> None:
    month = timedelta(days=30)
    put_pages(store, tmp_path, run_id(1), [Page("old", at(1), "one")])
    for day in range(1, 30):
        put_pages(store, tmp_path, run_id(1440 * day), [Page("x", START + timedelta(days=day))])
    put_pages(store, tmp_path, run_id(1440 * 30), [Page("old", at(2) + month, "one", at(1))])
    store.requests.clear()
    files, done = exported(store, Slice(site="times", since=START + month))
    assert answers(files) == {("revisit", "old"), ("response", "old")}
    assert done.originals == 1
    assert store.requests["GetObject"] <= 4


def test_a_revisit_whose_original_is_gone_stays_and_is_told(store: Store, tmp_path: Path) -> None:
    put_pages(
        store,
        tmp_path,
        run_id(60),
        [Page("old", at(62), "one", at(1)), Page("far", at(63), "x", datetime(1, 1, 1, tzinfo=UTC))],
    )
    files, done = exported(store)
    assert answers(files) == {("revisit", "old"), ("revisit", "far")}
    assert done.lost_originals == 2


def test_one_site_of_two_and_pages_only_of_what_is_in_the_slice(store: Store, tmp_path: Path) -> None:
    placed = put_pages(store, tmp_path, run_id(1), [Page("a", at(1), "one")])
    put_pages(store, tmp_path, run_id(1), [Page("a", at(1), "one")], site="post")
    lost = replace(placed[0], key="raw/times/2026/11/21/gone-001.warc.gz")
    published(
        store,
        run_id(1),
        article("a", captured_at=at(1), capture=placed[0]),
        article("b", captured_at=at(2), capture=lost),
    )
    files, done = exported(store, Slice(site="times"))
    assert {name for name, _, _ in records(files)} == {f"times-{run_id(1)}-001.warc.gz"}
    assert (done.pages, done.lost_captures) == (1, 1)
    assert len(files["pages/pages.jsonl"].splitlines()) == 2


def test_a_run_past_midnight_is_in_the_slice_of_the_next_day(store: Store, tmp_path: Path) -> None:
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    put_pages(
        store, tmp_path, run_id(14 * 60 + 59), [Page("late", midnight - timedelta(seconds=9)), Page("early", midnight)]
    )
    assert answers(exported(store, Slice(since=midnight))[0]) == {("response", "early")}
    assert answers(exported(store, Slice(until=midnight))[0]) == {("response", "late")}


def test_an_index_of_many_captures_comes_in_blocks_that_are_found_by_their_first_line(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wacz, "BLOCK_LINES", 3)
    put_pages(store, tmp_path, run_id(1), [Page(f"{number:02}", at(number)) for number in range(8)])
    files, _ = exported(store)
    header, *blocks = files["indexes/index.idx"].splitlines()
    assert header == b'!meta 0 {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}'
    found = []
    for block in blocks:
        key, _, fields = block.partition(b" {")
        place = json.loads(b"{" + fields)
        data = files["indexes/index.cdx.gz"][place["offset"] : place["offset"] + place["length"]]
        assert place["digest"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        lines = gzip.decompress(data).splitlines(keepends=True)
        assert lines[0].startswith(key + b" {")
        found += lines
    assert len(blocks) == 3
    assert b"".join(found) == gzip.decompress(files["indexes/index.cdx.gz"])
    assert found == sorted(found)


@pytest.mark.parametrize("harm", ["cut", "flip", "text", "no date"])
def test_a_damaged_or_foreign_segment_is_named(store: Store, tmp_path: Path, harm: str) -> None:
    put_pages(store, tmp_path, run_id(1), [Page("a", at(1), "one " * 500)])
    key = f"raw/times/2026/11/22/{run_id(1)}-001.warc.gz"
    body = store.get(key).body
    harmed = {
        "cut": body[:-10],
        "flip": body[:-30] + bytes([body[-30] ^ 255]) + body[-29:],
        "text": gzip.compress(b"hello, this is no WARC\r\n\r\n"),
        "no date": gzip.compress(b"WARC/1.1\r\nWARC-Type: request\r\nContent-Length: 0\r\n\r\n\r\n\r\n"),
    }[harm]
    store.put(key, harmed)
    with pytest.raises(ObjectRefused, match=rf"{key}: .* byte \d+.*verify"):
        exported(store)


def test_other_peoples_objects_below_raw_are_left_alone(store: Store, tmp_path: Path) -> None:
    put_pages(store, tmp_path, run_id(1), [Page("a", at(1), "one")])
    for key in (
        "raw/times/notes.txt",
        "raw/times/2026/99/99/20269999T999999Z-aaaaaa-001.warc.gz",
        "raw/Their Site/x.warc.gz",
    ):
        store.put(key, b"theirs")
    files, done = exported(store)
    assert done.captures == 1
    assert len([name for name in files if name.startswith("archive/")]) == 1


def test_the_bucket_index_holds_the_lines_of_all_segments_sorted(store: Store, tmp_path: Path) -> None:
    put_pages(store, tmp_path, run_id(1), [Page("b", at(1)), Page("c", at(2))])
    put_pages(store, tmp_path, run_id(60), [Page("a", at(61))], site="post")
    out = io.BytesIO()
    assert export_index(store, out, Slice(), record_lines) == 3
    lines = out.getvalue().splitlines()
    assert [line.split(b" ")[0] for line in lines] == [b"example,times)/a", b"example,times)/b", b"example,times)/c"]
    for line in lines:
        told = json.loads(line.split(b" ", 2)[2])
        body = store.get(told["filename"]).body[int(told["offset"]) : int(told["offset"]) + int(told["length"])]
        assert b"WARC-Type: response" in gzip.decompress(body)
    store.delete([next(one.key for one in store.list("raw/times/") if one.key.endswith(".cdxj"))])
    again = io.BytesIO()
    assert export_index(store, again, Slice(), record_lines) == 3, "a crawl that died had not written it yet"
    assert again.getvalue() == out.getvalue()


def test_a_full_disk_of_temporary_files_is_said(monkeypatch: pytest.MonkeyPatch, store: Store, tmp_path: Path) -> None:
    from storage import contents  # noqa: PLC0415

    monkeypatch.setattr(contents, "_TABLES", contents._TABLES + "PRAGMA max_page_count = 12;")
    put_pages(store, tmp_path, run_id(1), [Page(f"{number}" * 200, at(number)) for number in range(300)])
    with pytest.raises(NoScratchSpace, match="TMPDIR"):
        exported(store)
