"""`verify`: is the archive whole and as it was written? And the step of the daily DAG, which looks at a share of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import click
import orjson

from cli.errors import RunFailed
from cli.progress import progress
from spiders.frontier import MAX_URLS, Frontier
from storage import layout
from storage.connect import open_store
from storage.verify import Ask, VerifyReport
from storage.verify import verify as verify_archive
from storage.verify_rows import Known

SAID = 1000  # findings printed; an archive that is lost has no end of them


class KeptRoot(click.ParamType[tuple[date, str]]):
    """A day's root that was written down: DAY=HEX."""

    name = "day=root"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[date, str]:  # noqa: ANN401
        """Return the day and the root that `value` names."""
        day, _, root = str(value).partition("=")
        try:
            digest = bytes.fromhex(root)
            named = date.fromisoformat(day)
        except ValueError:
            digest = b""
        if len(digest) != 32:
            self.fail(f"{value!r} is no root; write 2026-11-22=…, with its 64 hex digits", param, ctx)
        return named, digest.hex()


@click.command()
@click.option("--deep", is_flag=True, help="Read every byte, and every record of every capture.")
@click.option(
    "--share", "days", type=click.IntRange(min=1), default=1, help="Today's share: all of it in so many days."
)
@click.option("--root", "kept", multiple=True, type=KeptRoot(), help="A day's root that you kept: DAY=HEX.")
@click.option("--json", "as_json", is_flag=True, help="Last line of stdout: the report as JSON.")
def verify(*, deep: bool, days: int, kept: tuple[tuple[date, str], ...], as_json: bool) -> None:
    """Check every run, capture, table row and daily root; name what is missing, altered, doubled or too much."""
    ask = Ask(read_known, datetime.now(UTC), deep=deep, days=days, kept=dict(kept))
    report = _verify(ask)
    for finding in report.findings[:SAID]:
        click.echo(str(finding))
    click.echo(orjson.dumps(_told(report)).decode() if as_json else summary(report))
    _check(report)


@click.command("verify-share", hidden=True)
@click.argument("days", type=click.IntRange(min=1))
@click.option("--run", "run_id", required=True, help="The DAG run's id: its day says which share it is.")
def verify_share(*, days: int, run_id: str) -> None:
    """Verify deeply, byte by byte, the share of the archive that is due on the run's day: all of it in DAYS days."""
    report = _verify(Ask(read_known, layout.run_started(run_id), deep=True, days=days))
    for finding in report.findings[:SAID]:
        click.echo(f"ERROR {finding}", err=True)
    click.echo(orjson.dumps(_told(report)).decode())
    _check(report)


def read_known(body: bytes, site: str) -> Known:
    """Return what a frontier knows, for storage/, which does not know its format."""
    frontier = Frontier.load(body, site)
    urls = [(known.url, known.content_sha256) for known in frontier.urls.values()]
    return Known(urls, frontier.first_run_at, is_whole=len(urls) < MAX_URLS)


def summary(report: VerifyReport) -> str:
    """Return what was looked at in a few lines for people."""
    looked = ", ".join(f"{count} {name}" for name, count in report.counts.items() if count)
    lines = [f"looked at {looked or 'an empty archive'}"]
    lines += [f"  under way  {one}" for one in report.in_flight]
    if report.proof:
        lines.append(f"  root of {report.proof.day}  {report.proof.root}")
    lines.append(f"{len(report.findings)} findings" if report.findings else "nothing is missing, altered or too much")
    return "\n".join(lines)


def _verify(ask: Ask) -> VerifyReport:
    with open_store(check=False) as store, progress("verify") as bar:
        return verify_archive(store, replace(ask, tell=lambda done, total: bar.update(done, total, "sites")))


def _told(report: VerifyReport) -> dict[str, Any]:
    proof = report.proof
    return {
        "findings": [str(finding) for finding in report.findings[:SAID]],
        "wrong": len(report.findings),
        "in_flight": list(report.in_flight),
        "looked_at": dict(report.counts),
        "root": {"day": proof.day.isoformat(), "root": proof.root} if proof else None,
    }


def _check(report: VerifyReport) -> None:
    if report.findings:
        more = f" and {len(report.findings) - 1} more" if len(report.findings) > 1 else ""
        raise RunFailed(f"{report.findings[0]}{more}")
