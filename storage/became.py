"""Captures that gave a rejection first and are an article today: which version each is, if it is one of its own."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from extract.rejection import Reason
from storage import layout, schema
from storage.client import Store
from storage.reextracted import Place
from storage.scan import scan
from storage.tables import open_table, table_errors
from storage.versions import content_digest

Row = dict[str, Any]
_COLUMNS = ["article_id", "version", "captured_at", "title", "text_sha256", "capture", "extraction"]


@dataclass(frozen=True, slots=True)
class State:
    """One version of an article as the table holds it; `read_by` is (extraction version, profile)."""

    captured_at: datetime
    version: int
    digest: bytes
    read_by: tuple[str, str | None]
    capture: Place | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """The row of a new version, and whether it is the latest of its article."""

    row: Row
    is_latest: bool


def add_versions(
    became: Iterable[Row], known: Mapping[str, Iterable[State]], digest_today: Callable[[State], bytes]
) -> tuple[list[Added], int]:
    """Return the new versions among the article rows `became`, and how many have the text of a version beside them.

    As when captures are published late (storage.versions): they are taken in the order of captured_at, and a number
    once given stays. Compared is what today's code reads in both: `digest_today`.
    """
    states = {article: sorted(found, key=lambda one: one.captured_at) for article, found in known.items()}
    added: list[Added] = []
    repeated = 0
    for row in sorted(became, key=lambda one: (one["captured_at"], one["url"])):
        own = states.setdefault(row["article_id"], [])
        at = bisect_right([one.captured_at for one in own], row["captured_at"])
        digest = content_digest(row["title"], row["text_sha256"])
        if digest in map(digest_today, own[max(at - 1, 0) : at + 1]):
            repeated += 1
            continue
        version = max((one.version for one in own), default=0) + 1
        is_latest = at == len(own)
        own.insert(at, State(row["captured_at"], version, digest, read_by(row)))
        added.append(Added(row | {"version": version}, is_latest))
    return added, repeated


def read_by(row: Row) -> tuple[str, str | None]:
    """Return what read an article row: the extraction's version and the profile."""
    return row["extraction"]["version"], row["extraction"]["profile"]


def read_states(store: Store, articles: Iterable[str]) -> dict[str, list[State]]:
    """Return every version of `articles` that the table has."""
    found: dict[str, list[State]] = {}
    wanted = sorted(set(articles))
    table = open_table(store, layout.ARTICLES)
    if table is None or not wanted:
        return found
    with table_errors(store, layout.ARTICLES):
        for batch in scan(table, store.table_files(layout.ARTICLES), _COLUMNS, texts={"article_id": wanted}):
            for row in batch.to_pylist():
                digest = content_digest(row["title"], row["text_sha256"])
                capture = row["capture"] and (row["capture"]["key"], row["capture"]["offset"])
                state = State(row["captured_at"], row["version"], digest, read_by(row), capture)
                found.setdefault(row["article_id"], []).append(state)
    return found


def last_missing(store: Store, rows: Iterable[Row]) -> dict[str, datetime]:
    """Return, by URL, when the pages of `rows` were found to be gone last, of those that were."""
    urls = sorted({row["url"] for row in rows})
    table = open_table(store, layout.REJECTIONS)
    if table is None or not urls:
        return {}
    found: dict[str, datetime] = {}
    since = min(row["captured_at"] for row in rows).date()
    texts = {"url": urls, "reason": [Reason.GONE.value]}
    with table_errors(store, layout.REJECTIONS):
        when = pc.field(schema.PARTITION.name) >= pa.scalar(since)
        files = store.table_files(layout.REJECTIONS)
        for batch in scan(table, files, ["url", "captured_at"], when=when, texts=texts):
            for row in batch.to_pylist():
                found[row["url"]] = max(row["captured_at"], found.get(row["url"], row["captured_at"]))
    return found
