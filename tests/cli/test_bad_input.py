"""What others put into the bucket, and what a crash or a bad disk left there: named, never touched, nothing lost."""

from __future__ import annotations

import gzip
import io
import socket
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime

import orjson
import pytest

from extract.warc import read_members
from storage import layout
from storage.client import Store
from storage.open_runs import OpenRun
from tests.cli.conftest import Cli
from tests.extract.page import news_page
from tests.extract.paper import headline, sentence
from tests.spiders.news_server import NewsServer

DEAD = "20261120T120000Z-abcdef"
COUNT = 4
FOREIGN = (
    "holiday.jpg", "raw/readme.txt", "raw/post/notes.warc.gz", "staged/others.parquet", "staged/post/notes.txt",
    "runs/post/summary.json", "runs/summary.json", "tables/others/part-0.parquet", "tables/articles.bak", "state/notes",
    "state/others/frontier.json.gz", "logs/2026/11/22.log",
)  # fmt: skip


@pytest.fixture
def server() -> Iterator[NewsServer]:
    server = NewsServer()
    server.publish({path(number): page(number) for number in range(COUNT)})
    yield server
    server.close()


@pytest.fixture
def post(cli: Cli, server: NewsServer) -> Cli:
    """The CLI with one site of a few articles in force, and nothing archived."""
    host = server.url.removeprefix("http://")
    cli.write_sites({"name": "post", "home": f"{server.url}/", "feeds": [f"{server.url}/feed.xml"], "delay": 0, "allow_hosts": [host]})  # fmt: skip
    return cli


def path(number: int) -> str:
    return f"/news/2026/11/22/{number}-a-story-of-the-harbour"


def page(number: int) -> bytes:
    paragraphs = tuple(" ".join(sentence(40 * number + 3 * at + one) for one in range(3)) for at in range(5))
    return news_page(paragraphs=paragraphs, title=headline(number))


def open_dead_run(store: Store) -> None:
    """Say that a process which is no more began a run of the site on this machine."""
    dead = OpenRun(DEAD, ("post",), socket.gethostname(), 2**22 - 1, 1.0)
    store.put(dead.key, orjson.dumps(asdict(dead)))


def segment(store: Store) -> bytes:
    (key,) = (one.key for one in store.list("raw/post/") if one.key.endswith(".warc.gz"))
    return store.get(key).body


def dead_key(number: int) -> str:
    return layout.segment_key("post", DEAD, number, datetime(2026, 11, 20, tzinfo=UTC).date())


def test_a_cut_or_foreign_segment_of_a_dead_run_is_named_and_what_is_whole_of_it_is_archived(
    post: Cli, server: NewsServer, store: Store
) -> None:
    elsewhere = f"{store.settings.prefix}-elsewhere"
    post("ingest", BROADSHEET_S3_PREFIX=elsewhere)
    other = Store(store.settings.model_copy(update={"prefix": elsewhere}))
    whole = segment(other)
    other.close()
    server.publish({path(9): page(9)})  # what was captured by the dead run has left the feed
    members = list(read_members(io.BytesIO(whole), "whole"))
    cut = whole[: members[-2].offset + 20]  # in the middle of the last exchange
    others = gzip.compress(b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 2\r\n\r\nhi\r\n\r\n") + gzip.compress(
        b"hello"
    )
    bodies = {dead_key(1): cut, dead_key(2): others, dead_key(3): b"no archive at all"}
    for key, body in bodies.items():
        store.put(key, body)
    open_dead_run(store)
    done = post("ingest", code=1)
    said = done.stderr.splitlines()[-1]
    assert all(key in said for key in bodies), done.stderr
    assert "Traceback" not in done.stderr
    assert {row["url"] for row in post.rows()} == {server.url + path(n) for n in (0, 1, 2, 9)}
    post("ingest")  # told once
    found = post("verify", "--deep", code=1).stdout
    assert all(key in found for key in bodies)
    assert {key: store.get(key).body for key in bodies} == bodies


def test_no_retry_makes_a_run_green_that_took_over_a_damaged_segment(post: Cli, store: Store) -> None:
    store.put(dead_key(1), b"no archive at all")
    open_dead_run(store)
    run = ("post", "--run", "20261122T090000Z-0000aa")
    post("crawl", *run)
    assert dead_key(1) in post("extract-run", *run, code=1).stderr
    post("extract-run", *run)
    for _ in range(2):
        assert dead_key(1) in post("stage", *run, code=3).stderr


def test_what_belongs_to_others_is_neither_read_nor_touched(post: Cli, store: Store) -> None:
    for key in FOREIGN:
        store.put(key, f"of others: {key}".encode())
    post.ingest()
    post.ingest("--revisit-now")
    assert len(post.rows()) == COUNT
    assert [store.get(key).body for key in FOREIGN] == [f"of others: {key}".encode() for key in FOREIGN]
