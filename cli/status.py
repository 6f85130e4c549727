"""`./broadsheet status`: what runs, how it is, what it costs in memory, and each site's last run."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import click
import psutil
from rich.console import Console
from rich.table import Table

from cli.airflow_api import AirflowApi, ApiRefused, ApiSilent
from cli.sessions import members
from cli.stack_home import StackHome
from cli.stack_secrets import USER, read_password
from cli.stack_state import PartState, StackLock, StackState, read_state

HEALTH = {
    "api-server": "metadatabase",
    "scheduler": "scheduler",
    "dag-processor": "dag_processor",
}  # part: its name in the API


@dataclass(frozen=True, slots=True)
class PartStatus:
    """One part: `memory_mib` is its proportional set size, pages shared by n processes counted as 1/n in each."""

    name: str
    pid: int
    processes: int
    memory_mib: float
    up_s: float
    restarts: int
    health: str


@dataclass(frozen=True, slots=True)
class RunStatus:
    """The last run of a DAG."""

    dag: str
    state: str
    run_after: str
    seconds: float | None
    paused: bool


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def status(*, as_json: bool) -> None:
    """Show the parts of the running stack, their memory, and each site's last run.

    Exit 1 if none runs, or if a DAG file does not load: its DAGs are gone until that is mended.
    """
    home = StackHome.from_env()
    state = read_state(home) if _is_running(home) else None
    if state is None:
        click.echo(
            json.dumps({"running": False}) if as_json else f"nothing runs in {home.root}; ./broadsheet up starts it"
        )
        raise SystemExit(1)
    health, runs, errors = _ask(home, state)
    parts = list(_parts(state, health))
    total = sum(part.memory_mib for part in parts)
    if as_json:
        found = {"running": True, "url": state.url, "pid": state.pid, "up_s": time.time() - state.started_at}
        found |= {"ready": state.ready_at is not None, "memory_mib": round(total, 1), "import_errors": errors}
        click.echo(
            json.dumps(found | {"parts": [asdict(part) for part in parts], "runs": [asdict(run) for run in runs]})
        )
    else:
        _show(home, state, parts, runs, errors)
    if errors:
        raise SystemExit(1)


def _show(
    home: StackHome, state: StackState, parts: list[PartStatus], runs: list[RunStatus], errors: list[str]
) -> None:
    total = sum(part.memory_mib for part in parts)
    console = Console(highlight=False)
    console.print(f"{state.url}   login {USER} / {read_password(home)}   {len(parts)} parts, {total:.0f} MiB")
    console.print(_parts_table(parts))
    if runs:
        console.print(_runs_table(runs))
    for error in errors:
        console.print(f"DAG import error: {error}", style="red", markup=False, soft_wrap=True)


def _is_running(home: StackHome) -> bool:
    if not home.lock.exists():
        return False
    lock = StackLock(home.lock)
    try:
        return not lock.take()
    finally:
        lock.release()


def _ask(home: StackHome, state: StackState) -> tuple[dict[str, str], list[RunStatus], list[str]]:
    try:
        api = AirflowApi(state.url, USER, read_password(home))
        return api.health(), _last_runs(api), api.import_errors()
    except (ApiSilent, ApiRefused):
        return {}, [], []


def _last_runs(api: AirflowApi) -> list[RunStatus]:
    paused = {str(dag["dag_id"]): bool(dag["is_paused"]) for dag in api.dags()}
    newest: dict[str, dict[str, Any]] = {}
    for run in api.runs(limit=max(100, 3 * len(paused))):
        newest.setdefault(str(run["dag_id"]), run)
    found = []
    for dag in sorted(paused):
        run = newest.get(dag, {})
        found.append(
            RunStatus(dag, run.get("state", "-"), run.get("run_after") or "", run.get("duration"), paused[dag])
        )
    return found


def _parts(state: StackState, health: dict[str, str]) -> Iterable[PartStatus]:
    now = time.time()
    yield _measure(PartState("supervisor", state.pid, state.started_at), [state.pid], now, "running")
    for part in state.parts:
        others = {each.pid for each in state.parts} - {part.pid}  # the parts of Airflow are forked from one of them
        pids = [member.pid for member in members([part.pid], outside=others)] if part.pid else []
        verdict = health.get(HEALTH.get(part.name, ""), "running") if pids else f"down {part.last_exit}".strip()
        yield _measure(part, pids, now, verdict)


def _measure(part: PartState, pids: list[int], now: float, verdict: str) -> PartStatus:
    total = 0
    for each in pids:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            full = psutil.Process(each).memory_full_info()
            total += getattr(full, "pss", full.rss)  # PSS is Linux's
    up_s = round(now - part.started_at, 1) if pids else 0.0
    return PartStatus(part.name, part.pid, len(pids), round(total / 2**20, 1), up_s, part.restarts, verdict)


def _parts_table(parts: list[PartStatus]) -> Table:
    table = Table("part", "pid", "processes", "memory MiB", "up", "restarts", "health", box=None, header_style="bold")
    for part in parts:
        colour = "green" if part.health in {"running", "healthy"} else "red"
        table.add_row(
            part.name, str(part.pid), str(part.processes), f"{part.memory_mib:.0f}", _span(part.up_s),
            str(part.restarts), f"[{colour}]{part.health}[/]",
        )  # fmt: skip
    return table


def _runs_table(runs: list[RunStatus]) -> Table:
    table = Table("dag", "last run", "state", "took", box=None, header_style="bold")
    colours = {"success": "green", "failed": "red", "running": "cyan"}
    for run in runs:
        at = (
            datetime.fromisoformat(run.run_after).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
            if run.run_after
            else "-"
        )
        took = f"{run.seconds:.0f} s" if run.seconds is not None else "-"
        shown = f"[{colours.get(run.state, 'white')}]{run.state}[/]{' (paused)' if run.paused else ''}"
        table.add_row(run.dag, at, shown, took)
    return table


def _span(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
