"""Passages found again in mark-up, and mark-up that is made to take for ever."""

from __future__ import annotations

import subprocess
import sys

import pytest

from extract.passages import Passages, page_letters, unescape

TEXT = "The harbour bridge reopened on Tuesday after eleven months of repairs, the engineer said."
READ = """
import sys
from extract.passages import page_letters
said, _ = page_letters(sys.argv[1] * int(sys.argv[2]) + "the end")
assert said.endswith(b"theend")
"""


@pytest.mark.parametrize(
    "markup",
    [
        f"<p>{TEXT}</p>",
        TEXT.replace("harbour", "<a title='x<y' href=/h>har</a>b<em>our</em>"),
        TEXT.replace("e", "&amp;#101;"),
        f"<![CDATA[{TEXT}]]> and <a",
        f"{TEXT} {'<a' * 9}",
        f"<p title='{TEXT}'",
    ],
)
def test_tags_and_escapes_make_no_difference(markup: str) -> None:
    said, whole = page_letters(markup)
    wanted = Passages.of([TEXT])
    assert max(wanted.count(said), wanted.count(whole)) == len(wanted.runs[40])


@pytest.mark.parametrize("repeated", ["<a", "<a ", "<x<b>", "&lt;x", "<!--<!", "<x&lt;b&gt;"])
def test_a_page_of_unclosed_tags_is_read_in_linear_time(repeated: str) -> None:
    # a megabyte takes a second or so; when each "<" was followed to the end it took the better part of an hour
    argv = [sys.executable, "-c", READ, repeated, str(2**20 // len(repeated))]
    subprocess.run(argv, check=True, timeout=120)


def test_a_character_reference_of_any_number_is_read() -> None:
    assert unescape(f"a&#{'9' * 5000};b&#66;") == "a\ufffdbB"
    said, _ = page_letters(f"{TEXT}&amp;#{'1' * 5000}")
    assert Passages.of([TEXT]).count(said)
