"""`upkeep`: compaction, old files, leftovers, old logs, and what goes by age. The verb, and the daily DAG's step."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import click
import orjson

from cli.frontiers import SiteFrontiers
from cli.old_logs import drop_old_logs, read_log_days
from cli.stack_home import StackHome
from spiders.site import load_sites
from storage.connect import open_store
from storage.retention import Keep
from storage.upkeep import UpkeepReport
from storage.upkeep import upkeep as keep_up


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Last line of stdout: the report as JSON.")
def upkeep(*, as_json: bool) -> None:
    """Compact the tables, delete what nothing needs any more and what sites keep no longer (keep_days)."""
    _keep_up(as_json=as_json)


@click.command("upkeep-daily", hidden=True)
def upkeep_daily() -> None:
    """Do it as the DAG's step, which wants one line of JSON."""
    _keep_up(as_json=True)


def _keep_up(*, as_json: bool) -> None:
    home = StackHome.from_env()
    log_days = read_log_days(home)
    keeps = {site.name: Keep(site.keep_raw_days, site.keep_days) for site in load_sites()}
    now = datetime.now(UTC)
    with open_store() as store:
        report = keep_up(store, SiteFrontiers().retire, keeps, now)
    logs = drop_old_logs(home, timedelta(days=log_days), now)
    told = asdict(report) | {"logs": logs}
    click.echo(orjson.dumps(told).decode() if as_json else f"{summary(report)}; {logs} logs of tasks")
    for name in report.unfinished:
        click.echo(f"erased/{name}.json: was interrupted; run ./broadsheet erase for its URLs again", err=True)


def summary(report: UpkeepReport) -> str:
    """Return what was done in one line."""
    return (
        f"{report.days} days compacted, {report.files_before} files into {report.files}; deleted "
        f"{report.old_files} old table files, {report.staged} staged files, {report.uploads} uploads; by age "
        f"{report.captures} captures, {report.articles} articles, {report.rejections} rejections"
    )
