"""A pass over the demo newspaper: what it archives, what it does not do twice, and what a stop keeps."""

from __future__ import annotations

import json
import signal
from collections import Counter

from extract.stored import StoredObject
from spiders.demo.newspaper import Demo, ManualClock
from storage import layout
from storage.client import Store
from storage.manifest import read_manifest
from storage.open_runs import list_open
from tests.cli.conftest import Cli

AFTER_ALL_EDITS_S = 1300.0


def test_a_pass_archives_every_published_article_with_its_text_and_metadata(cli: Cli, demo: Demo) -> None:
    report = cli.ingest()
    expected = {article.url: article for article in demo.truth(0)}
    rows = {row["url"]: row for row in cli.rows()}
    assert rows.keys() == expected.keys()
    assert report["published"]["articles"] == len(expected)
    for url, row in rows.items():
        article = expected[url]
        assert (row["title"], row["authors"], row["language"]) == (article.title, [article.author], article.language)
        missing = [
            block.text for block in article.blocks if block.kind == "paragraph" and block.text not in row["text"]
        ]
        assert not missing, url
        assert row["capture"]["http_status"] == 200
        assert row["run_id"] == report["run_id"]


def test_a_second_pass_downloads_nothing_and_adds_nothing(cli: Cli, demo: Demo) -> None:
    first = cli.ingest()
    second = cli.ingest()
    assert second["totals"]["not_due"] == first["totals"]["discovered"]
    third = cli.ingest("--revisit-now")
    assert third["totals"]["not_modified"] == first["totals"]["discovered"]
    assert third["published"] | {"runs": 0, "table_version": 0} == {
        "runs": 0, "articles": 0, "versions": 0, "unchanged": 0, "rejections": 0, "gone": 0, "table_version": 0,
    }  # fmt: skip
    assert len(cli.rows("articles", "--all-versions")) == len(demo.truth(0))


def test_edits_become_versions_deletions_become_gone_and_chrome_becomes_nothing(
    cli: Cli, demo: Demo, clock: ManualClock
) -> None:
    cli.ingest()
    for moment in (310.0, 600.0, AFTER_ALL_EDITS_S):
        clock.at_s = moment
        cli.ingest("--revisit-now")
    cli.ingest("--revisit-now")  # a page that is missing once may be a fault; twice is gone
    rows = {row["url"]: row for row in cli.rows()}
    expected = {article.url: article for article in demo.truth(AFTER_ALL_EDITS_S)}
    assert rows.keys() == expected.keys()
    assert {url for url, row in rows.items() if row["status"] == "gone"} == {
        url for url, one in expected.items() if one.deleted
    }
    assert all(rows[url]["text"] for url, one in expected.items() if one.deleted)
    versions = Counter(row["url"] for row in cli.rows("articles", "--all-versions"))
    assert all(versions[url] <= article.version for url, article in expected.items())
    assert all((versions[url] > 1) == (article.version > 1) for url, article in expected.items())
    edited = next(url for url, article in expected.items() if article.version > 1 and not article.deleted)
    diff = cli("show", edited, "--diff").stdout
    assert "{+" in diff
    assert cli("show", edited, "--version", "1").stdout != cli("show", edited).stdout


def test_a_killed_pass_loses_nothing(cli: Cli, demo: Demo, store: Store) -> None:
    """kill -9 of the whole pass while it crawls; the next pass takes everything up."""
    cli.write_sites(*(paper.site_entry() | {"delay": 0.4} for paper in demo.papers))
    process = cli.start("ingest")
    cli.await_captures(process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert list_open(store)
    cli.write_sites(*(paper.site_entry() for paper in demo.papers))
    cli.ingest()
    assert {row["url"] for row in cli.rows()} == {article.url for article in demo.truth(0)}
    assert not list_open(store)
    keys = {one.key for one in store.list("raw/")}
    listed = {one.key for name in demo.sites for one in listed_captures(store, name.name)}
    assert listed == keys  # the dead run's too, each with its index
    assert {layout.index_key(key) for key in keys if key.endswith(".warc.gz")} == {
        key for key in keys if key.endswith(".cdxj")
    }


def listed_captures(store: Store, site: str) -> list[StoredObject]:
    """What the manifests of a site list below raw/."""
    runs = [run for one in store.list(f"runs/{site}/") if (run := layout.manifest_run(one.key))]
    objects = [one for _, run_id in runs for one in read_manifest(store, site, run_id)[0].objects]
    return [one for one in objects if one.key.startswith("raw/")]


def test_a_stopped_pass_keeps_what_it_has_and_says_so(cli: Cli, demo: Demo) -> None:
    cli.write_sites(*(paper.site_entry() | {"delay": 1} for paper in demo.papers))
    process = cli.start("ingest", "--json")
    cli.await_captures(
        process, 45
    )  # three records an exchange: robots.txt, feeds and sitemaps are through, pages are not
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate()
    assert process.returncode == 1
    assert "stopped before the end" in err
    report = json.loads(out.splitlines()[-1])
    assert report["stopped"]
    assert report["totals"]["deferred"] > 0
    assert len(cli.rows()) == report["totals"]["articles"]
