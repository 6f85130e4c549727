"""$BROADSHEET_HOME/env, and the names of settings: a misspelt one must not leave the archive somewhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path

from storage.errors import StoreConfigError

_OURS = "BROADSHEET_"
_IN_FILE = ("S3_ENDPOINT", "S3_BUCKET", "S3_PREFIX", "S3_REGION", "MIN_FREE_MIB", "LOG_DAYS")
_OUTSIDE = ("HOME", "SITES", "VENV", "PYTHON")  # asked for before the file is read, or by the launcher
_KNOWN = (*_IN_FILE, *_OUTSIDE)
_ALIKE = 0.75  # ENDPONT is 0.93 like ENDPOINT; of what Kubernetes sets for services S3_PORT comes nearest, 0.67


def read_env_file(path: Path) -> dict[str, tuple[str, int]]:
    """Return value and line number of each KEY=VALUE line of `path`; quotes around a value are dropped.

    Blank lines and # comments are skipped, a missing file is empty. Raises StoreConfigError that names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StoreConfigError(f"{path}: {error.strerror}; set BROADSHEET_HOME to a folder of yours") from error
    except UnicodeDecodeError as error:
        raise StoreConfigError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    found: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(lines, 1):
        text = line.strip().removeprefix("export ")
        if not text or text.startswith("#"):
            continue
        key, equals, value = text.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_]\w*", key.strip()):
            raise StoreConfigError(f"{path}:{number}: not KEY=VALUE; write one setting a line")
        value = value.strip()
        quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'"
        found[key.strip()] = (value[1:-1] if quoted else value, number)
    return found


def refuse_unread(path: Path, written: Mapping[str, tuple[str, int]]) -> None:
    """Raise StoreConfigError for a BROADSHEET_ name in the file at `path` that nothing would read there."""
    for name, (_, line) in written.items():
        if not name.upper().startswith(_OURS) or name in _full(_IN_FILE):
            continue
        if name in _full(_OUTSIDE):
            raise StoreConfigError(f"{path}:{line}: {name}: is read from the environment only; export it there")
        near = _nearest(name)
        meant = f"{near} is meant?" if near else f"known are {', '.join(_full(_IN_FILE))}"
        raise StoreConfigError(f"{path}:{line}: {name}: no such setting; {meant}")


def refuse_misspelt(env: Iterable[str]) -> None:
    """Raise StoreConfigError for a variable that is nearly one of ours.

    Others may begin with BROADSHEET_ too: Kubernetes sets some for each service, and DAGs may have their own.
    """
    for name in env:
        if name.upper().startswith(_OURS) and name not in _full(_KNOWN) and (near := _nearest(name)):
            raise StoreConfigError(f"{name}: no such setting; {near} is meant? Unset or rename it")


def _nearest(name: str) -> str | None:
    """Return the setting that a name is nearly written like."""
    near = get_close_matches(name.upper().removeprefix(_OURS), _KNOWN, 1, _ALIKE)
    return _OURS + near[0] if near else None


def _full(names: Iterable[str]) -> list[str]:
    return [_OURS + name for name in names]
