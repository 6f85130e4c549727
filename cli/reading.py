"""Reading one page where nothing it does can hurt: with a bound on its CPU time, and no exception ever."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

from extract.capture import Capture
from extract.profile import Profile
from extract.rejection import Reason, Rejection

if TYPE_CHECKING:
    from extract.read import Reading

log = logging.getLogger(__name__)
PAGE_CPU_S = 1.8  # seconds of the process; the slowest page of the development corpus takes 0.8
AGAIN_CPU_S = 0.5  # after that, should a library have swallowed the first
KILL_CPU_S = 10.0  # after this the process is killed: a library written in C has not come back to see the alarm
APART_S = 120.0  # for a page in a process of its own, by the clock: it may wait for ever
_apart: ContextVar[bool] = ContextVar("apart", default=False)
_kill_cpu_s = 0.0  # no such end
Result = TypeVar("Result")


class PageTimeout(BaseException):
    """One page took more than PAGE_CPU_S. No Exception: a library that catches those would swallow it."""


def start_reader(*, own_process: bool = True) -> None:
    """Prepare this process for `read_guarded`; its main thread is the one that reads.

    In a process of its own (`cli.readers`) a page may end it: Readers know what to do then.
    """
    global _kill_cpu_s  # noqa: PLW0603 - of this process, like its signals
    if own_process:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its readers
        _kill_cpu_s = KILL_CPU_S
    signal.signal(signal.SIGPROF, _on_timer)
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it calls every page without a body an error


def _on_timer(_signum: int, _frame: FrameType | None) -> None:
    raise PageTimeout


def read_guarded(capture: Capture, profile: Profile | None = None) -> Reading:
    """Return what `read_page` returns, and a Rejection where it fails or takes too long.

    A page is hostile input to large libraries: whatever they raise is the outcome of this one page. CPU time is what
    counts, so that a busy machine rejects no page.
    """
    from extract.read import read_page  # noqa: PLC0415 - a second of import that only the readers need

    if _apart.get():
        return _read_apart(capture, profile)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, _kill_cpu_s)  # has no handler: it kills
        signal.setitimer(signal.ITIMER_PROF, PAGE_CPU_S, AGAIN_CPU_S)
        try:
            return read_page(capture, profile)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    except PageTimeout:
        signal.setitimer(signal.ITIMER_PROF, 0)  # the alarm may have come before those in `finally`
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        reason, detail = Reason.TIMEOUT, f"not read within {PAGE_CPU_S} s of CPU"
    except Exception as error:
        log.warning("%s: %r", capture.url, error, exc_info=True)
        reason, detail = Reason.EXTRACTION_ERROR, f"{type(error).__name__}: {error}".splitlines()[0][:300]
    return _refused(capture, reason, detail)


def each_apart(work: Callable[[], Result]) -> Result:
    """Return what `work` does, which reads pages by `read_guarded`: each of them in a process of its own."""
    token = _apart.set(True)
    try:
        return work()
    finally:
        _apart.reset(token)


def _read_apart(capture: Capture, profile: Profile | None) -> Reading:
    context = get_context("fork")  # with the models that this process has
    inlet, outlet = context.Pipe(duplex=False)
    child = context.Process(target=_tell, args=(outlet, capture, profile))
    child.start()
    outlet.close()
    told: Reading | None = None
    is_late = not inlet.poll(APART_S)
    if is_late:
        child.kill()
    else:
        with suppress(EOFError, OSError):  # it died, perhaps in the middle of a word
            told = inlet.recv()
    child.join()
    if told is not None:
        return told
    if is_late or child.exitcode == -signal.SIGVTALRM:
        return _refused(capture, Reason.TIMEOUT, "its reading never came back from a library")
    return _refused(capture, Reason.EXTRACTION_ERROR, f"it ends the process that reads it ({child.exitcode})")


def _tell(outlet: Connection, capture: Capture, profile: Profile | None) -> None:
    _apart.set(False)
    outlet.send(read_guarded(capture, profile))


def _refused(capture: Capture, reason: Reason, detail: str) -> Reading:
    from extract.read import Reading  # noqa: PLC0415 - see above

    return Reading(Rejection(capture.site, capture.url, capture.captured_at, reason, detail, capture.record))
