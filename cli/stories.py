"""`stories`: who published the same report, and who first."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from cli.chosen import SINCE
from cli.output import OUTPUT
from cli.read import write_rows
from storage.connect import open_store
from storage.stories import cluster
from storage.story_rows import read_stories


@click.command()
@SINCE
@click.option(
    "--min-sites", type=click.IntRange(min=1), default=2, show_default=True, help="Only stories of so many sites."
)
@click.option("--no-update", is_flag=True, help="Print what is known; do not look at newly published articles first.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl", "parquet", "table"]),
    help="Default: table on a terminal, else jsonl.",
)
@OUTPUT
def stories(*, since: datetime | None, min_sites: int, no_update: bool, form: str | None, output: Path | None) -> None:
    """Print the stories, copies and rewrites of one report, a row an article: the origin first.

    With --since those that an article captured since then is in, with all their articles.
    """
    with open_store(check=not no_update) as store:
        if not no_update:
            cluster(store)
        rows = read_stories(store, since=since, min_sites=min_sites)
    write_rows(rows, form, output)
