"""`show` on a terminal, of articles whose text tries to be more than text."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from cli.show import MAX_WORDS, word_diff
from cli.visible import visible
from extract.article import RemovedSpan
from storage.client import Store
from storage.publish import publish
from tests.cli.conftest import ROOT, Cli
from tests.storage.making import article, rejection, run_id, stage_outcomes

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\rover\x08write\u202e"
URL = "https://times.example/bridge"


@pytest.fixture
def archive(cli: Cli, store: Store) -> Cli:
    """One article in three versions, the second of which was captured last, and gone."""
    removed = (RemovedSpan(f"{HOSTILE} 12 views", f"counter: {HOSTILE}", "/html/body/div[1]"),)
    states = [("The toll is 3 pounds.", 0), (f"The toll is 4 pounds. {HOSTILE}", 60), ("The toll is 5 pence.", 30)]
    for number, (text, minutes) in enumerate(states):
        found = article(
            text=text, minutes=minutes, title=f"Bridge{HOSTILE}", authors=(f"Ann{HOSTILE}",), removed=removed
        )
        stage_outcomes(store, "times", run_id(number), [found])
        publish(store)
    stage_outcomes(store, "times", run_id(9), [rejection(minutes=90)])
    publish(store)
    return cli


def on_terminal(cli: Cli, *argv: str) -> str:
    """Return what a verb writes to a terminal of 80 columns."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "cli", *argv], env=cli.env | {"TERM": "xterm-256color", "COLUMNS": "80"}, cwd=ROOT,
        stdin=slave, stdout=slave, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        os.close(slave)
        written = b""
        try:
            while part := os.read(master, 65536):
                written += part
        except OSError:  # the other end is closed
            pass
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait() == 0, said
    os.close(master)
    return written.decode()


def test_versions_come_by_time_with_their_status_and_the_last_is_shown(archive: Cli) -> None:
    lines = archive("show", URL).stdout.splitlines()
    versions = [line for line in lines if "captured" in line]
    assert [(line[2:11], line.split(", ")[2]) for line in versions] == [
        ("version 1", "replaced"), ("version 3", "replaced"), ("version 2", "gone"),
    ]  # fmt: skip
    assert versions[2].startswith("→")
    assert "09:00:00 UTC" in versions[0]
    assert "4 pounds" in archive("show", URL).stdout
    assert "[-3 pounds.-] {+5 pence.+}" in archive("show", URL, "--version", "3", "--diff").stdout
    assert "[-5 pence.-] {+4 pounds." in archive("show", URL, "--version", "2", "--diff").stdout
    first = archive("show", URL, "--version", "1", "--diff").stdout
    assert first == "version 1, captured 2026-11-22 09:00:00 UTC: the first of 3, nothing before it to compare with\n"
    assert "ask for one at a time" in archive("show", URL, "--diff", "--removed", code=2).stderr


def test_a_diff_on_a_terminal_has_colours(archive: Cli) -> None:
    shown = on_terminal(archive, "show", URL, "--diff")
    assert "\x1b[31m [-3 pounds.-]\x1b[0m" in shown
    assert "\x1b[32m {+5 pence.+}\x1b[0m" in shown
    assert "\x1b" not in archive("show", URL, "--diff").stdout


def test_nothing_that_a_page_wrote_reaches_the_terminal_as_a_command(archive: Cli) -> None:
    shown = [archive("show", URL).stdout]
    shown += [on_terminal(archive, "show", URL, option) for option in ("--diff", "--removed")]
    shown += [on_terminal(archive, "articles", "--format", form) for form in ("table", "markdown")]
    for text in shown:
        assert "]0;owned" in text
        assert not re.search("\x1b(?!\\[[0-9;]*m)|[\x00-\x08\x0b\x0c\x0e-\x1a\x7f-\x9f\u202e]|\r(?!\n)", text)


def test_visible_text_is_the_same_text() -> None:
    assert visible("Grüße, 世界\tשלם 🦆 – it’s") == "Grüße, 世界\tשלם 🦆 – it’s"
    assert visible("\x1b[31m\n") == "␛[31m␊"


def test_a_long_diff_takes_no_longer_than_its_edits() -> None:
    lines = [" ".join(["the"] * 50) for _ in range(3000)]
    assert word_diff("\n".join(lines), "\n".join([*lines, "one more"])).plain == "{+one more+}"
    words = "a b " * MAX_WORDS
    assert word_diff(words, f"{words}c").plain.startswith("[-a b a b")


def test_an_article_without_an_edit_says_so(archive: Cli, store: Store) -> None:
    other = replace(article("ferry"), run_id="")
    stage_outcomes(store, "times", run_id(10), [other])
    publish(store)
    assert "one version only" in archive("show", "https://times.example/ferry", "--diff").stdout
