"""`reextract` on an archive that a reader of before made of the demo's pages."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from spiders.demo.newspaper import ManualClock, serve_demo
from storage import layout
from storage.articles import Archive
from storage.client import Store
from storage.tables import open_table
from tests.cli.conftest import Archived, Cli, Once
from tests.storage.aging import OLD_LINE, OLD_VERSION, age_articles


@pytest.fixture
def left(cli: Cli, once: Once, store: Store) -> list[dict[str, Any]]:
    """The rows of an archive of which nothing but the bucket is left: its sites do not answer, and no file names them."""

    def make() -> None:
        with serve_demo(ManualClock(0)) as served:
            cli.write_sites(*(paper.site_entry() for paper in served.papers))
            cli.ingest()

    once("sites that are gone", make)
    cli.write_sites()
    return age_articles(store)


def counts(cli: Cli, *argv: str, code: int = 0) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(cli("reextract", "--json", *argv, code=code).stdout.splitlines()[-1])
    return {name: count for name, count in told.items() if count}


def texts(rows: list[dict[str, Any]]) -> dict[tuple[str, int], str]:
    return {(row["url"], row["version"]): row["text"] for row in rows}


def all_rows(store: Store) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Archive(store).articles(all_versions=True).to_pylist()
    return found


def version_of(store: Store) -> int:
    table = open_table(store, layout.ARTICLES)
    assert table
    return int(table.version())


def test_todays_texts_come_back_and_are_no_edits(archived: Archived, clock: ManualClock, store: Store) -> None:
    cli = archived(0.0)
    before = age_articles(store)
    state = version_of(store)
    said = cli("reextract", "--dry-run").stdout
    assert version_of(store) == state
    assert said.count("version 1") == 5
    assert f"[-{OLD_LINE}-]" in said
    assert f"{len(before)} captures read again, nothing written" in said
    assert f"{len(before)} have another title or text" in said

    assert counts(cli) == {"read": len(before), "texts": len(before)}
    rows = all_rows(store)
    assert texts(rows) == texts(before)
    assert all(row["extraction"]["version"].endswith(".reextracted") for row in rows)
    state = version_of(store)
    assert counts(cli) == {"read": len(before), "same": len(before)}
    assert version_of(store) == state

    clock.at_s = 5.0  # nothing was edited yet
    report = cli.ingest("--revisit-now")
    assert report["published"]["versions"] == 0
    assert json.loads(cli("verify", "--deep", "--json").stdout.splitlines()[-1])["findings"] == []


def test_a_killed_run_is_finished_by_the_next_without_sites_or_network(
    cli: Cli, left: list[dict[str, Any]], store: Store
) -> None:
    state = version_of(store)
    victim = cli.start("reextract")
    while version_of(store) == state and victim.poll() is None:
        time.sleep(0.02)  # between two looks
    victim.kill()
    victim.wait()
    done = sum(row["extraction"]["version"] != OLD_VERSION for row in all_rows(store))
    assert done > 0
    told = counts(cli)
    assert told["read"] == len(left)
    assert told.get("texts", 0) == len(left) - done
    assert texts(all_rows(store)) == texts(left)
    assert json.loads(cli("verify", "--deep", "--json").stdout.splitlines()[-1])["findings"] == []


def test_the_steps_of_the_dag_do_a_partition_each(cli: Cli, left: list[dict[str, Any]], store: Store) -> None:
    planned = json.loads(cli("reextract-plan", "--since", "2020-01-01", "--dry-run").stdout)
    sites = sorted({row["site"] for row in left})
    assert [task[:2] for task in planned["tasks"]] == [["--since=2020-01-01T00:00:00+00:00", "--dry-run"]] * len(sites)
    assert [task[2].partition("/")[0] for task in planned["tasks"]] == sites
    own = [row for row in left if row["site"] == sites[0]]
    shown = cli("reextract-part", *planned["tasks"][0])
    assert json.loads(shown.stdout)["texts"] == len(own)
    assert f"[-{OLD_LINE}-]" in shown.stderr
    assert json.loads(cli("reextract-part", planned["tasks"][0][2]).stdout)["texts"] == len(own)
    rows = all_rows(store)
    assert {row["site"] for row in rows if row["extraction"]["version"] != OLD_VERSION} == {sites[0]}

    damaged = next(row["capture"] for row in left if row["site"] == sites[1])
    body = bytearray(store.get(damaged["key"]).body)
    body[damaged["offset"] + 20] ^= 0xFF
    store.put(damaged["key"], bytes(body))
    store.delete({row["capture"]["key"] for row in left if row["site"] == sites[2]})
    done = cli("reextract", "--json", code=1)
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["damaged"] == 1
    assert told["same"] == len(own)
    assert told["missing"] == len(left) - told["read"]
    assert done.stderr.strip().splitlines()[-1].startswith(f"Error: {damaged['key']}: ")


def test_an_empty_archive_is_no_error_and_a_site_without_rows_is_named(cli: Cli) -> None:
    assert "0 captures read again" in cli("reextract").stdout
    assert "is no partition" in cli("reextract-part", "times", code=2).stderr
    cli("sites", "add", "https://times.example/", "--name", "times")
    assert "nothing of times is in the archive" in cli("reextract", "--site", "times", code=1).stderr
    for mistaken in ("nope", "No/Site"):
        assert f"no site is called {mistaken!r}" in cli("reextract", "--site", mistaken, code=2).stderr
