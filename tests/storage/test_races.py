"""Publishers in processes of their own: racing, killed, and with the S3 server killed under them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from storage import layout
from storage.articles import Archive
from storage.client import Store
from storage.embedded import EmbeddedStore
from storage.metrics import count_requests
from storage.publish import publish
from storage.server import Server
from storage.settings import StoreSettings
from tests.storage.making import article, rejection, run_id, stage_outcomes

PUBLISH = """
import sys
from storage.client import Store
from storage.publish import publish
from storage.server import Server
from storage.settings import StoreSettings
store = Store(StoreSettings.from_env())
print("ready", flush=True)
sys.stdin.readline()
print(publish(store).to_json(), flush=True)
"""


def publisher(env: dict[str, str]) -> subprocess.Popen[str]:
    """A process that publishes when it is sent a line, and prints its report."""
    process = subprocess.Popen(
        [sys.executable, "-c", PUBLISH], env=os.environ | env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("go\n")
    process.stdin.flush()


def stage_rounds(store: Store, first: int, rounds: int) -> None:
    """Runs of eight articles each: every run edits "shared" and finds one page of its own and one missing."""
    for number in range(first, first + rounds):
        own = [article(f"own-{number}-{one}", minutes=number) for one in range(6)]
        edited = article("shared", f"State {number}.", minutes=number)
        stage_outcomes(store, "times", run_id(number), [*own, edited, rejection(f"missing-{number}", minutes=number)])


def assert_exactly_once(store: Store, rounds: int) -> None:
    archive = Archive(store)
    rows = archive.articles(all_versions=True).select(["url", "version", "text"]).to_pylist()
    names = Counter((row["url"].rpartition("/")[2], row["version"]) for row in rows)
    expected = {(f"own-{number}-{one}", 1) for number in range(rounds) for one in range(6)}
    assert names == Counter(expected | {("shared", number + 1) for number in range(rounds)})
    assert {row["version"]: row["text"] for row in rows if row["url"].endswith("shared")} == {
        number + 1: f"State {number}." for number in range(rounds)
    }
    missing = [row["url"] for row in archive.rejections().to_pylist()]
    assert sorted(missing) == sorted(f"https://times.example/missing-{number}" for number in range(rounds))
    assert list(store.list(layout.STAGED)) == []


def test_four_racing_publishers_lose_and_double_nothing(store: Store, store_env: dict[str, str]) -> None:
    stage_rounds(store, 0, 12)
    racers = [publisher(store_env) for _ in range(4)]
    for racer in racers:
        go(racer)
    reports = []
    for racer in racers:
        out, _ = racer.communicate(timeout=120)
        assert racer.returncode == 0
        reports.append(json.loads(out))
    assert_exactly_once(store, 12)
    assert sum(report["articles"] for report in reports) == 12 * 6 + 1
    assert sum(report["versions"] for report in reports) == 11


@pytest.mark.parametrize("requests", [10, 40, 80, 160])
def test_a_publisher_killed_on_the_way_is_finished_by_the_next(
    store: Store, store_env: dict[str, str], requests: int
) -> None:
    stage_rounds(store, 0, 3)
    publish(store)
    stage_rounds(store, 3, 3)
    victim = publisher(store_env)
    seen = threading.Event()
    count = 0

    def watch(**_: object) -> None:
        nonlocal count
        count += 1
        if count == requests:
            victim.kill()
            seen.set()

    # the test's own requests are the clock: the victim publishes while they go on
    store._client.meta.events.register("before-send.s3", watch)
    go(victim)
    while not seen.is_set():
        store.put("state/clock", b"x")
    victim.communicate()
    publish(store)
    assert_exactly_once(store, 6)


def test_an_s3_killed_while_publishing_is_outlived(tmp_path: Path) -> None:
    embedded = EmbeddedStore(StoreSettings(home=tmp_path / "home", min_free_mib=0))
    server = embedded.start()
    try:
        store = Store(embedded.settings(server))
        stage_rounds(store, 0, 6)
        killed = threading.Event()

        def kill_once(**_: object) -> None:
            if not killed.is_set():
                killed.set()
                os.kill(server.pid, signal.SIGKILL)

        store._client.meta.events.register("before-send.s3.GetObject", kill_once)
        publishing = threading.Thread(target=publish, args=(store,))
        publishing.start()
        assert killed.wait(60)
        embedded.start()
        publishing.join()
        assert_exactly_once(store, 6)
        store.close()
    finally:
        embedded.stop()


def test_requests_do_not_grow_with_the_articles(store: Store, weed_server: Server) -> None:
    def requests_for(first: int, articles: int) -> int:
        for number in range(first, first + 2):
            outcomes = (article(f"a{number}-{one}") for one in range(articles // 2))
            stage_outcomes(store, "times", run_id(number), outcomes)
        before = count_requests(weed_server).total()
        publish(store)
        return count_requests(weed_server).total() - before

    requests_for(0, 2)  # creates the tables
    few, many = requests_for(2, 100), requests_for(4, 1100)
    assert many < 40
    assert many - few < 10
