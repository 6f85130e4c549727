"""`reextract`: the articles again, from their captures, by today's code and profiles. And the steps of its DAG."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from typing import Any

import click
import orjson
from rich.console import Console
from rich.text import Text

from cli.chosen import SINCE, SITE, UNTIL, check_site, check_times
from cli.errors import NotInArchive, RunFailed
from cli.extraction import extractors
from cli.progress import progress
from cli.rereading import Report, reread
from cli.show import PLAIN_WIDTH, word_diff
from storage.client import Store
from storage.connect import open_store
from storage.partitions import Partition, list_partitions
from storage.publish import StagedRefused, publish

log = logging.getLogger(__name__)
MAX_TASKS = 1000  # Airflow maps a task at most 1,024 times: more partitions share them
SHOWN = 2000  # characters of a diff
SAYS = {  # count: what it is, in the order printed
    "texts": "have another title or text",
    "metadata": "have other metadata or another list of what was removed",
    "provenance": "read the same, by other code or another profile",
    "same": "are the same",
    "articles": "gave no article then and a version now",
    "repeated": "gave no article then and a text now that the version beside them has",
    "reasons": "have another reason why there is no article",
    "kept": "gave an article then and would give none now: it is kept",
    "unread": "took today's reader too long or broke it: what they gave is kept",
    "missing": "are not there to be read, erased or lost: what they gave is kept",
}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
DRY_RUN = click.option(
    "--dry-run", is_flag=True, help="Say what would change, with a few of the changes; write nothing."
)


@click.command()
@SITE
@SINCE
@UNTIL
@DRY_RUN
@click.option("--jobs", type=click.IntRange(min=1), help="Processes that read; default: one a core.")
@click.option("--json", "as_json", is_flag=True, help="Last line of stdout: the counts as JSON.")
def reextract(
    *, site: str | None, since: datetime | None, until: datetime | None, dry_run: bool, jobs: int | None, as_json: bool
) -> None:
    """Read all captures again, from the bucket alone, and put what today's code makes of them in their place.

    Versions keep their numbers and times: it is no edit. docs/reextract.md says what becomes of what.
    """
    with open_store(check=not dry_run) as store:
        parts = _partitions(store, site, since, until, dry_run=dry_run)
        report = _reread(store, parts, jobs, dry_run=dry_run)
    _print(report, dry_run=dry_run)
    if as_json:
        click.echo(orjson.dumps(_told(report)).decode())
    _check(report)


@click.command("reextract-plan", hidden=True)
@SITE
@SINCE
@UNTIL
@DRY_RUN
def reextract_plan(*, site: str | None, since: datetime | None, until: datetime | None, dry_run: bool) -> None:
    """Say which partitions there are, as `tasks`: the arguments of one `reextract-part` each."""
    with open_store(check=not dry_run) as store:
        names = [part.name for part in _partitions(store, site, since, until, dry_run=dry_run)]
    bounds = [f"--{name}={at.isoformat()}" for name, at in (("since", since), ("until", until)) if at]
    options = [*bounds, *(["--dry-run"] if dry_run else [])]
    size = -(-len(names) // MAX_TASKS) or 1
    tasks = [[*options, *names[start : start + size]] for start in range(0, len(names), size)]
    click.echo(orjson.dumps({"partitions": len(names), "tasks": tasks}).decode())


@click.command("reextract-part", hidden=True)
@click.argument("names", metavar="SITE/YYYY-MM...", nargs=-1, required=True)
@SINCE
@UNTIL
@DRY_RUN
def reextract_part(*, names: tuple[str, ...], since: datetime | None, until: datetime | None, dry_run: bool) -> None:
    """Re-extract partitions in one reading process: the others are other tasks'."""
    try:
        parts = [Partition.named(name, since, until) for name in names]
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    with open_store(check=not dry_run) as store:
        report = _reread(store, parts, 1, dry_run=dry_run)
    _show(Console(stderr=True, highlight=False, soft_wrap=True, width=PLAIN_WIDTH), report)
    click.echo(orjson.dumps(_told(report)).decode())
    _check(report)


def _partitions(
    store: Store, site: str | None, since: datetime | None, until: datetime | None, *, dry_run: bool
) -> list[Partition]:
    """Return what is to be read; what was staged before is published first.

    It was read by the code of before: compared with texts of today it would look like an edit.
    """
    check_times(since, until)
    if not dry_run:
        try:
            publish(store)
        except StagedRefused as error:
            log.warning("not published: %s", error.message)
    if site is not None:
        check_site(store, site)
        if not list_partitions(store, site=site):
            raise NotInArchive(f"nothing of {site} is in the archive; its first run has yet to be published")
    return list_partitions(store, site=site, since=since, until=until)


def _reread(store: Store, parts: Sequence[Partition], jobs: int | None, *, dry_run: bool) -> Report:
    with extractors(jobs) as pool, progress("captures") as bar:
        try:
            return reread(store, pool, parts, bar, dry_run=dry_run)
        except BrokenProcessPool as error:
            raise RunFailed(
                "reading processes are killed each time (out of memory?); run it again, it goes on"
            ) from error


def _told(report: Report) -> dict[str, Any]:
    return {"read": report.counts["read"], **{name: report.counts[name] for name in SAYS}, "damaged": len(report.wrong)}


def _print(report: Report, *, dry_run: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    _show(console, report)
    console.print(f"{report.counts['read']} captures read again{', nothing written' if dry_run else ''}")
    for name, says in SAYS.items():
        if count := report.counts[name]:
            console.print(f"{count:>9} {says}")
    sys.stdout.flush()


def _show(console: Console, report: Report) -> None:
    """Print a few of the changes, word by word."""
    for change in report.samples:
        console.print(Text(f"{_plain(change.url)}, version {change.version}", style="bold"))
        diff = word_diff(_plain(change.before), _plain(change.after))
        console.print(diff if len(diff) <= SHOWN else diff[:SHOWN].append(" …"))
        console.print()


def _plain(text: str) -> str:
    """Return archived text without what a terminal would obey."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _check(report: Report) -> None:
    for wrong in report.wrong[:100]:
        click.echo(f"ERROR {wrong}", err=True)
    if report.wrong:
        more = f" and {len(report.wrong) - 1} more" if len(report.wrong) > 1 else ""
        raise RunFailed(
            f"{report.wrong[0]}{more}; what they gave is kept; ./broadsheet verify --deep says what is wrong"
        )
