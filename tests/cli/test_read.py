from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from cli.__main__ import main
from cli.formats import write_csv
from cli.markdown import escape
from cli.show import word_diff
from spiders.demo.newspaper import Demo
from storage.rows import to_row
from storage.schema import ARTICLE_ROW
from tests.cli.conftest import ROOT, Archived, Cli
from tests.storage.making import article


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
    assert all(f"# {escape(row['title'])}\n" in markdown for row in rows)
    assert f"{count} rows" in archive("articles", "--format", "table").stdout


def test_a_dash_as_output_is_stdout_for_every_verb(archive: Cli, tmp_path: Path) -> None:
    for argv in (["articles", "--format", "csv"], ["rejections"], ["stories", "--min-sites", "1"]):
        assert archive(*argv, "-o", "-", cwd=tmp_path).stdout == archive(*argv).stdout
    pages = tmp_path / "pages.jsonl"
    pages.write_text('{"url": "http://x.example/", "html_base64": ""}')
    assert json.loads(archive("extract", "--pages", str(pages), "-o", "-", cwd=tmp_path).stdout)["rejected"] == "empty"
    exported = archive("export", "--format", "jsonl", "-o", "-", cwd=tmp_path)
    assert sorted(exported.stdout.splitlines()) == sorted(archive("articles", "--format", "jsonl").stdout.splitlines())
    assert exported.stderr.splitlines()[-1] == f"stdout: {len(archive.rows())} articles"
    assert "name it with -o" in archive("export", "--format", "markdown", "-o", "-", code=2, cwd=tmp_path).stderr
    assert list(tmp_path.glob("-*")) == []
    archive("articles", "-o", "./-", cwd=tmp_path)
    assert (tmp_path / "-").is_file()


def test_articles_are_chosen_by_site_and_time(archive: Cli, demo: Demo) -> None:
    site = demo.sites[0].name
    assert {row["site"] for row in archive.rows("articles", "--site", site)} == {site}
    assert archive.rows("articles", "--until", "2020-01-01") == []
    assert len(archive.rows("articles", "--since", "1h")) == len(demo.truth(0))
    assert "is no time" in archive("articles", "--since", "yesterday", code=2).stderr
    twice = archive("articles", "--site", site, "--site", demo.sites[1].name, code=2).stderr
    assert "--site was given 2 times; it takes one value" in twice
    assert len(archive.rows("articles", "--since", "0001-01-01T00:00:00+05:00", "--until", "9999-12-31T23:59:59-05:00")) == len(demo.truth(0))  # fmt: skip


def test_a_site_that_nobody_knows_and_times_the_wrong_way_round_are_refused(archive: Cli, demo: Demo) -> None:
    known = demo.sites[0].name
    for verb in ("articles", "rejections"):
        refused = asked(archive, verb, "--site", "nope")
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert refused.stderr == "Error: no site is called 'nope'; ./broadsheet sites list shows the names\n"
        empty = asked(archive, verb, "--site", known, "--until", "2020-01-01")
        assert (empty.exit_code, empty.output) == (0, "")
    for argv in (["articles"], ["rejections"], ["export", "--wacz", "a.wacz"], ["reextract"]):
        refused = asked(archive, *argv, "--since", "2026-02-01", "--until", "2026-02-01T01:00+02:00")
        assert refused.exit_code == 2
        assert "--since 2026-02-01 00:00:00 is later than --until 2026-01-31 23:00:00 (UTC)" in refused.stderr
    archive.write_sites()
    assert asked(archive, "rejections", "--site", known, "--until", "2020-01-01").exit_code == 0  # archived once
    assert "no site is called" in asked(archive, "articles", "--site", "nope").stderr


def asked(cli: Cli, *argv: str) -> Result:
    """Run a verb in this process: a second of imports less a call."""
    return CliRunner(env=cli.env).invoke(main, argv)


def test_a_csv_cell_is_the_text_as_it_was() -> None:
    titles = ['=HYPERLINK("http://evil.example","Click")', "+1.5 degrees, -2 by night", "@home", '"Yes",\nhe said']
    rows = [to_row(article(f"a{number}", title=title)) for number, title in enumerate(titles)]
    out = io.BytesIO()
    write_csv(pa.Table.from_pylist(rows, schema=ARTICLE_ROW), out)
    assert [row["title"] for row in csv.DictReader(io.StringIO(out.getvalue().decode(), newline=""))] == titles


def test_show_prints_the_article_and_where_its_capture_lies(archive: Cli, demo: Demo) -> None:
    article = demo.truth(0)[0]
    shown = archive("show", f"{article.url}#top").stdout
    assert shown.startswith(article.title)
    assert "version 1" in shown
    assert "raw/" in shown
    assert "one version only" in archive("show", article.url, "--diff").stdout
    other = article.url.removesuffix("/") if article.url.endswith("/") else f"{article.url}/"
    missing = asked(archive, "show", other)
    assert (missing.exit_code, missing.stderr) == (1, f"Error: {other} is not in the archive, but {article.url} is\n")


def test_output_that_nobody_reads_or_no_disk_takes_is_no_crash(archive: Cli, demo: Demo, tmp_path: Path) -> None:
    pages = tmp_path / "pages.jsonl"
    page = b64encode(b"<p>A page.</p>").decode()
    pages.write_text(json.dumps({"url": "https://times.example/a", "html_base64": page}) + "\n")
    verbs = [["articles", "--format", form] for form in ("jsonl", "table")]
    verbs += [
        ["--help"],
        ["show", demo.truth(0)[0].url],
        ["schema"],
        ["sites", "list"],
        ["extract", "--pages", str(pages)],
    ]
    for unread in [archive.start(*argv) for argv in verbs]:
        assert unread.stdout
        unread.stdout.close()
        assert unread.stderr
        assert (unread.stderr.read(), unread.wait()) == ("", 0), unread.args
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
