"""Processes that read pages, and outlive the page that kills one of them."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from threading import Lock
from types import TracebackType
from typing import Any, Self, TypeVar

from cli.reading import each_apart, start_reader

log = logging.getLogger(__name__)
MAX_KILLS = 5  # of a process while the same work is under way; more, and it is the machine that kills
Result = TypeVar("Result")


class Readers:
    """A pool of processes (default: one a core) for functions that read pages by `read_guarded`; ends with its block.

    A killed process takes all that is under way with it, and nobody knows which page it was. So that is done again,
    each page in a process of its own (`each_apart`): the work has to bear a repetition. Past MAX_KILLS its future
    raises BrokenProcessPool.
    """

    def __init__(self, processes: int | None, preload: Sequence[str], start: Callable[[], None] = start_reader) -> None:
        context = get_context("forkserver")
        context.set_forkserver_preload([*preload, "cli.preload"])
        self.processes = processes or os.cpu_count() or 1
        self._new = partial(ProcessPoolExecutor, self.processes, mp_context=context, initializer=start)
        self._pool, self._lock, self._is_open = self._new(), Lock(), True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._lock:
            self._is_open = False
        self._pool.shutdown(cancel_futures=True)

    def submit(self, function: Callable[..., Result], *args: Any) -> Future[Result]:  # noqa: ANN401 - the function's
        """Have `function(*args)` done in one of the processes."""
        done: Future[Result] = Future()
        self._start(done, partial(function, *args), 0)
        return done

    def _start(self, done: Future[Result], work: Callable[[], Result], kills: int) -> None:
        pool = self._pool
        try:
            running = pool.submit(each_apart, work) if kills else pool.submit(work)
        except BrokenProcessPool:  # before this work began
            self._renew(pool)
            self._start(done, work, kills)
            return
        running.add_done_callback(partial(self._ended, pool, done, work, kills))

    def _ended(
        self, pool: ProcessPoolExecutor, done: Future[Result], work: Callable[[], Result], kills: int,
        running: Future[Result],
    ) -> None:  # fmt: skip
        if running.cancelled():
            done.cancel()
            return
        error = running.exception()
        try:
            if isinstance(error, BrokenProcessPool) and kills < MAX_KILLS:
                self._renew(pool)
                self._start(done, work, kills + 1)
                return
        except RuntimeError as late:  # the block has ended
            error = late
        if error is None:
            done.set_result(running.result())
        else:
            done.set_exception(error)

    def _renew(self, broken: ProcessPoolExecutor) -> None:
        with self._lock:
            if not self._is_open:
                raise RuntimeError("the block has ended")
            if self._pool is broken:
                log.warning("a reading process was killed: what was under way is read again, each page by itself")
                self._pool = self._new()
