"""Broadsheet itself as a system of the benchmark: cold, a site unseen, and warm, its other pages seen first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec

from bench.peers import TRAFILATURA
from bench.reading import Reader, Reading, SiteReader, StoredPage, page_by_page, serve
from extract.article import Article
from extract.capture import Capture
from extract.read import read_article
from extract.rejection import Rejection
from extract.url import normalise_url

LEARNS = find_spec("extract.learning") is not None  # until sites are learned, warm is cold


def capture(page: StoredPage) -> Capture:
    """Return the page as if it had just been fetched."""
    try:
        url = normalise_url(page.url)
    except ValueError:
        url = page.url  # nothing is fetched here: a label will do
    return Capture(page.site, url, url, 200, (), page.body, datetime.fromisoformat(page.captured_at))


def reading(result: Article | Rejection) -> Reading:
    """Return what is scored of an article; a rejection has no text."""
    if isinstance(result, Rejection):
        return Reading(failure=str(result.reason))
    date = result.published_at.isoformat() if result.published_at else None
    return Reading(result.text, result.title, result.authors, date, result.extraction.confidence)


def read_cold(page: StoredPage) -> Reading:
    """Read a page of a site that was never seen."""
    return reading(read_article(capture(page)))


def load_warm() -> SiteReader:
    """Return what reads each page of a site after the others; the page itself is never learned from."""
    if not LEARNS:
        return page_by_page(lambda: read_cold)()
    read_site: Callable[[list[Capture]], list[Article | Rejection]] = import_module("extract.learning").read_site
    return lambda pages: [reading(result) for result in read_site([capture(page) for page in pages])]


def settled_reader(pages: list[StoredPage]) -> Reader:
    """Return what reads pages of a site whose profile has settled, for timing: it has seen these pages."""
    if not LEARNS:
        return read_cold
    profile = import_module("extract.learning").settle([capture(page) for page in pages])
    import_module("extract.body").region_models()  # loaded once a process: no page's time
    read: Callable[..., Article | Rejection] = read_article
    return lambda page: reading(read(capture(page), profile=profile))


COLD, WARM = "Broadsheet cold", "Broadsheet warm"
OWN = {COLD: page_by_page(lambda: read_cold), WARM: load_warm, **TRAFILATURA}

if __name__ == "__main__":
    serve(OWN)
