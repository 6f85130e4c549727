from __future__ import annotations

from typing import Any

import pytest

from spiders.guard import Guard
from spiders.scope import Scope
from spiders.site import Site
from tests.spiders.news_server import NewsServer, Reply, article, rss

STORY = "/2026/11/22/story-0"
REFUSED = [
    "http://127.0.0.1/", "http://127.8.9.1:8080/", "http://localhost/", "http://LOCALHOST:9/x", "http://a.localhost/", "http://[::1]/",
    "http://[::]/", "http://0.0.0.0/", "http://0/", "http://10.1.2.3/", "http://172.16.0.1/", "http://192.168.1.1/", "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/", "http://metadata.google.internal/", "http://metadata/", "http://db.internal/",
    "http://printer.local/", "http://intranet/", "http://100.100.100.200/", "http://168.63.129.16/", "http://192.0.0.192/",
    "http://[fd00:ec2::254]/", "http://[fe80::1]/", "http://[fe80::1%25eth0]/", "http://[fec0::1]/", "http://[ff02::1]/",
    "http://224.0.0.1/", "http://255.255.255.255/", "http://240.0.0.1/", "http://198.18.0.1/", "http://203.0.113.9/",
    "http://0x7f000001/", "http://2130706433/", "http://0177.0.0.1/", "http://127.1/", "http://0x7f.1/", "http://127.0.0.1./",
    "http://[::ffff:127.0.0.1]/", "http://[::ffff:a9fe:a9fe]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b:1::1]/",
    "http://[2002:7f00:1::]/", "http://[::127.0.0.1]/", "http://[2001:db8::1]/", "http://\u2460\u2461\u2466.0.0.1/", "http://127\u30020.0.1/",
    "http://99999999999/", "http:///x", "file:///etc/passwd", "gopher://127.0.0.1:9/x", "ftp://ftp.example.org/", "javascript:1", "//x/",
]  # fmt: skip
ALLOWED = [
    "http://example.org/", "https://www.bbc.co.uk/news", "http://8.8.8.8/", "http://[2606:4700:4700::1111]/", "https://xn--mnchen-3ya.de/",
    "http://m\u00fcnchen.de/", "http://localhost.example.org/", "http://internal.example.org:8080/", "http://172.32.0.1/",
    "http://[64:ff9b::808:808]/",
]  # fmt: skip


def guard(home: str = "https://paper.example.org/", *allow_hosts: str) -> Guard:
    return Guard(Site(name="times", home=home, allow_hosts=allow_hosts))


@pytest.mark.parametrize("url", REFUSED)
def test_what_is_not_public_is_refused_by_its_text(url: str) -> None:
    assert guard().refusal(url)


@pytest.mark.parametrize("url", ALLOWED)
def test_what_is_public_is_let_through(url: str) -> None:
    assert guard().refusal(url) is None


def test_a_home_on_loopback_opens_its_own_port_only() -> None:
    own = guard("http://127.0.0.1:8080/")
    assert own.refusal("http://127.0.0.1:8080/x") is None
    assert own.refuses_address("127.0.0.1", 8080, "127.0.0.1") is None
    assert own.refusal("http://127.0.0.1:8081/x")
    assert own.refusal("http://127.0.0.2:8080/x")


def test_allow_hosts_opens_a_host_with_or_without_port() -> None:
    assert guard("https://paper.example.org/", "localhost:9000").refusal("http://localhost:9000/") is None
    assert guard("https://paper.example.org/", "localhost:9000").refusal("http://localhost:9001/")
    assert guard("https://paper.example.org/", "10.0.0.5").refusal("http://10.0.0.5:1234/") is None
    assert guard("https://paper.example.org/", "[::1]:80").refusal("http://[::1]/") is None


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fe80::1%eth0", "::ffff:10.0.0.1"]
)
def test_a_public_name_may_not_resolve_to_a_private_address_not_even_homes(address: str) -> None:
    assert guard().refuses_address("paper.example.org", 443, address)
    assert (
        guard("https://paper.example.org/", "paper.example.org").refuses_address("paper.example.org", 443, address)
        is None
    )
    assert guard().refuses_address("paper.example.org", 443, "93.184.216.34") is None


@pytest.mark.parametrize(
    ("home", "url", "holds"),
    [
        ("https://www.bbc.co.uk/", "https://news.bbc.co.uk/x", True), ("https://www.bbc.co.uk/", "https://itv.co.uk/x", False),
        ("https://a.blogspot.com/", "https://b.blogspot.com/", False), ("http://127.0.0.1:80/", "http://127.0.0.1:81/", False),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/x", True), ("http://localhost:1/", "http://localhost:1/x", True),
        ("http://localhost:1/", "http://x.localhost:1/x", False), ("https://paper.example/", "https://paper.example.evil.com/", False),
        ("https://paper.example/", "https://cdn.allowed.net/x", True), ("https://paper.example/", "https://other.allowed.net/x", False),
    ],
)  # fmt: skip
def test_a_site_holds_its_registered_domain_and_its_allow_hosts(home: str, url: str, holds: bool) -> None:
    assert Scope(Site(name="times", home=home, allow_hosts=("cdn.allowed.net",))).holds(url) is holds


def test_feed_links_to_internal_addresses_are_never_asked_for(crawl: Any, server: NewsServer) -> None:
    inside = NewsServer({"*": Reply(b"secret")})
    links = [
        f"{inside.url}/secret",
        f"http://localhost:{inside.port}/secret",
        f"http://0x7f000001:{inside.port}/",
        "http://[::1]:9/",
    ]
    links += [f"http://2130706433:{inside.port}/", "http://169.254.169.254/latest/", "http://metadata.google.internal/"]
    server.routes["/feed.xml"] = Reply(rss([*links, "file:///etc/passwd", "gopher://127.0.0.1:9/x"]))
    try:
        ended = crawl()
        assert inside.seen == []
    finally:
        inside.close()
    assert ended.counts == {"failed": 9}
    assert sorted(ended.failures.values()) == ["bad_url"] * 2 + ["unsafe_address"] * 7


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:{port}/secret", "http://localhost:{port}/secret", "file:///etc/passwd"]
)
def test_a_redirect_to_an_internal_address_is_not_followed(crawl: Any, server: NewsServer, target: str) -> None:
    inside = NewsServer({"*": Reply(b"secret")})
    server.publish({STORY: b""})
    server.routes[STORY] = Reply(b"", 302, "Found", headers=(("Location", target.format(port=inside.port)),))
    try:
        ended = crawl()
        assert inside.seen == []
    finally:
        inside.close()
    assert ended.failures == {server.url + STORY: "unsafe_address"}


def test_a_name_that_resolves_to_loopback_is_refused_at_connect_time(crawl: Any, server: NewsServer) -> None:
    home = f"http://paper.example:{server.port}/"
    server.publish({STORY: article(0)})
    names = {"paper.example": "127.0.0.1"}
    ended = crawl({"home": home, "feeds": [f"{home}feed.xml"]}, names=names)
    assert server.seen == []
    assert "paper.example resolves to 127.0.0.1, a loopback address" in ended.report.sources[f"{home}feed.xml"]


def test_allow_hosts_lets_such_a_name_through(crawl: Any, server: NewsServer) -> None:
    home = f"http://paper.example:{server.port}/"
    server.routes = {STORY: Reply(article(0)), "/feed.xml": Reply(rss([home.rstrip("/") + STORY]))}
    site = {"home": home, "feeds": [f"{home}feed.xml"], "allow_hosts": [f"paper.example:{server.port}"]}
    assert crawl(site, names={"paper.example": "127.0.0.1"}).counts == {"captured": 1}


def test_a_redirect_off_the_site_is_a_failure(crawl: Any, server: NewsServer) -> None:
    server.publish({STORY: b""})
    server.routes[STORY] = Reply(b"", 301, "Moved", headers=(("Location", "http://consent.example.com/x"),))
    assert crawl().failures == {server.url + STORY: "off_site"}


def test_a_name_that_does_not_resolve_is_a_dns_error(crawl: Any, server: NewsServer) -> None:
    server.publish({STORY: article(0)})
    gone = "http://gone.paper.invalid/2026/11/22/story-0"
    server.routes["/feed.xml"] = Reply(rss([gone]))
    ended = crawl({"feeds": [f"{server.url}/feed.xml"], "allow_hosts": ["gone.paper.invalid"]})
    assert ended.failures == {gone: "robots"}
    assert "DNS" in ended.report.failures[0].detail


def test_a_name_server_that_never_answers_is_a_timeout(crawl: Any, server: NewsServer) -> None:
    slow = "http://slow.example/2026/11/22/story-0"
    server.routes["/feed.xml"] = Reply(rss([slow]))
    site = {"feeds": [f"{server.url}/feed.xml"], "allow_hosts": ["slow.example"]}
    ended = crawl(site, names={"slow.example": "never"}, limits={"request_s": 0.2})
    assert "no answer within 0.2 s" in ended.report.failures[0].detail
