"""WARC segments, frontiers and manifests in the bucket."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from cli.crawling import SpiderArchive
from extract.stored import StoredObject
from spiders.errors import SegmentTaken
from storage import layout
from storage.captures import S3CaptureArchive
from storage.client import Store
from storage.errors import ObjectRefused, StoreConflict
from storage.manifest import RunManifest, RunState, add_objects, change_manifest, read_manifest, write_manifest
from tests.storage.making import run_id

DAY, NEXT = date(2026, 11, 22), date(2026, 11, 23)


def segment(folder: Path, body: bytes) -> Path:
    path = folder / "segment.warc.gz"
    path.write_bytes(body)
    return path


def test_a_segment_and_its_index_lie_side_by_side(store: Store, tmp_path: Path) -> None:
    archive = S3CaptureArchive(store)
    warc, index = archive.put_segment("times", run_id(1), 0, DAY, segment(tmp_path, b"warc"), b"cdxj")
    assert warc == StoredObject(f"raw/times/2026/11/22/{run_id(1)}-000.warc.gz", hashlib.sha256(b"warc").hexdigest(), 4)
    assert index.key == f"raw/times/2026/11/22/{run_id(1)}-000.cdxj"
    assert archive.segment_key("times", run_id(1), 0, DAY) == warc.key
    assert store.get(index.key).body == b"cdxj"


def test_a_segment_is_stored_once_and_never_replaced(store: Store, tmp_path: Path) -> None:
    archive = S3CaptureArchive(store)
    first = archive.put_segment("times", run_id(1), 0, DAY, segment(tmp_path, b"warc"), b"cdxj")
    assert archive.put_segment("times", run_id(1), 0, DAY, segment(tmp_path, b"warc"), b"cdxj") == first
    with pytest.raises(StoreConflict, match=run_id(1)):
        archive.put_segment("times", run_id(1), 0, DAY, segment(tmp_path, b"other"), b"cdxj")
    assert store.get(first[0].key).body == b"warc"


def test_a_crawl_learns_that_a_segments_number_is_taken(store: Store, tmp_path: Path) -> None:
    archive = SpiderArchive(store)
    archive.put_segment("times", run_id(1), 1, DAY, segment(tmp_path, b"warc"), b"cdxj")
    with pytest.raises(SegmentTaken, match=run_id(1)):
        archive.put_segment("times", run_id(1), 1, DAY, segment(tmp_path, b"other"), b"cdxj")
    assert archive.put_segment("times", run_id(1), 2, DAY, segment(tmp_path, b"other"), b"cdxj")


def test_a_runs_segments_are_found_again_over_midnight_and_no_others(store: Store, tmp_path: Path) -> None:
    archive = S3CaptureArchive(store)
    other = [("times", run_id(2), 0, DAY), ("times-2", run_id(1), 0, DAY), ("times", run_id(0), 0, date(2026, 11, 21))]
    for place in other:
        archive.put_segment(*place, segment(tmp_path, b"other"), b"")
    own = [
        archive.put_segment("times", run_id(1), number, day, segment(tmp_path, b"%d" % number), b"i%d" % number)
        for number, day in enumerate([DAY, DAY, NEXT])
    ]
    assert archive.segments("times", run_id(1)) == [warc for warc, _ in own]
    assert archive.indexes("times", run_id(1)) == [index for _, index in own]


def test_a_segment_is_fetched_whole_or_refused(store: Store, tmp_path: Path) -> None:
    archive = S3CaptureArchive(store)
    stored, _ = archive.put_segment("times", run_id(1), 0, DAY, segment(tmp_path, b"warc" * 100_000), b"")
    archive.read_segment(stored, tmp_path / "fetched")
    assert (tmp_path / "fetched").read_bytes() == b"warc" * 100_000
    with pytest.raises(ObjectRefused, match=stored.key):
        archive.read_segment(replace(stored, sha256="0" * 64), tmp_path / "fetched")


def test_a_frontier_is_replaced_by_one_of_two_runs(store: Store) -> None:
    archive = S3CaptureArchive(store)
    assert archive.read_frontier("times") == (None, None)
    archive.write_frontier("times", b"first", None)
    body, etag = archive.read_frontier("times")
    assert body == b"first"
    archive.write_frontier("times", b"second", etag)
    for stale in (etag, None):
        with pytest.raises(StoreConflict):
            archive.write_frontier("times", b"lost", stale)
    assert archive.read_frontier("times")[0] == b"second"


def test_a_manifest_comes_back_as_written(store: Store) -> None:
    manifest = RunManifest(
        "times", run_id(1), RunState.CRAWLED, asked={"max_pages": 5}, objects=(StoredObject("raw/x", "ab", 3),),
        counts={"captured": 2}, failures=({"url": "https://times.example/", "reason": "timeout"},),
        sources={"https://times.example/rss": "ok 200, 12 links"}, previous=run_id(0),
    )  # fmt: skip
    etag = write_manifest(store, manifest)
    assert read_manifest(store, "times", run_id(1)) == (manifest, etag)
    with pytest.raises(StoreConflict):
        write_manifest(store, manifest)


def test_eight_steps_change_one_manifest_and_none_is_lost(store: Store) -> None:
    def add(number: int) -> None:
        added = StoredObject(f"raw/{number}", "ab", number)
        change_manifest(store, "times", run_id(1), lambda manifest: add_objects(manifest, added))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, range(8)))
    assert {one.size for one in read_manifest(store, "times", run_id(1))[0].objects} == set(range(8))


def test_a_manifest_of_a_newer_version_is_refused_by_name(store: Store) -> None:
    key = layout.manifest_key("times", run_id(1))
    store.put(key, b'{"manifest": 2}')
    with pytest.raises(ObjectRefused, match=f"{key}: manifest layout 2"):
        read_manifest(store, "times", run_id(1))


@pytest.mark.parametrize(
    ("site", "run"), [("../x", run_id(1)), ("times", "../../x"), ("a/b", run_id(1)), ("", run_id(1))]
)
def test_no_name_leads_out_of_its_folder(site: str, run: str) -> None:
    for key in (layout.manifest_key, layout.staged_key, layout.parts_prefix):
        with pytest.raises(ValueError, match="is no"):
            key(site, run)
