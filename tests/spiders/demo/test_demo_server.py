"""The demo over HTTP on loopback."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from http.client import HTTPConnection, HTTPResponse

import pytest

from spiders.demo.newspaper import TEST_EPOCH, Demo, ManualClock, Newspaper, serve_demo


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def demo(clock: ManualClock) -> Iterator[Demo]:
    with serve_demo(clock) as running:
        yield running


@pytest.fixture(params=range(3))
def paper(demo: Demo, request: pytest.FixtureRequest) -> Newspaper:
    return demo.papers[request.param]


@pytest.fixture
def connection(paper: Newspaper) -> Iterator[HTTPConnection]:
    opened = HTTPConnection(paper.base_url.removeprefix("http://"), timeout=10)
    yield opened
    opened.close()


def ask(connection: HTTPConnection, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    return response, response.read()


def every_resource(paper: Newspaper) -> list[str]:
    articles = [expected.url.removeprefix(paper.base_url) for expected in paper.truth(0)]
    return ["/", "/robots.txt", "/theme.css", paper.paper.urls["about"], *paper.paper.resources, *articles]


def test_everything_is_served_as_rendered_on_one_connection(paper: Newspaper, connection: HTTPConnection) -> None:
    ask(connection, "/")
    socket = connection.sock
    for path in every_resource(paper):
        response, body = ask(connection, path)
        assert (response.status, body) == (200, paper.render(path, 0).body), path
        assert connection.sock is socket


def test_head_has_the_headers_of_get_and_no_body(paper: Newspaper, connection: HTTPConnection) -> None:
    for path in every_resource(paper):
        got, body = ask(connection, path)
        head, nothing = ask(connection, path, "HEAD")
        assert nothing == b""
        assert head.getheader("Content-Length") == str(len(body))
        assert [name for name, _ in head.getheaders()] == [name for name, _ in got.getheaders()]


def test_either_validator_gives_a_304_without_a_body(paper: Newspaper, connection: HTTPConnection) -> None:
    for path in every_resource(paper):
        first, _ = ask(connection, path)
        etag, modified = first.getheader("ETag") or "", first.getheader("Last-Modified") or ""
        by_tag, nothing = ask(connection, path, If_None_Match=f'"other", {etag}')
        assert (by_tag.status, nothing, by_tag.getheader("ETag")) == (304, b"", etag)
        assert ask(connection, path, If_Modified_Since=modified)[0].status == 304
        earlier = format_datetime(TEST_EPOCH - timedelta(days=1), usegmt=True)
        assert ask(connection, path, If_Modified_Since=earlier)[0].status == 200
        assert ask(connection, path, If_None_Match='"other"', If_Modified_Since=modified)[0].status == 200
        assert ask(connection, path, If_Modified_Since="yesterday")[0].status == 200


def test_after_an_edit_the_old_validators_no_longer_hold(demo: Demo, clock: ManualClock) -> None:
    gazette = demo.papers[0]
    connection = HTTPConnection(gazette.base_url.removeprefix("http://"), timeout=10)
    clock.at_s = 329
    before, old = ask(connection, "/swing-bridge-opens-again/")
    etag, modified = before.getheader("ETag") or "", before.getheader("Last-Modified") or ""
    clock.at_s = 330
    after, new = ask(connection, "/swing-bridge-opens-again/", If_None_Match=etag)
    assert after.status == 200
    assert b"Correction:" in new
    assert b"Correction:" not in old
    assert ask(connection, "/swing-bridge-opens-again/", If_Modified_Since=modified)[0].status == 200
    assert ask(connection, "/robots.txt", If_Modified_Since=modified)[0].status == 304
    connection.close()


def test_a_paper_that_compresses_does_so_only_when_asked(paper: Newspaper, connection: HTTPConnection) -> None:
    plain, body = ask(connection, "/", Accept_Encoding="identity")
    packed, sent = ask(connection, "/", Accept_Encoding="gzip, deflate")
    assert plain.getheader("Content-Encoding") is None
    assert (packed.getheader("Content-Encoding") == "gzip") is paper.paper.gzip
    assert (gzip.decompress(sent) if paper.paper.gzip else sent) == body
    assert packed.getheader("Vary") == ("Accept-Encoding" if paper.paper.gzip else None)


def test_what_is_not_there_is_404_and_what_was_deleted_is_410(demo: Demo, clock: ManualClock) -> None:
    courier = demo.papers[2]
    (path,) = [expected.url.removeprefix(courier.base_url) for expected in courier.truth(660) if expected.deleted]
    connection = HTTPConnection(courier.base_url.removeprefix("http://"), timeout=10)
    clock.at_s = 659
    assert ask(connection, path)[0].status == 200
    clock.at_s = 660
    gone, _ = ask(connection, path)
    assert (gone.status, gone.getheader("ETag")) == (410, None)
    assert ask(connection, "/news/nothing-here-a0000")[0].status == 404
    connection.close()


def test_an_article_is_not_there_before_its_time(demo: Demo, clock: ManualClock) -> None:
    connection = HTTPConnection(demo.papers[0].base_url.removeprefix("http://"), timeout=10)
    clock.at_s = 79
    assert ask(connection, "/library-to-stay-open-late/")[0].status == 404
    clock.at_s = 80
    assert ask(connection, "/library-to-stay-open-late/")[0].status == 200
    connection.close()


def test_an_address_without_its_last_slash_is_redirected(demo: Demo) -> None:
    connection = HTTPConnection(demo.papers[0].base_url.removeprefix("http://"), timeout=10)
    response, body = ask(connection, "/swing-bridge-opens-again?utm_source=x")
    assert (response.status, response.getheader("Location"), body) == (301, "/swing-bridge-opens-again/", b"")
    connection.close()


def test_the_servers_hang_up_at_the_end_even_on_an_idle_reader(clock: ManualClock) -> None:
    with serve_demo(clock) as running:
        connection = HTTPConnection(running.papers[0].base_url.removeprefix("http://"), timeout=10)
        ask(connection, "/")
        idle = connection.sock
    assert idle.recv(1) == b""
    connection.close()


def test_the_papers_are_sites_that_may_be_reached_on_loopback(demo: Demo) -> None:
    assert [site.name for site in demo.sites] == ["harbour-gazette", "harbour-saltings", "harbour-courier"]
    for site, paper in zip(demo.sites, demo.papers, strict=True):
        assert site.demo
        assert site.allow_hosts == (site.home_host,)
        assert all(site.is_article_url(expected.url) for expected in paper.truth(7200))
        assert site.is_article_url(paper.url(paper.paper.urls["about"])) is (site.article_url is None)
