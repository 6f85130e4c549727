"""pywb as its users run it, on loopback: the wayback machine that what we store must open in."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from extract.capture import Capture
from tests.cli.conftest import ROOT

BIN = ROOT / ".venv-pywb/bin"
COMPARED = {"content-type", "content-encoding", "etag", "last-modified"}  # what a replay passes on under some name


def need_pywb() -> None:
    """Skip the test where pywb is missing."""
    if not (BIN / "wayback").exists():
        pytest.skip("pywb is not installed: ./broadsheet test installs it into .venv-pywb")


@contextmanager
def serve_pywb(folder: Path, env: Mapping[str, str] | None = None) -> Iterator[str]:
    """Give the address of a pywb that runs in `folder`, on its config.yaml or its collections."""
    need_pywb()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    argv = [BIN / "wayback", "-p", str(port), "-b", "127.0.0.1"]
    with (folder / "pywb.log").open("wb") as log, subprocess.Popen(
        argv, cwd=folder, stderr=log, env=os.environ | (env or {})
    ) as server:  # fmt: skip
        try:
            while server.poll() is None:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/").close()
                    break
                except (urllib.error.URLError, ConnectionError):
                    time.sleep(0.1)  # between two looks
            assert server.poll() is None, (folder / "pywb.log").read_text()
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def assert_replays(collection: str, capture: Capture, when: str = "") -> None:
    """Check that the collection answers with the capture's status, its body byte for byte, and its headers."""
    url = f"{collection}/{when}id_/{capture.final_url}"
    ask = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with _answer(ask) as answer:
        assert answer.status == capture.status
        assert answer.read() == capture.body, capture.url
        for name, value in capture.headers:
            if name.lower() in COMPARED:
                told = answer.headers.get_all(name, []) + answer.headers.get_all(f"X-Archive-Orig-{name}", [])
                assert value in told, name


def _answer(ask: urllib.request.Request) -> Any:
    try:
        return urllib.request.urlopen(ask)
    except urllib.error.HTTPError as error:  # of a page that was gone when it was captured
        return error
