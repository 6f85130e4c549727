"""`export`: a slice of the archive in a file of a standard format, to keep or to hand on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click
import pyarrow as pa
import pyarrow.parquet as pq

from cli.chosen import SINCE, SITE, UNTIL, check_site, check_times
from cli.errors import NotInArchive
from cli.formats import Writer, write_jsonl
from cli.markdown import write_folder
from cli.ninjs import write_ninjs
from cli.output import STDOUT, Target, opened
from cli.progress import Bar, progress
from spiders.reread import record_lines
from storage import schema
from storage.articles import Archive
from storage.export import Exported, export_index, export_wacz
from storage.layout import is_site
from storage.slices import Slice

LINES: dict[str, Writer] = {"jsonl": write_jsonl, "ninjs": write_ninjs}
BATCH_ROWS = 1024  # of articles with their texts, in memory at a time
PATH = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True)
class Rows:
    """The articles of a slice, and how many of them were read."""

    archive: Archive
    chosen: Slice
    all_versions: bool
    bar: Bar

    def tables(self) -> Iterator[pa.Table]:
        """Yield the rows, a thousand at a time; NotInArchive where there are none."""
        count, columns = 0, schema.ARTICLE_ROW.names
        one = self.chosen
        for batch in self.archive.article_batches(
            site=one.site,
            since=one.since,
            until=one.until,
            all_versions=self.all_versions,
            columns=columns,
            at_most=BATCH_ROWS,
        ):
            count += batch.num_rows
            yield pa.Table.from_batches([batch.select(columns)]).cast(schema.ARTICLE_ROW)
            self.bar.advance(batch.num_rows)
        if not count:
            raise nothing(self.archive, one)


@click.command()
@click.option("--wacz", type=PATH, help="Captures, index and list of articles as one WACZ 1.1.1 file.")
@click.option("--text", "texts", is_flag=True, help="With --wacz: the articles' texts too, for full-text search.")
@click.option(
    "--format", "form", type=click.Choice(["cdxj", "jsonl", "markdown", "ninjs", "parquet"]),
    help="Articles as JSON lines, Parquet, a folder of Markdown files or IPTC ninjs 3; cdxj: an index of the bucket.",
)  # fmt: skip
@click.option(
    "-o", "--output", type=Target(path_type=Path), help="The file, with markdown the folder, for --format; -: stdout."
)
@SITE
@SINCE
@UNTIL
@click.option("--all-versions", is_flag=True, help="With --format: every version, not only the latest of each article.")
def export(  # noqa: PLR0913 - what the verb takes
    *,
    wacz: Path | None,
    texts: bool,
    form: str | None,
    output: Path | None,
    site: str | None,
    since: datetime | None,
    until: datetime | None,
    all_versions: bool,
) -> None:
    """Write a slice of the archive to a file: all of it, or one site, or what was captured in a time."""
    if bool(wacz) == bool(form) or bool(form) != bool(output):
        raise click.UsageError("say what to write: --wacz FILE, or --format FORMAT -o FILE")
    if (texts and not wacz) or (all_versions and (wacz or form == "cdxj")):
        raise click.UsageError("--text goes with --wacz, --all-versions with a format of articles")
    if output is STDOUT and (form == "markdown" or (form == "parquet" and sys.stdout.isatty())):
        raise click.UsageError(f"{form} is not for {'stdout' if form == 'markdown' else 'a terminal'}; name it with -o")
    if wacz and wacz.suffix != ".wacz":
        raise click.UsageError(f"the name of a WACZ file ends in .wacz; write {wacz}.wacz")
    if site is not None and not is_site(site):
        raise click.UsageError(f"{site!r} is no site's name; ./broadsheet sites list shows them")
    check_times(since, until)
    chosen = Slice(site, since, until)
    target = wacz or output
    assert target is not None  # noqa: S101 - for mypy: the options were compared above
    with Archive.open() as archive, progress("export") as bar:
        if wacz:
            said = _write_wacz(archive, chosen, wacz, bar, texts=texts)
        elif form == "cdxj":
            said = _write_index(archive, chosen, target, bar)
        else:
            said = _write_articles(Rows(archive, chosen, all_versions, bar), form or "", target)
    click.echo(f"{'stdout' if target is STDOUT else target}: {said}", err=target is STDOUT)


def _write_wacz(archive: Archive, chosen: Slice, target: Path, bar: Bar, *, texts: bool) -> str:
    def tell(done: int, total: int) -> None:
        bar.update(done, total, "segments")

    with opened(target) as out:
        exported = export_wacz(archive.store, out, chosen, record_lines, texts=texts, tell=tell)
        if not exported.captures:
            raise nothing(archive, chosen)
        size = out.tell()
    _warn(exported)
    added = f" and {exported.originals} that they repeat" if exported.originals else ""
    return f"{exported.captures} captures{added}, {exported.pages} articles, {size / 1e6:.1f} MB"


def _warn(exported: Exported) -> None:
    if exported.lost_originals:
        why = "what they repeat is no more in the archive: erased, or past its time"
        click.echo(f"{exported.lost_originals} captures repeat an earlier answer, and {why}", err=True)
    if exported.lost_captures:
        click.echo(
            f"{exported.lost_captures} articles are not among the pages: their captures are no more in the archive",
            err=True,
        )


def _write_index(archive: Archive, chosen: Slice, target: Path, bar: Bar) -> str:
    with opened(target) as out:
        count = export_index(
            archive.store, out, chosen, record_lines, tell=lambda done, total: bar.update(done, total, "segments")
        )
        if not count:
            raise nothing(archive, chosen)
    return f"{count} captures"


def _write_articles(rows: Rows, form: str, target: Path) -> str:
    if form == "markdown":
        return f"{write_folder(rows.tables(), target)} files"
    count = 0
    with opened(target) as out:
        if form == "parquet":
            with pq.ParquetWriter(out, schema.ARTICLE_ROW, compression="zstd") as writer:
                for table in rows.tables():
                    writer.write_table(table)
                    count += table.num_rows
        else:
            for table in rows.tables():
                LINES[form](table, out)
                count += table.num_rows
    return f"{count} {'versions' if rows.all_versions else 'articles'}"


def nothing(archive: Archive, chosen: Slice) -> click.ClickException:
    """Return the error for an empty slice; SiteFileError for that of a site that nobody knows."""
    if chosen.site:
        check_site(archive.store, chosen.site)
    return NotInArchive(f"nothing in the archive of {chosen}")
