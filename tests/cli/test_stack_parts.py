"""The parts of the stack one by one: Postgres, secrets, the lock, components, environment."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from cli.airflow_env import airflow_environment, airflow_settings
from cli.component import Component, Part, last_line, shorten
from cli.postgres import EmbeddedPostgres, socket_folder
from cli.sessions import Session, stop_sessions
from cli.stack_errors import AlreadyRunning, PartFailed, StackUnfit
from cli.stack_home import StackHome
from cli.stack_secrets import ensure_secrets, read_password
from cli.stack_state import PartState, StackState, lock_stack, read_state, write_state
from tests.cli.stacks import REPO, wait_for


@pytest.fixture
def home(tmp_path: Path) -> StackHome:
    found = StackHome(tmp_path / "my home")
    found.make()
    return found


@pytest.fixture
def postgres(home: StackHome) -> Iterator[Callable[[], Component]]:
    """Start the embedded Postgres; all are stopped at the end."""
    started: list[Component] = []

    def start() -> Component:
        database = EmbeddedPostgres(home)
        database.prepare()
        started.append(database.component())
        started[-1].start()
        database.wait_ready(started[-1], time.sleep)
        return started[-1]

    yield start
    stop_sessions([session for one in started if (session := one.session())])
    for one in started:
        if one.process:
            one.process.wait()


def query(home: StackHome, statement: str) -> object:
    connection = psycopg2.connect(host=str(socket_folder(home.postgres)), user="postgres", dbname="airflow")
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        found = cursor.fetchone() if cursor.description else None
    connection.close()
    return found


def test_postgres_comes_back_with_its_data_after_a_kill(home: StackHome, postgres: Callable[[], Component]) -> None:
    server = postgres()
    query(home, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
    query(home, "CHECKPOINT")
    assert server.process
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    server.process = None
    postgres()
    assert query(home, "SELECT n FROM kept") == (7,)


def test_postgres_listens_on_a_socket_of_its_owner_only(home: StackHome, postgres: Callable[[], Component]) -> None:
    postgres()
    assert query(home, "SHOW listen_addresses") == ("",)
    assert stat.S_IMODE(home.postgres.stat().st_mode) == 0o700


def test_a_socket_path_that_would_be_too_long_moves_to_a_short_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 90)
    assert socket_folder(tmp_path) == tmp_path or len(str(tmp_path)) > 90
    assert len(os.fsencode(socket_folder(deep) / ".s.PGSQL.5432")) <= 107
    assert socket_folder(deep) == socket_folder(deep) != socket_folder(deep / "y")


def test_a_socket_folder_that_somebody_prepared_is_refused(tmp_path: Path) -> None:
    home = StackHome(tmp_path / "home")
    home.make()
    (tmp_path / "trap").mkdir()
    home.postgres.symlink_to(tmp_path / "trap")
    with pytest.raises(StackUnfit, match="belongs to somebody else"):
        EmbeddedPostgres(home).prepare()


def test_secrets_are_made_once_and_closed_again_if_somebody_opened_them(home: StackHome) -> None:
    ensure_secrets(home)
    first = {path.name: path.read_text() for path in home.secrets.iterdir()}
    (home.secrets / "jwt_secret").chmod(0o644)
    ensure_secrets(home)
    assert {path.name: path.read_text() for path in home.secrets.iterdir()} == first
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.secrets.iterdir()} == {0o600}
    assert len({*first.values()}) == 4
    assert read_password(home) == json.loads(first["airflow_passwords.json"])["admin"]


def test_the_lock_is_for_one_and_names_where_it_runs(home: StackHome) -> None:
    held = lock_stack(home)
    write_state(home, StackState(1234, "http://127.0.0.1:8080", 0.0))
    with pytest.raises(AlreadyRunning, match=r"http://127\.0\.0\.1:8080 \(pid 1234\)"):
        lock_stack(home)
    held.release()
    lock_stack(home).release()


def test_the_state_file_reads_back_and_half_of_one_is_none(home: StackHome) -> None:
    state = StackState(1, "http://127.0.0.1:1", 2.0, 3.0, (PartState("s3", 4, 5.0, 6, "exit 7"),))
    write_state(home, state)
    assert read_state(home) == state
    home.state.write_text(home.state.read_text()[:20])
    assert read_state(home) is None


def test_a_part_that_ends_is_started_again_after_a_wait_that_doubles(tmp_path: Path) -> None:
    part = Part("flaky", [sys.executable, "-c", "raise SystemExit('no disk')"], dict(os.environ), stage=0)
    component = Component(part, tmp_path / "flaky.log")
    component.start()
    waits = []
    for _ in range(3):
        wait_for(component.exited)
        said = component.revive(time.time())
        assert said
        waits.append(said)
        assert component.revive(time.time()) is None  # not yet
        assert component.revive(time.time() + 100) == "flaky started again"
    wait_for(component.exited)
    assert [said.rpartition("again in ")[2] for said in waits] == ["2 s", "4 s", "8 s"]
    assert all("flaky ended (exit 1): no disk" in said for said in waits)
    assert component.state().restarts == 3


def test_a_part_that_cannot_be_started_is_tried_again(tmp_path: Path) -> None:
    """Its host may die while it waits to be forked."""

    class Hostless(Component):
        def start(self) -> None:
            raise PartFailed("flaky cannot be started")

    component = Hostless(Part("flaky", [], {}, stage=0), tmp_path / "flaky.log")
    now = time.time()
    assert component.revive(now) == "flaky cannot be started; again in 2 s"
    assert component.revive(now + 1) is None
    assert component.revive(now + 3) == "flaky cannot be started; again in 4 s"


def test_a_part_dies_with_its_supervisor(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys; from cli.component import Component, Part; "
        "c = Component(Part('x', ['sleep', '600'], dict(os.environ), 0), pathlib.Path(sys.argv[1]) / 'x.log'); c.start(); "
        "print(c.process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=REPO, capture_output=True, text=True, check=False
    )
    assert stop_nothing_left(int(done.stdout))


def stop_nothing_left(sid: int) -> bool:
    from cli.sessions import members  # noqa: PLC0415

    wait_for(lambda: not members([sid]))
    return stop_sessions([Session("x", sid, 0)]) == []


def test_a_log_that_grew_too_long_is_moved_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.component.LOG_LIMIT", 10)
    log = tmp_path / "scheduler.log"
    log.write_text("first\nsecond\nlast\n")
    assert last_line(log) == "last"
    shorten(log)
    assert log.read_text() == ""
    assert (tmp_path / "scheduler.log.1").read_text().endswith("second\nlast\n"[-10:])


def test_a_proxy_is_kept_for_crawls_and_passed_by_on_loopback(home: StackHome) -> None:
    settings = airflow_settings(home, 18080, "postgresql://x")
    found = airflow_environment(settings, {"http_proxy": "http://proxy:1", "no_proxy": "intern.example"})
    assert found["http_proxy"] == "http://proxy:1"
    assert found["no_proxy"] == "intern.example,127.0.0.1,localhost,::1"
    assert found["NO_PROXY"] == "127.0.0.1,localhost,::1"
    assert found["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:18080/execution/"
