"""`articles` and `rejections`: the archive, out."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import click
import pyarrow as pa

from cli.formats import FORMATS, Writer
from storage.articles import Archive

_SPAN = re.compile(r"(\d{1,5})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Moment(click.ParamType[datetime]):
    """A time: ISO 8601 (UTC unless it names a zone), or a span back from now such as 90m, 24h or 7d."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401
        """Return the aware datetime that `value` names."""
        if isinstance(value, datetime):
            return value
        if found := _SPAN.fullmatch(value):
            return datetime.now(UTC) - timedelta(**{_UNITS[found[2]]: int(found[1])})
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is no time; write 2026-11-22, 2026-11-22T08:30+01:00, or a span such as 24h", param, ctx
            )
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


SITE = click.option("--site", help="Only this site.")
SINCE = click.option(
    "--since", type=Moment(), help="Captured at this time or later: ISO 8601, or a span back such as 24h."
)
UNTIL = click.option("--until", type=Moment(), help="Captured before this time.")
OUTPUT = click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of stdout."
)


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
    with Archive.open() as archive:
        rows = archive.articles(site=site, since=since, until=until, all_versions=all_versions)
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
    with Archive.open() as archive:
        rows = archive.rejections(site=site, since=since, until=until)
    write_rows(rows, form, output)


def write_rows(rows: pa.Table, form: str | None, output: Path | None) -> None:
    """Write a table's rows to `output`, None for stdout; `form` None: a table on a terminal, else JSON lines."""
    rows = rows.drop_columns(["captured_day"])
    form = form or ("table" if output is None and sys.stdout.isatty() else "jsonl")
    writer: Writer = FORMATS[form]
    if form == "parquet" and output is None and sys.stdout.isatty():
        raise click.UsageError("parquet is not for a terminal; add -o FILE")
    with opened(output) as out:
        writer(rows, out)


@contextmanager
def opened(output: Path | None) -> Iterator[IO[bytes]]:
    """Give the file `output`, which comes into being whole at the end or not at all; None: stdout."""
    if output is None:
        try:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        except BrokenPipeError:  # `| head` has seen enough
            sys.stderr.close()
            sys.exit(0)
        return
    partial = output.with_name(f".{output.name}.part")
    try:
        with partial.open("wb") as out:
            yield out
        partial.replace(output)
    except OSError as error:
        raise click.FileError(str(output), error.strerror or str(error)) from error
    finally:
        partial.unlink(missing_ok=True)
