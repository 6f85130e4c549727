"""What the demo keeps in DIR/demo: state.json (epoch and ports: a restart is the same newspaper) and sites.yaml."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import yaml

from spiders.demo.errors import DemoError
from spiders.demo.newspaper import Demo
from spiders.demo.paper import Paper
from spiders.demo.server import PaperServer

log = logging.getLogger(__name__)
FIRST_PORT = 8741  # and the next ones, a paper each: article URLs stay the same between starts


@dataclass(slots=True)
class DemoState:
    """When the newspaper first opened, and the port of each paper, by its name."""

    epoch: datetime
    ports: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps({"epoch": self.epoch.isoformat(), "ports": self.ports}, indent=1) + "\n"


def read_state(path: Path) -> DemoState:
    """Return the state in `path`, or that of a newspaper that opens now. Raises DemoError for anything else."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        epoch = datetime.fromisoformat(kept["epoch"]).astimezone(UTC)
        return DemoState(epoch, {str(name): int(port) for name, port in kept["ports"].items()})
    except FileNotFoundError:
        return DemoState(datetime.now(UTC).replace(microsecond=0))
    except OSError as error:
        raise DemoError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DemoError(f"{path}: not the demo's state ({error}); delete it to start a new demo newspaper") from error


def bind(paper: Paper, place: int, state: DemoState) -> PaperServer:
    """Return a server of `paper` on its own port, or on any free one if that is taken; `state` gets the new port."""
    wanted = state.ports.get(paper.name, FIRST_PORT + place)
    try:
        server = PaperServer(wanted, gzips=paper.gzip)
    except (OSError, OverflowError) as error:
        server = PaperServer(0, gzips=paper.gzip)
        log.warning(
            "port %d is not free (%s): %s moves to port %d, so its articles have new URLs",
            wanted, getattr(error, "strerror", error), paper.title, server.server_port,
        )  # fmt: skip
    state.ports[paper.name] = server.server_port
    return server


def write_sites(path: Path, demo: Demo) -> None:
    """Write the demo's site file; a reader sees the old one, none, or the whole."""
    entries = yaml.safe_dump({"sites": [paper.site_entry() for paper in demo.papers]}, sort_keys=False)
    write_whole(path, f"# Written by the running demo newspaper and removed at its end; see spiders/demo/.\n{entries}")


def write_whole(path: Path, text: str) -> None:
    """Replace `path` at once. Raises DemoError where it cannot be written."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise DemoError(f"{path}: {error.strerror}; choose another --home") from error
