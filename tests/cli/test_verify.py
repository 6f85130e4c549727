from __future__ import annotations

import json
from typing import Any

import pytest

from spiders.demo.newspaper import Demo
from storage.client import Store
from tests.cli.conftest import Archived, Cli


@pytest.fixture
def archive(archived: Archived) -> Cli:
    """The CLI on an archive of two passes over the demo, with its edits."""
    return archived(0.0, 310.0)


def report(cli: Cli, *argv: str, code: int = 0) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(cli("verify", "--json", *argv, code=code).stdout.splitlines()[-1])
    return told


def test_an_archive_as_ingest_made_it_is_whole(archive: Cli, demo: Demo) -> None:
    shallow, deep = report(archive), report(archive, "--deep")
    for told in (shallow, deep):
        assert told["findings"] == []
        assert told["looked_at"]["runs"] == 2 * len(demo.papers)
        assert told["looked_at"]["article rows"] == len(archive.rows("articles", "--all-versions"))
    assert deep["looked_at"]["bytes read"] > 0
    said = archive("verify").stdout
    assert said.splitlines()[-1] == "nothing is missing, altered or too much"
    assert shallow["root"]["root"] in said
    root = f"{shallow['root']['day']}={shallow['root']['root']}"
    assert report(archive, "--root", root)["wrong"] == 0


def test_what_is_wrong_is_a_line_each_and_exit_1(archive: Cli, store: Store) -> None:
    captures = [one.key for one in store.list("raw/") if one.key.endswith(".warc.gz")]
    flipped, dropped, copy = captures[0], captures[1], captures[2].replace("-001", "-777")
    body = bytearray(store.get(flipped).body)
    body[100] ^= 1
    store.put(flipped, bytes(body))
    store.put(copy, store.get(captures[2]).body)
    store.delete([dropped])
    done = archive("verify", "--deep", code=1)
    assert [line.split(": ")[0] for line in done.stdout.splitlines()[:3]] == sorted([flipped, dropped, copy])
    assert done.stderr.strip().splitlines()[-1].startswith("Error: raw/")
    assert report(archive, code=1)["wrong"] == 3


def test_a_captured_run_that_was_killed_is_under_way_until_the_next_takes_it_over(cli: Cli, demo: Demo) -> None:
    cli.write_sites(*(paper.site_entry() | {"delay": 0.4} for paper in demo.papers))
    process = cli.start("ingest")
    cli.await_captures(process)
    process.kill()
    process.wait()
    assert report(cli, "--deep")["findings"] == []
    cli.write_sites(*(paper.site_entry() for paper in demo.papers))
    cli.ingest()
    told = report(cli, "--deep")
    assert (told["findings"], told["in_flight"]) == ([], [])


def test_the_step_of_the_dag_prints_its_counts_and_names_what_is_wrong(archive: Cli, store: Store) -> None:
    run = "20261122T042300Z-abcdef"
    assert json.loads(archive("verify-share", "1", "--run", run).stdout)["wrong"] == 0
    store.put("raw/strange.txt", b"")
    done = archive("verify-share", "1", "--run", run, code=1)
    assert json.loads(done.stdout)["wrong"] == 1
    assert "ERROR raw/strange.txt: orphan" in done.stderr


def test_an_empty_archive_is_whole_and_a_wrong_root_is_a_usage_error(cli: Cli) -> None:
    assert "an empty archive" in cli("verify").stdout
    assert "is no root" in cli("verify", "--root", "yesterday=abc", code=2).stderr
