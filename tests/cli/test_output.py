"""`-o`: a file whole or not at all, and nothing destroyed that is no file."""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import click
import pyarrow as pa
import pytest

from cli.markdown import write_folder
from cli.output import opened
from storage.rows import to_row
from storage.schema import ARTICLE_ROW
from tests.storage.making import article


def write(target: Path, data: bytes = b"rows") -> None:
    with opened(target) as out:
        out.write(data)


def heard(end: int) -> bytes:
    """Return what is written to the other end of a pipe until it is closed."""
    with os.fdopen(end, "rb") as reader:
        return reader.read()


def test_a_named_pipe_is_written_through_and_stays_one(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for target in (pipe, link):
        writer = threading.Thread(target=write, args=(target,))
        writer.start()
        assert pipe.read_bytes() == b"rows"
        writer.join()
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert link.is_symlink()


def test_a_descriptor_is_written_through_whatever_it_leads_to(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    write(Path(f"/dev/fd/{write_end}"))
    os.close(write_end)
    assert heard(read_end) == b"rows"
    log = tmp_path / "log"
    log.write_bytes(b"before ")
    with log.open("ab") as held:
        write(Path(f"/proc/self/fd/{held.fileno()}"))
        held.write(b" after")
    assert log.read_bytes() == b"before rows after"
    assert list(tmp_path.iterdir()) == [log]


def test_a_link_stays_one_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    file, link = tmp_path / "there" / "file", tmp_path / "link"
    link.symlink_to(file)
    for data in (b"new", b"again"):  # without a target first
        write(link, data)
        assert (link.is_symlink(), file.read_bytes()) == (True, data)
    folder = tmp_path / "folder"
    folder.symlink_to(tmp_path / "there" / "articles")
    assert write_folder([rows("bridge")], folder) == 1
    assert folder.is_symlink()
    assert len(list(folder.rglob("*.md"))) == 1


def test_two_that_write_one_file_do_not_meet(tmp_path: Path) -> None:
    file = tmp_path / ("ü" * 120)  # with a part's whole name beside it, too long for a file system
    with opened(file) as one, opened(file) as other:
        one.write(b"first" * 5)
        other.write(b"second")
    assert file.read_bytes() == b"first" * 5  # it ended last
    with contextlib.suppress(KeyError), opened(file) as out:
        out.write(b"half")
        raise KeyError
    assert file.read_bytes() == b"first" * 5
    assert list(tmp_path.iterdir()) == [file]


def test_of_two_that_write_one_folder_the_first_to_end_has_it(tmp_path: Path) -> None:
    folder = tmp_path / "out"

    def slow() -> Iterator[pa.Table]:
        yield rows("bridge")
        assert write_folder([rows("ferry")], folder) == 1  # the other, meanwhile

    with pytest.raises(click.FileError, match="not empty"):
        write_folder(slow(), folder)
    assert ["/ferry" in file.read_text() for file in folder.rglob("*.md")] == [True]
    assert list(tmp_path.iterdir()) == [folder]


def rows(path: str) -> pa.Table:
    return pa.Table.from_pylist([to_row(article(path, "It sinks."))], schema=ARTICLE_ROW)


def test_what_cannot_be_a_file_is_said_in_one_line(tmp_path: Path) -> None:
    for target in (Path(), tmp_path, tmp_path / "missing" / "file"):
        with pytest.raises(click.FileError) as refused:
            write(target)
        assert "\n" not in refused.value.format_message()
    assert not list(tmp_path.iterdir())
