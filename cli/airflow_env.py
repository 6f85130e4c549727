"""The environment of Airflow's processes: what follows $BROADSHEET_HOME and --port; airflow.cfg says the rest."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from cli.stack_home import REPO, StackHome

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def ui_url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def airflow_settings(home: StackHome, port: int, sql_alchemy_conn: str) -> dict[str, str]:
    """Return the variables that differ from airflow.cfg for this stack."""
    return {
        "AIRFLOW_HOME": str(REPO),
        "AIRFLOW_CONFIG": str(REPO / "airflow.cfg"),
        "BROADSHEET_HOME": str(home.root),
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": ui_url(port),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{ui_url(port)}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home.passwords),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": sql_alchemy_conn,
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(home.root / "airflow" / "bundles"),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home.logs / "tasks"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(home.logs / "dags"),
    }


def airflow_environment(settings: Mapping[str, str], env: Mapping[str, str]) -> dict[str, str]:
    """Return `env` with `settings` and what keeps loopback traffic away from a proxy."""
    found = dict(env) | dict(settings)
    found["PYTHONPATH"] = ":".join(filter(None, [str(REPO), env.get("PYTHONPATH", "")]))
    found["PATH"] = ":".join([str(Path(sys.executable).parent), env.get("PATH", "/usr/bin:/bin")])
    found["PYTHONUNBUFFERED"] = "1"
    for name in ("no_proxy", "NO_PROXY"):  # tasks reach the execution API on loopback, whatever crawls go through
        given = [host for host in env.get(name, "").split(",") if host]
        found[name] = ",".join(dict.fromkeys([*given, *LOOPBACK]))
    return found


def write_airflow_env(home: StackHome, settings: Mapping[str, str]) -> None:
    """Write `airflow.env`: `set -a; . FILE` points an `airflow` started by hand at this stack."""
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in settings.items()]
    lines.append(f"PYTHONPATH={shlex.quote(str(REPO))}\n")
    home.airflow_env.write_text("".join(lines), encoding="utf-8")
