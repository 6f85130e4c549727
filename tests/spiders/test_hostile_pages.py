from __future__ import annotations

import contextlib
import gzip
import socket
import time
import zlib
from typing import Any

import pytest

from extract.rejection import Reason
from spiders.exchange import NoResponse
from spiders.fetch import one_url
from spiders.gate import HostClosed, Stopped
from tests.spiders.news_server import NewsServer, Reply, article, reset, rss

STORY = "/2026/11/22/story-0"
URLS = {STORY: b"", "/2026/11/22/story-1": article(1)}


def crawl_one(crawl: Any, server: NewsServer, reply: Reply, **limits: Any) -> Any:
    """Crawl a feed of two articles, of which the first answers with `reply`; the second must always be captured."""
    server.publish(URLS)
    server.routes[STORY] = reply
    ended = crawl(limits=limits)
    assert any(capture.url.endswith("story-1") and capture.status == 200 for capture in ended.captures())
    assert sum(ended.report.outcomes.values()) == ended.report.discovered == 2
    return ended


def headers_of(ended: Any) -> Any:
    return next(
        h for kind, h, _ in ended.records() if kind == "response" and h.get_header("WARC-Target-URI").endswith(STORY)
    )


def test_a_redirect_loop_is_a_failure(crawl: Any, server: NewsServer) -> None:
    ended = crawl_one(crawl, server, Reply(b"", 302, "Found", headers=(("Location", STORY),)))
    assert ended.failures == {server.url + STORY: "redirect_loop"}


def test_ever_new_redirects_end_after_ten(crawl: Any, server: NewsServer) -> None:
    server.routes |= {f"/hop{n}": Reply(b"", 302, "Found", headers=(("Location", f"/hop{n + 1}"),)) for n in range(20)}
    ended = crawl_one(crawl, server, Reply(b"", 302, "Found", headers=(("Location", "/hop0"),)))
    assert ended.failures == {server.url + STORY: "redirect_loop"}
    assert len([path for path in server.paths() if path.startswith("/hop")]) == 10


@pytest.mark.parametrize("to", ["https:/times.example/x", "https:///x"])
def test_a_redirect_to_no_host_is_a_failure(crawl: Any, server: NewsServer, to: str) -> None:
    ended = crawl_one(crawl, server, Reply(b"", 301, "Moved", headers=(("Location", to),)))
    assert ended.failures == {server.url + STORY: "bad_url"}


def test_a_host_that_tls_cannot_name_is_a_failure(crawl: Any, server: NewsServer) -> None:
    server.routes[STORY] = Reply(article(0))
    server.routes["/feed.xml"] = Reply(rss([f"{server.url}{STORY}", "https://my_times.example/2026/11/22/story-1"]))
    ended = crawl(names={"my_times.example": ["127.0.0.1"]}, site={"feeds": [f"{server.url}/feed.xml"], "allow_hosts": ["my_times.example"]})  # fmt: skip
    assert ended.failures == {"https://my_times.example/2026/11/22/story-1": "robots"}
    assert ended.counts == {"captured": 1, "failed": 1}


def test_a_fault_of_ours_costs_its_url_and_what_is_the_crawls_own_goes_on() -> None:
    with (
        pytest.raises(NoResponse, match="the crawler fails at it: ZeroDivisionError"),
        one_url("times", "http://x.example/"),
    ):
        raise ZeroDivisionError
    for own in (OSError("no space left"), Stopped(), HostClosed("later"), NoResponse(Reason.ROBOTS, "no")):
        with pytest.raises(type(own)) as caught, one_url("times", "http://x.example/"):
            raise own
        assert caught.value is own


def test_a_redirect_is_followed_and_the_page_filed_under_its_first_address(crawl: Any, server: NewsServer) -> None:
    server.routes["/new-home"] = Reply(article(7))
    ended = crawl_one(crawl, server, Reply(b"", 301, "Moved", headers=(("Location", "/new-home"),)))
    moved = next(capture for capture in ended.captures() if capture.url.endswith(STORY))
    assert (moved.final_url, moved.status, moved.body) == (f"{server.url}/new-home", 200, article(7))
    assert [h.get_header("WARC-Target-URI") for kind, h, b in ended.records() if b.startswith(b"kind: redirect")] == [
        server.url + STORY
    ]
    server.seen.clear()
    assert crawl(revisit_now=True).counts == {"not_modified": 2}, "the validators go to the address that gave them"


def test_an_announced_30_mb_page_is_not_downloaded(crawl: Any, server: NewsServer) -> None:
    ended = crawl_one(
        crawl, server, Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 31457280\r\n\r\n" + b"x" * 100_000, close=True)
    )
    assert headers_of(ended).get_header("WARC-Truncated") == "length"
    assert ended.report.bytes_received < 100_000


def test_a_30_mb_page_that_does_not_say_so_is_cut_at_10_mib(crawl: Any, server: NewsServer) -> None:
    def send(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(30):
                connection.sendall(b"x" * 2**20)

    ended = crawl_one(crawl, server, Reply(act=send))
    assert headers_of(ended).get_header("WARC-Truncated") == "length"
    cut = next(capture for capture in ended.captures() if capture.url.endswith(STORY))
    assert len(cut.body) == 10 * 2**20


def test_a_gzip_bomb_is_stored_as_it_came(crawl: Any, server: NewsServer) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(64)) + packer.flush()
    ended = crawl_one(crawl, server, Reply(bomb, headers=(("Content-Encoding", "gzip"),)))
    assert len(bomb) < int(headers_of(ended).get_header("Content-Length")) < len(bomb) + 1000


def test_a_page_cut_short_is_marked_and_asked_again_later(crawl: Any, server: NewsServer) -> None:
    ended = crawl_one(crawl, server, Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<p>half", close=True))
    assert headers_of(ended).get_header("WARC-Truncated") == "disconnect"
    assert b"truncated: disconnect" in b"".join(block for kind, _, block in ended.records() if kind == "metadata")
    known = ended.frontier().urls[server.url + STORY]
    assert (known.etag, known.digest, known.failures) == (None, None, 1)


def test_a_page_without_a_length_that_ends_with_a_reset_is_cut_short(crawl: Any, server: NewsServer) -> None:
    def send_half(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + article(0).partition(b"</html")[0])
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RD)
        reset(connection)

    ended = crawl_one(crawl, server, Reply(act=send_half))
    recorded = [h.get_header("WARC-Truncated") for kind, h, _ in ended.records() if kind == "response"]
    assert "disconnect" in recorded or ended.failures == {server.url + STORY: "connection_error"}


def test_a_page_that_drips_ends_with_the_time(crawl: Any, server: NewsServer) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(b"x")
                time.sleep(0.02)  # the server's pace, not a wait for the crawl

    ended = crawl_one(crawl, server, Reply(act=drip), request_s=0.5)
    assert headers_of(ended).get_header("WARC-Truncated") == "time"


def test_a_server_that_never_answers_is_a_timeout(crawl: Any, server: NewsServer) -> None:
    def hang(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.recv(1)  # until the crawler closes

    ended = crawl_one(crawl, server, Reply(act=hang), request_s=0.3)
    assert ended.failures == {server.url + STORY: "timeout"}
    assert ended.report.failures[0].detail == "no answer within 0.3 s"


@pytest.mark.parametrize("line", [b"X-Long: " + b"x" * 300_000 + b"\r\n", b"X-Many: y\r\n" * 30_000])
def test_endless_headers_are_refused(crawl: Any, server: NewsServer, line: bytes) -> None:
    ended = crawl_one(
        crawl, server, Reply(raw=b"HTTP/1.1 200 OK\r\n" + line + b"Content-Length: 0\r\n\r\n", close=True)
    )
    assert ended.failures == {server.url + STORY: "too_large"}


@pytest.mark.parametrize(
    "raw",
    [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5, 7\r\n\r\nabcde"],
)
def test_what_is_not_http_is_a_connection_error(crawl: Any, server: NewsServer, raw: bytes) -> None:
    ended = crawl_one(crawl, server, Reply(raw=raw, close=True))
    assert ended.failures == {server.url + STORY: "connection_error"}


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b""), Reply("größer".encode("latin-1"), content_type="text/html; charset=utf-16"), Reply(b"\x00\x01\x02", content_type=None),
        Reply(b"", 204, "No Content"), Reply(b"no", 451, "Unavailable"), Reply(gzip.compress(article(3))[:-9], headers=(("Content-Encoding", "gzip"),)),
        Reply(raw=b"HTTP/1.0 200 OK\n\n<p>old style", close=True), Reply(raw=b"HTTP/1.1 200\r\nContent-Length: 2\r\nbad line\r\n\r\nok", close=True),
    ],
    ids=["empty", "wrong charset", "no type", "204", "451", "cut gzip", "HTTP 1.0 and bare LF", "no reason and a bad header line"],
)  # fmt: skip
def test_odd_pages_are_captured_as_they_are(crawl: Any, server: NewsServer, reply: Reply) -> None:
    ended = crawl_one(crawl, server, reply)
    assert ended.counts == {"captured": 2}


def test_links_with_blanks_and_letters_beyond_ascii_are_asked_for_encoded(crawl: Any, server: NewsServer) -> None:
    server.publish({"/2026/11/22/grüße aus köln": article(1)})
    server.routes["/2026/11/22/gr%C3%BC%C3%9Fe%20aus%20k%C3%B6ln"] = Reply(article(1))
    assert [capture.status for capture in crawl().captures()] == [200]


def test_a_link_that_is_no_url_is_a_counted_failure(crawl: Any, server: NewsServer) -> None:
    server.publish({})
    server.routes["/feed.xml"] = Reply(
        b'<rss version="2.0"><channel><item><link>http://host:port/</link></item><item><link>http://u:p@127.0.0.1/</link></item></channel></rss>'
    )
    assert sorted(crawl().failures.values()) == ["bad_url", "bad_url"]


@pytest.mark.parametrize("way", ["header", "markup", "gzipped markup"])
def test_a_page_that_says_noarchive_is_not_kept(crawl: Any, server: NewsServer, way: str) -> None:
    body = b'<html><head><meta name="robots" content="noindex, noarchive"></head><body>secret words</body></html>'
    reply = {
        "header": Reply(b"<p>secret words</p>", headers=(("X-Robots-Tag", "noarchive"),)),
        "markup": Reply(body),
        "gzipped markup": Reply(gzip.compress(body), headers=(("Content-Encoding", "gzip"),)),
    }[way]
    ended = crawl_one(crawl, server, reply)
    assert ended.failures == {server.url + STORY: "noarchive"}
    assert not [h for kind, h, _ in ended.records() if h.get_header("WARC-Target-URI") == server.url + STORY]


def test_nor_is_a_redirect_or_a_section_that_says_so(crawl: Any, server: NewsServer) -> None:
    wish = ("X-Robots-Tag", "noarchive")
    server.routes = {
        "/news": Reply(f"<a href='{STORY}'>The ferry runs again after the storm</a>".encode(), headers=(wish,)),
        STORY: Reply(b"secret words", 301, "Moved", headers=(("Location", "/new-home"), wish)),
        "/new-home": Reply(article(0)),
    }
    ended = crawl({"feeds": [], "sections": [f"{server.url}/news"]})
    assert [capture.final_url for capture in ended.captures()] == [f"{server.url}/new-home"]
    assert {h.get_header("WARC-Target-URI") for kind, h, _ in ended.records() if kind == "response"} == {
        f"{server.url}/robots.txt", f"{server.url}/new-home"
    }  # fmt: skip
    assert "not kept: it says noarchive" in ended.report.sources[f"{server.url}/news"]
