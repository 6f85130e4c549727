"""The DAG files: the very DAGs that the sites call for, and what each must promise."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.dags.conftest import REPO

pytestmark = pytest.mark.filterwarnings("ignore")  # Airflow's deprecations are not ours


def load_bag() -> Any:
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415

    return DagBag(REPO / "dags")


@pytest.fixture
def bag(sites_file: Path) -> Any:  # noqa: ARG001
    return load_bag()


def test_the_dags_are_those_of_the_enabled_sites_and_of_the_archive(bag: Any) -> None:
    assert bag.import_errors == {}
    assert sorted(bag.dags) == [
        "news__harbour-news",
        "news__hill-news",
        "publish",
        "reextract",
        "stories",
        "upkeep",
        "verify",
    ]


def test_a_site_is_crawled_then_extracted_then_staged(bag: Any) -> None:
    dag = bag.dags["news__hill-news"]
    assert {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks} == {
        "crawl": ["extract"],
        "extract": ["stage"],
        "stage": [],
    }
    assert [(task.verb, task.site) for task in dag.tasks] == [
        ("crawl", "hill-news"),
        ("extract-run", "hill-news"),
        ("stage", "hill-news"),
    ]


def test_a_sites_own_schedule_and_the_default_are_kept(bag: Any) -> None:
    assert bag.dags["news__hill-news"].schedule == "*/20 * * * *"
    assert bag.dags["news__harbour-news"].schedule == "@hourly"


def test_every_dag_runs_once_at_a_time_and_says_what_it_does(bag: Any) -> None:
    for dag in bag.dags.values():
        assert dag.max_active_runs == 1
        assert dag.catchup is False
        assert dag.dagrun_timeout > timedelta(hours=1)
        assert dag.tags
        assert "Is it working?" in dag.doc_md


def test_every_task_is_retried_later_and_later_within_limits(bag: Any) -> None:
    for dag in bag.dags.values():
        for task in dag.tasks:
            assert task.retries == 2
            assert task.retry_exponential_backoff == 2.0
            assert timedelta() < task.retry_delay <= task.max_retry_delay
            assert timedelta() < task.execution_timeout < dag.dagrun_timeout


def test_every_pool_that_a_task_names_exists(bag: Any) -> None:
    from airflow.models.pool import Pool  # noqa: PLC0415

    used = {task.pool for dag in bag.dags.values() for task in dag.tasks}
    assert used == {"news", "reextract", "default_pool"}
    assert all(Pool.get_pool(name) is not None for name in used)


def test_what_a_site_stages_starts_publish_which_announces_the_articles(bag: Any) -> None:
    staged = {
        outlet.uri
        for name in ("hill-news", "harbour-news")
        for outlet in bag.dags[f"news__{name}"].get_task("stage").outlets
    }
    assert staged == {"broadsheet://sites/hill-news", "broadsheet://sites/harbour-news"}
    schedule = bag.dags["publish"].schedule
    assert schedule.timetable.expression == "17 * * * *"  # for what a site that fell short has staged
    condition = schedule.asset_condition
    assert type(condition).__name__ == "AssetAny"
    assert {asset.uri for asset in condition.objects} == staged
    assert [outlet.name for outlet in bag.dags["publish"].get_task("publish").outlets] == ["broadsheet://articles"]


def test_published_articles_start_stories_which_announces_them(bag: Any) -> None:
    dag = bag.dags["stories"]
    published = bag.dags["publish"].get_task("publish").outlets
    assert [asset.uri for asset in dag.schedule] == [asset.uri for asset in published]
    assert [(task.verb, task.site) for task in dag.tasks] == [("cluster", None)]
    assert [outlet.name for outlet in dag.get_task("cluster").outlets] == ["broadsheet://stories"]


def test_upkeep_runs_daily_before_verify(bag: Any) -> None:
    dag = bag.dags["upkeep"]
    assert dag.schedule == "41 2 * * *"
    assert [(task.verb, task.site) for task in dag.tasks] == [("upkeep-daily", None)]


def test_a_day_verifies_a_share_of_so_many_days(bag: Any) -> None:
    dag = bag.dags["verify"]
    assert dag.schedule == "23 4 * * *"
    assert dag.params["days"] == 30
    assert [task.verb for task in dag.tasks] == ["verify-share"]


def test_without_a_site_publish_can_still_be_started_by_hand(sites_file: Path) -> None:
    sites_file.write_text("sites: []\n")
    bag = load_bag()
    assert bag.import_errors == {}
    assert sorted(bag.dags) == ["publish", "reextract", "stories", "upkeep", "verify"]


def test_a_broken_sites_file_is_an_import_error_that_names_the_line(sites_file: Path) -> None:
    sites_file.write_text('sites:\n  - {name: times, home: "http://127.0.0.1:9/", schedul: "@daily"}\n')
    errors = load_bag().import_errors
    assert {Path(path).name for path in errors} == {"news.py", "publish.py"}
    for error in errors.values():
        assert (
            error.strip()
            .splitlines()[-1]
            .startswith(f"spiders.errors.SiteFileError: {sites_file}:2: schedul: unknown key")
        )


def test_a_starting_task_builds_only_its_own_dag(sites_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "news__hill-news")
    assert sorted(load_bag().dags) == ["news__hill-news", "publish", "reextract", "stories", "upkeep", "verify"]


def test_reading_the_dag_files_loads_nothing_heavy(sites_file: Path) -> None:  # noqa: ARG001
    code = (
        "import airflow.sdk, airflow.sdk.exceptions, json, sys\n"
        "from airflow.sdk import DAG, Asset, AssetAny, BaseOperator\n"
        "before = set(sys.modules)\n"  # Airflow itself brings structlog, which brings twisted
        "import dags.news, dags.publish, dags.reextract, dags.stories, dags.verify\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}
    assert {"dags", "spiders"} <= loaded
    assert not loaded & {
        "scrapy",
        "trafilatura",
        "boto3",
        "botocore",
        "deltalake",
        "pyarrow",
        "polars",
        "storage",
        "cli",
    }
    assert "spiders.news" not in loaded


def test_two_hundred_sites_are_two_hundred_dags(sites_file: Path) -> None:
    entries = "".join(f'  - {{name: site-{number}, home: "http://127.0.0.1:9/"}}\n' for number in range(200))
    sites_file.write_text(f"sites:\n{entries}")
    assert len(load_bag().dags) == 205


def test_airflows_own_walk_over_the_repo_finds_the_dag_files_only(airflow: Path) -> None:  # noqa: ARG001
    from airflow._shared.module_loading import find_path_from_directory  # noqa: PLC0415

    found = {
        Path(path).relative_to(REPO).as_posix() for path in find_path_from_directory(REPO, ".airflowignore", "glob")
    }
    files = {path for path in found if path.endswith(".py")}
    assert files == {
        "dags/news.py",
        "dags/publish.py",
        "dags/reextract.py",
        "dags/stories.py",
        "dags/upkeep.py",
        "dags/verify.py",
    }
