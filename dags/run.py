"""The id of a run, the same for every task and every retry of one DAG run."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256


def run_id(run_after: datetime, dag_run_id: str) -> str:
    """Return `YYYYMMDDTHHMMSSZ-xxxxxx`: the moment the run became due, and six hex digits of Airflow's own id."""
    return f"{run_after.astimezone(UTC):%Y%m%dT%H%M%SZ}-{sha256(dag_run_id.encode()).hexdigest()[:6]}"
