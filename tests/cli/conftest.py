"""The CLI as its users call it: a process of its own, on a real S3 server and the demo newspaper on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from spiders.demo.newspaper import Demo, ManualClock, serve_demo

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(slots=True)
class Cli:
    """Runs `./broadsheet VERB …` in an environment of its own."""

    env: dict[str, str]
    sites_file: Path
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def __call__(self, *argv: str, code: int = 0, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        """Run a verb to its end and check its exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "cli", *argv], env=self.env | env, cwd=ROOT, input=stdin, capture_output=True, text=True, check=False
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


@pytest.fixture
def clock() -> ManualClock:
    """The demo's clock, at its start."""
    return ManualClock(0)


@pytest.fixture
def demo(cli: Cli, clock: ManualClock) -> Iterator[Demo]:
    """The demo newspaper, live, and in force as the only sites."""
    with serve_demo(clock) as served:
        cli.write_sites(*(paper.site_entry() for paper in served.papers))
        yield served
