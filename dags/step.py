"""The operator behind every task: one verb of `python -m cli` as a child process that no kill can tear.

Measured on killed crawls: code in the task's own process lost 184 of 300 URLs, this mechanism none. The child leads its
own session, so that Airflow's SIGKILL, 5 s after its SIGTERM, does not reach it while it drains; it gets one SIGTERM,
since a second makes Scrapy drop what is in flight; and it hears of the task's death as SIGUSR1 from the kernel.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import logging
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from dags.run import run_id

REPO = Path(__file__).resolve().parent.parent
PR_SET_PDEATHSIG = 1
DRAIN_S = 45.0  # a download times out after 30 s
SURE_FAILURES = {2, 3}  # configuration; the site gave less than its file expects: another try gives the same
LEVEL = re.compile(r"\b(DEBUG|INFO|WARNING|ERROR|CRITICAL)\b")
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None  # resolved before any fork


class Step(BaseOperator):
    """Run `python -m cli VERB [SITE --run RUN]`; its stderr is the task's log, its last stdout line, JSON, the result.

    The counts in the result become the `extra` of the outlets' asset events. Exit 2 and 3 fail the task at once,
    any other failure is tried again. Where the count named `idle_without` is 0 at the first try, there was nothing to
    do: the task is skipped, and no event sent.
    """

    ui_color = "#e8eef7"

    def __init__(
        self, *, verb: str, site: str | None = None, idle_without: str = "", drain_s: float = DRAIN_S,
        **rest: Any,  # noqa: ANN401
    ) -> None:  # fmt: skip
        super().__init__(**rest)
        self.verb, self.site, self.idle_without, self.drain_s = verb, site, idle_without, drain_s
        self._child: subprocess.Popen[bytes] | None = None

    def execute(self, context: Any) -> dict[str, Any]:  # noqa: ANN401 - a TypedDict of Airflow's that names everything
        """Run the command to its end; return the object it printed."""
        argv = [sys.executable, "-m", "cli", self.verb, *self.arguments(context)]
        self.log.info("python %s", " ".join(argv[1:]))
        output = Output(self.log)
        self._child = child = _start(argv)
        try:
            output.read(child)
        except BaseException:  # AirflowTaskTimeout above all: ask once, keep what it says, then insist
            self._ask_to_end()
            output.read(child, deadline=time.monotonic() + self.drain_s)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise
        finally:
            output.close(child)
        _check_exit(f"{self.verb} {self.site or ''}".strip(), child.wait(), output.last_line)
        result = output.result()
        if self.idle_without and not result[self.idle_without] and self._is_first_try(context["ti"]):
            raise AirflowSkipException(f"nothing to {self.verb}")
        for outlet in self.outlets:
            context["outlet_events"][outlet].extra = _counts(result)
        return result

    def _is_first_try(self, ti: Any) -> bool:  # noqa: ANN401
        """Whether none failed since the task was queued or cleared: one may have worked and died before its event."""
        return bool(ti.try_number + self.retries == ti.max_tries + 1)

    def arguments(self, context: Any) -> list[str]:  # noqa: ANN401
        """Return what follows the verb: the site and the run's id, for a step of a site."""
        if not self.site:
            return []
        dag_run = context["dag_run"]
        return [self.site, "--run", run_id(dag_run.run_after, dag_run.run_id)]

    def on_kill(self) -> None:
        """Airflow calls this from its SIGTERM handler; `execute` goes on reading what the child says meanwhile."""
        self._ask_to_end()

    def _ask_to_end(self) -> None:
        if self._child and self._child.poll() is None and not getattr(self, "_asked", False):
            self._asked = True
            self._child.terminate()


class Output:
    """What the child says: stderr lines go to the log at their own level, stdout is kept for its last line."""

    def __init__(self, log: Any) -> None:  # noqa: ANN401 - a structlog or logging logger
        self._log = log
        self._stdout = bytearray()
        self._partial = b""
        self.last_line = ""

    def read(self, child: subprocess.Popen[bytes], deadline: float | None = None) -> None:
        """Read both pipes until both are closed or `deadline` (monotonic seconds)."""
        with selectors.DefaultSelector() as selector:
            for pipe, reader in ((child.stdout, self._stdout.extend), (child.stderr, self._take_stderr)):
                if pipe is not None:
                    selector.register(pipe, selectors.EVENT_READ, reader)
            while selector.get_map() and (deadline is None or time.monotonic() < deadline):
                for key, _ in selector.select(timeout=1.0):
                    chunk = os.read(key.fd, 65536)
                    take: Callable[[bytes], None] = key.data
                    if chunk:
                        take(chunk)
                    else:
                        selector.unregister(key.fileobj)
        if self._partial:
            self._say(self._partial)
            self._partial = b""

    def close(self, child: subprocess.Popen[bytes]) -> None:
        """Close the pipes; what a grandchild still writes is nobody's business."""
        for pipe in (child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()

    def result(self) -> dict[str, Any]:
        """Return the JSON object on the last line of stdout; AirflowException if there is none."""
        lines = self._stdout.decode("utf-8", "replace").strip().splitlines()
        try:
            found = json.loads(lines[-1]) if lines else None
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise AirflowException(
                f"the last line is no JSON object: {lines[-1][:200] if lines else 'nothing printed'}"
            )
        self._log.info("%s", _summary(found))
        return found

    def _take_stderr(self, chunk: bytes) -> None:
        *lines, self._partial = (self._partial + chunk).split(b"\n")
        for line in lines:
            self._say(line)

    def _say(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip()
        if not text:
            return
        self.last_line = text
        found = LEVEL.search(text[:80])
        level = (
            logging.ERROR if text.startswith("Error: ") else logging.getLevelName(found[1]) if found else logging.INFO
        )
        self._log.log(level, "%s", text)


def _start(argv: list[str]) -> subprocess.Popen[bytes]:
    hidden = ("AIRFLOW__", "AIRFLOW_CONN_", "_AIRFLOW")  # Airflow's secrets are not the command's business
    env = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    env |= {"PYTHONPATH": str(REPO), "PYTHONUNBUFFERED": "1"}
    parent = os.getpid()

    def bind() -> None:
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGUSR1))
            if os.getppid() != parent:
                os._exit(1)

    return subprocess.Popen(
        argv, cwd=REPO, env=env, stdin=subprocess.DEVNULL,  # fd 0 is the task supervisor's own socket
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, preexec_fn=bind,  # noqa: PLW1509 - no thread but this one
    )  # fmt: skip


def _check_exit(what: str, code: int, last_line: str) -> None:
    if code == 0:
        return
    if code < 0:
        raise AirflowException(f"{what}: ended by {signal.Signals(-code).name}; {last_line}")
    reason = last_line.removeprefix("Error: ") or "no reason given"
    if code in SURE_FAILURES:
        raise AirflowFailException(f"{what}: {reason}")
    raise AirflowException(f"{what}: exit {code}: {reason}")


def _summary(result: dict[str, Any]) -> str:
    """Return the counts in one line, those of an object of counts only where there is something to count."""
    said: list[str] = []
    for name, value in result.items():
        if name in {"site", "run_id"}:  # the command, a line above, names them
            continue
        if isinstance(value, str | int | float):
            said.append(f"{name} {value}")
        elif isinstance(value, dict) and all(isinstance(count, int) for count in value.values()):
            said += [f"{kind} {count}" for kind, count in value.items() if count]
    return ", ".join(said)


def _scalars(result: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if isinstance(value, str | int | float)}


def _counts(result: dict[str, Any]) -> dict[str, Any]:
    """Return what an asset event carries: the scalars, and the flat objects of scalars such as outcomes."""
    flat = {
        name: value
        for name, value in result.items()
        if isinstance(value, dict) and all(isinstance(each, str | int | float) for each in value.values())
    }
    return _scalars(result) | flat
