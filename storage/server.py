"""The embedded server's process: what is remembered of it, and whether a pid is still that very process."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

REAP_S = 10.0
SAME_START_S = 5.0  # a process's start is told from the wall clock, which may be set meanwhile
_children: dict[int, subprocess.Popen[bytes]] = {}  # started by this process, kept to be reaped


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, as $BROADSHEET_HOME/s3/server.json remembers it. `keep`: it outlives its last user."""

    pid: int
    create_time: float
    ports: dict[str, int]
    sockets: str
    keep: bool
    folder: str = ""  # whose server it is: the file may have come with a copy. Not said by versions before this field

    @property
    def endpoint(self) -> str:
        """The S3 endpoint."""
        return f"http://127.0.0.1:{self.ports['s3.port']}"

    @property
    def metrics_url(self) -> str:
        """Prometheus metrics; SeaweedFS_s3_request_total counts the requests of every client."""
        return f"http://127.0.0.1:{self.ports['metricsPort']}/metrics"


def adopt(child: subprocess.Popen[bytes]) -> float:
    """Keep a child to reap it later; return its start time."""
    _children[child.pid] = child
    try:
        return psutil.Process(child.pid).create_time()
    except psutil.NoSuchProcess:
        return 0.0


def find_process(server: Server, data: Path) -> psutil.Process | None:
    """Return the server's process if it lives and is this very server, not another that was given its pid."""
    try:
        process = psutil.Process(server.pid)
        same = abs(process.create_time() - server.create_time) < SAME_START_S and f"-dir={data}" in process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None
    return process if same and is_alive(process) else None


def is_alive(process: psutil.Process) -> bool:
    """Return whether the process runs; one that ended and was not reaped does not."""
    try:
        if child := _children.get(process.pid):
            child.poll()
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def await_end(process: psutil.Process, timeout_s: float) -> bool:
    """Wait for the process's end; return whether it came in time."""
    try:
        if child := _children.get(process.pid):
            child.wait(timeout_s)
        else:
            process.wait(timeout_s)
    except (subprocess.TimeoutExpired, psutil.TimeoutExpired):
        return False
    return True


def forget(pid: int) -> None:
    """Reap a child that ended; its threads may take a moment more."""
    if child := _children.pop(pid, None):
        child.wait(REAP_S)
