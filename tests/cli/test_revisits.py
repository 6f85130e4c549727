"""What an archived article's page does between two visits, through the whole pipeline: a site on loopback, real S3."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

import pytest

from spiders.frontier import Frontier
from spiders.known import GONE
from storage import layout
from storage.client import Store
from tests.cli.conftest import Cli
from tests.extract.paper import headline, sentence
from tests.spiders.news_server import NewsServer, Reply, Seen, rss

COUNT = 13


@dataclass
class Paper:
    """A site whose chrome is another at each visit: advertisements, views, ages, related links and their order."""

    server: NewsServer
    visit: int = 0
    texts: dict[int, list[str]] = field(default_factory=dict)
    replies: dict[str, Reply] = field(default_factory=dict)  # by path, instead of the article
    unknown: Reply = field(default_factory=lambda: Reply(b"<h1>404</h1>", 404, "Not Found"))
    is_plain: bool = False  # the very same bytes at each visit
    standing: str = ""  # stands in the text of every article

    def __post_init__(self) -> None:
        for number in range(COUNT):
            first = number * 40
            self.texts[number] = [" ".join(sentence(first + 3 * at + one) for one in range(3)) for at in range(6)]
        links = [self.server.url + self.path(number) for number in range(COUNT)]
        self.server.routes |= {
            "/rss": Reply(rss(links), content_type="application/rss+xml"),
            "/robots.txt": Reply(b"", 404, "Not Found"),
            "/": lambda _: Reply(self.front("The Tidewater Post")),
            "/harbour/": lambda _: Reply(self.front("Harbour | The Tidewater Post")),
            "*": self.page,
        }

    @staticmethod
    def path(number: int) -> str:
        slug = re.sub(r"[^a-z]+", "-", headline(number).lower())
        return f"/{'harbour' if number else 'порт'}/2026/11/22/{slug}-{number}.html"  # as its feed lists it

    def url(self, number: int) -> str:
        return self.server.url + self.path(number)

    def page(self, request: Seen) -> Reply:
        target = unquote(request.target)
        if target in self.replies:
            return self.replies[target]
        for number in range(COUNT):
            if target == self.path(number):
                return Reply(self.article(number), etag=self.is_plain)
        return self.unknown

    def article(self, number: int) -> bytes:
        visit = 0 if self.is_plain else self.visit
        text = "".join(f"<p>{one}</p>" for one in self.texts[number]) + self.standing
        related = "".join(
            f"<li><a href='{self.path(other)}'>{headline(other)}</a></li>"
            for other in ((number + visit + 1) % COUNT, (number + 2 * visit + 3) % COUNT)
        )
        most_read = "".join(f"<li><a href='{self.path(at)}'>{headline(at)}</a></li>" for at in range(visit, visit + 4))
        advert = (
            "Mussels by the bucket, now 20 % off",
            "New oilskins for the whole crew",
            "Ropes, paint, lamps: Pike & Daughters",
        )
        aside = [
            f"<div class='advert'><span>Advertisement</span> <a href='/go/{visit}'>{advert[visit % 3]}</a></div>",
            f"<section class='related'><h3>Related stories</h3><ul>{related}</ul></section>",
            f"<div class='newsletter'><p>Sign up for our newsletter, already read by {3000 + visit * 7} people.</p></div>",
            f"<section class='most-read'><h3>Most read</h3><ol>{most_read}</ol></section>",
        ]
        turn = visit % len(aside)
        chrome = "".join(aside[turn:] + aside[:turn])
        return (
            f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{headline(number)} | The Tidewater Post</title>"
            f"<meta property='og:type' content='article'><meta property='og:title' content='{headline(number)}'>"
            "<meta property='article:published_time' content='2026-11-22T06:00:00Z'></head><body>"
            "<header><nav><a href='/'>Home</a> <a href='/harbour/'>Harbour</a> <a href='/login'>Log in</a></nav></header>"
            f"<main><article><h1>{headline(number)}</h1><div class='meta'><span class='by'>By Ann Lee</span> "
            f"<span class='age'>{visit + 1} hours ago</span> <span class='views'>{120 + 31 * visit} views</span></div>"
            f"<div class='body'>{text}</div><div class='share'>{17 * visit} shares · {visit} comments</div></article></main>"
            f"{chrome}<footer><p>© 2026 The Tidewater Post, page made in {visit + 3} ms</p></footer></body></html>"
        ).encode()

    def front(self, title: str) -> bytes:
        teasers = "".join(
            f"<li><a href='{self.path(number)}'>{headline(number)}</a><p>{sentence(number * 40)}</p></li>"
            for number in range(COUNT)
        )
        return (
            f"<html><head><title>{title}</title></head><body><h1>{title}</h1><ul>{teasers}</ul></body></html>".encode()
        )


@pytest.fixture
def paper(cli: Cli) -> Iterator[Paper]:
    """The paper, in force as the only site, and every article of it archived once."""
    with published(cli, "") as paper:
        yield paper


@contextmanager
def published(cli: Cli, standing: str) -> Iterator[Paper]:
    server = NewsServer()
    paper = Paper(server, standing=standing)
    site = {"name": "tidewater", "home": f"{server.url}/", "feeds": [f"{server.url}/rss"], "delay": 0}
    cli.write_sites(site | {"allow_hosts": [server.url.removeprefix("http://")]})
    assert cli.ingest()["published"]["articles"] == COUNT
    yield paper
    server.close()


def again(cli: Cli, paper: Paper) -> dict[str, Any]:
    paper.visit += 1
    report: dict[str, Any] = cli.ingest("--revisit-now")["published"]
    return report


def gone(cli: Cli) -> set[str]:
    return {row["url"] for row in cli.rows() if row["status"] == "gone"}


def error_page(title: str, words: str) -> Reply:
    """An error that answers 200."""
    return Reply(
        f"<html><head><title>{title} | The Tidewater Post</title></head><body><nav><a href='/'>The Tidewater Post</a></nav>"
        f"<main><h1>{title}</h1><p>{words}</p></main></body></html>".encode(), etag=False,
    )  # fmt: skip


def make_due(store: Store, site: str) -> None:
    """Let the time of the next look at gone pages come."""
    stored = store.get(layout.frontier_key(site))
    frontier = Frontier.load(stored.body, site)
    for known in list(frontier.urls.values()):
        if known.state == GONE:
            assert known.next_visit is not None
            frontier.urls[known.url] = replace(known, next_visit=known.last_visit)
    store.put(layout.frontier_key(site), frontier.dump(), if_match=stored.etag)


def test_changed_chrome_gives_no_version_and_one_edited_sentence_gives_exactly_the_second(
    cli: Cli, paper: Paper
) -> None:
    for _ in range(2):
        report = again(cli, paper)
        assert (report["articles"], report["versions"], report["unchanged"]) == (0, 0, COUNT)
    before = paper.texts[3][2]
    paper.texts[3][2] = before.replace(sentence(127), "The harbour master says now that he never wrote it.")
    assert paper.texts[3][2] != before
    report = again(cli, paper)
    assert (report["versions"], report["unchanged"]) == (1, COUNT - 1)
    versions = cli.rows("articles", "--all-versions")
    assert Counter(row["url"] for row in versions) == {paper.url(n): 1 + (n == 3) for n in range(COUNT)}
    second = next(row for row in versions if row["version"] == 2)
    assert second["text"] == "\n".join(paper.texts[3])
    firsts = {row["url"]: row["text"] for row in versions if row["version"] == 1}
    assert all(firsts[paper.url(number)] == "\n".join(paper.texts[number]) for number in range(COUNT) if number != 3)


STANDING = (
    "<p>The Tidewater Post has told this harbour what happens in it since the year in which the old mole was built, "
    "and everybody who writes for it lives within sight of the water.</p>"
)


def test_what_the_site_taught_meanwhile_is_no_edit(cli: Cli) -> None:
    """The first run knows no profile yet and keeps what stands in all texts; the next one knows better."""
    with published(cli, STANDING) as paper:
        assert "since the year" in cli.rows()[0]["text"], "or there is nothing to learn here"
        report = again(cli, paper)
        assert (report["articles"], report["versions"], report["unchanged"]) == (0, 0, COUNT)
        rows = cli.rows("articles", "--all-versions")
        assert {row["url"]: row["text"] for row in rows} == {
            paper.url(number): "\n".join(paper.texts[number]) for number in range(COUNT)
        }
        assert {(row["version"], row["extraction"]["version"].endswith(".reextracted")) for row in rows} == {(1, True)}
        paper.texts[3][2] = "The harbour master says now that he never wrote any such letter to the board."
        report = again(cli, paper)
        assert (report["versions"], report["unchanged"]) == (1, COUNT - 1)
    cli("verify", "--deep")


def test_a_page_that_is_cut_off_is_no_edit(cli: Cli, paper: Paper) -> None:
    page = paper.article(5)
    half = page[: page.index(paper.texts[5][3].encode())]
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\n\r\n"
    paper.replies[paper.path(5)] = Reply(raw=head.encode() + half, close=True)
    report = again(cli, paper)
    assert (report["versions"], report["unchanged"], report["gone"]) == (0, COUNT - 1, 0)
    (row,) = cli.rows("rejections")
    assert (row["url"], row["reason"]) == (paper.url(5), "truncated")
    paper.replies.clear()
    report = again(cli, paper)
    assert (report["versions"], report["unchanged"]) == (0, COUNT)


def test_what_is_missing_at_two_looks_is_gone_with_its_text_kept_and_may_live_again(
    cli: Cli, paper: Paper, store: Store
) -> None:
    """Each article has a fate of its own; its page is the same to the byte otherwise, so that it answers 304."""
    paper.is_plain = True
    cli.ingest("--revisit-now")  # as it is now, with an ETag
    nothing, moved = Reply(b"", 404, "Not Found"), [Reply(b"", 302, "Found", headers=(("Location", to),)) for to in ("/", "/harbour/")]  # fmt: skip
    paper.unknown = error_page("Il-paġna ma nstabitx", "Il-paġna li qed tfittex m'għadhiex hawn. " * 6)
    fates = {
        "404": nothing, "404 once": nothing, "410": Reply(b"", 410, "Gone"), "403": Reply(b"", 403, "Forbidden"),
        "front": moved[0], "section": moved[1], "section once": moved[1], "as nothing": paper.unknown,
        "English": error_page("Page not found", "The page you are looking for does not exist. Try the front page."),
        "German": error_page("Seite nicht gefunden", "Die angeforderte Seite gibt es nicht mehr. Zur Startseite."),
        "English once": error_page("Sorry, this page does not exist", "It may have moved."),
        "other": Reply(b"", 301, "Moved", headers=(("Location", paper.path(COUNT - 1)),)),
    }  # fmt: skip
    urls = {fate: paper.url(number) for number, fate in enumerate(fates)}
    paper.replies = {paper.path(number): reply for number, reply in enumerate(fates.values())}
    texts = {row["url"]: row["text"] for row in cli.rows()}
    report = again(cli, paper)
    assert (report["versions"], report["gone"]) == (0, 1)
    assert gone(cli) == {urls["410"]}, "anything else may be a hiccup"
    for fate in (one for one in fates if one.endswith("once")):
        del paper.replies[paper.path(list(fates).index(fate))]
    report = again(cli, paper)
    stays = {"403", *(one for one in fates if one.endswith("once"))}
    assert gone(cli) == {url for fate, url in urls.items() if fate not in stays}
    assert {row["url"]: row["text"] for row in cli.rows()} == texts
    assert report["versions"] == 0
    known = {paper.path(number) for number in range(COUNT)}
    made_up = [
        one.target for one in paper.server.seen if one.target.startswith("/harbour/2") and one.target not in known
    ]
    assert len(made_up) == 1, "one a host and day"
    paper.replies.clear()
    make_due(store, "tidewater")
    report = again(cli, paper)
    assert gone(cli) == set()
    assert (report["articles"], report["versions"]) == (0, 0)
