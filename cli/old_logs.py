"""The logs of tasks and of the DAG processor, a file each try and DAG: how long they stay below $BROADSHEET_HOME.

The parts' own logs are bounded by size (cli/component.py).
"""

from __future__ import annotations

import contextlib
import os
from datetime import datetime, timedelta
from pathlib import Path

from cli.stack_home import StackHome
from storage.env_file import read_env_file
from storage.errors import StoreConfigError

DAYS = 14
VARIABLE = "BROADSHEET_LOG_DAYS"


def read_log_days(home: StackHome) -> int:
    """Return for how many days logs stay; the environment wins over $BROADSHEET_HOME/env, as for every setting."""
    written, _ = read_env_file(home.root / "env").get(VARIABLE, ("", 0))
    given = os.environ.get(VARIABLE) or written or str(DAYS)
    if not given.isdecimal() or not int(given):
        raise StoreConfigError(f"{VARIABLE}: {given!r} is no number of days; write 1 or more")
    return int(given)


def drop_old_logs(home: StackHome, age: timedelta, now: datetime) -> int:
    """Delete logs that nobody wrote to for `age`, and folders that are empty for it; return how many logs."""
    before = (now - age).timestamp()
    return sum(
        _drop(folder, before) for root in ("tasks", "dags") for folder in _entries(home.logs / root) if folder.is_dir()
    )


def _drop(folder: Path, before: float) -> int:
    """Empty `folder` of what is older than `before` (seconds since 1970).

    The folder itself goes only if nothing came into it or left it since: a task that starts now may be making one.
    """
    count = 0
    with contextlib.suppress(FileNotFoundError):
        is_old = folder.stat().st_mtime < before
        for entry in _entries(folder):
            if entry.is_dir():
                count += _drop(entry, before)
            elif entry.stat().st_mtime < before:
                entry.unlink()
                count += 1
        if is_old:
            with contextlib.suppress(OSError):  # not empty
                folder.rmdir()
    return count


def _entries(folder: Path) -> list[Path]:
    """Return what lies in `folder`, but for links such as the DAG processor's `latest`."""
    try:
        return [path for path in folder.iterdir() if not path.is_symlink()]
    except FileNotFoundError:
        return []
