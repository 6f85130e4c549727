from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from extract.warc import read_captures
from spiders import recovery
from spiders.errors import CrawlFailed, SpiderError
from spiders.frontier import Frontier
from spiders.process import CrawlProcess
from tests.spiders.conftest import WORKER, Ended, job_of, site_of
from tests.spiders.folder_archive import FolderArchive
from tests.spiders.news_server import NewsServer, Reply, article

COUNT = 8
PATHS = [f"/2026/11/22/story-{n}" for n in range(COUNT)]
SMALL = {"segment_bytes": 3000}  # three pages or so: some segments are stored when the crawl ends


class Held:
    """A page whose answer waits for the test."""

    def __init__(self) -> None:
        self.asked, self.go = threading.Event(), threading.Event()

    def reply(self, body: bytes) -> Reply:
        def act(connection: socket.socket) -> None:
            self.asked.set()
            self.go.wait(60)
            connection.sendall(Reply(body).sent(REQUEST))

        return Reply(act=act)


class _Request:
    def header(self, _: str) -> None:
        return None


REQUEST: Any = _Request()


@pytest.fixture
def held(server: NewsServer) -> Iterator[Held]:
    """`server` with eight stories, of which the sixth that is asked for is held back."""
    held = Held()
    server.publish({path: article(n) for n, path in enumerate(PATHS)})
    server.routes[PATHS[5]] = [held.reply(article(5)), Reply(article(5))]
    yield held
    held.go.set()


def start(root: Path, server: NewsServer, **named: Any) -> CrawlProcess:
    job = job_of(root, site_of(server, feeds=[f"{server.url}/feed.xml"]), **named)
    return CrawlProcess([sys.executable, str(WORKER), json.dumps(job)])


def events_of(process: CrawlProcess) -> tuple[list[dict[str, Any]], str]:
    events: list[dict[str, Any]] = []
    try:
        events.extend(process)
    except CrawlFailed as error:
        return events, error.message
    return events, ""


def all_pages(root: Path) -> Counter[str]:
    """Return how often each page is in the bucket, whichever run captured it."""
    found: Counter[str] = Counter()
    for path in sorted((root / "raw").rglob("*.warc.gz")):
        with path.open("rb") as stream:
            found.update(capture.url.rpartition("/")[2] for capture in read_captures(stream, str(path), "times"))
    return found


EVERY_PAGE_ONCE = Counter({f"story-{n}": 1 for n in range(COUNT)})


@pytest.mark.parametrize("limits", [SMALL, {}], ids=["small segments", "one segment"])
def test_after_a_kill_9_nothing_captured_is_lost_or_fetched_again(
    crawl: Any, server: NewsServer, held: Held, tmp_path: Path, limits: dict[str, Any]
) -> None:
    process = start(tmp_path, server, run_id="20261122T100000Z-00dead", limits=limits)
    assert held.asked.wait(30)
    os.kill(process.pid, signal.SIGKILL)
    events, error = events_of(process)
    assert "was killed by SIGKILL" in error
    assert not [event for event in events if event["event"] == "report"]

    ended = crawl(limits=limits)
    assert ended.counts == {"captured": 3, "not_due": 5}
    assert [run_id for run_id, _ in ended.report.recovered] == ["20261122T100000Z-00dead"]
    assert all_pages(tmp_path) == EVERY_PAGE_ONCE
    asked = Counter(seen.target for seen in server.asked())
    assert [asked[path] for path in PATHS] == [1, 1, 1, 1, 1, 2, 1, 1], "only the page in flight was asked for twice"
    assert list((tmp_path / "spool" / "times").glob("*.warc.gz*")) == []
    assert crawl(revisit_now=True).counts == {"not_modified": 8}, "validators came back from the WARC"


def test_recovered_segments_are_whole_and_indexed(crawl: Any, server: NewsServer, held: Held, tmp_path: Path) -> None:
    process = start(tmp_path, server, run_id="20261122T100000Z-00dead")
    assert held.asked.wait(30)
    os.kill(process.pid, signal.SIGKILL)
    events_of(process)
    (spooled,) = (tmp_path / "spool" / "times").glob("*.open")
    with spooled.open("ab") as file:
        file.write(b"\x1f\x8b\x08\x00 half a record")
    ended = crawl()
    ((_, (segment,)),) = ended.report.recovered
    path = tmp_path / segment.key
    done = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    lines = path.with_name(path.name.replace(".warc.gz", ".cdxj")).read_text().splitlines()
    assert len(lines) == 1 + 1 + 5  # robots.txt, the feed, five pages
    assert all(json.loads(line.split(" ", 2)[2])["filename"] == segment.key for line in lines)


@pytest.mark.parametrize(
    "signals", [[signal.SIGTERM], [signal.SIGTERM, signal.SIGTERM], [signal.SIGUSR1], [signal.SIGINT]]
)
def test_a_stop_signal_keeps_all_and_reports(
    crawl: Any, server: NewsServer, held: Held, tmp_path: Path, signals: list[signal.Signals]
) -> None:
    process = start(tmp_path, server, limits=SMALL)
    assert held.asked.wait(30)
    for number in signals:
        os.kill(process.pid, number)
    held.go.set()
    events, error = events_of(process)
    assert error == ""
    ended = Ended(events, FolderArchive(tmp_path))
    assert ended.report.finish_reason == "stopped"
    assert ended.counts == {"captured": 6, "deferred": 2}, "the answer in flight is kept"
    assert crawl().counts == {"captured": 2, "not_due": 6}
    assert all_pages(tmp_path) == EVERY_PAGE_ONCE


def test_an_answer_that_does_not_come_is_given_up_after_the_drain(
    crawl: Any, server: NewsServer, held: Held, tmp_path: Path
) -> None:
    process = start(tmp_path, server, limits={"drain_s": 0.1})
    assert held.asked.wait(30)
    process.terminate()
    events, error = events_of(process)
    assert error == ""
    assert Ended(events, FolderArchive(tmp_path)).counts == {"captured": 5, "deferred": 3}
    held.go.set()
    assert crawl().counts == {"captured": 3, "not_due": 5}


def test_a_crawl_does_not_outlive_its_parent(crawl: Any, server: NewsServer, held: Held, tmp_path: Path) -> None:
    job = json.dumps(job_of(tmp_path, site_of(server, feeds=[f"{server.url}/feed.xml"])))
    lines = (
        f"import sys; sys.path.insert(0, {str(WORKER.parents[2])!r}); from spiders.process import CrawlProcess;"
        f"p = CrawlProcess([sys.executable, {str(WORKER)!r}, {job!r}]); print(p.pid, flush=True); list(p)"
    )
    parent = subprocess.Popen([sys.executable, "-c", lines], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = os.pidfd_open(int(parent.stdout.readline()))
    assert held.asked.wait(30)
    parent.kill()
    parent.wait()
    held.go.set()
    assert select.select([worker], [], [], 60)[0], "the worker ended"
    os.close(worker)
    parent.stdout.close()
    assert crawl().counts == {"captured": 2, "not_due": 6}, "gracefully: its frontier was written"


def test_a_run_retried_on_another_machine_goes_on_where_the_bucket_ends(
    crawl: Any, server: NewsServer, held: Held, tmp_path: Path
) -> None:
    process = start(tmp_path, server, run_id="20261122T100000Z-00a11e", limits=SMALL)
    assert held.asked.wait(30)
    os.kill(process.pid, signal.SIGKILL)
    events_of(process)
    shutil.rmtree(tmp_path / "spool")
    before = all_pages(tmp_path)
    assert 0 < len(before) < 5
    ended = crawl(run_id="20261122T100000Z-00a11e", limits=SMALL)
    assert ended.counts == {"captured": 8}, "what the run captured before it was cut off is in its report"
    assert all_pages(tmp_path) == EVERY_PAGE_ONCE
    assert sum(len(list(path.parent.glob(path.name))) for path in ended.warcs) == len(
        list((tmp_path / "raw").rglob("*.warc.gz"))
    )
    assert ended.report.recovered == ()


def test_what_a_dead_machine_held_is_taken_up_beside_what_the_retry_on_another_one_stored(
    crawl: Any, server: NewsServer, held: Held, tmp_path: Path
) -> None:
    process = start(tmp_path, server, run_id="20261122T100000Z-00a11e")  # one segment, not stored yet
    assert held.asked.wait(30)
    os.kill(process.pid, signal.SIGKILL)
    events_of(process)
    (tmp_path / "spool").rename(tmp_path / "spool of the dead machine")
    assert crawl(run_id="20261122T100000Z-00a11e").counts == {"captured": 8}
    shutil.rmtree(tmp_path / "spool")
    shutil.copytree(tmp_path / "spool of the dead machine", tmp_path / "spool")
    ended = crawl(run_id="20261122T110000Z-00b0b0")
    assert ended.errors == []
    ((run_id, segments),) = ended.report.recovered
    assert (run_id, [Path(one.key).name[-11:] for one in segments]) == (
        "20261122T100000Z-00a11e",
        ["001.warc.gz", "002.warc.gz"],
    )
    twice = all_pages(tmp_path)
    assert set(twice) == set(EVERY_PAGE_ONCE)
    assert sum(twice.values()) > COUNT, "the dead machine's captures are in the bucket, too"
    for one in segments:
        index = (tmp_path / one.key.replace(".warc.gz", ".cdxj")).read_text()
        assert one.key in index or Path(one.key).name in index
    assert list((tmp_path / "spool" / "times").glob("*.warc.gz*")) == []
    shutil.rmtree(tmp_path / "spool")
    (tmp_path / "spool of the dead machine").rename(tmp_path / "spool")  # as if it died before it said that it was done
    ((_, again),) = crawl(run_id="20261122T120000Z-00c0c0").report.recovered
    assert again == segments, "the same bytes are not stored twice"


def test_a_run_retried_on_the_same_machine_takes_up_its_own_spool(
    crawl: Any, server: NewsServer, held: Held, tmp_path: Path
) -> None:
    process = start(tmp_path, server, run_id="20261122T100000Z-00a11e", limits=SMALL)
    assert held.asked.wait(30)
    os.kill(process.pid, signal.SIGKILL)
    events_of(process)
    ended = crawl(run_id="20261122T100000Z-00a11e", limits=SMALL)
    assert ended.counts == {"captured": 8}
    assert all_pages(tmp_path) == EVERY_PAGE_ONCE
    assert len(ended.report.segments) == len(ended.report.indexes) == len(list((tmp_path / "raw").rglob("*.warc.gz")))


def test_a_checkpointed_frontier_saves_refetching_on_another_machine(
    crawl: Any, server: NewsServer, held: Held, tmp_path: Path
) -> None:
    process = start(tmp_path, server, limits={"checkpoint_s": 0.0})
    assert held.asked.wait(30)
    os.kill(process.pid, signal.SIGKILL)
    events_of(process)
    shutil.rmtree(tmp_path / "spool")
    assert crawl().counts == {"captured": 3, "not_due": 5}


def test_a_run_that_dies_after_a_checkpoint_is_still_named(
    crawl: Any, server: NewsServer, held: Held, tmp_path: Path
) -> None:
    process = start(tmp_path, server, run_id="20261122T100000Z-00dead", limits={"checkpoint_s": 0.0})
    assert held.asked.wait(30)
    os.kill(process.pid, signal.SIGKILL)
    events_of(process)
    ended = crawl()
    ((run_id, segments),) = ended.report.recovered
    assert (run_id, len(segments)) == ("20261122T100000Z-00dead", 5), (
        "its report never came out: someone must read them"
    )
    assert ended.counts == {"captured": 3, "not_due": 5}
    assert crawl().report.recovered == ()


def test_a_bucket_that_fails_makes_an_error_and_the_next_run_hands_the_pages_over(
    crawl: Any, server: NewsServer, tmp_path: Path
) -> None:
    server.publish({path: article(n) for n, path in enumerate(PATHS)})
    (tmp_path / "down").touch()
    ended = crawl()
    assert (ended.reports, ended.errors) == ({}, ["the bucket is out of reach"])
    (tmp_path / "down").unlink()
    server.seen.clear()
    ended = crawl()
    assert ended.counts == {"not_due": 8}
    assert all_pages(tmp_path) == EVERY_PAGE_ONCE
    assert server.paths() == ["/feed.xml"]


def test_a_frontier_replaced_meanwhile_is_merged(crawl: Any, server: NewsServer, tmp_path: Path) -> None:
    server.publish({PATHS[0]: article(0)})
    crawl()
    archive = FolderArchive(tmp_path)
    url = server.url + PATHS[0]

    def stage() -> None:
        body, etag = archive.read_frontier("times")
        frontier = Frontier.load(body, "times")
        frontier.note_extraction(url, "abc", None, frontier.urls[url].last_visit)
        archive.write_frontier("times", frontier.dump(), etag)

    server.publish({path: article(n) for n, path in enumerate(PATHS[:2])})
    server.routes[PATHS[1]] = Reply(article(1), before=stage)
    ended = crawl()
    assert ended.counts == {"captured": 1, "not_due": 1}
    frontier = ended.frontier()
    assert frontier.urls[url].content_sha256 == "abc"
    assert frontier.urls[server.url + PATHS[1]].visits == 1


def test_a_damaged_frontier_is_an_error_that_names_it(crawl: Any, server: NewsServer, tmp_path: Path) -> None:
    server.publish({PATHS[0]: article(0)})
    FolderArchive(tmp_path).write_frontier("times", b"\x1f\x8b rubbish", None)
    (error,) = crawl().errors
    assert error.startswith("state/times/frontier: damaged")
    assert server.seen == []


def test_a_second_crawl_of_a_site_waits_for_the_first_and_then_gives_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = FolderArchive(tmp_path)
    first = recovery.recover(archive, "times", "20261122T100000Z-000001")
    monkeypatch.setattr(recovery, "_LOCK_WAIT_S", 0.0)
    with pytest.raises(SpiderError, match="times: another crawl of it runs on this machine"):
        recovery.recover(archive, "times", "20261122T100000Z-000002")
    first.release()
    recovery.recover(archive, "times", "20261122T100000Z-000002").release()


def test_one_site_in_error_leaves_the_others_alone(crawl: Any, server: NewsServer, tmp_path: Path) -> None:
    server.publish({PATHS[0]: article(0)})
    FolderArchive(tmp_path).write_frontier("times", b"rubbish", None)
    ended = crawl(None, site_of(server, name="herald", feeds=[f"{server.url}/feed.xml"]))
    assert (len(ended.errors), ended.reports["herald"].outcomes["captured"]) == (1, 1)


def test_a_stop_before_a_sites_turn_is_a_report_without_a_request(
    server: NewsServer, held: Held, tmp_path: Path
) -> None:
    other = NewsServer()
    other.publish({PATHS[0]: article(0)})
    sites = [
        site_of(one, name=name, feeds=[f"{one.url}/feed.xml"]) for one, name in ((server, "times"), (other, "herald"))
    ]
    process = CrawlProcess([sys.executable, str(WORKER), json.dumps(job_of(tmp_path, *sites, concurrency=1))])
    assert held.asked.wait(30)
    process.terminate()
    held.go.set()
    events, error = events_of(process)
    other.close()
    reports = Ended(events, FolderArchive(tmp_path)).reports
    assert (error, reports["herald"].finish_reason, reports["herald"].discovered, other.seen) == ("", "stopped", 0, [])


def test_many_sites_share_one_process_and_each_has_its_report(crawl: Any, server: NewsServer) -> None:
    server.publish({PATHS[0]: article(0)})
    others = [site_of(server, name=f"paper-{n}", feeds=[f"{server.url}/feed.xml"]) for n in range(60)]
    ended = crawl(None, *others)
    assert len(ended.reports) == 61
    assert {report.outcomes["captured"] for report in ended.reports.values()} == {1}
    assert server.most_open == 1
