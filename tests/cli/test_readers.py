"""Pages that kill the process that reads them. No such page is known, so a marked one stands for it."""

from __future__ import annotations

import os
import signal
from concurrent.futures.process import BrokenProcessPool

import pytest

import cli.reading
import extract.read
from cli.readers import MAX_KILLS, Readers
from cli.reading import read_guarded
from extract.article import Article
from extract.capture import Capture
from extract.profile import Profile
from extract.read import Reading, read_page
from extract.rejection import Reason
from tests.extract.page import capture, news_page

CRASHES = b"<p>crashes</p>"
HANGS = b"<p>hangs</p>"


def _fatal(given: Capture, profile: Profile | None = None) -> Reading:
    if CRASHES in given.body:
        os.kill(os.getpid(), signal.SIGSEGV)
    if HANGS in given.body:
        sum(range(10**15))  # in C: no alarm is seen
    return read_page(given, profile)


def read_all(bodies: list[bytes]) -> list[str]:
    extract.read.read_page, cli.reading._kill_cpu_s = _fatal, 0.2
    outcomes = [read_guarded(capture(body)).outcome for body in bodies]
    return [one.title if isinstance(one, Article) else one.reason for one in outcomes]


def die(_work: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_page_that_kills_its_process_is_a_rejection_and_all_others_are_read() -> None:
    titles = [f"Ferry number {number} runs late" for number in range(12)]
    whole = [news_page(title=title) for title in titles]
    work = [whole[:4], [whole[4], CRASHES, whole[5]], whole[6:8], [HANGS, whole[8]], [CRASHES], whole[9:]]
    with Readers(2, []) as readers:
        found = [done.result() for done in [readers.submit(read_all, bodies) for bodies in work]]
    crashed, hung = Reason.EXTRACTION_ERROR, Reason.TIMEOUT
    assert found == [
        titles[:4], [titles[4], crashed, titles[5]], titles[6:8], [hung, titles[8]], [crashed], titles[9:]
    ]  # fmt: skip


def test_a_machine_that_kills_every_process_is_told() -> None:
    with Readers(1, []) as readers:
        doomed = readers.submit(die, MAX_KILLS)
        assert isinstance(doomed.exception(), BrokenProcessPool)


def test_an_error_of_the_work_is_its_own() -> None:
    with Readers(1, []) as readers, pytest.raises(ValueError, match="invalid literal"):
        readers.submit(int, "no such number").result()
