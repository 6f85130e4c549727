"""The stack's S3: `python -m cli.stack_store` starts the embedded server or probes the configured one, then ends.

In a process of its own, so that the supervisor, which stays, never loads boto3 (40 MB).
"""

from __future__ import annotations

import json
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import psutil

from cli.component import Component
from cli.sessions import Session
from cli.stack_home import StackHome
from cli.stack_state import PartState

NAME = "s3"


@click.command()
def main() -> None:
    """Start or probe the store; the last stdout line is {"pid": ..., "place": ...}, pid 0 for one that is not ours."""
    from storage.client import Store  # noqa: PLC0415 - boto3: only in this short process
    from storage.embedded import EmbeddedStore  # noqa: PLC0415
    from storage.probe import check_store  # noqa: PLC0415
    from storage.settings import StoreSettings  # noqa: PLC0415

    settings = StoreSettings.from_env()
    if settings.embedded:
        server = EmbeddedStore(settings).start(keep=True)
        found = {"pid": server.pid, "place": f"embedded S3 at {server.endpoint}"}
    else:
        store = Store(settings)
        check_store(store, remembered=True)
        store.close()
        found = {"pid": 0, "place": settings.place}
    click.echo(json.dumps(found))


@dataclass(slots=True)
class StoreServer:
    """The embedded server as a part of the stack: not our child, so it is watched by its pid."""

    starter: Component  # the short process above; started again when the server dies
    home: StackHome
    pid: int = 0
    started_at: float = field(default_factory=time.time)
    restarts: int = 0
    _again_at: float = 0.0

    @property
    def log(self) -> Path:
        return self.home.store_log

    def adopt(self) -> str:
        """Take over the server that the starter, now ended, reported; return its place, LookupError without."""
        found = _last_object(self.starter.log)
        self.pid = int(found["pid"])
        return str(found["place"])

    def alive(self) -> bool:
        try:
            return self.pid == 0 or psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def revive(self, now: float) -> str | None:
        """Start the server again if it died; return a line to report, if there is one."""
        if self.starter.process is not None and self.starter.exited():
            self.starter.process = None
            try:
                self.started_at, place = now, self.adopt()
            except LookupError as error:
                self._again_at = now + 10
                return f"{NAME} does not start: {error}; again in 10 s"
            return f"{place} started again"
        if self.starter.process is None and not self.alive() and now >= self._again_at:
            self.restarts += 1
            self.starter.start()
            return f"{NAME} ended"
        return None

    def session(self) -> Session | None:
        if self.pid == 0 or not self.alive():
            return None
        return Session(NAME, self.pid, stage=2, patience_s=20.0, stop_signal=signal.SIGTERM)

    def state(self) -> PartState:
        return PartState(NAME, self.pid, self.started_at, self.restarts)


def _last_object(log: Path) -> dict[str, Any]:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    if lines and lines[-1].startswith("{"):
        return dict(json.loads(lines[-1]))
    raise LookupError(lines[-1].removeprefix("Error: ") if lines else "no word from it")


if __name__ == "__main__":
    sys.exit(main())
