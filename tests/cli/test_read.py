from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cli.show import word_diff
from spiders.demo.newspaper import Demo
from storage.schema import ARTICLE_ROW
from tests.cli.conftest import ROOT, Archived, Cli


@pytest.fixture
def archive(archived: Archived) -> Cli:
    """The CLI on an archive of the demo's first edition."""
    return archived(0.0)


def test_articles_come_out_in_every_format(archive: Cli, demo: Demo, tmp_path: Path) -> None:
    count = len(demo.truth(0))
    rows = archive.rows()
    assert [sorted(row) for row in rows] == [sorted(ARTICLE_ROW.names)] * count
    table = list(csv.DictReader(io.StringIO(archive("articles", "--format", "csv").stdout)))
    assert [row["url"] for row in table] == [row["url"] for row in rows]
    assert json.loads(table[0]["authors"]) == rows[0]["authors"]
    file = tmp_path / "a.parquet"
    archive("articles", "--format", "parquet", "-o", str(file))
    assert pq.read_table(file).schema.names == ARTICLE_ROW.names
    markdown = archive("articles", "--format", "markdown").stdout
    assert all(f"# {row['title']}\n" in markdown for row in rows)
    assert f"{count} rows" in archive("articles", "--format", "table").stdout


def test_articles_are_chosen_by_site_and_time(archive: Cli, demo: Demo) -> None:
    site = demo.sites[0].name
    assert {row["site"] for row in archive.rows("articles", "--site", site)} == {site}
    assert archive.rows("articles", "--until", "2020-01-01") == []
    assert len(archive.rows("articles", "--since", "1h")) == len(demo.truth(0))
    assert "is no time" in archive("articles", "--since", "yesterday", code=2).stderr


def test_show_prints_the_article_and_where_its_capture_lies(archive: Cli, demo: Demo) -> None:
    article = demo.truth(0)[0]
    shown = archive("show", f"{article.url}#top").stdout
    assert shown.startswith(article.title)
    assert "version 1" in shown
    assert "raw/" in shown
    assert "one version only" in archive("show", article.url, "--diff").stdout


def test_output_that_nobody_reads_or_no_disk_takes_is_no_crash(archive: Cli) -> None:
    unread = archive.start("articles", "--format", "jsonl")
    assert unread.stdout
    unread.stdout.close()
    assert unread.wait() == 0
    assert unread.stderr
    assert unread.stderr.read() == ""
    with Path("/dev/full").open("w") as full:
        for argv in (["articles", "--format", "jsonl"], ["sites", "list"], ["schema"]):
            done = subprocess.run(
                [sys.executable, "-m", "cli", *argv], env=archive.env, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False
            )  # fmt: skip
            assert done.returncode == 1
            assert done.stderr.startswith("Error: No space left on device: where the output")
            assert done.stderr.count("\n") == 1


def test_show_of_something_else_says_so(archive: Cli) -> None:
    assert "is not in the archive" in archive("show", "http://127.0.0.1:9/nothing", code=1).stderr
    assert "is no http(s) URL" in archive("show", "nothing", code=2).stderr


def test_an_empty_archive_is_no_error(cli: Cli) -> None:
    assert cli.rows() == []
    assert cli.rows("rejections") == []


def test_a_word_diff_marks_words_and_leaves_unchanged_lines_out() -> None:
    before = "Bridge opens\nThe toll is 3 pounds.\nNothing else changed."
    after = "Bridge opens\nThe toll is 4 pounds for now.\nNothing else changed.\nA line was added."
    shown = word_diff(before, after).plain
    assert shown == "The toll is [-3 pounds.-] {+4 pounds for now.+}\n\n{+A line was added.+}"
