"""`export`: a WACZ that the reference validator takes and pywb replays, and the articles in each format."""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cli.export import export
from cli.markdown import file_name, markdown
from cli.ninjs import ninjs
from cli.read import articles
from extract.capture import Capture
from extract.warc import read_captures
from storage.articles import Archive
from storage.client import Store
from storage.publish import publish
from storage.rows import to_row
from storage.schema import ARTICLE_ROW
from tests.cli.conftest import Cli
from tests.cli.wayback import BIN, assert_replays, need_pywb, serve_pywb
from tests.storage.capturing import Page, put_pages
from tests.storage.making import START, article, run_id, stage_outcomes

EVIL = "../../etc: [<b>x</b>](y)\n---\n"
EVIL_TEXT = "<script>alert(1)</script>\n# no heading\n---\nthe end"


def validate(file: Path) -> subprocess.CompletedProcess[str]:
    need_pywb()
    return subprocess.run([BIN / "wacz", "validate", "-f", file], capture_output=True, text=True, check=False)


def flipped(file: Path) -> Path:
    """Return a copy with one bit of a title changed; ZIP's own checksum is set right, the package's hash is not."""
    copy = file.with_name("flipped.wacz")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(copy, "w") as new:
        for part in old.infolist():
            body = old.read(part)
            new.writestr(
                part, body.replace(b"Articles", b"Brticles") if part.filename.endswith("pages.jsonl") else body
            )
    return copy


def test_a_wacz_validates_and_replays_its_revisits_too(cli: Cli, store: Store, tmp_path: Path) -> None:
    seen, again = START + timedelta(minutes=1), START + timedelta(minutes=61)
    pages = [
        Page("bridge", seen, "<p>It reopens.</p>"),
        Page("ferry", seen, "<p>It sinks.</p>"),
        Page("old", seen, "Gone", status=410),
    ]
    placed = put_pages(store, tmp_path, run_id(1), pages)
    put_pages(
        store,
        tmp_path,
        run_id(60),
        [Page("bridge", again, pages[0].body, same_as=seen), Page("tram", again, "<p>Late.</p>")],
    )
    stage_outcomes(
        store, "times", run_id(1), [article("bridge", captured_at=seen, capture=placed[0], title="Ångström & Co")]
    )
    publish(store)
    file = tmp_path / "half.wacz"
    told = cli("export", "--wacz", str(file), "--since", "2026-11-22T09:30").stdout
    assert "2 captures and 1 that they repeat, 0 articles" in told
    file = tmp_path / "all.wacz"
    told = cli("export", "--wacz", str(file), "--text").stdout
    assert "5 captures, 1 articles" in told
    with zipfile.ZipFile(file) as parts:
        assert {part.compress_type for part in parts.infolist()} == {zipfile.ZIP_STORED}
        about, page = map(json.loads, parts.read("pages/pages.jsonl").splitlines())
    assert about == {"format": "json-pages-1.0", "id": "pages", "title": "Articles", "hasText": True}
    assert (page["url"], page["title"], page["text"]) == (pages[0].url, "Ångström & Co", "The bridge reopens.")
    for name in ("half.wacz", "all.wacz"):
        done = validate(tmp_path / name)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Version detected as 1.1.1" in done.stdout
    assert validate(flipped(file)).returncode != 0

    for collection in ("half", "all"):  # pywb copies the WARCs and takes over the WACZ's own index
        for argv in (["init", collection], ["add", collection, "--unpack-wacz", str(tmp_path / f"{collection}.wacz")]):
            subprocess.run([BIN / "wb-manager", *argv], cwd=tmp_path, check=True, capture_output=True)
    stored = list(captures(store))
    assert len(stored) == 4
    with serve_pywb(tmp_path) as pywb:
        for capture in stored:
            assert_replays(f"{pywb}/all", capture, f"{capture.captured_at:%Y%m%d%H%M%S}")
        for collection in ("half", "all"):
            assert_replays(f"{pywb}/{collection}", stored[0], f"{again:%Y%m%d%H%M%S}")  # the revisit, by its original


def captures(store: Store) -> Iterator[Capture]:
    for key in [listed.key for listed in store.list("raw/") if listed.key.endswith(".warc.gz")]:
        with store.open(key) as stream:
            yield from read_captures(stream, key, "times")


Verb = Callable[..., Result]


@pytest.fixture
def verb(cli: Cli) -> Verb:
    """Runs `./broadsheet export` in this process: a second of imports less a call."""

    def run(*argv: str, code: int = 0) -> Result:
        done = CliRunner(env=cli.env).invoke(export, argv)
        assert done.exit_code == code, done.output
        return done

    return run


@pytest.fixture
def made(verb: Verb, store: Store) -> Verb:
    """The verb on an archive of made articles: one with two versions, one whose title means harm."""
    stage_outcomes(store, "times", run_id(1), [article(), article("evil", EVIL_TEXT, title=EVIL, minutes=1)])
    stage_outcomes(store, "times", run_id(2), [article("bridge", "It reopens late.", minutes=60)])
    publish(store)
    return verb


def test_articles_come_out_in_one_file_of_their_latest_or_all_versions(
    made: Verb, store: Store, tmp_path: Path
) -> None:
    archive = Archive(store)
    latest, every = (plain(archive.articles(all_versions=every)) for every in (False, True))
    assert (len(latest), len(every)) == (2, 3)
    for argv, rows in (([], latest), (["--all-versions"], every)):
        file = tmp_path / "out"
        made("--format", "jsonl", "-o", str(file), *argv)
        assert by_id(map(json.loads, file.read_text().splitlines())) == by_id(rows)
        made("--format", "parquet", "-o", str(file), *argv)
        table = pq.read_table(file)
        assert table.schema.equals(ARTICLE_ROW)
        assert by_id(plain(table)) == by_id(rows)
        made("--format", "ninjs", "-o", str(file), *argv)
        assert sorted(line["version"] for line in map(json.loads, file.read_text().splitlines())) == sorted(
            str(row["version"]) for row in rows
        )
    assert "1 articles" in made("--format", "jsonl", "-o", str(tmp_path / "a"), "--since", "2026-11-22T10:00").stdout


def plain(table: pa.Table) -> list[dict[str, Any]]:
    """Return the rows as JSON has them."""
    rows: list[dict[str, Any]] = json.loads(
        orjson.dumps(table.select(ARTICLE_ROW.names).to_pylist(), option=orjson.OPT_UTC_Z)
    )
    return rows


def by_id(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["article_id"], row["version"]))


def test_markdown_is_a_folder_with_a_file_for_each_article(made: Verb, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    made("--format", "markdown", "-o", str(folder), "--all-versions")
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert len(files) == 3
    assert all(re.fullmatch(r"times/2026-11-22-[a-z0-9-]+-v[12]\.md", name) for name in files), files
    assert "no empty folder" in made("--format", "markdown", "-o", str(folder), code=2).stderr
    assert not list(tmp_path.glob(".out*"))


@settings(max_examples=150, deadline=None)
@given(title=st.text(min_size=1, max_size=60), text=st.text(max_size=200))
@example(title="a\n---\nb: [", text="<script>alert(1)</script>\n---\n# no\n1. no\n    code\n* * *\n&amp; ![x](y) `z`")
@example(title="../../etc/passwd\0", text="Setext\n=====\n> quote\n+ plus\n[a]: http://b\n\\")
def test_markdown_reads_as_the_text_was_whatever_is_in_it(title: str, text: str) -> None:
    row = to_row(article(text=text, title=title))
    name = file_name(row)
    assert re.fullmatch(r"[a-z0-9-]{1,120}\.md", name)
    written = markdown(row).encode().decode()
    found = re.fullmatch(r"---\n(.*?\n)---\n(.*)", written, re.DOTALL)
    assert found
    told = yaml.safe_load(found[1])
    assert (told["title"], told["url"]) == (title, row["url"])
    blocks = MarkdownIt().parse(found[2])
    assert {block.type for block in blocks} <= {
        "heading_open",
        "inline",
        "heading_close",
        "paragraph_open",
        "paragraph_close",
    }
    inline = [block for block in blocks if block.type == "inline"]
    assert {child.type for block in inline for child in block.children or ()} <= {"text"}
    shown = ["".join(child.content for child in block.children or ()) for block in inline]
    lines = [line.strip() for line in re.split(r"[\r\n]", text.replace("\0", "\ufffd"))]
    assert [*filter(None, shown)] == [*filter(None, [" ".join(title.replace("\0", "\ufffd").split()), *lines])]


def test_markdown_on_stdout_is_escaped_too(made: Verb, cli: Cli) -> None:
    assert made
    written = CliRunner(env=cli.env).invoke(articles, ["--format", "markdown"]).stdout
    blocks = MarkdownIt().parse(written)
    children = {child.type for block in blocks for child in block.children or ()}
    assert children == {"text", "em_open", "em_close", "hardbreak", "link_open", "link_close"}
    links = [child for block in blocks for child in block.children or () if child.type == "link_open"]
    assert [link.attrs["href"] for link in links] == [f"https://times.example/{name}" for name in ("evil", "bridge")]
    assert not {block.type for block in blocks} & {"html_block", "list_item_open", "fence", "code_block"}
    assert [block.tag for block in blocks if block.type == "heading_open"] == ["h1", "h1"]


def test_ninjs_names_what_it_has_names_for() -> None:
    row = to_row(article(title="Bridge", text="It reopens.", tags=("a", "b"), status="gone", modified_at=None))
    told = ninjs(row)
    assert told["uri"] == row["url"]
    assert told["headlines"] == [{"role": "main", "value": "Bridge"}]
    assert told["bodies"] == [
        {"role": "main", "contentType": "text/plain", "charCount": 11, "wordCount": 2, "value": "It reopens."}
    ]
    assert (told["by"], told["pubStatus"], told["version"]) == ("Ann Lee, Bo Ek", "canceled", "1")
    assert told["subjects"] == [{"name": "a"}, {"name": "b"}]
    assert "usageTerms" not in told


@pytest.mark.parametrize(
    ("argv", "code", "says"),
    [
        (["--format", "jsonl"], 2, "say what to write"),
        (["--wacz", "a.wacz", "--format", "jsonl", "-o", "b"], 2, "say what to write"),
        (["--wacz", "a.zip"], 2, "ends in .wacz"),
        (["--wacz", "a.wacz", "--all-versions"], 2, "--all-versions with a format"),
        (["--wacz", "a.wacz", "--site", "../x"], 2, "no site's name"),
        (["--wacz", "a.wacz", "--site", "nobody"], 2, "no site is called 'nobody'"),
        (["--format", "jsonl", "-o", "a", "--site", "nobody"], 2, "no site is called 'nobody'"),
        (
            ["--wacz", "a.wacz", "--since", "2020-01-01"],
            1,
            "nothing in the archive of all sites, since 2020-01-01 00:00",
        ),
        (["--format", "cdxj", "-o", "a"], 1, "nothing in the archive of all sites"),
        (["--format", "markdown", "-o", "a"], 1, "nothing in the archive of all sites"),
        (["--format", "parquet", "-o", "missing/a"], 1, "missing/a"),
        (["--format", "parquet", "-o", ""], 1, "Is a directory"),
        (["--format", "jsonl", "-o", "a", "--since", "0001-01-01", "--until", "0001-01-02"], 1, "since 1970-01-01"),
        (["--wacz", "a.wacz", "--since", "0001-01-01T00:00+05:00", "--until", "9999-12-31T23:59-05:00"], 1, "nothing"),
        (["--wacz", "missing/a.wacz"], 1, "missing/a.wacz"),
    ],
)
def test_what_cannot_be_exported_is_said_in_one_line_and_leaves_no_file(
    verb: Verb, argv: list[str], code: int, says: str, tmp_path: Path
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    named = [str(folder / one) if before in {"-o", "--wacz"} else one for before, one in pairwise(["", *argv])]
    done = verb(*named, code=code)
    assert says in done.stderr.splitlines()[-1]
    assert not list(folder.iterdir())
