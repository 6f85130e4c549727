"""The chain of a site's manifests, through races and crashes."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from storage import layout
from storage.chain import read_newest
from storage.client import Store
from storage.errors import ObjectRefused, StoreConflict
from storage.manifest import RunManifest, RunState, read_manifest, write_manifest
from tests.storage.making import run_id


def crawled(number: int) -> RunManifest:
    return RunManifest("times", run_id(number), counts={"discovered": number})


def staged(number: int) -> RunManifest:
    return replace(crawled(number), state=RunState.STAGED)


def chain(store: Store) -> list[str]:
    """Return the runs of the chain, newest first, after checking each manifest against the next one's word."""
    newest = read_newest(store, "times")
    assert newest
    found, wanted = [], (newest.run_id, newest.sha256)
    while wanted[0]:
        body = store.get(layout.manifest_key("times", wanted[0])).body
        assert hashlib.sha256(body).hexdigest() == wanted[1]
        found.append(wanted[0])
        manifest = RunManifest.from_json(body, "")
        wanted = (manifest.previous or "", manifest.previous_sha256 or "")
    return found


def test_each_staged_manifest_carries_the_sha256_of_the_one_before_it(store: Store) -> None:
    for number in (1, 2, 3):
        write_manifest(store, staged(number))
    assert chain(store) == [run_id(3), run_id(2), run_id(1)]
    first, _ = read_manifest(store, "times", run_id(1))
    assert (first.previous, first.previous_sha256) == (None, None)


def test_a_run_is_linked_when_it_is_staged_not_when_it_is_crawled(store: Store) -> None:
    etag = write_manifest(store, crawled(1))
    assert read_newest(store, "times") is None
    write_manifest(store, staged(2))
    write_manifest(store, staged(1), etag)
    assert chain(store) == [run_id(1), run_id(2)]


def test_eight_runs_that_end_at_once_come_one_after_the_other(store: Store) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: write_manifest(store, staged(number)), range(8)))
    assert sorted(chain(store)) == [run_id(number) for number in range(8)]


def test_a_sealed_manifest_is_never_replaced(store: Store) -> None:
    etag = write_manifest(store, crawled(1))
    sealed = write_manifest(store, staged(1), etag)
    for stale in (etag, None):
        with pytest.raises(StoreConflict, match=run_id(1)):
            write_manifest(store, replace(staged(1), counts={}), stale)
    assert read_manifest(store, "times", run_id(1))[1] == sealed
    assert chain(store) == [run_id(1)]


def die_at(store: Store, monkeypatch: pytest.MonkeyPatch, number: int, etag: str | None, *, puts: int) -> None:
    """Seal run `number`, but die in the place of PUT number `puts`."""
    real, calls = store.put, []

    def put(*args: Any, **named: Any) -> str:
        calls.append(args)
        if len(calls) == puts:
            raise KeyboardInterrupt
        return real(*args, **named)

    with monkeypatch.context() as patched:
        patched.setattr(store, "put", put)
        with pytest.raises(KeyboardInterrupt):
            write_manifest(store, staged(number), etag)


@pytest.mark.parametrize("was_crawled", [True, False], ids=["by steps", "in one go"])
@pytest.mark.parametrize("puts", [1, 2])
def test_a_run_that_dies_while_it_is_linked_goes_on_where_it_was(
    store: Store, monkeypatch: pytest.MonkeyPatch, puts: int, *, was_crawled: bool
) -> None:
    write_manifest(store, staged(1))
    etag = write_manifest(store, crawled(2)) if was_crawled else None
    die_at(store, monkeypatch, 2, etag, puts=puts)
    write_manifest(store, staged(2), etag)
    write_manifest(store, staged(3))
    assert chain(store) == [run_id(3), run_id(2), run_id(1)]


@pytest.mark.parametrize("was_crawled", [True, False], ids=["by steps", "in one go"])
def test_the_next_run_writes_what_a_dead_one_could_not(
    store: Store, monkeypatch: pytest.MonkeyPatch, *, was_crawled: bool
) -> None:
    write_manifest(store, staged(1))
    etag = write_manifest(store, crawled(2)) if was_crawled else None
    die_at(store, monkeypatch, 2, etag, puts=2)
    write_manifest(store, staged(3))
    assert chain(store) == [run_id(3), run_id(2), run_id(1)]
    assert read_manifest(store, "times", run_id(2))[0].state == RunState.STAGED
    with pytest.raises(StoreConflict):  # the dead one's retry, were it not dead
        write_manifest(store, staged(2), etag)


def test_an_altered_manifest_is_not_mended_by_the_next_run(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    write_manifest(store, staged(1))
    key = layout.manifest_key("times", run_id(1))
    altered = store.get(key).body + b"\n"
    store.put(key, altered)
    write_manifest(store, staged(2))
    assert store.get(key).body == altered
    assert f"{key} is not as its run wrote it" in caplog.text


def test_a_damaged_end_of_the_chain_stops_the_next_run_by_name(store: Store) -> None:
    write_manifest(store, staged(1))
    store.put(layout.newest_key("times"), b"{}")
    with pytest.raises(ObjectRefused, match=r"state/times/newest.json: no manifest"):
        write_manifest(store, staged(2))
