"""One part of the stack as a process: in a session of its own, its output in a log, started again if it dies."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cli.children import Account, bound_to_parent
from cli.sessions import Session, kill_session
from cli.stack_errors import PartFailed
from cli.stack_home import REPO
from cli.stack_state import PartState

LOG_LIMIT = 16 * 2**20  # bytes; then the log becomes NAME.log.1
STEADY_S = 60.0  # up for this long, a part's next failure counts as its first
LONGEST_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Part:
    """What to run: `stage` and `stop_signal` as in Session."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    stage: int
    patience_s: float = 15.0
    stop_signal: int = signal.SIGTERM
    account: Account | None = None


class Running(Protocol):
    """A started process, a Popen above all."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self) -> int: ...


@dataclass
class Component:
    """A Part that runs. Must be started from a thread that lives as long as the supervisor (PDEATHSIG)."""

    part: Part
    log: Path
    process: Running | None = None
    started_at: float = 0.0
    restarts: int = 0
    last_exit: str = ""
    _failures: int = field(default=0)
    _again_at: float = field(default=0.0)

    def start(self) -> None:
        """Start the process; its output goes to the log."""
        shorten(self.log)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                list(self.part.argv),
                cwd=REPO if self.part.account is None else "/",
                env=dict(self.part.env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=bound_to_parent(signal.SIGTERM, self.part.account),  # noqa: PLW1509 - no thread but this one
            )
        self.started_at = time.time()

    def exited(self) -> bool:
        """Return whether the process has ended; notes how."""
        if self.process is None or (code := self.process.poll()) is None:
            return False
        self.last_exit = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"
        return True

    def revive(self, now: float) -> str | None:
        """Start again, after a wait that doubles, a process that ended; return a line to report, if there is one."""
        if self.process is None:
            if now < self._again_at:
                return None
            self.restarts += 1
            try:
                self.start()
            except PartFailed as error:
                self._failures += 1
                self._again_at = now + self._wait_s()
                return f"{error}; again in {self._wait_s():.0f} s"
            return f"{self.part.name} started again"
        if not self.exited():
            return None
        kill_session(self.process.pid)
        self._failures = 0 if now - self.started_at > STEADY_S else self._failures + 1
        self._again_at, self.process = now + self._wait_s(), None
        return f"{self.part.name} ended ({self.last_exit}): {last_line(self.log)}; again in {self._wait_s():.0f} s"

    def _wait_s(self) -> float:
        return min(LONGEST_WAIT_S, float(2**self._failures))

    def session(self) -> Session | None:
        """Return the session to stop, None if it does not run."""
        if self.process is None:
            return None
        return Session(self.part.name, self.process.pid, self.part.stage, self.part.patience_s, self.part.stop_signal)

    def state(self) -> PartState:
        pid = self.process.pid if self.process else 0
        return PartState(self.part.name, pid, self.started_at, self.restarts, self.last_exit)


def shorten(log: Path) -> None:
    """Move a log over LOG_LIMIT aside by copying: the process that appends to it keeps its descriptor."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.with_suffix(".log.1").write_bytes(log.read_bytes()[-LOG_LIMIT:])
        with log.open("r+b") as file:
            file.truncate(0)


def last_line(log: Path) -> str:
    """Return the last line of `log` that says something, at most 300 characters; "" without one."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 8192))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return ""
    return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "")
