from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cdxj_indexer.main import CDXJIndexer
from surt import surt as reference_surt
from warcio.archiveiterator import ArchiveIterator

from spiders.surt import surt
from tests.spiders.conftest import Ended
from tests.spiders.news_server import NewsServer, Reply, article

STORY = "/2026/11/22/story-0?page=2&x=%20y"
HEAD = (
    b"HTTP/1.1 200 Fine By Me\r\nServer: odd\r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\nSET-COOKIE:c=3\r\nX-Empty:\r\n"
    b"X-Folded: one\r\n two\r\nContent-type:  text/html\r\nConnection: keep-alive\r\nContent-Length: %d\r\n\r\n"
)


def response_of(ended: Ended, path: str = STORY) -> tuple[Any, bytes]:
    return next(
        (headers, block) for kind, headers, block in ended.records()
        if kind == "response" and headers.get_header("WARC-Target-URI").endswith(path)
    )  # fmt: skip


@pytest.fixture
def ended(crawl: Any, server: NewsServer) -> Ended:
    body = article(1)
    server.publish({STORY: b""})
    server.routes[STORY] = Reply(raw=HEAD % len(body) + body)
    return crawl()


def test_the_response_is_what_the_server_sent_byte_for_byte(ended: Ended) -> None:
    _, block = response_of(ended)
    assert block == HEAD % len(article(1)) + article(1)


def test_the_request_is_what_the_server_received_byte_for_byte(ended: Ended, server: NewsServer) -> None:
    (seen,) = server.asked(STORY)
    sent = [
        b
        for kind, h, b in ended.records()
        if kind == "request" and h.get_header("WARC-Target-URI") == server.url + STORY
    ]
    assert sent == [seen.head]
    assert seen.head.startswith(f"GET {STORY} HTTP/1.1\r\n".encode())


def test_digests_dates_and_links_of_an_exchange(ended: Ended) -> None:
    headers, block = response_of(ended)
    payload = "sha1:" + base64.b32encode(hashlib.sha1(article(1), usedforsecurity=False).digest()).decode()
    assert headers.get_header("WARC-Payload-Digest") == payload
    assert (
        headers.get_header("WARC-Block-Digest")
        == "sha1:" + base64.b32encode(hashlib.sha1(block, usedforsecurity=False).digest()).decode()
    )
    assert headers.get_header("WARC-IP-Address") == "127.0.0.1"
    own = headers.get_header("WARC-Record-ID")
    linked = {
        kind: h.get_header("WARC-Concurrent-To")
        for kind, h, _ in ended.records()
        if h.get_header("WARC-Concurrent-To") == own
    }
    assert linked == {"request": own, "metadata": own}
    kinds = [kind for kind, _, _ in ended.records()]
    assert kinds[0] == "warcinfo"
    assert kinds[1:] == ["request", "response", "metadata"] * (len(kinds) // 3)


def test_a_chunked_body_is_relabelled_and_its_framing_kept_in_name(crawl: Any, server: NewsServer) -> None:
    server.publish({STORY: b""})
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\nX-T: 1\r\n\r\n"
    server.routes[STORY] = Reply(raw=raw)
    _, block = response_of(crawl())
    head = b"HTTP/1.1 200 OK\r\nX-Crawler-Transfer-Encoding: chunked\r\nTrailer: X-T\r\nContent-Length: 11\r\n\r\n"
    assert block == head + b"hello world"


def test_an_interim_response_is_none_of_the_capture(crawl: Any, server: NewsServer) -> None:
    server.publish({STORY: b""})
    final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    server.routes[STORY] = Reply(raw=b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + final)
    assert response_of(crawl())[1] == final


def test_a_304_is_a_revisit_record_of_its_response(crawl: Any, server: NewsServer) -> None:
    server.publish({STORY: article(1)})
    original = response_of(crawl())[0]
    records = crawl(revisit_now=True).records()
    revisits = {h.get_header("WARC-Target-URI"): (h, block) for kind, h, block in records if kind == "revisit"}
    headers, block = revisits[server.url + STORY]
    assert headers.get_header("WARC-Profile").endswith("/server-not-modified")
    for name in ("WARC-Payload-Digest",):
        assert headers.get_header(name) == original.get_header(name)
    assert headers.get_header("WARC-Refers-To-Date") == original.get_header("WARC-Date")
    assert block.startswith(b"HTTP/1.1 304 Not Modified\r\nETag: ")


def test_warcio_check_passes(crawl: Any, server: NewsServer) -> None:
    server.publish({STORY: article(1), "/2026/11/22/story-1": article(2)})
    paths = [*crawl().warcs, *crawl(revisit_now=True).warcs]
    done = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", "-v", *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "digest pass" in done.stdout
    assert "digest not present" not in done.stdout


def test_the_index_is_the_one_that_cdxj_indexer_makes_but_for_304s(crawl: Any, server: NewsServer) -> None:
    server.publish({STORY: article(1), "/2026/11/22/b": article(2), "/2026/11/22/A": article(3)})
    server.routes["/2026/11/22/b"] = Reply(article(2), etag=False)  # in the second pass a payload that repeats
    for ended in (crawl(), crawl(revisit_now=True)):
        (warc,) = ended.warcs
        made, ours = io.StringIO(), (ended.archive.root / ended.report.indexes[0].key).read_text()
        CDXJIndexer(made, [str(warc)], sort=True, filename=str(warc.relative_to(ended.archive.root))).process_all()
        theirs = [parts(line) for line in made.getvalue().splitlines()]
        replayed = [line for line in theirs if (line[2]["mime"], line[2]["status"]) != ("warc/revisit", "304")]
        assert [parts(line) for line in ours.splitlines()] == replayed
        assert ours.splitlines() == sorted(ours.splitlines())


def test_each_line_of_the_index_points_at_its_record(ended: Ended) -> None:
    for line in (ended.archive.root / ended.report.indexes[0].key).read_text().splitlines():
        fields = json.loads(line.split(" ", 2)[2])
        with (ended.archive.root / fields["filename"]).open("rb") as stream:
            stream.seek(int(fields["offset"]))
            record = next(iter(ArchiveIterator(io.BytesIO(stream.read(int(fields["length"]))))))
        assert record.rec_headers.get_header("WARC-Target-URI") == fields["url"]


def test_segments_are_closed_by_size_and_numbered(crawl: Any, server: NewsServer) -> None:
    server.publish({f"/2026/11/22/story-{n}": article(n) for n in range(6)})
    ended = crawl(limits={"segment_bytes": 3000})
    names = [Path(stored.key).name.rpartition("-")[2] for stored in ended.report.segments]
    assert len(names) > 2
    assert names == [f"{n:03d}.warc.gz" for n in range(1, len(names) + 1)]
    said = [event["object"]["key"] for event in ended.events if event["event"] == "segment"]
    assert sorted(said) == [stored.key for stored in ended.report.segments]
    assert sum(event["captures"] for event in ended.events if event["event"] == "segment") == 6
    assert len(ended.captures()) == 6


def parts(line: str) -> tuple[str, str, dict[str, str]]:
    key, stamp, fields = line.split(" ", 2)
    return key, stamp, json.loads(fields)


URLS = [
    "http://www.Example.com/", "http://example.com", "https://www2.example.com:8080/A/B.html?b=2&a=1#f", "http://127.0.0.1:8070/x",
    "http://example.com/?", "http://example.com/a//b/../c", "http://example.com/%7Efoo/%e4%bd%a0", "http://m\u00fcnchen.de/\u00fc",
    "http://example.com/a/?sid=9682993c8daa2c5497996114facdc805&x=Y", "https://example.com:443/", "http://www.example.com/foo/?",
    "http://example.com/x?a&b=&c=1&A=0", "http://example.com/%2541", "http://example.com/a%20b?q=%26%3D", "http://example.com/../x",
]  # fmt: skip


@pytest.mark.parametrize("url", URLS)
def test_surt_is_that_of_the_reference(url: str) -> None:
    assert surt(url) == reference_surt(url)


def test_surt_is_that_of_the_reference_for_any_path() -> None:
    chance = random.Random(22)  # noqa: S311 - the same URLs each time
    for _ in range(2000):
        host = chance.choice(["a.example", "www.b.co.uk", "www3.c.org:8080", "d.e"])
        path, query = (
            "".join(chance.choices("aZ09-_.~/%!'()*+,;=:@&\u00e4", k=chance.randrange(12))) for _ in range(2)
        )
        url = f"http://{host}/{path}?{query}"
        assert surt(url) == reference_surt(url), url
