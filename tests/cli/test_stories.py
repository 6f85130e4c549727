from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from spiders.demo.newspaper import Demo, ManualClock
from storage.client import Store
from storage.schema import STORIES
from tests.cli.conftest import Archived, Cli


@pytest.fixture
def archive(archived: Archived) -> Cli:
    """The CLI on an archive of the demo after ten minutes, when one agency report stands on two of its sites."""
    return archived(600.0)


def test_a_pass_finds_the_agency_report_on_two_sites_and_the_step_finds_no_more(
    cli: Cli, demo: Demo, clock: ManualClock
) -> None:
    assert demo.papers
    clock.at_s = 600.0
    found = cli.ingest()["stories"]
    assert (found["versions"], found["members"], found["stories"]) == (len(cli.rows()), 2, 1)
    assert json.loads(cli("cluster").stdout) == found | {"versions": 0, "members": 0, "stories": 0}
    rows = cli.rows("stories", "--no-update")
    assert [sorted(row) for row in rows] == [sorted(set(STORIES.names) - {"captured_day"})] * 2
    assert {row["story_id"] for row in rows} <= {row["article_id"] for row in rows}
    assert [row["is_origin"] for row in rows] == [True, False]
    assert ["tidal" in rows[0]["url"], "turbines" in rows[1]["url"]] == [True, True]
    assert rows[0]["published_at"] < rows[1]["published_at"]
    assert cli.rows("stories", "--since", "1h") == rows
    assert cli.rows("stories", "--since", "2999-01-01") == []
    assert cli.rows("stories", "--min-sites", "3") == []
    assert "--min-sites" in cli("stories", "--min-sites", "0", code=2).stderr


def test_a_pass_whose_stories_fail_says_so_and_keeps_its_articles(
    cli: Cli, demo: Demo, clock: ManualClock, store: Store
) -> None:
    clock.at_s = 600.0
    store.put("tables/stories/_delta_log/00000000000000000000.json", b"no log")
    done = cli("ingest", "--json", code=1)
    assert "stories not updated: " in done.stderr.splitlines()[-1]
    assert "tables/stories" in done.stderr.splitlines()[-1]
    report = json.loads(done.stdout.splitlines()[-1])
    assert (report["stories"], report["published"]["articles"]) == (None, len(demo.truth(600)))
    store.delete(["tables/stories/_delta_log/00000000000000000000.json"])
    assert json.loads(cli("cluster").stdout)["stories"] == 1


def test_what_was_found_comes_out_in_every_format(archive: Cli, tmp_path: Path) -> None:
    rows = archive.rows("stories", "--no-update")
    assert len(rows) == 2
    table = list(csv.DictReader(io.StringIO(archive("stories", "--format", "csv").stdout)))
    assert [row["url"] for row in table] == [row["url"] for row in rows]
    file = tmp_path / "stories.parquet"
    archive("stories", "--format", "parquet", "-o", str(file))
    assert pq.read_table(file)["article_id"].to_pylist() == [row["article_id"] for row in rows]
    shown = archive("stories", "--format", "table").stdout
    assert "2 rows" in shown
    assert all(row["title"][:40] in shown for row in rows)


def test_an_empty_archive_is_no_error(cli: Cli) -> None:
    assert cli.rows("stories") == []
