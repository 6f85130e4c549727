"""A pass over sites, a store or pages that fail: what is said, what is counted, and that nothing is lost."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from extract.warc import read_members
from spiders.demo.newspaper import Demo
from storage.client import Store
from storage.embedded import EmbeddedStore
from storage.settings import StoreSettings
from tests.cli.conftest import Cli
from tests.extract.page import PARAGRAPHS, news_page


class Answer(BaseHTTPRequestHandler):
    """One status for everything."""

    status = 503

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def site(cli: Cli, name: str, handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Have `handler` answer as the one site of the site file; yield its host."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"127.0.0.1:{server.server_port}"
        entry = {"name": name, "home": f"http://{host}/", "feeds": [f"http://{host}/rss"], "allow_hosts": [host]}
        cli.write_sites(entry | {"delay": 0})
        yield host
        server.shutdown()


@pytest.mark.parametrize(("status", "reason"), [(503, "robots"), (404, "no feed, sitemap or section answered")])
def test_a_site_that_gives_nothing_fails_with_the_reason(cli: Cli, status: int, reason: str) -> None:
    handler = type("Handler", (Answer,), {"status": status})
    with site(cli, "down", handler):
        done = cli("ingest", code=3)
    assert "down: " in done.stderr
    assert reason in done.stderr


def test_no_sites_a_wrong_name_and_a_broken_file_are_usage_errors(cli: Cli) -> None:
    assert "names no enabled site" in cli("ingest", code=2).stderr
    cli.write_sites({"name": "a", "home": "http://a.example/"})
    assert "no site is called 'nope'" in cli("ingest", "nope", code=2).stderr
    cli.sites_file.write_text("sites:\n  - name: a\n    hme: http://a.example/\n")
    done = cli("ingest", code=2)
    assert f"{cli.sites_file}:3: hme: unknown key" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.usefixtures("demo")
def test_an_s3_that_is_down_is_named_at_once(cli: Cli) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
    done = cli("ingest", code=1, BROADSHEET_S3_ENDPOINT=endpoint)
    assert endpoint in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_s3_that_dies_in_the_middle_fails_the_pass_and_loses_nothing(cli: Cli, demo: Demo, tmp_path: Path) -> None:
    embedded = EmbeddedStore(StoreSettings(home=tmp_path / "own-s3", min_free_mib=0))
    server = embedded.start()
    settings = embedded.settings(server)
    assert settings.secret_key
    cli.env |= {
        "BROADSHEET_S3_ENDPOINT": str(settings.endpoint),
        "AWS_ACCESS_KEY_ID": str(settings.access_key),
        "AWS_SECRET_ACCESS_KEY": settings.secret_key.get_secret_value(),
    }
    cli.write_sites(*(paper.site_entry() | {"delay": 0.4} for paper in demo.papers))
    process = cli.start("ingest")
    cli.await_captures(process, 45)
    os.kill(server.pid, signal.SIGKILL)
    _, err = process.communicate()
    assert process.returncode == 1, err
    assert str(settings.endpoint) in err.splitlines()[-1]
    embedded.start()
    cli.write_sites(*(paper.site_entry() for paper in demo.papers))
    report = cli.ingest()
    embedded.stop()
    assert report["published"]["articles"] == len(demo.truth(0))
    assert report["totals"]["recovered"] > 0


def test_a_page_that_says_noarchive_is_counted_and_no_byte_of_it_is_kept(cli: Cli, store: Store) -> None:
    page = news_page(paragraphs=(*PARAGRAPHS, "This sentence stays with its publisher alone."))
    pages = {
        "/rss": b"<rss version='2.0'><channel><item><link>/news/open</link></item><item><link>/news/closed</link></item></channel></rss>",
        "/news/open": news_page(),
        "/news/closed": page.replace(b"<head>", b"<head><meta name='robots' content='noarchive'>"),
    }

    class Paper(Answer):
        def do_GET(self) -> None:
            body = pages.get(self.path, b"")
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "application/rss+xml" if self.path == "/rss" else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with site(cli, "paper", Paper) as host:
        cli.ingest()
        assert cli.ingest()["totals"]["not_due"] == 2  # what may not be kept is not fetched again at once either
    assert [row["url"] for row in cli.rows()] == [f"http://{host}/news/open"]
    assert [row["reason"] for row in cli.rows("rejections")] == ["noarchive"]
    for listed in store.list(""):
        body = store.get(listed.key).body
        plain = (
            b"".join(member.data for member in read_members(io.BytesIO(body), listed.key))
            if listed.key.endswith(".gz")
            else body
        )
        assert b"stays with its publisher" not in plain, listed.key


def test_a_staged_file_that_cannot_be_read_fails_the_pass_after_the_others_are_published(
    cli: Cli, demo: Demo, store: Store
) -> None:
    store.put("staged/another/20261122T120000Z-abcdef.parquet", b"no Parquet")
    done = cli("ingest", "--json", code=1)
    assert "staged/another/20261122T120000Z-abcdef.parquet" in done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["published"]["articles"] == len(demo.truth(0))
    assert json.loads(cli("publish", code=1).stdout.splitlines()[-1])["articles"] == 0
    assert store.get("staged/another/20261122T120000Z-abcdef.parquet").body == b"no Parquet"
