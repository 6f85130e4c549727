"""Airflow inside the test process, on a SQLite database of its own; its settings are gone again after this folder's tests."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent.parent
SITES = """
defaults: {schedule: "*/20 * * * *"}
sites:
  - {name: harbour-news, home: "http://127.0.0.1:9/", schedule: "@hourly"}
  - {name: hill-news, home: "http://127.0.0.1:9/"}
  - {name: closed-news, home: "http://127.0.0.1:9/", enabled: false}
"""


@pytest.fixture(scope="package")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An Airflow that reads the repo's airflow.cfg; gives the $BROADSHEET_HOME it runs with."""
    home = tmp_path_factory.mktemp("airflow")
    (home / "secrets").mkdir()
    for name in ("fernet_key", "api_secret_key", "jwt_secret"):
        (home / "secrets" / name).write_text("JvyG4x_9gDT5Cfc0bLoi2M6QqZ1E3gUcOqPDpqJ9nVY=")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("AIRFLOW", "BROADSHEET_"))]:
            patch.delenv(name)
        patch.setenv("AIRFLOW_HOME", str(REPO))
        patch.setenv("BROADSHEET_HOME", str(home))
        patch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"sqlite:///{home}/airflow.db")
        patch.setenv("AIRFLOW__LOGGING__BASE_LOG_FOLDER", str(home / "logs"))
        patch.setenv("AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY", str(home / "logs" / "dags"))
        patch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH", str(home / "bundles"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Airflow's own, at import
            from cli.airflow_setup import main as set_up  # noqa: PLC0415

            set_up()
        yield home


@pytest.fixture
def sites_file(airflow: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001
    """A sites.yaml with two enabled sites, in force for this test."""
    path = tmp_path / "sites.yaml"
    path.write_text(SITES)
    monkeypatch.setenv("BROADSHEET_SITES", str(path))
    return path
