"""The guard: quiet while the supervisor lives, thorough when it is gone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.guard import Guard
from cli.stack_state import StackLock
from tests.cli.stacks import REPO, wait_for


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True) as process:
        yield process
        process.kill()


def listing(process: subprocess.Popen[bytes], *remove: Path) -> dict[str, object]:
    sessions = [["sleeper", process.pid, 0, 5.0, int(signal.SIGTERM)]]
    return {"sessions": sessions, "remove": [str(path) for path in remove]}


def test_a_guard_that_is_dismissed_touches_nothing(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    lock = StackLock(tmp_path / "up.lock")
    guard = Guard(lock.descriptor, tmp_path / "guard.log")
    guard.tell(listing(sleeper))
    guard.dismiss()
    lock.release()
    assert sleeper.poll() is None
    assert (tmp_path / "guard.log").read_text() == ""


def test_a_guard_that_is_killed_is_replaced_and_knows_the_list(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    lock = StackLock(tmp_path / "up.lock")
    guard = Guard(lock.descriptor, tmp_path / "guard.log")
    guard.tell(listing(sleeper))
    guard.process.kill()
    guard.process.wait()
    guard.check()
    assert guard.process.poll() is None
    assert guard.process.stdin
    guard.process.stdin.close()  # what the supervisor's death does
    assert guard.process.wait(60) == 0
    assert sleeper.wait(60) == -signal.SIGTERM
    lock.release()


def test_it_stops_and_clears_up_after_a_killed_supervisor_and_holds_the_lock_meanwhile(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    left = tmp_path / "sites.yaml"
    left.write_text("sites: []")
    code = (
        "import json, os, sys; from pathlib import Path; from cli.guard import Guard; from cli.stack_state import StackLock; "
        "lock = StackLock(Path(sys.argv[1]) / 'up.lock'); assert lock.take(); "
        "guard = Guard(lock.descriptor, Path(sys.argv[1]) / 'guard.log'); guard.tell(json.loads(sys.argv[2])); "
        "print(guard.process.pid, flush=True); os.kill(guard.process.pid, 19); os.kill(os.getpid(), 9)"
    )
    argv = [sys.executable, "-c", code, str(tmp_path), json.dumps(listing(sleeper, left))]
    done = subprocess.run(argv, cwd=REPO, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    lock = StackLock(tmp_path / "up.lock")
    assert not lock.take()  # the guard, stopped for the moment, has it
    os.kill(int(done.stdout), signal.SIGCONT)
    assert lock.take_within(60)
    lock.release()
    assert sleeper.wait(60) == -signal.SIGTERM
    wait_for(lambda: not left.exists())
    assert "the supervisor is gone" in (tmp_path / "guard.log").read_text()
