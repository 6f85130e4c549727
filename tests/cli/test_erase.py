from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from cli.verify import read_known
from extract.url import article_id
from spiders.demo.newspaper import Demo, ManualClock
from spiders.frontier import Frontier
from storage import layout
from storage.articles import Archive
from storage.client import Store
from storage.open_runs import close_runs, open_run
from storage.verify import Ask, verify
from tests.cli.conftest import Cli, Once
from tests.storage.searching import found_in

RUN = "20261122T093000Z-0000ab"


@pytest.fixture
def archive(cli: Cli, demo: Demo, clock: ManualClock, once: Once) -> Cli:
    """The CLI on an archive of the two sites that share a story, with profiles, and a run that waits for publish."""
    entries = [paper.site_entry() | {"delay": 0} for paper in demo.papers]
    cli.write_sites(*(entry for entry in entries if entry["name"] in {"harbour-courier", "harbour-gazette"}))

    def make() -> None:
        clock.at_s = 600.0
        cli.ingest()
        clock.at_s = 1300.0
        for step in (["crawl", "--revisit-now"], ["extract-run"], ["stage"]):
            cli(*step, "harbour-courier", "--run", RUN)

    once("two sites and a staged run", make)
    clock.at_s = 1300.0
    return cli


def rows(store: Store) -> list[dict[str, Any]]:
    return Archive(store).articles(all_versions=True).to_pylist()


def own_sentences(store: Store, url: str) -> list[str]:
    """The sentences of an article that no other has."""
    others = "\n".join(one["text"] for one in rows(store) if one["url"] != url)
    own = "\n".join(one["text"] for one in rows(store) if one["url"] == url)
    return [line for line in own.splitlines() if len(line) > 60 and line not in others]


def findings(store: Store) -> list[str]:
    report = verify(store, Ask(read_known, datetime.now(UTC), deep=True))
    return [str(one) for one in report.findings]


def test_no_byte_of_an_erased_article_is_left_and_all_else_is_whole(archive: Cli, store: Store) -> None:
    url = next(row["url"] for row in rows(store) if "tidal" in row["url"])
    sentences = own_sentences(store, url)
    assert all(any(key.startswith(layout.STAGED) for key in keys) for keys in found_in(store, *sentences).values())
    before = {row["url"]: row for row in rows(store) if row["url"] != url}
    assert findings(store) == []

    said = archive("erase", url, "--reason", "a court order", "--by", "the editor").stdout
    assert said.startswith("erased 1 articles")

    found = found_in(store, url, *sentences)
    # other articles' pages still link to it, as their publisher wrote them
    assert all(key.endswith(".warc.gz") for key in found.pop(url))
    assert not any(found.values())
    after = {row["url"]: row for row in rows(store)}
    assert {url: row["text"] for url, row in after.items()} == {url: row["text"] for url, row in before.items()}
    assert any("turbines" in url for url in after)  # the copy on the other site
    assert findings(store) == []
    (entry,) = [json.loads(store.get(one.key).body) for one in store.list(layout.ERASED)]
    assert (entry["by"], entry["reason"], entry["done"]) == ("the editor", "a court order", True)

    report = archive.ingest("--revisit-now")
    assert report["totals"]["rejections"]["erased"] == 1
    words = [word for site in report["sites"].values() for word in site["sources"].values()]
    assert sum("not kept: it names an erased article" in word for word in words) > 0
    assert not any(found_in(store, *sentences).values())
    assert article_id(url) not in {row["article_id"] for row in rows(store)}
    assert archive.rows("stories", "--no-update") == []
    assert findings(store) == []


def test_what_is_erased_between_crawl_and_extract_is_counted_and_its_run_goes_on(
    cli: Cli, demo: Demo, clock: ManualClock, store: Store
) -> None:
    entries = [paper.site_entry() | {"delay": 0} for paper in demo.papers]
    cli.write_sites(*(entry for entry in entries if entry["name"] == "harbour-courier"))
    clock.at_s = 600.0
    captured = json.loads(cli("crawl", "harbour-courier", "--run", RUN).stdout)["outcomes"]["captured"]
    known = Frontier.load(store.get(layout.frontier_key("harbour-courier")).body, "harbour-courier").urls
    url = next(url for url in known if "tidal" in url)
    cli("erase", url, "--reason", "a court order", "--by", "the editor")

    cli("extract-run", "harbour-courier", "--run", RUN)
    staged = json.loads(cli("stage", "harbour-courier", "--run", RUN).stdout)
    assert staged["rejections"]["erased"] == 1
    assert staged["recovered"] == 0
    assert staged["articles"] + sum(staged["rejections"].values()) == captured
    cli("publish")
    assert article_id(url) not in {row["article_id"] for row in rows(store)}
    assert [row["url"] for row in cli.rows("rejections") if row["reason"] == "erased"] == [f"erased:{article_id(url)}"]
    assert findings(store) == []


def test_what_an_earlier_erasure_waits_for_in_vain_keeps_no_other_article(archive: Cli, store: Store) -> None:
    first, other = (next(row["url"] for row in rows(store) if row["site"] == f"harbour-{name}")
                    for name in ("courier", "gazette"))  # fmt: skip
    run = "20261122T100000Z-0000ac"
    opened = open_run(store, run, ["harbour-courier"])
    archive("erase", first, "--reason", "a court order", "--by", "me")
    store.put(broken := layout.segment_key("harbour-courier", run, 1, date(2026, 11, 22)), b"no WARC")
    close_runs(store, [opened], ["harbour-courier"])
    said = archive("erase", other, "--reason", "a court order", "--by", "me")
    assert said.stdout.startswith("erased 1 articles")
    assert "an erasure waits for the next upkeep" in said.stderr
    assert broken in said.stderr
    assert other not in {row["url"] for row in rows(store)}


def test_what_cannot_be_erased_is_said_in_one_line(cli: Cli) -> None:
    assert "knows nothing of it" in cli("erase", "https://a.example/x", "--reason", "r", code=1).stderr
    assert "no http" in cli("erase", "nonsense", "--reason", "r", code=2).stderr
