from __future__ import annotations

import json
from typing import Any

import pytest

from extract.url import article_id
from spiders.demo.newspaper import Demo, ManualClock
from storage import layout
from storage.client import Store
from tests.cli.conftest import Cli
from tests.storage.searching import found_in

RUN = "20261122T093000Z-0000ab"


@pytest.fixture
def archive(cli: Cli, demo: Demo, clock: ManualClock) -> Cli:
    """The CLI on an archive of the demo with edits, stories, learned profiles, and a run that waits for publish."""
    cli.ingest()
    clock.at_s = 310.0
    cli.ingest("--revisit-now")
    clock.at_s = 600.0
    cli.ingest("--revisit-now")
    assert len(cli.rows("stories")) == 2
    clock.at_s = 1300.0
    for paper in demo.papers:
        for step in (["crawl", "--revisit-now"], ["extract-run"], ["stage"]):
            cli(*step, paper.paper.name, "--run", RUN)
    return cli


def victims(cli: Cli) -> list[dict[str, Any]]:
    """One that has a copy on another site, and one that was edited."""
    versions = cli.rows("articles", "--all-versions")
    edited = next(row for row in versions if row["version"] > 1)
    shared = next(row for row in versions if "tidal" in row["url"])
    return [edited, shared]


def own_sentences(cli: Cli, row: dict[str, Any]) -> list[str]:
    """The sentences that no other article has, of any version."""
    versions = cli.rows("articles", "--all-versions")
    others = "\n".join(one["text"] for one in versions if one["url"] != row["url"])
    own = "\n".join(one["text"] for one in versions if one["url"] == row["url"])
    found = [line for line in own.splitlines() if len(line) > 60 and line not in others]
    assert found, row["url"]
    return found


def verified(cli: Cli, *argv: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(cli("verify", "--json", *argv).stdout.splitlines()[-1])
    return told


def test_no_byte_of_an_erased_article_is_left_and_all_else_is_whole(archive: Cli, store: Store, demo: Demo) -> None:
    rows = victims(archive)
    sentences = [sentence for row in rows for sentence in own_sentences(archive, row)]
    urls = [row["url"] for row in rows]
    assert all(found_in(store, *sentences, *urls).values())
    before = {row["url"]: row for row in archive.rows("articles", "--all-versions") if row["url"] not in urls}
    root = verified(archive, "--deep")["root"]

    said = archive("erase", *urls, "--reason", "a court order", "--by", "the editor").stdout
    assert said.startswith("erased 2 articles")

    assert not any(found_in(store, *sentences, *urls).values())
    after = {row["url"]: row for row in archive.rows("articles", "--all-versions")}
    assert after.keys() == before.keys()
    assert [after[url]["text"] for url in before] == [row["text"] for row in before.values()]
    told = verified(archive, "--deep", "--root", f"{root['day']}={root['root']}")
    assert told["findings"] == []
    (entry,) = [json.loads(store.get(one.key).body) for one in store.list(layout.ERASED)]
    assert (entry["by"], entry["reason"], entry["done"]) == ("the editor", "a court order", True)
    assert sorted(entry["articles"]) == sorted(article_id(url) for url in urls)

    published = json.loads(archive("publish").stdout)
    assert published["runs"] == len(demo.papers)
    report = archive.ingest("--revisit-now")
    assert report["totals"]["rejections"].pop("erased") == 2
    assert not any(found_in(store, *sentences).values())
    assert {row["url"] for row in archive.rows()}.isdisjoint(urls)
    assert archive.rows("stories") == []
    assert verified(archive, "--deep")["findings"] == []
    assert archive.ingest("--revisit-now")["totals"]["rejections"].get("erased") is None
