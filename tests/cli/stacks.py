"""Starting and asking a whole stack in the tests: always by the command that a person uses."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from cli.airflow_api import AirflowApi
from cli.sessions import members

REPO = Path(__file__).resolve().parent.parent.parent
FOREIGN = ("AIRFLOW", "BROADSHEET_", "AWS_", "_AIRFLOW")


def stack_env(home: Path) -> dict[str, str]:
    """Return an environment for a stack in `home` with no sites but the demo's."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "own-sites.yaml").write_text("sites: []\n")
    env = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return env | {"BROADSHEET_HOME": str(home), "BROADSHEET_SITES": str(home / "own-sites.yaml")}


def broadsheet(env: dict[str, str], *argv: str) -> subprocess.CompletedProcess[str]:
    """Run one verb to its end."""
    return subprocess.run(
        [sys.executable, "-m", "cli", *argv],
        cwd=REPO,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


def status(env: dict[str, str]) -> dict[str, Any]:
    return dict(json.loads(broadsheet(env, "status", "--json").stdout))


def api_of(home: Path, url: str) -> AirflowApi:
    return AirflowApi(url, "admin", json.loads((home / "secrets" / "airflow_passwords.json").read_text())["admin"])


def processes_of(found: dict[str, Any]) -> list[psutil.Process]:
    """Return every process of the stack that `status` describes, the supervisor and its guard too."""
    pids = {member.pid for member in members([part["pid"] for part in found["parts"] if part["pid"]])}
    supervisor = psutil.Process(found["pid"])
    everyone = [*(psutil.Process(pid) for pid in pids), supervisor, *supervisor.children(recursive=True)]
    return list({process.pid: process for process in everyone}.values())


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Return those that run; a zombie only waits for the machine's init."""
    found = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def wait_for(happened: Callable[[], bool], within_s: float = 120.0) -> None:
    """Poll; fails the test if it never happens."""
    deadline = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.1)
