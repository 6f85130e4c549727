"""The whole stack by its own commands: one with the demo for most tests, further ones where a test breaks it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from cli.postgres import socket_folder
from tests.cli.stacks import REPO, api_of, broadsheet, living, processes_of, stack_env, status, wait_for
from tests.storage.test_client import plain_s3

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]
LEFTOVERS = (
    "airflow.db",
    "logs",
    "webserver_config.py",
    "standalone_admin_password.txt",
    "simple_auth_manager_passwords.json",
)


@dataclass(frozen=True, slots=True)
class Stack:
    home: Path
    env: dict[str, str]
    said: subprocess.CompletedProcess[str]
    url: str


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with the demo, its first pass published; its home has a blank in its path."""
    home = tmp_path_factory.mktemp("my stack") / "home"
    env = stack_env(home)
    said = broadsheet(env, "up", "--detach")
    try:
        assert said.returncode == 0, said.stderr
        yield Stack(home, env, said, status(env)["url"])
    finally:
        broadsheet(env, "down")


def test_up_says_address_login_first_counts_and_how_to_read(stack: Stack) -> None:
    assert stack.url in stack.said.stdout
    assert re.search(r"admin / \S{12,}", stack.said.stdout)
    assert re.search(r"archived +[1-9]\d* articles.* of 3 sites", stack.said.stdout)
    assert "sites add" not in stack.said.stdout
    promised = re.search(r"`up` ends with [^`]*and this command:\n\n +(\S.*)\n", (REPO / "README.md").read_text())
    assert promised
    assert promised[1] in stack.said.stdout


def test_every_demo_site_ran_green_and_was_published(stack: Stack) -> None:
    api = api_of(stack.home, stack.url)
    dags = {str(dag["dag_id"]) for dag in api.dags()}
    own = {"reextract", "stories", "upkeep", "verify"}
    assert {"publish", *own} <= dags
    assert len(dags) == 8
    for dag_id in dags - own:  # they have their own schedules and tests
        assert "success" in {run["state"] for run in api.runs(dag_id)}, dag_id
    assert api.import_errors() == []


def test_the_articles_event_carries_counts_and_the_tables_version(stack: Stack) -> None:
    events = api_of(stack.home, stack.url).asset_events("broadsheet://articles", "2026-01-01T00:00:00Z")
    assert sum(event["extra"]["articles"] for event in events) > 0
    assert all(isinstance(event["extra"]["table_version"], int) for event in events)
    assert {event["source_dag_id"] for event in events} == {"publish"}


def test_nothing_listens_off_loopback(stack: Stack) -> None:
    addresses = set()
    for process in processes_of(status(stack.env)):
        with contextlib.suppress(psutil.NoSuchProcess):
            addresses |= {one.laddr.ip for one in process.net_connections("inet") if one.status == psutil.CONN_LISTEN}
    assert addresses == {"127.0.0.1"}


def test_secrets_and_state_are_for_their_owner_only(stack: Stack) -> None:
    files = [path for path in (stack.home / "secrets").iterdir() if path.is_file()]
    assert len(files) == 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE((stack.home / name).stat().st_mode) for name in ("secrets", "logs", "run", "postgres")} == {
        0o700
    }


def test_airflow_writes_nothing_beside_its_configuration(stack: Stack) -> None:  # noqa: ARG001
    assert [name for name in LEFTOVERS if (REPO / name).exists()] == []


def test_status_shows_parts_memory_and_runs(stack: Stack) -> None:
    found = status(stack.env)
    parts = {part["name"]: part for part in found["parts"]}
    assert set(parts) == {
        "supervisor", "airflow", "postgres", "s3", "demo", "api-server", "scheduler", "dag-processor", "triggerer",
    }  # fmt: skip
    assert parts["scheduler"]["health"] == parts["dag-processor"]["health"] == "healthy"
    assert found["memory_mib"] == pytest.approx(sum(part["memory_mib"] for part in found["parts"]), abs=1)
    assert {run["dag"] for run in found["runs"]} > {"publish"}
    shown = broadsheet(stack.env, "status").stdout
    assert all(name in shown for name in parts)


def test_a_mistake_in_the_site_file_is_told_once_by_status_until_it_is_mended(stack: Stack) -> None:
    def refused() -> subprocess.CompletedProcess[str] | None:
        said = broadsheet(stack.env, "status")
        return said if said.returncode else None

    own = Path(stack.env["BROADSHEET_SITES"])
    before, dags = own.read_text(), {dag["dag_id"] for dag in api_of(stack.home, stack.url).dags()}
    own.write_text("sites:\n  - {name: times}\n")
    try:
        wait_for(lambda: refused() is not None)
        wait_for(lambda: len(api_of(stack.home, stack.url).dags()) == len(dags) - 4)  # three sites' and publish
        said = refused()
        assert said
        assert said.returncode == 1
        (line,) = (line for line in said.stdout.splitlines() if line.startswith("DAG import error"))
        assert line.endswith(f"{own}:2: home: missing; every site needs a name and a home")
        assert status(stack.env)["import_errors"] == [line.removeprefix("DAG import error: ")]
    finally:
        own.write_text(before)
    wait_for(lambda: not refused() and {dag["dag_id"] for dag in api_of(stack.home, stack.url).dags()} == dags)


def test_a_second_up_names_the_running_one(stack: Stack) -> None:
    second = broadsheet(stack.env, "up", "--detach")
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert stack.url in second.stderr
    assert status(stack.env)["running"]


def test_a_taken_port_is_refused_in_one_line_with_the_fix(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = broadsheet(stack_env(tmp_path / "home"), "up", "--port", str(port))
    assert refused.returncode == 2
    assert refused.stderr == f"Error: port {port} is taken on 127.0.0.1; choose another with --port, or leave it out\n"


def test_a_broken_sites_file_is_refused_in_one_line(tmp_path: Path) -> None:
    env = stack_env(tmp_path / "home")
    Path(env["BROADSHEET_SITES"]).write_text("sites:\n  - {name: times}\n")
    refused = broadsheet(env, "up", "--detach")
    assert refused.returncode == 2
    assert refused.stderr == f"Error: {env['BROADSHEET_SITES']}:2: home: missing; every site needs a name and a home\n"


def test_a_part_that_is_killed_is_started_again(stack: Stack) -> None:
    def part(name: str) -> dict[str, Any]:
        return next(part for part in status(stack.env)["parts"] if part["name"] == name)

    def is_back(name: str, before: int) -> bool:
        now = part(name)
        return now["restarts"] == 1 and now["pid"] not in {0, before} and now["processes"] > 0

    for name in ("triggerer", "s3"):
        before = part(name)["pid"]
        os.kill(before, signal.SIGKILL)
        wait_for(partial(is_back, name, before))


@contextlib.contextmanager
def running(env: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], list[psutil.Process]]]:
    """A stack without the demo, started in the foreground and ready; gives `up` and every process of it."""
    argv = [sys.executable, "-m", "cli", "up", "--no-demo"]
    with subprocess.Popen(argv, cwd=REPO, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as up:
        assert up.stdout
        try:
            assert any("./broadsheet articles" in line for line in up.stdout)
            yield up, processes_of(status(env))
            up.communicate(timeout=120)
        finally:
            up.terminate()


def test_ctrl_c_stops_all_and_a_killed_supervisor_leaves_nothing_running(tmp_path: Path) -> None:
    """Twice the same stack, in a home too deep for a unix socket, beside the other stack."""
    home = tmp_path / ("deep " * 18).strip() / "home"
    env = stack_env(home)
    with running(env) as (up, started):
        up.send_signal(signal.SIGINT)
    assert up.returncode == 0
    assert living(started) == []
    assert not socket_folder(home / "postgres").exists()
    again = broadsheet(env, "up", "--detach", "--no-demo")
    assert again.returncode == 0
    assert "no sites  ./broadsheet sites add https://www.example.com/ adds one" in again.stdout
    found = status(env)
    started = processes_of(found)
    assert len(started) > 10
    os.kill(found["pid"], signal.SIGKILL)
    wait_for(lambda: not living(started))
    for _ in range(2):
        done = broadsheet(env, "down")
        assert done.returncode == 0
        assert "nothing runs" in done.stderr


def test_invented_articles_do_not_go_into_a_store_of_ones_own(store_env: dict[str, str], tmp_path: Path) -> None:
    env = stack_env(tmp_path / "home") | store_env
    try:
        said = broadsheet(env, "up", "--detach")
        assert said.returncode == 0, said.stderr
        assert "no sites" in said.stdout
        assert "demo" not in {part["name"] for part in status(env)["parts"]}
    finally:
        broadsheet(env, "down")


def test_an_s3_that_does_not_answer_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
        env = stack_env(tmp_path / "home") | {"BROADSHEET_S3_ENDPOINT": endpoint, "BROADSHEET_S3_BUCKET": "news"}
        env |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
        done = broadsheet(env, "up", "--detach", "--no-demo")
    assert done.returncode == 1
    assert endpoint in done.stderr.splitlines()[-1]
    assert "nothing runs" in broadsheet(env, "down").stderr


def test_an_s3_without_conditional_writes_is_refused_in_one_line(tmp_path: Path) -> None:
    with plain_s3("deaf", tmp_path) as store:
        env = stack_env(tmp_path / "home") | {"BROADSHEET_S3_ENDPOINT": str(store.settings.endpoint)}
        env |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
        done = broadsheet(env, "up", "--detach", "--no-demo")
    assert done.returncode == 1
    assert "ignores If-None-Match on PUT" in done.stderr.splitlines()[-1]
    assert "nothing runs" in broadsheet(env, "down").stderr
