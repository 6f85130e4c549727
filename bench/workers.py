"""The processes that read the pages: ours, and the peers' in an environment of its own, made when it is first used."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Self

from bench.errors import PeersError
from bench.reading import Reading

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "bench/peers-requirements.txt"
PEERS_VENV = ROOT / ".venv-bench"


@dataclass(frozen=True, slots=True)
class Task:
    """The pages of one site, to be read by one system; `pages` are the fields of StoredPage with `html`, a path."""

    program: str  # the module that serves the system
    system: str
    pages: tuple[Mapping[str, str], ...]


def peers_python(venv: Path = PEERS_VENV, requirements: Path = REQUIREMENTS) -> Path:
    """Return the Python of the peers' environment, after bringing it to what `requirements` locks."""
    stamp, python = venv / f".installed-{requirements.name}", venv / "bin/python"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    with (venv.parent / f"{venv.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two first uses at once must not build one environment
        if stamp.exists() and stamp.read_text() == wanted:
            return python
        sys.stderr.write(f"installing the peers into {venv.name} (once, about a minute)\n")
        pip = [str(python), "-m", "pip", "install", "-qq", "--no-input", "--disable-pip-version-check"]
        try:
            if not python.exists():
                subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True, stdout=sys.stderr)
            # the file is whole, and pip 23.2, which Python 3.11 brings, trips over lxml's extras when it resolves them
            locked = ["--no-deps", "--require-hashes", "-r", str(requirements)]
            subprocess.run([*pip, *locked], check=True, stdout=sys.stderr)
        except (OSError, subprocess.CalledProcessError) as error:
            message = "the peers could not be installed; the reason is above. --no-peers leaves them out"
            raise PeersError(message) from error
        stamp.write_text(wanted)
    return python


class Worker:
    """One process that answers tasks of one program."""

    def __init__(self, program: str, python: Path) -> None:
        # -W: what a peer says about its own dependencies is not for the reader of the table
        argv = [str(python), "-W", "ignore", "-m", program]
        env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, cwd=ROOT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def ask(self, task: Task) -> list[Reading]:
        """Return the readings of the task's pages, in order; raises PeersError when the process has ended."""
        if self._process.stdin is None or self._process.stdout is None:
            raise PeersError(f"{task.program} has no pipes")
        request = json.dumps({"system": task.system, "pages": task.pages})
        try:
            self._process.stdin.write(request.encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = b""
        if not line:
            raise PeersError(f"{task.system} ended while it read {task.pages[0]['url']} or the pages after it")
        return [_reading(fields) for fields in json.loads(line)]


def _reading(fields: dict[str, Any]) -> Reading:
    return Reading(**fields | {"authors": tuple(fields["authors"])})


class Crew:
    """One worker a program, started when first needed; serves one thread at a time."""

    def __init__(self, pythons: Mapping[str, Path]) -> None:
        self._pythons = pythons
        self._workers: dict[str, Worker] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def ask(self, task: Task) -> list[Reading]:
        """Hand the task to its program's worker."""
        if task.program not in self._workers:
            self._workers[task.program] = self._stack.enter_context(Worker(task.program, self._pythons[task.program]))
        return self._workers[task.program].ask(task)


def read_all(
    tasks: Sequence[Task], pythons: Mapping[str, Path], jobs: int, advance: Callable[[int], None]
) -> Iterator[list[Reading]]:
    """Yield the readings of each task, in order; `jobs` crews share the work, `advance` counts pages."""
    idle: SimpleQueue[Crew] = SimpleQueue()

    def ask(task: Task) -> list[Reading]:
        crew = idle.get()
        try:
            return crew.ask(task)
        finally:
            idle.put(crew)

    with ExitStack() as stack:
        for _ in range(jobs):
            idle.put(stack.enter_context(Crew(pythons)))
        pool = stack.enter_context(ThreadPoolExecutor(jobs))
        stack.callback(pool.shutdown, cancel_futures=True)
        for task, readings in zip(tasks, pool.map(ask, tasks), strict=True):
            advance(len(task.pages))
            yield readings
