"""What a running stack tells the other commands: a lock that says whether it lives, and a file that says where."""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cli.stack_errors import AlreadyRunning
from cli.stack_home import StackHome


@dataclass(frozen=True, slots=True)
class PartState:
    """One started part: `pid` leads a session of its own; `started_at` in seconds since 1970."""

    name: str
    pid: int
    started_at: float
    restarts: int = 0
    last_exit: str = ""


@dataclass(frozen=True, slots=True)
class StackState:
    """`run/stack.json`: the supervisor, the UI's address and every part."""

    pid: int
    url: str
    started_at: float
    ready_at: float | None = None
    parts: tuple[PartState, ...] = field(default=())


def write_state(home: StackHome, state: StackState) -> None:
    """Replace the state file at once, so that a reader never sees half of it."""
    part = home.state.with_suffix(".part")
    part.write_text(json.dumps(asdict(state)), encoding="utf-8")
    part.replace(home.state)


def read_state(home: StackHome) -> StackState | None:
    """Return what the last supervisor wrote, running or not; None if there is nothing whole."""
    try:
        found: dict[str, Any] = json.loads(home.state.read_text(encoding="utf-8"))
        parts = tuple(PartState(**part) for part in found.pop("parts"))
        return StackState(**found, parts=parts)
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


class StackLock:
    """An flock on `run/up.lock`. The guard inherits the descriptor, so it is free only when all is stopped."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take(self) -> bool:
        """Return whether the lock is ours now; never waits."""
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def take_within(self, seconds: float) -> bool:
        """Return whether the lock became ours within `seconds`."""
        deadline = time.monotonic() + seconds
        while not self.take():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def release(self) -> None:
        os.close(self.descriptor)


def lock_stack(home: StackHome) -> StackLock:
    """Return the stack's lock, held; AlreadyRunning if another supervisor or its guard has it."""
    lock = StackLock(home.lock)
    if lock.take():
        return lock
    lock.release()
    state = read_state(home)
    where = f"at {state.url} (pid {state.pid})" if state else f"in {home.root}"
    raise AlreadyRunning(f"already running {where}; ./broadsheet status shows it, ./broadsheet down stops it")
