"""The Step operator with real child processes: what it logs, what it returns, and how its child ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from tests.dags.conftest import REPO

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("airflow")]
RUN_AFTER = datetime(2026, 11, 22, 13, 5, 7, tzinfo=UTC)


class DagRun:
    run_after = RUN_AFTER
    run_id = "scheduled__2026-11-22T13:05:00+00:00"


def wait_for(happened: Callable[[], bool], within_s: float = 60.0) -> None:
    """Poll; fails the test if it never happens."""
    deadline = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Give a function that sets what `python -m cli` does in the Step's child: the text of its __main__."""
    import dags.step  # noqa: PLC0415

    (tmp_path / "repo" / "cli").mkdir(parents=True)
    monkeypatch.setattr(dags.step, "REPO", tmp_path / "repo")
    return lambda text: (tmp_path / "repo" / "cli" / "__main__.py").write_text(textwrap.dedent(text)) and None


def make_step(**rest: Any) -> Any:
    from dags.step import Step  # noqa: PLC0415

    return Step(task_id="crawl", verb="crawl", site="times", **rest)


def execute(step: Any, try_number: int = 1, max_tries: int = 0) -> Any:
    ti = SimpleNamespace(try_number=try_number, max_tries=max_tries)
    return step.execute({"dag_run": DagRun(), "outlet_events": {}, "ti": ti})


def test_the_run_id_is_the_same_for_every_try_and_sorts_by_time() -> None:
    from dags.run import run_id  # noqa: PLC0415

    first = run_id(RUN_AFTER, DagRun.run_id)
    assert first == run_id(RUN_AFTER, DagRun.run_id)
    assert first.startswith("20261122T130507Z-")
    assert first != run_id(RUN_AFTER, "manual__2026-11-22T13:05:07+00:00")


def test_the_last_line_is_the_result_and_the_verb_gets_site_and_run(command: Callable[[str], None]) -> None:
    command("import json, sys; print('noise'); print(json.dumps({'argv': sys.argv[1:]}))")
    assert execute(make_step()) == {"argv": ["crawl", "times", "--run", "20261122T130507Z-fc9601"]}


def test_stderr_is_logged_once_at_its_own_level_and_the_counts_last(
    command: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    command(
        """
        import sys
        print("2026-11-22 13:05:07 WARNING spiders: slow", file=sys.stderr)
        print("fetched 3", file=sys.stderr)
        print('{"site": "times", "outcomes": {"captured": 3, "failed": 0}, "sources": {"http://a/": "ok"}}')
        """
    )
    execute(make_step())
    said = re.findall(r"\[(\w+) *\] (.*?) +\[airflow.task.operators.dags.step.Step\]", capfd.readouterr().out)
    assert said[-3:] == [
        ("warning", "2026-11-22 13:05:07 WARNING spiders: slow"),
        ("info", "fetched 3"),
        ("info", "captured 3"),
    ]


@pytest.mark.parametrize(("code", "again"), [(1, True), (2, False), (3, False), (70, True)])
def test_configuration_and_a_site_that_gives_less_fail_at_once_the_rest_is_tried_again(
    command: Callable[[str], None], code: int, again: bool
) -> None:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException  # noqa: PLC0415

    command(f"import sys; print('Error: times: no article for 2 days', file=sys.stderr); sys.exit({code})")
    with pytest.raises(AirflowException, match="times: no article for 2 days") as caught:
        execute(make_step())
    assert isinstance(caught.value, AirflowFailException) is not again


def test_a_step_that_had_nothing_to_do_is_skipped_unless_a_try_before_it_may_have_done_it(
    command: Callable[[str], None],
) -> None:
    from airflow.sdk.exceptions import AirflowSkipException  # noqa: PLC0415

    command("""print('{"runs": 0}')""")
    with pytest.raises(AirflowSkipException, match="nothing to crawl"):
        execute(make_step(idle_without="runs", retries=2), max_tries=2)
    assert execute(make_step(idle_without="runs", retries=2), try_number=2, max_tries=2) == {"runs": 0}
    with pytest.raises(AirflowSkipException):  # cleared after two tries: Airflow counts on
        execute(make_step(idle_without="runs", retries=2), try_number=3, max_tries=4)
    command("""print('{"runs": 12}')""")  # of another length, so that Python compiles it anew
    assert execute(make_step(idle_without="runs")) == {"runs": 12}


def test_a_command_that_prints_no_result_fails(command: Callable[[str], None]) -> None:
    from airflow.sdk.exceptions import AirflowException  # noqa: PLC0415

    command("print('done')")
    with pytest.raises(AirflowException, match="no JSON object: done"):
        execute(make_step())


def test_airflows_own_settings_and_connections_do_not_reach_the_command(
    command: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_X", "secret")
    monkeypatch.setenv("BROADSHEET_S3_BUCKET", "mine")
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "secret")
    command("import json, os; print(json.dumps(dict(os.environ)))")
    seen = execute(make_step())
    assert "secret" not in seen.values()
    assert not [name for name in seen if name.startswith(("AIRFLOW__", "AIRFLOW_CONN_"))]
    assert seen["BROADSHEET_S3_BUCKET"] == "mine"


SLOW = """
    import pathlib, signal, sys, time
    here = pathlib.Path(__file__).parent
    def note(number, frame):
        with (here / "signals").open("a") as file:
            file.write(signal.Signals(number).name + " ")
    for number in (signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, note)
    (here / "pid").write_text(str(__import__("os").getpid()))
    while not (here / "signals").exists():
        time.sleep(0.02)
    time.sleep({drain})
    print("drained", file=sys.stderr)
    print('{{"captured": 1}}')
"""


@pytest.fixture
def task(tmp_path: Path, command: Callable[[str], None]) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a Step in a process of its own, as Airflow does; waits until the Step's child runs."""
    started: list[subprocess.Popen[bytes]] = []
    runner = """
        import signal, sys, pathlib
        from datetime import datetime, UTC
        import dags.step
        from airflow.sdk.exceptions import AirflowTaskTimeout
        dags.step.REPO = pathlib.Path(sys.argv[1])
        step = dags.step.Step(task_id="crawl", verb="crawl", site="times", drain_s=float(sys.argv[2]))
        class DagRun: run_after, run_id = datetime.now(UTC), "manual"
        def timeout(*_): raise AirflowTaskTimeout("too long")
        signal.signal(signal.SIGTERM, lambda *_: step.on_kill())
        signal.signal(signal.SIGALRM, timeout)
        print(step.execute({"dag_run": DagRun, "outlet_events": {}}))
    """

    def start(drain: float, drain_s: float = 30.0) -> subprocess.Popen[bytes]:
        command(SLOW.format(drain=drain))
        argv = [sys.executable, "-c", textwrap.dedent(runner), str(tmp_path / "repo"), str(drain_s)]
        process = subprocess.Popen(argv, cwd=REPO, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        started.append(process)
        wait_for(
            lambda: (
                (tmp_path / "repo" / "cli" / "pid").exists() and bool((tmp_path / "repo" / "cli" / "pid").read_text())
            )
        )
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def child_of(tmp_path: Path) -> tuple[int, Path]:
    folder = tmp_path / "repo" / "cli"
    return int((folder / "pid").read_text()), folder / "signals"


def test_a_stopped_task_asks_its_child_once_and_keeps_what_it_says(
    task: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    process = task(drain=0.5)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"{'captured': 1}" in out
    assert child_of(tmp_path)[1].read_text() == "SIGTERM "


def test_a_killed_task_tells_its_child_which_ends_by_itself(
    task: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    process = task(drain=0.2)
    pid, signals = child_of(tmp_path)
    assert os.getsid(pid) == pid  # Airflow's kill of the task's process group passes it by
    process.kill()
    process.wait()
    wait_for(lambda: not alive(pid))
    assert signals.read_text() == "SIGUSR1 "


def test_a_timed_out_task_fails_only_after_its_child_has_drained(
    task: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    process = task(drain=0.5)
    process.send_signal(signal.SIGALRM)
    _, err = process.communicate(timeout=60)
    pid, signals = child_of(tmp_path)
    assert process.returncode == 1
    assert b"AirflowTaskTimeout: too long" in err
    assert signals.read_text() == "SIGTERM "
    assert not alive(pid)


def test_a_child_that_does_not_drain_in_time_is_killed(
    task: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    process = task(drain=600, drain_s=0.5)
    process.send_signal(signal.SIGALRM)
    process.communicate(timeout=60)
    assert not alive(child_of(tmp_path)[0])
