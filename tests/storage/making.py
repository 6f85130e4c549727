"""Articles and rejections for the tests of storage/."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from extract.article import Article, Extraction, RemovedSpan, content_sha256
from extract.capture import WarcRecord
from extract.rejection import Reason, Rejection
from extract.url import article_id
from storage.client import Store
from storage.staging import StagedFile, stage_parts, write_part

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def run_id(number: int) -> str:
    return f"{START + timedelta(minutes=number):%Y%m%dT%H%M%SZ}-{number:06x}"


def article(path: str = "bridge", text: str = "The bridge reopens.", *, minutes: float = 0, **changes: Any) -> Article:
    """An article of site "times", captured `minutes` after START."""
    url = f"https://times.example/{path}"
    given: dict[str, Any] = {
        "article_id": article_id(url), "site": "times", "url": url, "canonical_url": None, "title": "Harbour bridge",
        "authors": ("Ann Lee", "Bo Ek"), "published_at": START, "modified_at": None, "published_source": "json-ld",
        "captured_at": START + timedelta(minutes=minutes), "language": "en", "section": None, "tags": ("harbour",),
        "description": None, "image": None, "text": text, "word_count": len(text.split()), "rights": (),
        "extraction": Extraction("trafilatura", "2.3.1", None, 0.9),
        "removed": (RemovedSpan("1 view", "chrome", "/html/body/div[1]"),),
        "capture": WarcRecord("raw/times/2026/11/22/x-000.warc.gz", 10, 20, "sha1:" + "A" * 32, 200),
    }  # fmt: skip
    given |= changes
    return Article(text_sha256=content_sha256(given["title"], given["text"]), **given)


def rejection(path: str = "bridge", reason: Reason = Reason.GONE, *, minutes: float = 0) -> Rejection:
    """A rejection at site "times", tried `minutes` after START."""
    return Rejection("times", f"https://times.example/{path}", START + timedelta(minutes=minutes), reason, "HTTP 410")


def stage_outcomes(store: Store, site: str, run: str, outcomes: Iterable[Article | Rejection]) -> StagedFile:
    """Stage a run of one segment, as a crawl and its extraction would have."""
    write_part(store, site, run, 0, outcomes)
    return stage_parts(store, site, run, [0], [])
