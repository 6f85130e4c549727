"""Which logs below $BROADSHEET_HOME go, and which stay."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli.old_logs import drop_old_logs
from cli.stack_home import StackHome
from tests.cli.conftest import Cli

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TRY = "dag_id=news__times/run_id={run}/task_id=crawl/attempt=1.log"


def write(path: Path, age_days: float, now: datetime = NOW) -> Path:
    """A log, and folders down to it below `logs/`, last changed so long before `now`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("said\n")
    at = (now - timedelta(days=age_days)).timestamp()
    for one in (path, *path.parents):
        if one.name == "logs":
            break
        os.utime(one, (at, at))
    return path


def test_logs_go_by_age_with_the_folders_that_held_them_and_nothing_else_does(tmp_path: Path) -> None:
    home = StackHome(tmp_path)
    old = write(home.logs / "tasks" / TRY.format(run="old"), 15)
    new = write(home.logs / "tasks" / TRY.format(run="new"), 13)
    parsed = write(home.logs / "dags/2026-11-01/broadsheet/dags/news.py.log", 15)
    today = write(home.logs / "dags/2026-11-23/broadsheet/dags/news.py.log", 0)
    (home.logs / "dags" / "latest").symlink_to("2026-11-01")
    part = write(home.logs / "scheduler.log", 99)
    assert drop_old_logs(home, timedelta(days=14), NOW) == 2
    assert not old.parents[1].exists()
    assert not parsed.parents[2].exists()
    assert [path.exists() for path in (new, today, part)] == [True] * 3
    assert (home.logs / "dags" / "latest").is_symlink()


def test_a_folder_that_a_task_just_made_stays_though_it_is_empty(tmp_path: Path) -> None:
    home = StackHome(tmp_path)
    starting = home.logs / "tasks" / "dag_id=news__times" / "run_id=now"
    starting.mkdir(parents=True)
    assert drop_old_logs(home, timedelta(days=14), datetime.now(UTC)) == 0
    assert starting.is_dir()
    assert drop_old_logs(StackHome(tmp_path / "none yet"), timedelta(days=14), NOW) == 0


def test_the_daily_upkeep_drops_them_as_old_as_the_setting_says(cli: Cli) -> None:
    logs = StackHome.from_env(cli.env).logs
    write(logs / "tasks" / TRY.format(run="old"), 15, datetime.now(UTC))
    write(logs / "tasks" / TRY.format(run="new"), 3, datetime.now(UTC))
    assert json.loads(cli("upkeep-daily").stdout.splitlines()[-1])["logs"] == 1
    assert cli("upkeep", BROADSHEET_LOG_DAYS="2").stdout.endswith("; 1 logs of tasks\n")
    assert (
        "BROADSHEET_LOG_DAYS: 'ever' is no number of days" in cli("upkeep", code=2, BROADSHEET_LOG_DAYS="ever").stderr
    )
