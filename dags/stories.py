"""### Finds the copies of each report

One run compares the articles published since the last with those of two weeks and gives copies and rewrites of one
report the same `story_id`. It starts when `publish` announced new articles; while it runs, further events wait and then
share one run.

* **Is it working?** The log of `cluster` ends with its counts: `versions` looked at, `members` that joined a story.
  What was found: `./broadsheet stories`.
* **Where things lie** in the bucket: `tables/stories/` a row an article of a story, `state/stories/` the fingerprints
  of two weeks, built again from the articles if they are lost.
* **Run again:** clear the task or trigger the DAG: what is known already is recognised and adds nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Asset

from dags.step import Step

with DAG(
    dag_id="stories",
    schedule=[Asset(name="broadsheet://articles", uri="broadsheet://articles")],
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # two would look at the same articles, and one of them begin again
    dagrun_timeout=timedelta(hours=2),
    tags={"stories"},
    description="Finds copies and rewrites of one report across the sites",
    doc_md=__doc__,
):
    Step(
        task_id="cluster",
        owner="broadsheet",
        verb="cluster",
        outlets=[Asset(name="broadsheet://stories", uri="broadsheet://stories")],
        execution_timeout=timedelta(minutes=30),
        retries=2,
        retry_delay=timedelta(minutes=1),
        retry_exponential_backoff=2.0,
        max_retry_delay=timedelta(minutes=15),
    )
