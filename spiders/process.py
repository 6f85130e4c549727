"""A crawl in a process of its own: one reactor a process, stopped gracefully, never outliving its parent."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from spiders.errors import CrawlFailed

log = logging.getLogger(__name__)
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)  # resolved before any fork
DRAIN_S = 90.0  # answers in flight (15 s), the last segments and the frontier


class CrawlProcess:
    """A running crawl worker; iterate over it for its events, JSON objects, one a line of its stdout.

    It is started in the thread that makes it, and the kernel asks it to stop (SIGUSR1) when that thread ends: make it
    in a thread that lives as long as the crawl, such as the main one. A second SIGTERM would be a hard stop in plain
    Scrapy, so the death signal is another one, and `terminate` sends one only.
    """

    def __init__(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None, drain_s: float = DRAIN_S) -> None:
        self._drain_s = drain_s
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()
        parent = os.getpid()

        def tie_to_parent() -> None:
            if sys.platform == "linux":
                _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGUSR1)
            if os.getppid() != parent:  # it died before the line above
                os._exit(1)

        self._process = subprocess.Popen(
            list(argv),
            env=dict(env) if env is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=tie_to_parent,  # noqa: PLW1509 - two system calls, no lock taken
        )

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield events until the worker ends; raises CrawlFailed if it ended badly, after the last event."""
        if self._process.stdout is None:
            raise AssertionError("stdout is a pipe")
        try:
            with self._process.stdout as lines:
                for line in lines:
                    try:
                        event = orjson.loads(line)
                    except orjson.JSONDecodeError:
                        log.warning("the crawl process printed: %s", line.decode("utf-8", "replace").rstrip()[:500])
                        continue
                    if isinstance(event, dict):
                        yield event
            code = self._process.wait()
        finally:
            self._settle()
        if code:
            how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
            raise CrawlFailed(
                f"the crawl process {how}; its log says more, and what it captured is kept for the next run"
            )

    def terminate(self) -> None:
        """Ask once for a graceful end; after `drain_s` insist. Returns at once; any thread may call it."""
        with self._lock:
            if self._timer is not None or self._process.poll() is not None:
                return
            self._process.send_signal(signal.SIGTERM)
            self._timer = threading.Timer(self._drain_s, self._process.kill)
            self._timer.daemon = True
            self._timer.start()

    def _settle(self) -> None:
        """Leave nothing behind when the iteration ends, also half-way."""
        if self._process.poll() is None:
            self.terminate()
            self._process.wait()
        if self._timer is not None:
            self._timer.cancel()
