"""The processes that read pages, real ones."""

from __future__ import annotations

import gzip
import socket
import sys
from pathlib import Path

import pytest

from bench.errors import PeersError
from bench.peers import BASE, PEERS
from bench.reading import Reading, StoredPage, page_by_page
from bench.workers import PEERS_VENV, ROOT, Task, Worker, peers_python, read_all
from tests.extract.page import PARAGRAPHS, news_page

MOMENT = "2026-11-22T12:00:00+00:00"
LONG = (" ".join(PARAGRAPHS[:2]), " ".join(PARAGRAPHS[2:]))  # justext trusts no short paragraph on its own
PAGE = StoredPage("courier", "https://courier.example/bridge", MOMENT, news_page(paragraphs=LONG))
PROGRAM = """
import socket
from bench.reading import Reading, page_by_page, serve

def fetch(page):
    socket.create_connection(("127.0.0.1", {port}))

def talk(page):
    print("a library that prints")
    return Reading(text=page.body.decode())

serve({{"fetch": page_by_page(lambda: fetch), "talk": page_by_page(lambda: talk)}})
"""


@pytest.fixture
def fields(tmp_path: Path) -> dict[str, str]:
    """The page of these tests as a task names it."""
    (tmp_path / "page.html.gz").write_bytes(gzip.compress(PAGE.body))
    return {"site": PAGE.site, "url": PAGE.url, "captured_at": MOMENT, "html": str(tmp_path / "page.html.gz")}


def test_tasks_are_answered_in_order_by_several_workers(fields: dict[str, str]) -> None:
    tasks = [
        Task("bench.broadsheet", name, (fields,) * count) for count in (3, 1) for name in ("Broadsheet cold", BASE)
    ]
    counted: list[int] = []
    answers = list(read_all(tasks, {"bench.broadsheet": Path(sys.executable)}, 2, counted.append))
    assert [len(readings) for readings in answers] == counted == [3, 3, 1, 1]
    for readings in answers:
        for reading in readings:
            assert reading.text.splitlines()[-2:] == list(LONG)
            assert reading.ms
    assert answers[0][0].title == "Harbour bridge reopens"


def test_what_a_system_raises_is_its_failure_on_that_page_only() -> None:
    def read(page: StoredPage) -> Reading:
        if page.site == "bad":
            raise LookupError("no stop words for this language")
        return Reading("text")

    bad = StoredPage("bad", PAGE.url, MOMENT, b"")
    first, second = page_by_page(lambda: read)()([bad, PAGE])
    assert (first.text, first.failure) == ("", "LookupError: no stop words for this language")
    assert (second.text, second.failure) == ("text", None)


def test_a_system_cannot_reach_the_network_and_may_print(fields: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        (tmp_path / "program.py").write_text(PROGRAM.format(port=server.getsockname()[1]))
        task = Task("program", "fetch", (fields,))
        with Worker("program", _python_that_finds(tmp_path)) as worker:
            (reading,) = worker.ask(task)
            (spoken,) = worker.ask(Task("program", "talk", (fields,)))
    assert "ConnectionRefusedError: a benchmark reads stored pages only" in str(reading.failure)
    assert spoken.text == PAGE.body.decode()


def _python_that_finds(folder: Path) -> Path:
    script = folder / "python"
    script.write_text(f'#!/bin/sh\nPYTHONPATH="{folder}:$PYTHONPATH" exec {sys.executable} "$@"\n')
    script.chmod(0o755)
    return script


def test_a_worker_that_ends_is_named_with_the_page(fields: dict[str, str]) -> None:
    task = Task("bench.errors", "justext", (fields,))  # a module that ends at once
    with (
        Worker(task.program, Path(sys.executable)) as worker,
        pytest.raises(PeersError, match=r"^justext ended while it read https://courier\.example/bridge"),
    ):
        worker.ask(task)


def test_peers_that_cannot_be_installed_say_so_and_are_tried_again(tmp_path: Path) -> None:
    requirements, venv = tmp_path / "requirements.txt", tmp_path / "venv"
    requirements.write_text("a-package-without-a-hash==1.0\n")  # refused before any registry is asked
    (venv / "bin").mkdir(parents=True)
    (venv / "bin/python").symlink_to(sys.executable)
    for _ in range(2):
        with pytest.raises(PeersError, match="--no-peers leaves them out"):
            peers_python(venv, requirements)


def test_an_environment_is_made_once_for_what_is_locked(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    requirements, venv = tmp_path / "requirements.txt", tmp_path / "venv"
    requirements.write_text("# nothing, so that no registry is asked\n")
    announced = []
    for _ in range(2):
        assert peers_python(venv, requirements) == venv / "bin/python"
        announced.append("installing the peers" in capfd.readouterr().err)
    requirements.write_text("# nothing, but other nothing\n")
    peers_python(venv, requirements)
    assert [*announced, "installing the peers" in capfd.readouterr().err] == [True, False, True]
    assert (venv / "bin/python").exists()


def test_the_peers_read_a_page_in_their_own_environment(fields: dict[str, str]) -> None:
    if not list(PEERS_VENV.glob(".installed-*")):
        pytest.skip("the peers are not installed: ./broadsheet bench extraction installs them into .venv-bench")
    tasks = [Task("bench.peers", name, (fields,)) for name in PEERS]
    pythons = {"bench.peers": PEERS_VENV / "bin/python"}
    for task, (reading,) in zip(tasks, read_all(tasks, pythons, 1, lambda _: None), strict=True):
        assert reading.failure is None, (task.system, reading.failure)
        assert LONG[1] in reading.text, task.system


def test_the_peers_are_locked_with_hashes() -> None:
    locked = (ROOT / "bench/peers-requirements.txt").read_text()
    for name in ("newspaper4k==", "readability-lxml==", "resiliparse==", "justext==", "news-please==", "html-text=="):
        assert f"\n{name}" in f"\n{locked}"
    packages = [block for block in locked.replace("\\\n", "").splitlines() if "==" in block]
    assert all("--hash=sha256:" in package for package in packages)
