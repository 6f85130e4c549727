"""### Keeps the archive quick and small

Writes each day's many small table files into few, deletes files that no version of the tables of the last 7 days
needs, leftovers of what died, and what sites keep no longer (`keep_raw_days`, `keep_days` in sites.yaml). Finishes
erasures that waited for a run to end.

* **Is it working?** The log of `upkeep` ends with its counts. `unfinished` names erasures that were interrupted: run
  `./broadsheet erase` for their URLs again.
* **Run again:** clear the task or trigger the DAG, or `./broadsheet upkeep`: what is done is not done twice. It may run
  while anything else does.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG

from dags.step import Step

with DAG(
    dag_id="upkeep",
    schedule="41 2 * * *",  # before verify
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=8),
    tags={"upkeep"},
    description="Compacts the tables, deletes leftovers and what went out of date",
    doc_md=__doc__,
):
    Step(
        task_id="upkeep",
        owner="broadsheet",
        verb="upkeep-daily",
        execution_timeout=timedelta(hours=4),
        retries=2,
        retry_delay=timedelta(minutes=5),
        retry_exponential_backoff=2.0,
        max_retry_delay=timedelta(minutes=15),
    )
