"""`articles` and `rejections`: the archive, out."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click
import pyarrow as pa

from cli.chosen import SINCE, SITE, UNTIL, check_site, check_times
from cli.formats import FORMATS, Writer
from cli.output import OUTPUT, STDOUT, opened
from storage.articles import Archive


@click.command()
@SITE
@SINCE
@UNTIL
@click.option("--all-versions", is_flag=True, help="Every version, not only the latest of each article.")
@click.option("--format", "form", type=click.Choice(sorted(FORMATS)), help="Default: table on a terminal, else jsonl.")
@OUTPUT
def articles(
    *,
    site: str | None,
    since: datetime | None,
    until: datetime | None,
    all_versions: bool,
    form: str | None,
    output: Path | None,
) -> None:
    """Print the cleaned articles, the latest version of each, oldest capture first."""
    check_times(since, until)
    with Archive.open() as archive:
        rows = archive.articles(site=site, since=since, until=until, all_versions=all_versions)
        if site is not None and not rows.num_rows:
            check_site(archive.store, site)
    write_rows(rows, form, output)


@click.command()
@SITE
@SINCE
@UNTIL
@click.option(
    "--format", "form", type=click.Choice(["jsonl", "table"]), help="Default: table on a terminal, else jsonl."
)
@OUTPUT
def rejections(
    *, site: str | None, since: datetime | None, until: datetime | None, form: str | None, output: Path | None
) -> None:
    """Print what gave no article, and why."""
    check_times(since, until)
    with Archive.open() as archive:
        rows = archive.rejections(site=site, since=since, until=until)
        if site is not None and not rows.num_rows:
            check_site(archive.store, site)
    write_rows(rows, form, output)


def write_rows(rows: pa.Table, form: str | None, output: Path | None) -> None:
    """Write a table's rows to `output`, None for stdout; `form` None: a table on a terminal, else JSON lines."""
    rows = rows.drop_columns(["captured_day"])
    on_screen = (output is None or output is STDOUT) and sys.stdout.isatty()
    form = form or ("table" if on_screen else "jsonl")
    writer: Writer = FORMATS[form]
    if form == "parquet" and on_screen:
        raise click.UsageError("parquet is not for a terminal; add -o FILE")
    with opened(output) as out:
        writer(rows, out)
