"""Reading WARC segments in processes of their own: extraction is what costs, and every core takes part."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from types import FrameType

from extract.article import Article
from extract.capture import Capture
from extract.rejection import Reason, Rejection
from extract.stored import StoredObject
from extract.warc import read_captures
from storage.client import Store
from storage.connect import open_store
from storage.settings import StoreSettings
from storage.staging import Extracted, write_part

log = logging.getLogger(__name__)
PAGE_TIMEOUT_S = 30  # the slowest page of the development corpus takes 0.8 s
_worker: dict[str, Store] = {}


class PageTimeout(Exception):
    """One page took longer than PAGE_TIMEOUT_S."""


class Extractors:
    """A pool of extracting processes; each has its own connection to the bucket."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def submit(self, site: str, run_id: str, number: int, segment: StoredObject) -> Future[Extracted]:
        """Read segment `number` of a run and store its outcomes as the run's part of that number."""
        return self._pool.submit(_extract_segment, site, run_id, number, segment.key)


@contextmanager
def extractors(processes: int | None = None) -> Iterator[Extractors]:
    """Give a pool of `processes` (default: one a core) that ends with the block."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["cli.extraction", "extract.read"])
    pool = ProcessPoolExecutor(processes or os.cpu_count(), mp_context=context, initializer=_start_worker)
    try:
        yield Extractors(pool)
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends the pool
    signal.signal(signal.SIGALRM, _on_alarm)
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it calls every page without a body an error
    stack = ExitStack()  # for the life of the process
    _worker["store"] = stack.enter_context(open_store(StoreSettings.from_env(), check=False))


def _on_alarm(_signum: int, _frame: FrameType | None) -> None:
    raise PageTimeout


def _extract_segment(site: str, run_id: str, number: int, key: str) -> Extracted:
    store = _worker["store"]
    with store.open(key) as stream:
        outcomes = (read_guarded(capture) for capture in read_captures(stream, key, site))
        return write_part(store, site, run_id, number, outcomes)


def read_guarded(capture: Capture) -> Article | Rejection:
    """Return what `read_article` returns, and a Rejection where it fails or takes too long.

    A page is hostile input to a large library: whatever that library raises is the outcome of this one page.
    """
    from extract.read import read_article  # noqa: PLC0415 - a second of import that only the workers need

    signal.setitimer(signal.ITIMER_REAL, PAGE_TIMEOUT_S)
    try:
        return read_article(capture)
    except PageTimeout:
        detail = f"not read within {PAGE_TIMEOUT_S} s"
    except Exception as error:
        log.warning("%s: %r", capture.url, error, exc_info=True)
        detail = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return Rejection(capture.site, capture.url, capture.captured_at, Reason.EXTRACTION_ERROR, detail, capture.record)
