"""Reading one page where nothing it does can hurt: with a bound on its CPU time, and no exception ever."""

from __future__ import annotations

import logging
import signal
from types import FrameType
from typing import TYPE_CHECKING

from extract.capture import Capture
from extract.profile import Profile
from extract.rejection import Reason, Rejection

if TYPE_CHECKING:
    from extract.read import Reading

log = logging.getLogger(__name__)
PAGE_CPU_S = 1.8  # seconds of the process; the slowest page of the development corpus takes 0.8
AGAIN_CPU_S = 0.5  # after that, should a library have swallowed the first


class PageTimeout(BaseException):
    """One page took more than PAGE_CPU_S. No Exception: a library that catches those would swallow it."""


def start_reader(*, own_process: bool = True) -> None:
    """Prepare this process for `read_guarded`; its main thread is the one that reads."""
    if own_process:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its readers
    signal.signal(signal.SIGPROF, _on_timer)
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it calls every page without a body an error


def _on_timer(_signum: int, _frame: FrameType | None) -> None:
    raise PageTimeout


def read_guarded(capture: Capture, profile: Profile | None = None) -> Reading:
    """Return what `read_page` returns, and a Rejection where it fails or takes too long.

    A page is hostile input to large libraries: whatever they raise is the outcome of this one page. CPU time is what
    counts, so that a busy machine rejects no page.
    """
    from extract.read import Reading, read_page  # noqa: PLC0415 - a second of import that only the readers need

    try:
        signal.setitimer(signal.ITIMER_PROF, PAGE_CPU_S, AGAIN_CPU_S)
        try:
            return read_page(capture, profile)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except PageTimeout:
        signal.setitimer(signal.ITIMER_PROF, 0)  # the alarm may have come before the one in `finally`
        reason, detail = Reason.TIMEOUT, f"not read within {PAGE_CPU_S} s of CPU"
    except Exception as error:
        log.warning("%s: %r", capture.url, error, exc_info=True)
        reason, detail = Reason.EXTRACTION_ERROR, f"{type(error).__name__}: {error}".splitlines()[0][:300]
    return Reading(Rejection(capture.site, capture.url, capture.captured_at, reason, detail, capture.record))
