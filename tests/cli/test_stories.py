from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from spiders.demo.newspaper import Demo, ManualClock
from storage.schema import STORIES
from tests.cli.conftest import Cli


@pytest.fixture
def archive(cli: Cli, demo: Demo, clock: ManualClock) -> Cli:
    """The CLI on an archive of the demo after ten minutes, when one agency report stands on two of its sites."""
    assert demo.papers
    clock.at_s = 600.0
    cli.ingest()
    return cli


def test_an_agency_report_on_two_sites_is_one_story(archive: Cli) -> None:
    rows = archive.rows("stories")
    assert [sorted(row) for row in rows] == [sorted(set(STORIES.names) - {"captured_day"})] * 2
    assert {row["story_id"] for row in rows} <= {row["article_id"] for row in rows}
    assert [row["is_origin"] for row in rows] == [True, False]
    assert ["tidal" in rows[0]["url"], "turbines" in rows[1]["url"]] == [True, True]
    assert rows[0]["published_at"] < rows[1]["published_at"]
    assert archive.rows("stories", "--since", "1h") == rows
    assert archive.rows("stories", "--since", "2999-01-01") == []
    assert archive.rows("stories", "--min-sites", "3") == []
    assert "--min-sites" in archive("stories", "--min-sites", "0", code=2).stderr


def test_the_step_looks_at_each_article_once_and_what_it_found_comes_out_in_every_format(
    archive: Cli, tmp_path: Path
) -> None:
    assert archive.rows("stories", "--no-update") == []
    first = json.loads(archive("cluster").stdout)
    assert (first["versions"], first["members"], first["stories"]) == (len(archive.rows()), 2, 1)
    assert json.loads(archive("cluster").stdout) == first | {"versions": 0, "members": 0, "stories": 0}
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
