"""airflow.cfg as Airflow itself reads it, in processes of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dags.conftest import REPO

READ = """
import json, sys
from airflow.configuration import conf
print(json.dumps({key: conf.get(*key.split(".")) for key in sys.argv[1:]}))
"""


def clean_env(**more: str) -> dict[str, str]:
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "BROADSHEET_", "_AIRFLOW"))
    }
    return env | more


def read(root: Path, *keys: str, **env: str) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", READ, *keys],
        env=clean_env(AIRFLOW_HOME=str(root), **env),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_airflow_finds_nothing_wrong_with_it() -> None:
    argv = [sys.executable, "-m", "airflow", "config", "lint"]
    done = subprocess.run(argv, env=clean_env(AIRFLOW_HOME=str(REPO)), capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "No issues found" in done.stdout


def test_by_hand_from_any_folder_the_state_lies_below_it_even_with_a_blank_in_its_path(tmp_path: Path) -> None:
    root = tmp_path / "my clone"
    (root / ".broadsheet" / "secrets").mkdir(parents=True)
    (root / ".broadsheet" / "secrets" / "jwt_secret").write_text("by hand")
    shutil.copy(REPO / "airflow.cfg", root)
    found = read(
        root,
        "database.sql_alchemy_conn",
        "logging.base_log_folder",
        "api_auth.jwt_secret",
        "dag_processor.dag_bundle_config_list",
    )
    assert (
        found["database.sql_alchemy_conn"]
        == f"postgresql+psycopg2://postgres@/airflow?host={root}/.broadsheet/postgres"
    )
    assert found["logging.base_log_folder"] == f"{root}/.broadsheet/logs/tasks"
    assert found["api_auth.jwt_secret"] == "by hand"
    assert json.loads(found["dag_processor.dag_bundle_config_list"])[0]["kwargs"]["path"] == str(root)
    assert sorted(path.name for path in root.iterdir()) == [".broadsheet", "airflow.cfg"]


def test_the_secrets_follow_broadsheet_home(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    for name in ("fernet_key", "api_secret_key", "jwt_secret"):
        (tmp_path / "secrets" / name).write_text(f"the {name}")
    found = read(REPO, "core.fernet_key", "api.secret_key", "api_auth.jwt_secret", BROADSHEET_HOME=str(tmp_path))
    assert found == {
        "core.fernet_key": "the fernet_key",
        "api.secret_key": "the api_secret_key",
        "api_auth.jwt_secret": "the jwt_secret",
    }


def test_the_environment_wins_for_production() -> None:
    found = read(
        REPO,
        "core.executor",
        "database.sql_alchemy_conn",
        AIRFLOW__CORE__EXECUTOR="CeleryExecutor",
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="postgresql://prod/airflow",
    )
    assert found == {"core.executor": "CeleryExecutor", "database.sql_alchemy_conn": "postgresql://prod/airflow"}


@pytest.mark.parametrize("key", ["fernet_key", "secret_key", "jwt_secret", "password"])
def test_no_secret_is_in_the_file(key: str) -> None:
    lines = (REPO / "airflow.cfg").read_text().splitlines()
    assert [line for line in lines if line.split("=")[0].strip() == key] == []


def test_the_ports_in_the_file_are_one_port_on_loopback() -> None:
    found = read(REPO, "api.host", "api.port", "api.base_url", "core.execution_api_server_url")
    assert found == {
        "api.host": "127.0.0.1",
        "api.port": "8080",
        "api.base_url": "http://127.0.0.1:8080",
        "core.execution_api_server_url": "http://127.0.0.1:8080/execution/",
    }
