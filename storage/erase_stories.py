"""Erasing from the stories: an article leaves its story and the window that new articles are compared with."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import replace

import pyarrow as pa

from storage import layout, schema
from storage.client import Store
from storage.erase_rows import Note
from storage.errors import ObjectMissing, StoreConflict
from storage.members import Member
from storage.rows import from_row
from storage.scan import scan
from storage.story_rows import as_table
from storage.tables import open_table, replace_days, table_errors
from storage.window import blank_entries, read_window, sweep_days, write_window

log = logging.getLogger(__name__)
TRIES = 30


def erase_members(store: Store, articles: Collection[str], note: Note = lambda _days: None) -> None:
    """Take `articles` out of their stories; one article left alone is no story.

    The story keeps its id, which is a hash, and has its origin among those that are left.
    """
    for _ in range(TRIES):
        table = open_table(store, layout.STORIES)
        if table is None:
            return
        with table_errors(store, layout.STORIES):
            batches = scan(table, store.table_files(layout.STORIES), schema.STORIES.names)
            rows = [from_row(Member, row) for row in pa.Table.from_batches(batches, schema.STORIES).to_pylist()]
        stories = {row.story_id for row in rows if row.article_id in articles}
        if not stories:
            return
        changed = [row for row in rows if row.story_id in stories]
        left = [row for story in stories for row in _left(changed, story, articles)]
        days = {row.captured_at.date() for row in changed}
        note(days)
        kept = [row for row in rows if row.captured_at.date() in days and row.story_id not in stories]
        try:
            replace_days(store, layout.STORIES, table, days, as_table([*kept, *left]))
        except StoreConflict as error:
            log.info("the stories were written meanwhile (%s): looked at again", error.message)
        else:
            return
    raise StoreConflict(f"{layout.STORIES}: written {TRIES} times meanwhile; run the command again")


def _left(rows: Iterable[Member], story: str, articles: Collection[str]) -> list[Member]:
    left = [row for row in rows if row.story_id == story and row.article_id not in articles]
    if len(left) < 2:
        return []
    origin = min(left, key=lambda row: (row.published_by, row.captured_at, row.article_id))
    return [replace(row, is_origin=row is origin) for row in left]


def erase_entries(store: Store, articles: Collection[str]) -> None:
    """Take titles, URLs, sketches and numbers of `articles` out of the story window, also what a dead run left."""
    for _ in range(TRIES):
        window = read_window(store)
        if window.etag is None:
            return
        try:
            blanked = blank_entries(store, window, articles)
            if blanked.days != window.days:
                write_window(store, blanked)
            else:
                sweep_days(store, window.days, window.generation)
        except (StoreConflict, ObjectMissing) as error:
            log.info("the story window was written meanwhile (%s): looked at again", error.message)
        else:
            return
    raise StoreConflict(f"{layout.STORY_HEAD}: written {TRIES} times meanwhile; run the command again")
