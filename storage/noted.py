"""What a site's frontier noted of articles whose text is another now: which version's it is to note instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow.compute as pc

from extract.article import content_sha256
from storage import layout
from storage.client import Store
from storage.errors import ObjectMissing, ObjectRefused
from storage.partitions import Partition
from storage.scan import scan
from storage.staging import read_tables
from storage.tables import open_table, table_errors

ASKED = 5000  # articles looked up in one scan
_COLUMNS = ["article_id", "url", "version", "captured_at", "title", "text_sha256"]


def stale_notes(store: Store, part: Partition, noted: Mapping[str, str | None]) -> dict[str, str]:
    """Return, by URL, the content of the latest version of each article of `part` whose noted content is no version's.

    `noted` is what the frontier says by URL, read before the call; contents are `content_sha256`. It is asked of the
    table and not of what was changed: so a run after a kill sets right what the one before could not.
    """
    waiting = _staged(store, part.site)  # before the table: a staged file goes when its rows are there
    own: dict[str, set[str]] = {}
    urls: dict[str, str] = {}
    for row in _rows(store, part.when, {"site": [part.site]}):
        own.setdefault(row["article_id"], set()).add(content_sha256(row["title"], row["text_sha256"]))
        urls[row["article_id"]] = row["url"]
    asked = sorted(
        article
        for article, contents in own.items()
        if (url := urls[article]) in noted and noted[url] not in contents and (url, noted[url]) not in waiting
    )
    stale: dict[str, str] = {}
    for start in range(0, len(asked), ASKED):
        stale |= _stale(_rows(store, None, {"article_id": asked[start : start + ASKED]}), noted)
    return stale


def _stale(rows: Iterable[dict[str, Any]], noted: Mapping[str, str | None]) -> dict[str, str]:
    versions: dict[str, list[tuple[Any, int, str]]] = {}
    for row in rows:
        content = content_sha256(row["title"], row["text_sha256"])
        versions.setdefault(row["url"], []).append((row["captured_at"], row["version"], content))
    return {url: max(own)[2] for url, own in versions.items() if noted.get(url) not in {one[2] for one in own}}


def _staged(store: Store, site: str) -> set[tuple[str, str | None]]:
    """Return (URL, content) of what waits for publish; a file that cannot be read is publish's to name."""
    found: set[tuple[str, str | None]] = set()
    for one in store.list(f"{layout.STAGED}{site}/"):
        try:
            rows, _ = read_tables(store, one.key)
        except (ObjectMissing, ObjectRefused):
            continue
        for row in rows.select(["url", "title", "text_sha256"]).to_pylist():
            found.add((row["url"], content_sha256(row["title"], row["text_sha256"])))
    return found


def _rows(store: Store, when: pc.Expression | None, texts: Mapping[str, list[str]]) -> Iterable[dict[str, Any]]:
    table = open_table(store, layout.ARTICLES)
    if table is None:
        return
    with table_errors(store, layout.ARTICLES):
        for batch in scan(table, store.table_files(layout.ARTICLES), _COLUMNS, when=when, texts=texts):
            yield from batch.to_pylist()
