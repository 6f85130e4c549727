"""### Reads the captures again, with today's code and profiles

Started by hand, after a new version of Broadsheet or when a site's profile has become better. `plan` publishes what
waits and lists the partitions, one site's captures of one month each; `reextract` is mapped over them, so that all
workers share them. A version keeps its number, time and capture: it is no edit by the publisher.

* **Params:** `site`, `since` and `until` choose captures, all of them without; with `dry_run` nothing is written, and
  each task says how many would change and shows a few.
* **Is it working?** Each mapped task's log ends with its counts: `texts` and `metadata` that changed, `same` that did
  not, `articles` found where there was none, `kept` that today's code would refuse. Nothing is asked of the sites.
* **Run again:** clear a task or trigger the DAG: what was done is recognised. More tasks at a time: give the pool
  `reextract` more slots, one a core that the workers have to spare.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, Param

from dags.step import Step

DEFAULTS = {
    "owner": "broadsheet",
    "retries": 2,
    "retry_delay": timedelta(minutes=1),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=15),
}


class PlanStep(Step):
    """`reextract-plan` with the run's params; gives the arguments of each mapped task."""

    def arguments(self, context: Any) -> list[str]:  # noqa: ANN401 - a TypedDict of Airflow's that names everything
        """Return the params that are set as options."""
        params = context["params"]
        chosen = [f"--{name}={params[name]}" for name in ("site", "since", "until") if params[name]]
        return [*chosen, *(["--dry-run"] if params["dry_run"] else [])]

    def execute(self, context: Any) -> Any:  # noqa: ANN401
        """Return a list of argument lists."""
        return super().execute(context)["tasks"]


class PartStep(Step):
    """`reextract-part` with the arguments that the plan gave this task."""

    def __init__(self, *, given: list[str], **rest: Any) -> None:  # noqa: ANN401
        super().__init__(**rest)
        self.given = given

    def arguments(self, context: Any) -> list[str]:  # noqa: ANN401, ARG002
        """Return them."""
        return self.given


with DAG(
    dag_id="reextract",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # two would do the same work
    dagrun_timeout=timedelta(days=7),
    default_args=DEFAULTS,
    params={
        "site": Param(None, type=["null", "string"], description="only this site"),
        "since": Param(None, type=["null", "string"], description="captured then or later: 2026-11-01, 30d"),
        "until": Param(None, type=["null", "string"], description="captured before"),
        "dry_run": Param(default=False, type="boolean", description="say what would change; write nothing"),
    },
    tags={"reextract"},
    description="Reads the captures again, with today's code and profiles",
    doc_md=__doc__,
):
    plan = PlanStep(task_id="plan", verb="reextract-plan", execution_timeout=timedelta(minutes=30))
    PartStep.partial(
        task_id="reextract",
        verb="reextract-part",
        pool="reextract",
        execution_timeout=timedelta(days=1),
        map_index_template="{{ task.given[-1] }}",
    ).expand(given=plan.output)
