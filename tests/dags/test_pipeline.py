"""The DAGs run by Airflow itself: a real site on loopback, a real S3 server, the real commands."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.verify import read_known
from extract.article import Article
from spiders.site import load_sites
from storage.articles import Archive
from storage.client import Store
from storage.publish import publish
from storage.verify import Ask, verify
from tests.dags.conftest import REPO
from tests.storage.aging import age_articles
from tests.storage.making import article, run_id, stage_outcomes

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


@pytest.fixture
def count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[str, Any]]:
    """Run the documents' example of a DAG of your own once; gives what it counted."""
    folder = tmp_path / "own"
    folder.mkdir()
    shutil.copy(REPO / "docs" / "examples" / "downstream_dag.py", folder)
    bundle = {
        "name": "own",
        "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
        "kwargs": {"path": str(folder)},
    }

    def run() -> dict[str, Any]:
        with monkeypatch.context() as patch:
            patch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps([bundle]))
            return dict(run_dag("count_new_articles", folder)["count_new_articles"])

    return run


def broadsheet(*argv: str) -> str:
    """Run one verb to its end; return the last line that it says."""
    done = subprocess.run([sys.executable, "-m", "cli", *argv], cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_a_site_goes_from_its_pages_to_the_table_and_on_to_a_dag_of_your_own(
    demo: list[str], count: Callable[[], dict[str, Any]]
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

    assert count() == {"new": {site: published["articles"]}, "taken_out": 0}
    assert count() == {"new": {}, "taken_out": 0}


def test_a_dag_of_your_own_outlives_an_erasure_and_counts_each_row_once(
    demo: list[str], count: Callable[[], dict[str, Any]], store: Store
) -> None:
    def publish_run(number: int, *outcomes: Article) -> None:
        stage_outcomes(store, "times", run_id(number), outcomes)
        publish(store)

    run_dag(f"news__{demo[0]}")
    publish_run(0, article("bridge", "The bridge is open."))
    assert count()["new"]["times"] == 1

    publish_run(1, article("bridge", "The bridge is shut.", minutes=-60))  # captured before what was seen already
    assert count() == {"new": {"times": 1}, "taken_out": 0}

    age_articles(store)  # as a reader of before would have left them
    assert json.loads(broadsheet("reextract", "--site", demo[0], "--json"))["texts"] > 0
    assert count() == {"new": {}, "taken_out": 0}

    publish_run(2, article("quay", "The quay is closed."))
    url = Archive(store).articles(site=demo[0], columns=["url"])["url"][0].as_py()
    broadsheet("erase", url, "--reason", "a court order")
    broadsheet("upkeep")
    assert count() == {"new": {"times": 1}, "taken_out": 1}
    assert count() == {"new": {}, "taken_out": 0}
    assert [str(one) for one in verify(store, Ask(read_known, datetime.now(UTC))).findings if "own/" in str(one)] == []


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
