"""Stopping process sessions: real processes that obey, drain, ignore and multiply."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from cli.sessions import Session, kill_session, members, stop_sessions
from tests.cli.stacks import living, wait_for

CHILD = """
    import os, pathlib, signal, subprocess, sys, time
    here = pathlib.Path(sys.argv[1])
    def note(number, frame):
        with (here / "signals").open("a") as file:
            file.write(signal.Signals(number).name + " ")
    {body}
    (here / "ready").write_text("x")
    while True:
        time.sleep(0.02)
        if {ends}:
            sys.exit(0)
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a Python process that leads a session of its own; waits until it is ready."""
    started: list[subprocess.Popen[bytes]] = []

    def run(body: str, ends: str = "(here / 'signals').exists()") -> subprocess.Popen[bytes]:
        folder = tmp_path / str(len(started))
        folder.mkdir()
        text = textwrap.dedent(CHILD).format(body=body, ends=ends)
        started.append(subprocess.Popen([sys.executable, "-c", text, str(folder)], start_new_session=True))
        wait_for((folder / "ready").exists)
        return started[-1]

    yield run
    for process in started:
        for member in members([process.pid]):
            psutil.Process(member.pid).kill()
        process.wait()


def test_a_session_is_asked_by_its_own_signal_and_ends(
    start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    process = start("signal.signal(signal.SIGINT, note)")
    assert stop_sessions([Session("postgres", process.pid, 0, stop_signal=signal.SIGINT)]) == []
    assert process.wait() == 0
    assert (tmp_path / "0" / "signals").read_text() == "SIGINT "


def test_one_that_ignores_the_signal_is_killed_and_named(start: Callable[..., subprocess.Popen[bytes]]) -> None:
    process = start("signal.signal(signal.SIGTERM, signal.SIG_IGN)", ends="False")
    assert stop_sessions([Session("stubborn", process.pid, 0, patience_s=0.3)]) == ["stubborn"]
    assert process.wait() == -signal.SIGKILL


def test_workers_left_behind_by_their_parent_go_with_its_session(start: Callable[..., subprocess.Popen[bytes]]) -> None:
    process = start("[subprocess.Popen(['sleep', '600']) for _ in range(3)]")
    sleeps = psutil.Process(process.pid).children()
    process.kill()
    process.wait()
    kill_session(process.pid)
    wait_for(lambda: not living(sleeps))


def test_a_commands_own_session_is_asked_once_and_may_drain(
    start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    nested = (
        "import pathlib, signal, sys, time; here = pathlib.Path(sys.argv[1]); asked = []; "
        "signal.signal(signal.SIGTERM, lambda *_: asked.append(1)); (here / 'nested').write_text('x'); "
        "exec('while not asked: time.sleep(0.02)'); time.sleep(1); (here / 'drained').write_text(str(len(asked)))"
    )
    body = (
        f"child = subprocess.Popen([sys.executable, '-c', {nested!r}, sys.argv[1]], start_new_session=True); "
        "signal.signal(signal.SIGTERM, note)"
    )
    process = start(body, ends="child.poll() is not None")
    wait_for((tmp_path / "0" / "nested").exists)
    assert stop_sessions([Session("scheduler", process.pid, 0, patience_s=60)]) == []
    assert process.wait() == 0
    assert (tmp_path / "0" / "drained").read_text() == "1"


def test_a_stage_waits_for_the_one_before(start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path) -> None:
    order = f"pathlib.Path({str(tmp_path / 'order')!r}).open('a')"
    first = start(
        f"import atexit; atexit.register(lambda: (time.sleep(0.5), {order}.write('first '))); signal.signal(15, note)"
    )
    second = start(f"import atexit; atexit.register(lambda: {order}.write('second ')); signal.signal(15, note)")
    stop_sessions([Session("second", second.pid, 1), Session("first", first.pid, 0)])
    first.wait()
    second.wait()
    assert (tmp_path / "order").read_text() == "first second "


def test_a_signal_that_was_lost_is_sent_again(start: Callable[..., subprocess.Popen[bytes]]) -> None:
    """Airflow's scheduler loses one now and then; see AGAIN_S."""
    body = "seen = []; signal.signal(signal.SIGTERM, lambda *_: seen.append(1))"
    process = start(body, ends="len(seen) == 2")
    assert stop_sessions([Session("scheduler", process.pid, 0, patience_s=60)]) == []
    assert process.wait() == 0


def test_hurrying_kills_what_still_drains(start: Callable[..., subprocess.Popen[bytes]]) -> None:
    process = start("signal.signal(signal.SIGTERM, note)", ends="False")
    assert stop_sessions([Session("slow", process.pid, 0, patience_s=600)], hurry=lambda: True) == ["slow"]
    assert process.wait() == -signal.SIGKILL
