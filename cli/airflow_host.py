"""`python -m cli.airflow_host FD`: loads Airflow once and forks its components from there.

Four `airflow` commands load the same 2,400 modules four times, which is most of their start and much of their memory;
forked from one process that has loaded them they share both. Speaks JSON lines over the socket FD: reads
`{"start": name, "argv": [...], "log": path}`, writes `{"loaded": ...}`, `{"started": name, "pid": n}` and
`{"ended": pid, "code": n}` (minus the signal's number if one ended it).
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from cli.children import bound_to_parent

FIRST = ("cli.airflow_setup", "alembic.command", "psycopg2")
REST = (
    "airflow.__main__",
    "airflow.cli.commands.scheduler_command",
    "airflow.executors.local_executor",
    "airflow.cli.commands.dag_processor_command",
    "airflow.cli.commands.triggerer_command",
    "airflow.dag_processing.bundles.local",
    "airflow.cli.commands.api_server_command",
    "airflow.api_fastapi.core_api.app",
    "airflow.api_fastapi.core_api.routes.public",
    "airflow.api_fastapi.core_api.routes.ui",
    "airflow.api_fastapi.execution_api.app",
    "airflow.api_fastapi.execution_api.routes",
    "airflow.api_fastapi.auth.managers.simple.simple_auth_manager",
    "airflow.sdk.execution_time.task_runner",
    "uvicorn.protocols.http.auto",
    "asyncpg",
)


class Host:
    """Reads requests, forks, reports ends. Single-threaded, as fork demands."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self.buffer = b""
        self.wake_read, self.wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def serve(self, modules: list[str]) -> Callable[[], None] | None:
        """Load `modules` between requests, in the time that the first child takes to make the tables.

        Return, in a forked child, what it is to run; None in the host when the supervisor is gone.
        """
        signal.set_wakeup_fd(self.wake_write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        with selectors.DefaultSelector() as selector:
            selector.register(self.channel, selectors.EVENT_READ)
            selector.register(self.wake_read, selectors.EVENT_READ)
            while True:
                self._report_ended()
                ready = selector.select(0 if modules else None)
                if modules and not ready:
                    import_module(modules.pop(0))
                    if not modules:
                        self.tell({"loaded": "all"})
                for key, _ in ready:
                    if key.fileobj is not self.channel:
                        with contextlib.suppress(BlockingIOError):
                            os.read(self.wake_read, 4096)
                        continue
                    chunk = self.channel.recv(65536)
                    if not chunk:
                        return None
                    *lines, self.buffer = (self.buffer + chunk).split(b"\n")
                    for line in lines:
                        if run := self._fork(json.loads(line)):
                            return run

    def tell(self, message: dict[str, Any]) -> None:
        self.channel.sendall(json.dumps(message).encode() + b"\n")

    def _fork(self, request: dict[str, Any]) -> Callable[[], None] | None:
        bind = bound_to_parent(signal.SIGTERM)
        sys.stdout.flush()
        sys.stderr.flush()
        gc.freeze()  # the collector must not touch, and so unshare, what was loaded
        pid = os.fork()
        if pid:
            self.tell({"started": request["start"], "pid": pid})
            return None
        bind()
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self.channel.close()
        _redirect(request["log"])
        return lambda: _run(request["start"], request["argv"])

    def _report_ended(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.tell({"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def _redirect(log: str) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    os.close(descriptor)


def _run(name: str, argv: list[str]) -> None:
    from setproctitle import setproctitle  # noqa: PLC0415 - comes with Airflow

    setproctitle(f"airflow {name}")
    if name == "setup":
        import_module("cli.airflow_setup").main()
        return
    sys.argv = ["airflow", *argv]
    import_module("airflow.__main__").main()


def main() -> None:
    """Load, serve; in a child, become what was asked for."""
    host = Host(socket.socket(fileno=int(sys.argv[1])))
    for module in FIRST:
        import_module(module)
    host.tell({"loaded": "tables"})
    if run := host.serve(list(REST)):
        run()


if __name__ == "__main__":
    main()
