"""What a system is asked and what it answers, and the loop in which it does: JSON lines on stdin and stdout.

Standard library only: this module also runs in the peers' environment.
"""

from __future__ import annotations

import gzip
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

TRIAL = b"<html><head><title>t</title></head><body><article>%b</article></body></html>" % (
    b"<p>Some words of a text, and then some more of them.</p>" * 30
)


@dataclass(frozen=True, slots=True)
class StoredPage:
    """One page as a system gets it."""

    site: str
    url: str
    captured_at: str  # ISO 8601
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a system made of one page.

    `ms` is processor time. `failure` says why there is no text: a rejection's reason, or the exception.
    """

    text: str = field(default="", repr=False)
    title: str | None = None
    authors: tuple[str, ...] = ()
    date: str | None = None
    confidence: float | None = None
    ms: float | None = None
    failure: str | None = None


Reader = Callable[[StoredPage], Reading]
SiteReader = Callable[[list[StoredPage]], list[Reading]]  # all pages of one site of one set
Systems = Mapping[str, Callable[[], SiteReader]]  # name: what loads it, so that loading is not timed


def page_by_page(load: Callable[[], Reader]) -> Callable[[], SiteReader]:
    """Lift a reader of single pages to one of sites; each page is timed, and what it raises is a failure."""

    def loaded() -> SiteReader:
        read = load()
        _timed(
            read, StoredPage("trial", "https://example.org/a", "2026-01-01T00:00:00+00:00", TRIAL)
        )  # lazy parts load
        return lambda pages: [_timed(read, page) for page in pages]

    return loaded


def _timed(read: Reader, page: StoredPage) -> Reading:
    started = time.process_time()
    try:
        reading = read(page)
    except Exception as error:  # noqa: BLE001 - a peer may raise anything, and that is its result
        reading = Reading(failure=f"{type(error).__name__}: {error}"[:200])
    ms = 1000 * (time.process_time() - started)
    return Reading(reading.text, reading.title, reading.authors, reading.date, reading.confidence, ms, reading.failure)


def serve(systems: Systems) -> None:
    """Answer requests until stdin ends. A request names a system and the pages of a site, as files."""
    sys.addaudithook(_refuse_network)
    logging.disable()
    loaded: dict[str, SiteReader] = {}
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)  # what a library prints is no answer
        for line in sys.stdin:
            asked = json.loads(line)
            name = asked["system"]
            read = loaded.get(name) or loaded.setdefault(name, systems[name]())
            readings = read([_page(fields) for fields in asked["pages"]])
            print(json.dumps([asdict(reading) for reading in readings], default=str), file=out, flush=True)


def _page(fields: dict[str, str]) -> StoredPage:
    body = gzip.decompress(Path(fields["html"]).read_bytes())
    return StoredPage(fields["site"], fields["url"], fields["captured_at"], body)


def _refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Some peers would fetch word lists or the page itself."""
    if event in {"socket.connect", "socket.getaddrinfo"}:
        raise ConnectionRefusedError(f"a benchmark reads stored pages only, not {arguments[-1]!r}")
