"""`python -m spiders.demo` as a process."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from spiders.demo.newspaper import load_papers
from spiders.demo.state import DemoState
from spiders.site import load_sites

ROOT = Path(__file__).parents[3]
NAMES = [paper.name for paper in load_papers()]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose newspaper opens now and takes any free port: the preferred ones may belong to a demo that runs."""
    state = DemoState(datetime.now(UTC), dict.fromkeys(NAMES, 0))
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "state.json").write_text(state.to_json())
    return tmp_path


def argv(home: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "spiders.demo", "--home", str(home), *more]


@contextmanager
def running(home: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        argv(home, *more), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.terminate()


def fetch(url: str) -> bytes:
    parts = urlsplit(url)
    with closing(HTTPConnection(parts.netloc, timeout=10)) as connection:
        connection.request("GET", parts.path)
        response = connection.getresponse()
        assert response.status == 200
        return response.read()


def state(home: Path) -> dict[str, object]:
    kept: dict[str, object] = json.loads((home / "demo" / "state.json").read_text())
    return kept


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_site_file_loads_while_it_runs_and_is_removed_at_its_end(home: Path, number: signal.Signals) -> None:
    with running(home) as process:
        sites = load_sites([home / "demo" / "sites.yaml"])
        assert [site.name for site in sites] == NAMES
        assert all(site.demo and site.allow_hosts == (site.home_host,) for site in sites)
        assert all(fetch(site.home) and fetch(site.feeds[0]) for site in sites)
        process.send_signal(number)
        assert process.wait() == 0
        assert [path.name for path in (home / "demo").iterdir()] == ["state.json"]


def test_signals_that_come_while_it_ends_change_nothing(home: Path) -> None:
    with running(home) as process:
        while process.poll() is None:
            process.send_signal(signal.SIGTERM)
        assert process.returncode == 0
    assert [path.name for path in (home / "demo").iterdir()] == ["state.json"]


def test_a_restart_goes_on_with_the_same_newspaper_at_the_same_addresses(home: Path) -> None:
    with running(home):
        first = state(home)
        sites = load_sites([home / "demo" / "sites.yaml"])
    with running(home):
        assert state(home) == first
        assert load_sites([home / "demo" / "sites.yaml"]) == sites


def test_a_taken_port_is_named_and_another_one_kept(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = {**dict.fromkeys(NAMES, 0), NAMES[1]: port}
        (home / "demo" / "state.json").write_text(DemoState(datetime.now(UTC), ports).to_json())
        with running(home) as process:
            new = load_sites([home / "demo" / "sites.yaml"])[1]
            assert new.home_host != f"127.0.0.1:{port}"
            process.terminate()
            assert process.stderr is not None
            assert f"port {port} is not free" in process.stderr.read()
    assert f"127.0.0.1:{state(home)['ports'][NAMES[1]]}" == new.home_host  # type: ignore[index]


def test_it_does_not_outlive_its_parent(home: Path) -> None:
    starter = f"import subprocess, sys; p = subprocess.Popen({argv(home)!r}); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", starter], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        parent.kill()
        assert parent.stdout.read() == ""  # the pipe, which the demo inherited, closes only when it ends, too
    assert not (home / "demo" / "sites.yaml").exists()


def test_a_faster_demo_publishes_sooner(home: Path) -> None:
    opened = datetime.now(UTC).replace(microsecond=0)
    (home / "demo" / "state.json").write_text(DemoState(opened, dict.fromkeys(NAMES, 0)).to_json())
    with running(home, "--speed", "10000"):
        site = load_sites([home / "demo" / "sites.yaml"])[1]
        latest = ""
        while "who-owns-the-pond" not in latest:  # its last article, 0.12 s after the epoch
            latest = fetch(site.feeds[0]).decode()


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("{", "delete it to start a new demo newspaper"),
        ('{"epoch": "noon", "ports": {}}', "delete it"),
        ("[]", "delete it"),
    ],
)
def test_a_broken_state_file_is_one_line_and_exit_2(home: Path, broken: str, message: str) -> None:
    (home / "demo" / "state.json").write_text(broken)
    done = subprocess.run(argv(home), cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "state.json" in done.stderr
    assert message in done.stderr


def test_a_home_that_cannot_be_written_is_one_line_and_exit_2(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = subprocess.run(argv(tmp_path / "file"), cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert str(tmp_path / "file") in done.stderr


def test_bad_arguments_are_one_line_and_exit_2(tmp_path: Path) -> None:
    for bad in (["--speed", "0"], ["--speed", "soon"], ["--nonsense"]):
        done = subprocess.run(argv(tmp_path, *bad), cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert bad[0] in done.stderr
    assert not (tmp_path / "demo").exists()
