"""The demo's first pass right after the start, rather than at the next tick of its schedule."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cli.airflow_api import AirflowApi, ApiRefused, ApiSilent

ARTICLES_ASSET = "broadsheet://articles"
PUBLISH_DAG = "publish"
POLL_S = 0.5
WITHIN_S = 140.0  # so that `up` has spoken three minutes after the command
ENDED = {"success", "failed"}


@dataclass(frozen=True, slots=True)
class FirstPass:
    """What the first pass gave: `states` of the sites' runs, `counts` added up over its publishes."""

    states: dict[str, str]
    counts: dict[str, int]
    seconds: float


def news_dag(site: str) -> str:
    return f"news__{site}"


def first_pass(
    api: AirflowApi, sites: Sequence[str], pause: Callable[[float], None], report: Callable[[str], None]
) -> FirstPass:
    """See that each of `sites` has a run as soon as its DAG is parsed; wait until what they staged is published.

    Gives up waiting, not the runs, after WITHIN_S.
    """
    started, since = time.monotonic(), datetime.now(UTC).isoformat()
    runs: dict[str, str] = {}
    states: dict[str, str] = {}
    while time.monotonic() - started < WITHIN_S:
        try:
            for site in sites:
                if site not in runs and (run := _first_run(api, news_dag(site), since)):
                    runs[site] = run
            for site, run in runs.items():
                if states.get(site) not in ENDED:
                    states[site] = api.run_state(news_dag(site), run)
                    if states[site] in ENDED:
                        report(f"{site}: first run {states[site]}")
            if len(states) == len(sites) and set(states.values()) <= ENDED and _all_published(api, since, states):
                break
        except (ApiSilent, ApiRefused) as error:  # the stack goes on; only this view of it waits
            report(f"Airflow's API: {error}")
            pause(2.0)
        pause(POLL_S)
    try:
        counts = _counts(api, since)
    except (ApiSilent, ApiRefused):
        counts = {}
    return FirstPass(states, counts, time.monotonic() - started)


def _first_run(api: AirflowApi, dag_id: str, since: str) -> str:
    """Return the id of a run that goes on; start one unless the scheduler has. "" while the DAG is not parsed yet."""
    dag = next((dag for dag in api.dags() if dag["dag_id"] == dag_id), None)
    if dag is None:
        return ""  # not parsed yet
    found = api.runs(dag_id, limit=5)
    going = [run for run in found if run["state"] not in ENDED or (run["end_date"] or "") > since]
    if going:
        return str(going[-1]["dag_run_id"])
    if not found and dag["next_dagrun_run_after"] and dag["next_dagrun_run_after"] < since:
        return ""  # the scheduler is about to start the run that its schedule owes
    return api.trigger(dag_id)


def _all_published(api: AirflowApi, since: str, states: dict[str, str]) -> bool:
    if "success" not in states.values():
        return True
    if api.waits_for_assets(PUBLISH_DAG):
        return False
    runs = api.runs(PUBLISH_DAG, limit=20, run_after_gte=since)
    return bool(runs) and all(run["state"] in ENDED for run in runs)


def _counts(api: AirflowApi, since: str) -> dict[str, int]:
    events: list[dict[str, Any]] = api.asset_events(ARTICLES_ASSET, since)
    total: dict[str, int] = {}
    for event in events:
        for name, count in (event["extra"] or {}).items():
            if isinstance(count, int) and name != "table_version":
                total[name] = total.get(name, 0) + count
    return total
