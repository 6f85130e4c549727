"""Stored real pages served as live sites through a proxy (not part of the project: give its place with --shared)."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from extract.url import normalise_url


@dataclass(frozen=True, slots=True)
class Replay:
    """A running replay: its proxy address and the sites it serves, as its own site list gives them."""

    proxy: str
    sites: list[dict[str, Any]]

    def control(self, verb: str, **query: str) -> Any:  # noqa: ANN401 - JSON
        """Ask the replay for `verb` (advance, fault, log, truth…) and return its JSON."""
        rest = "&".join(f"{key}={value}" for key, value in query.items())
        with urllib.request.urlopen(f"{self.proxy}/__replay/{verb}?{rest}", data=b"") as answer:  # noqa: S310 - loopback
            return json.loads(answer.read())


@contextmanager
def replay(shared: Path, port: int, hosts: list[str], multiply: int, published: float) -> Iterator[Replay]:
    """Serve `multiply` copies of the corpus pages of `hosts` (all if empty) while the block runs."""
    argv = [sys.executable, str(shared / "replay/replay.py"), "--corpus", str(shared / "corpus"), "--port", str(port)]
    argv += ["--multiply", str(multiply), "--published", str(published), "--sites", ",".join(hosts)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None or "proxy" not in process.stdout.readline():
                raise RuntimeError("the replay did not start")
            served = Replay(f"http://127.0.0.1:{port}", [])
            yield Replay(served.proxy, served.control("sites"))
        finally:
            process.terminate()


def page_bodies(shared: Path, hosts: list[str], multiply: int) -> list[tuple[str, bytes]]:
    """Return (url, body) of every page that the replay serves for `hosts`, copies included."""
    module = _load(shared / "replay/replay.py")
    world = module.World(shared / "corpus", set(hosts) or None, multiply, 1.0)
    return [(page.replay_url, page.body()) for pages in world.sites.values() for page in pages]


def choose_hosts(shared: Path, count: int) -> tuple[list[str], int]:
    """Return the `count` hosts with most pages (all with 0), and how many pages they have together."""
    module = _load(shared / "replay/replay.py")
    world = module.World(shared / "corpus", None, 1, 1.0)
    ordered = sorted(world.sites.items(), key=lambda item: (-len(item[1]), item[0]))
    chosen = ordered[: count or None]
    return [host for host, _ in chosen], sum(len(pages) for _, pages in chosen)


def site_file(sites: list[dict[str, Any]], path: Path) -> None:
    """Write a sites.yaml for the replayed `sites`, without any delay."""
    entries = [
        {"name": _name(site["host"]), "home": site["home"], "feeds": site["feeds"], "delay": 0, "max_pages": 100_000}
        for site in sites
        if _is_url(site["home"])  # two of the corpus are none
    ]
    path.write_text(json.dumps({"sites": entries}))  # JSON is YAML


def _name(host: str) -> str:
    return "".join(char if char.isascii() and char.isalnum() else "-" for char in host)


def _is_url(text: str) -> bool:
    try:
        normalise_url(text)
    except ValueError:
        return False
    return True


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("replay", path)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules["replay"] = module
    spec.loader.exec_module(module)
    return module
