from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.warc import read_captures
from spiders.demo.newspaper import Demo
from storage.client import Store
from tests.cli.conftest import ROOT, Cli

WAYBACK = ROOT / ".venv-pywb/bin/wayback"


@pytest.fixture
def bucket(cli: Cli, demo: Demo, store: Store, tmp_path: Path) -> Path:
    """A folder with what an ingest of the demo left below raw/, and one sorted index beside it."""
    assert demo.papers
    cli.ingest()
    lines: list[bytes] = []
    for listed in store.list("raw/"):
        path = tmp_path / "bucket" / listed.key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(store.get(listed.key).body)
        if path.suffix == ".cdxj":
            lines += path.read_bytes().splitlines(keepends=True)
    (tmp_path / "index.cdxj").write_bytes(b"".join(sorted(lines)))
    return tmp_path / "bucket"


@pytest.fixture
def pywb(bucket: Path) -> Iterator[str]:
    """The address of a pywb that serves the bucket."""
    if not WAYBACK.exists():
        pytest.skip("pywb is not installed: ./broadsheet test installs it into .venv-pywb")
    config = "collections: {demo: {index_paths: ./index.cdxj, archive_paths: ./bucket/}}\n"
    (bucket.parent / "config.yaml").write_text(config)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        [WAYBACK, "-p", str(port), "-b", "127.0.0.1"], cwd=bucket.parent, stderr=subprocess.PIPE
    ) as server:
        while server.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/").close()
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)  # between two looks
        assert server.poll() is None
        yield f"http://127.0.0.1:{port}/demo"
        server.terminate()


def test_warcio_check_finds_nothing_wrong(bucket: Path) -> None:
    files = [str(path) for path in bucket.rglob("*.warc.gz")]
    done = subprocess.run(
        [Path(sys.executable).with_name("warcio"), "check", *files], capture_output=True, text=True, check=False
    )
    assert files
    assert done.returncode == 0, done.stdout + done.stderr


def test_pywb_replays_every_page_byte_for_byte_with_its_headers(bucket: Path, pywb: str) -> None:
    count = 0
    for path in bucket.rglob("*.warc.gz"):
        with path.open("rb") as stream:
            for capture in read_captures(stream, path.name, "demo"):
                ask = urllib.request.Request(f"{pywb}/id_/{capture.final_url}", headers={"Accept-Encoding": "gzip"})
                with urllib.request.urlopen(ask) as answer:
                    assert answer.status == capture.status
                    assert answer.read() == capture.body, capture.url
                    for name, value in capture.headers:
                        if name.lower() in {"content-type", "content-encoding", "etag", "last-modified"}:
                            told = answer.headers.get_all(name, []) + answer.headers.get_all(
                                f"X-Archive-Orig-{name}", []
                            )
                            assert value in told, name
                count += 1
    assert count >= 18
