"""The supervisor's side of cli/airflow_host.py: a part of the stack that other parts are forked from."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from cli.children import bound_to_parent
from cli.component import Component, Part
from cli.stack_errors import PartFailed

NAME = "airflow"
STARTED_WITHIN_S = 60.0  # it may be loading a module when asked


class Forked:
    """A component forked by the host: what Component needs of a Popen."""

    def __init__(self, host: AirflowHost, pid: int) -> None:
        self.pid = pid
        self._host, self._channel = host, host.channel

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, None while it runs."""
        self._host.read_events()
        if self.pid in self._host.ended:
            return self._host.ended[self.pid]
        if self._channel is self._host.channel and self._host.alive():
            return None
        return None if psutil.pid_exists(self.pid) else -signal.SIGTERM  # its host died and took it along

    def wait(self) -> int:
        while (code := self.poll()) is None:
            time.sleep(0.05)
        return code


class AirflowHost(Component):
    """The process that has Airflow loaded."""

    def __init__(self, env: Mapping[str, str], log: Path) -> None:
        super().__init__(Part(NAME, [sys.executable, "-m", "cli.airflow_host"], env, stage=2), log)
        self.channel: socket.socket | None = None
        self.ended: dict[int, int] = {}
        self.loaded = False
        self._started: dict[str, int] = {}
        self._buffer = b""

    def start(self) -> None:
        """Start the process with a new channel to it."""
        if self.channel:
            self.channel.close()
        self.channel, theirs = socket.socketpair()
        self.ended, self._started, self._buffer, self.loaded = {}, {}, b"", False
        with theirs, self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.part.argv, str(theirs.fileno())], env=dict(self.part.env), pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=bound_to_parent(signal.SIGTERM),  # noqa: PLW1509 - no thread but this one
            )  # fmt: skip
        self.started_at = time.time()

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def fork(self, name: str, argv: Sequence[str], log: Path, pause: Callable[[float], None] = time.sleep) -> Forked:
        """Fork a component; PartFailed if the host does not answer."""
        self._started.pop(name, None)
        deadline = time.monotonic() + STARTED_WITHIN_S
        try:
            self._channel().sendall(json.dumps({"start": name, "argv": list(argv), "log": str(log)}).encode() + b"\n")
            while name not in self._started:
                self.read_events()
                if not self.alive() or time.monotonic() > deadline:
                    raise PartFailed(f"{name} cannot be started; see {self.log}")
                pause(0.02)
        except BrokenPipeError as error:
            raise PartFailed(f"{name} cannot be started; see {self.log}") from error
        return Forked(self, self._started[name])

    def read_events(self) -> None:
        """Take in what the host has said, without waiting."""
        try:
            while chunk := self._channel().recv(65536, socket.MSG_DONTWAIT):
                *lines, self._buffer = (self._buffer + chunk).split(b"\n")
                for line in lines:
                    self._take(json.loads(line))
        except (BlockingIOError, ConnectionResetError):
            return

    def _take(self, event: dict[str, Any]) -> None:
        if "ended" in event:
            self.ended[int(event["ended"])] = int(event["code"])
        elif "started" in event:
            self._started[str(event["started"])] = int(event["pid"])
        elif event.get("loaded") == "all":
            self.loaded = True

    def _channel(self) -> socket.socket:
        if self.channel is None:
            raise PartFailed("Airflow's host is not started")
        return self.channel


class AirflowComponent(Component):
    """A part of Airflow: started by forking the host."""

    def __init__(self, host: AirflowHost, part: Part, log: Path) -> None:
        super().__init__(part, log)
        self.host = host

    def start(self) -> None:
        """Fork; a log too long is shortened first."""
        self.process = self.host.fork(self.part.name, self.part.argv, self.log)
        self.started_at = time.time()

    def revive(self, now: float) -> str | None:
        """As any part's, once its host is there."""
        return super().revive(now) if self.process is not None or self.host.alive() else None
