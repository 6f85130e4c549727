"""### Commits what the sites staged

One run commits every run that waits in `staged/`, so a hundred sites make a few commits an hour. It starts when any
site staged something; while it runs, further events wait and then share one run. It also starts every hour: a site that
fell short of what its entry expects fails its run, sends no event, and still staged what it found. When nothing waits,
the task is skipped and announces nothing, unless it is a retry: the try before may have committed and died.

* **Is it working?** The log of `publish` ends with its counts; the asset `broadsheet://articles` carries them, with the
  table's version, for DAGs of your own: docs/downstream-dag.md.
* **Run again:** clear the task or trigger the DAG: what is published already is recognised and adds nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Asset, AssetAny, AssetOrTimeSchedule, CronTriggerTimetable

from dags.step import Step
from spiders.site import load_sites

SITES = [
    Asset(name=f"broadsheet://sites/{site.name}", uri=f"broadsheet://sites/{site.name}")
    for site in load_sites()
    if site.enabled
]
HOURLY = CronTriggerTimetable("17 * * * *", timezone="UTC")

with DAG(
    dag_id="publish",
    schedule=AssetOrTimeSchedule(timetable=HOURLY, assets=AssetAny(*SITES)) if SITES else None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # one publisher: the commits of two would only collide and be repeated
    dagrun_timeout=timedelta(hours=2),
    tags={"publish"},
    description="Commits what the sites staged to the articles table",
    doc_md=__doc__,
):
    Step(
        task_id="publish",
        owner="broadsheet",
        verb="publish",
        idle_without="runs",
        outlets=[Asset(name="broadsheet://articles", uri="broadsheet://articles")],
        execution_timeout=timedelta(minutes=30),
        retries=2,
        retry_delay=timedelta(minutes=1),
        retry_exponential_backoff=2.0,
        max_retry_delay=timedelta(minutes=15),
    )
