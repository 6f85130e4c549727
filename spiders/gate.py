"""One connection a host, with a pause between requests; shared by all sites of the process that live on the host."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from spiders.guard import canonical_host, parse_address


class Stopped(Exception):
    """The crawl was asked to end while something waited."""


class HostClosed(Exception):
    """The host is left alone for the rest of this run; the message says why."""


class HostGate:
    """The turn-taking of one host. Times are monotonic seconds."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._lock = asyncio.Lock()
        self._stop = stop
        self._open_at = 0.0
        self._failures = 0
        self.closed: str | None = None

    @asynccontextmanager
    async def turn(self, delay_s: float) -> AsyncIterator[None]:
        """Wait for the host, hold it, and start its pause: `delay_s` from request to request, give or take a half.

        Raises HostClosed or Stopped instead of waiting for nothing.
        """
        async with self._lock:
            await self._wait()
            began = time.monotonic()
            try:
                yield
            finally:
                jittered = delay_s * random.uniform(0.5, 1.5)  # noqa: S311 - no secret, a rhythm
                self._open_at = max(self._open_at, began + jittered)

    async def _wait(self) -> None:
        while True:
            if self.closed:
                raise HostClosed(self.closed)
            if self._stop.is_set():
                raise Stopped
            pause = self._open_at - time.monotonic()
            if pause <= 0:
                return
            try:
                await asyncio.wait_for(self._stop.wait(), pause)
            except TimeoutError:
                continue

    def hold(self, seconds: float) -> None:
        """Let nobody through for `seconds` from now."""
        self._open_at = max(self._open_at, time.monotonic() + seconds)

    def close(self, why: str) -> None:
        """Leave the host alone for the rest of the run."""
        self.closed = self.closed or why

    def note(self, *, answered: bool, bound: int) -> None:
        """Count requests in a row that got no answer; at `bound` the host is taken for down."""
        self._failures = 0 if answered else self._failures + 1
        if self._failures >= bound:
            self.close(f"no answer {bound} times in a row")


class Gates:
    """The gates of one process."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop
        self._gates: dict[str, HostGate] = {}

    def gate(self, url: str) -> HostGate:
        """Return the gate of the URL's host; of host and port where that is an address or a bare name."""
        parts = urlsplit(url)
        host = canonical_host(parts.hostname or "")
        key = host if "." in host and parse_address(host) is None else parts.netloc
        return self._gates.setdefault(key, HostGate(self._stop))
