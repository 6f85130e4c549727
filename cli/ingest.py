"""`ingest`: one pass over the sites now, without Airflow."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click
import orjson

from cli.errors import LessThanExpected, RunFailed
from cli.ingestion import Ingestion
from spiders.site import load_sites, select_sites
from storage.connect import open_store


@click.command()
@click.argument("sites", nargs=-1)
@click.option("--revisit-now", is_flag=True, help="Every live article is due for a re-check.")
@click.option("--json", "as_json", is_flag=True, help="Last line of stdout: the run report as JSON.")
def ingest(*, sites: tuple[str, ...], revisit_now: bool, as_json: bool) -> None:
    """Archive SITES (default: all enabled ones) once, now: discover, fetch, extract, stage, publish, stories."""
    chosen = select_sites(sites, load_sites())
    if not chosen:
        raise click.UsageError(
            "sites.yaml names no enabled site; add one (./broadsheet sites add URL) or see the demo (./broadsheet up)"
        )
    with open_store() as store:
        report = Ingestion(store, chosen, revisit_now=revisit_now).run()
    click.echo(orjson.dumps(report).decode() if as_json else summary(report))
    if failed := {name: one["error"] for name, one in report["sites"].items() if "error" in one}:
        raise RunFailed("; ".join(f"{name}: {why}" for name, why in failed.items()))
    if report["refused"]:
        raise RunFailed(f"not published: {report['refused']}")
    if report["unclustered"]:
        raise RunFailed(
            f"stories not updated: {report['unclustered']}; the articles are kept, the next run looks again"
        )
    if report["stopped"]:
        raise RunFailed(
            "stopped before the end; everything captured so far is archived, the next run goes on from here"
        )
    if short := [one["shortfall"] for one in report["sites"].values() if "shortfall" in one]:
        raise LessThanExpected("; ".join(short))


def summary(report: dict[str, Any]) -> str:
    """Return the run report in a few lines for people: what this run did, then what the publish after it committed.

    The two may differ: a publish commits all that waits, and of two at once one finds the other's work done.
    """
    totals, published = report["totals"], report["published"]
    reasons = Counter(totals["rejections"])
    why = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    lines = [
        f"run {report['run_id']}: {len(report['sites'])} sites, {totals['discovered']} URLs, {report['seconds']:.1f} s",
        f"  read       {totals['articles']} articles, {reasons.total()} rejected{f': {why}' if why else ''}",
        "  not read   {not_due} not due, {not_modified} not modified, {unchanged} same bytes".format(**totals),
    ]
    if totals["recovered"]:
        lines.append(f"  recovered  {totals['recovered']} captures of runs that died, among those read")
    if totals["deferred"]:
        lines.append(f"  deferred   {totals['deferred']} to the next run")
    lines.append(
        "  published  {articles} new articles, {versions} edited, {gone} gone, {unchanged} unchanged, "
        "of all that waited: {runs} staged runs".format(**published)
    )
    if totals["articles"] and not published["runs"] and not report["refused"]:
        lines.append("             what this run read, another publish committed meanwhile")
    if report["stories"] and report["stories"]["members"]:
        lines.append("  stories    {stories} new, {members} articles joined one".format(**report["stories"]))
    return "\n".join(lines)
