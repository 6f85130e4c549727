"""### Verifies a share of the archive, every byte of it

Each day the runs of one day in `days` (a param, 30 at first) are looked at: every byte of their captures, every record,
their manifests and rows; a day's runs first on the day after. The tables' files, the versions of every article and
the daily roots are looked at every time, and the day's own root is written to `proof/`.

* **Is it working?** The run is green. If it is red, each ERROR line of its log names one thing that is missing,
  altered, doubled or too much: docs/verify.md says what to do about it.
* **Run again:** trigger the DAG, with `days` 1 for the whole archive; or `./broadsheet verify [--deep] [--share DAYS]`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, Param

from dags.step import Step

DAYS = 30


class ShareStep(Step):
    """`verify-share DAYS --run RUN`: the run's id says which day's share it is, on every retry the same."""

    def execute(self, context: Any) -> dict[str, Any]:  # noqa: ANN401 - a TypedDict of Airflow's that names everything
        """Verify the share; return what was looked at."""
        self.site = str(int(context["params"]["days"]))  # the verb's argument, where others have the site
        return super().execute(context)


with DAG(
    dag_id="verify",
    schedule="23 4 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=20),
    params={"days": Param(DAYS, type="integer", minimum=1, description="the whole archive in so many days")},
    tags={"verify"},
    description="Verifies a share of the archive, every byte of it",
    doc_md=__doc__,
):
    ShareStep(
        task_id="verify",
        owner="broadsheet",
        verb="verify-share",
        execution_timeout=timedelta(hours=6),
        retries=2,
        retry_delay=timedelta(minutes=5),
        retry_exponential_backoff=2.0,
        max_retry_delay=timedelta(minutes=15),
    )
