"""The DAGs run by Airflow itself: a real site on loopback, a real S3 server, the real commands."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spiders.site import load_sites
from storage.client import Store
from tests.dags.conftest import REPO

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def demo(
    airflow: Path,  # noqa: ARG001
    store_env: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[list[str]]:
    """The demo newspaper, running; gives its sites' names. Its store is empty."""
    home = Path(store_env["BROADSHEET_HOME"])
    home.mkdir(parents=True, exist_ok=True)
    (tmp_path / "sites.yaml").write_text("sites: []\n")
    for name, value in (store_env | {"BROADSHEET_SITES": str(tmp_path / "sites.yaml")}).items():
        monkeypatch.setenv(name, value)
    argv = [sys.executable, "-m", "spiders.demo", "--home", str(home)]
    with subprocess.Popen(argv, cwd=REPO, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield [site.name for site in load_sites([home / "demo" / "sites.yaml"])]
        process.terminate()


def run_dag(dag_id: str, folder: Path = REPO / "dags") -> dict[str, Any]:
    """Run a DAG once in this process; return task id → XCom. Fails if the run does."""
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415
    from airflow.models.xcom import XComModel  # noqa: PLC0415

    bag = DagBag(folder)
    assert bag.import_errors == {}
    dag = bag.dags[dag_id]
    for task in dag.tasks:
        task.retries = 0
    run = dag.test()
    assert run.state == "success", {ti.task_id: str(ti.state) for ti in run.get_task_instances()}
    found = XComModel.get_many(run_id=run.run_id, dag_ids=dag_id, key="return_value")
    from airflow.utils.session import create_session  # noqa: PLC0415

    with create_session() as session:
        return {row.task_id: XComModel.deserialize_value(row) for row in session.scalars(found)}


def last_event(name: str) -> dict[str, Any]:
    """Return the extra of the newest event of an asset."""
    return events(name)[-1]


def events(name: str) -> list[dict[str, Any]]:
    """Return the extras of an asset's events, oldest first."""
    from airflow.models.asset import AssetEvent, AssetModel  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415
    from sqlalchemy import select  # noqa: PLC0415

    with create_session() as session:
        query = select(AssetEvent).join(AssetModel, AssetModel.id == AssetEvent.asset_id).where(AssetModel.name == name)
        return [dict(event.extra) for event in session.scalars(query.order_by(AssetEvent.id))]


def test_a_site_goes_from_its_pages_to_the_table_and_on_to_a_dag_of_your_own(
    demo: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = demo[0]
    results = run_dag(f"news__{site}")
    captured = results["crawl"]["outcomes"]["captured"]
    assert captured > 0
    assert results["stage"]["articles"] == results["extract"]["articles"] > 0
    assert results["crawl"]["run_id"] == results["extract"]["run_id"] == results["stage"]["run_id"]
    assert last_event(f"broadsheet://sites/{site}")["articles"] == results["stage"]["articles"]

    published = run_dag("publish")["publish"]
    assert published["runs"] == 1
    assert published["articles"] == results["stage"]["articles"]
    assert last_event("broadsheet://articles") == published

    looked_at = run_dag("stories")["cluster"]
    assert looked_at["versions"] == published["articles"]
    assert last_event("broadsheet://stories") == {name: n for name, n in looked_at.items() if n is not None}

    own = tmp_path / "own"
    own.mkdir()
    shutil.copy(REPO / "docs" / "examples" / "downstream_dag.py", own)
    bundle = {
        "name": "own",
        "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
        "kwargs": {"path": str(own)},
    }
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps([bundle]))
    assert run_dag("count_new_articles", own) == {"count_new_articles": {site: published["articles"]}}
    assert run_dag("count_new_articles", own) == {"count_new_articles": {}}


def test_publishing_again_is_skipped_and_announces_nothing(demo: list[str]) -> None:
    run_dag(f"news__{demo[0]}")
    first = run_dag("publish")["publish"]
    assert first["articles"] > 0
    before = len(events("broadsheet://articles"))
    assert run_dag("publish") == {}
    assert len(events("broadsheet://articles")) == before


def test_a_day_of_the_archive_is_verified(demo: list[str], store: Store) -> None:
    run_dag(f"news__{demo[0]}")
    run_dag("publish")
    verified = run_dag("verify")["verify"]
    assert (verified["wrong"], verified["findings"]) == (0, [])
    assert verified["looked_at"]["table files"] > 0
    assert [one.key for one in store.list("proof/")] == [f"proof/{verified['root']['day']}.json"]
