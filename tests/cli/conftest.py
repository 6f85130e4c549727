"""The CLI as its users call it: a process of its own, on a real S3 server and the demo newspaper on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from spiders.demo.newspaper import Demo, ManualClock, serve_demo
from storage.client import Store

Once = Callable[[str, Callable[[], object]], None]
Archived = Callable[..., "Cli"]
ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(slots=True)
class Cli:
    """Runs `./broadsheet VERB …` in an environment of its own."""

    env: dict[str, str]
    sites_file: Path
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def __call__(
        self, *argv: str, code: int = 0, stdin: str = "", cwd: Path = ROOT, **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a verb to its end and check its exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "cli", *argv], env=self.env | env, cwd=cwd, input=stdin, capture_output=True, text=True, check=False
        )  # fmt: skip
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done

    def ingest(self, *argv: str, code: int = 0) -> dict[str, Any]:
        """Ingest once; return the run report after checking that its counts add up."""
        report: dict[str, Any] = json.loads(self("ingest", "--json", *argv, code=code).stdout.splitlines()[-1])
        for counts in (report["totals"], *(site for site in report["sites"].values() if "error" not in site)):
            ended = sum(counts[name] for name in ("articles", "not_modified", "unchanged", "not_due", "deferred"))
            assert counts["discovered"] + counts["recovered"] == ended + sum(counts["rejections"].values()), counts
        return report

    def rows(self, verb: str = "articles", *argv: str) -> list[dict[str, Any]]:
        """Return the rows that `articles` or `rejections` prints as JSON lines."""
        return [json.loads(line) for line in self(verb, *argv, "--format", "jsonl").stdout.splitlines()]

    def start(self, *argv: str) -> subprocess.Popen[str]:
        """Start a verb and leave it running."""
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", *argv], env=self.env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )  # fmt: skip
        self.running.append(process)
        return process

    def await_captures(self, process: subprocess.Popen[str], count: int = 3) -> None:
        """Return when the crawl has written `count` records to its spool; fail if the process ends before."""
        spool = Path(self.env["BROADSHEET_HOME"]) / "spool"
        while sum(path.read_bytes().count(b"\x1f\x8b\x08") for path in spool.glob("*/*.open")) < count:
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)  # between two looks

    def write_sites(self, *entries: dict[str, Any]) -> None:
        """Put these sites into force."""
        self.sites_file.write_text(json.dumps({"sites": list(entries)}))


@pytest.fixture
def cli(store_env: dict[str, str], tmp_path: Path) -> Iterator[Cli]:
    """The CLI on an empty archive without sites."""
    inherited = {
        key: value for key, value in os.environ.items() if not key.startswith(("BROADSHEET_", "AWS_", "AIRFLOW"))
    }
    sites_file = tmp_path / "sites.yaml"
    sites_file.write_text("sites: []\n")
    made = Cli(inherited | store_env | {"BROADSHEET_SITES": str(sites_file), "PYTHONPATH": str(ROOT)}, sites_file)
    yield made
    for process in made.running:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def printed() -> Iterator[tuple[Demo, ManualClock]]:
    """The demo newspaper, live at the same addresses for all tests of a process, and its clock."""
    clock = ManualClock(0)
    with serve_demo(clock) as served:
        yield served, clock


@pytest.fixture
def clock(printed: tuple[Demo, ManualClock]) -> ManualClock:
    """The demo's clock, at its start."""
    printed[1].at_s = 0.0
    return printed[1]


@pytest.fixture
def demo(cli: Cli, clock: ManualClock, printed: tuple[Demo, ManualClock]) -> Demo:
    """The demo newspaper, in force as the only sites."""
    assert clock.at_s == 0
    cli.write_sites(*(paper.site_entry() for paper in printed[0].papers))
    return printed[0]


@pytest.fixture(scope="session")
def snapshots() -> dict[str, dict[str, bytes]]:
    """The objects of archives that were made once, by key."""
    return {}


@pytest.fixture
def once(store: Store, snapshots: dict[str, dict[str, bytes]]) -> Once:
    """Give a function that fills the empty store as `make` does, under a name: only the first time `make` is called."""

    def fill(name: str, make: Callable[[], object]) -> None:
        if name in snapshots:
            for key, body in snapshots[name].items():
                store.put(key, body)
        else:
            make()
            snapshots[name] = {one.key: store.get(one.key).body for one in store.list("")}

    return fill


@pytest.fixture
def archived(cli: Cli, demo: Demo, clock: ManualClock, once: Once) -> Archived:
    """Give a function that returns the CLI on an archive of the demo, ingested at these of its seconds."""
    assert demo.papers

    def at(*moments: float) -> Cli:
        def make() -> None:
            for clock.at_s in moments:
                cli.ingest("--revisit-now")

        once(f"the demo at {moments}", make)
        clock.at_s = moments[-1]
        return cli

    return at
