"""The DAG `reextract` run by Airflow itself: a plan, and a task for each site and month that it names."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from spiders.demo.newspaper import ManualClock, serve_demo
from storage.articles import Archive
from storage.client import Store
from tests.dags.conftest import REPO
from tests.storage.aging import OLD_VERSION, age_articles

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def left(
    airflow: Path,  # noqa: ARG001
    store: Store,
    store_env: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> list[dict[str, Any]]:
    """The rows of an archive of the demo that a reader of before made."""
    sites = tmp_path / "sites.yaml"
    for name, value in (store_env | {"BROADSHEET_SITES": str(sites)}).items():
        monkeypatch.setenv(name, value)
    with serve_demo(ManualClock(0)) as served:
        sites.write_text(json.dumps({"sites": [paper.site_entry() for paper in served.papers]}))
        subprocess.run([sys.executable, "-m", "cli", "ingest"], cwd=REPO, check=True, capture_output=True)
    sites.write_text("sites: []\n")
    return age_articles(store)


def run_reextract(**params: Any) -> list[dict[str, Any]]:
    """Run the DAG once in this process; return what each mapped task gave."""
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415
    from airflow.models.xcom import XComModel  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415

    bag = DagBag(REPO / "dags")
    assert bag.import_errors == {}
    run = bag.dags["reextract"].test(run_conf=params)
    assert run.state == "success", {(ti.task_id, ti.map_index): str(ti.state) for ti in run.get_task_instances()}
    found = XComModel.get_many(run_id=run.run_id, dag_ids="reextract", task_ids="reextract", key="return_value")
    with create_session() as session:
        return [XComModel.deserialize_value(row) for row in session.scalars(found)]


def versions() -> list[str]:
    with Archive.open() as archive:
        return [one["version"] for one in archive.articles()["extraction"].to_pylist()]


def test_partitions_are_tasks_and_params_choose_them(left: list[dict[str, Any]]) -> None:
    sites = sorted({row["site"] for row in left})
    own = sum(row["site"] == sites[0] for row in left)
    tried = run_reextract(site=sites[0], dry_run=True)
    assert [one["texts"] for one in tried] == [own]
    assert set(versions()) == {OLD_VERSION}

    done = run_reextract()
    assert len(done) == len(sites)
    assert sum(one["texts"] for one in done) == len(left)
    assert OLD_VERSION not in versions()
    assert run_reextract(until="2020-01-01") == []


def test_the_dag_is_started_by_hand_and_shares_its_partitions(airflow: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415

    monkeypatch.setenv("BROADSHEET_SITES", str(airflow / "none.yaml"))
    dag = DagBag(REPO / "dags" / "reextract.py").dags["reextract"]
    assert dag.schedule is None
    assert {name: dag.params[name] for name in dag.params} == {
        "site": None,
        "since": None,
        "until": None,
        "dry_run": False,
    }
    assert {task.task_id: (task.is_mapped, task.pool) for task in dag.tasks} == {
        "plan": (False, "default_pool"),
        "reextract": (True, "reextract"),
    }
