"""An archive as a reader of before would have left it: every text with a line that today's reader does not keep."""

from __future__ import annotations

import hashlib
from typing import Any

import pyarrow as pa

from extract.article import content_sha256
from spiders.frontier import Frontier
from storage import layout, schema
from storage.articles import Archive
from storage.captures import S3CaptureArchive
from storage.client import Store
from storage.tables import open_table, replace_days

OLD_LINE = "Share this with your friends"
OLD_VERSION = "1.0+broadsheet.0"


def age_articles(store: Store) -> list[dict[str, Any]]:
    """Age all articles and what the frontiers noted of them; return the rows as they were."""
    rows: list[dict[str, Any]] = Archive(store).articles(all_versions=True).to_pylist()
    aged = [_aged(row) for row in rows]
    table = open_table(store, layout.ARTICLES)
    assert table
    days = {row["captured_day"] for row in rows}
    replace_days(store, layout.ARTICLES, table, days, pa.Table.from_pylist(aged, schema=schema.ARTICLES))
    contents = {_content(row): _content(old) for row, old in zip(rows, aged, strict=True)}
    archive = S3CaptureArchive(store)
    for site in {row["site"] for row in rows}:
        body, etag = archive.read_frontier(site)
        frontier = Frontier.load(body, site)
        for url, known in list(frontier.urls.items()):
            if known.content_sha256 in contents:
                frontier.note_reextraction(url, contents[known.content_sha256])
        archive.write_frontier(site, frontier.dump(), etag)
    return rows


def _aged(row: dict[str, Any]) -> dict[str, Any]:
    text = f"{row['text']}\n{OLD_LINE}"
    extraction = row["extraction"] | {"version": OLD_VERSION, "profile": None}
    return row | {"text": text, "text_sha256": hashlib.sha256(text.encode()).hexdigest(), "extraction": extraction}


def _content(row: dict[str, Any]) -> str:
    return content_sha256(row["title"], row["text_sha256"])
