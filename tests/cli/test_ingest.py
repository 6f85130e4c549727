"""A pass over the demo newspaper: what it archives, what it does not do twice, and what a stop keeps."""

from __future__ import annotations

import json
import signal
from collections import Counter

from cli.ingest import summary
from extract.stored import StoredObject
from spiders.demo.newspaper import Demo
from storage import layout
from storage.client import Store
from storage.manifest import RunManifest, read_manifest
from storage.open_runs import list_open
from storage.profiles import read_profile
from tests.cli.conftest import Archived, Cli

ALL_EDITIONS_S = (0.0, 310.0, 600.0, 1300.0)


def test_a_pass_archives_every_published_article_with_its_text_and_metadata(cli: Cli, demo: Demo, store: Store) -> None:
    report = cli.ingest()
    expected = {article.url: article for article in demo.truth(0)}
    rows = {row["url"]: row for row in cli.rows()}
    assert rows.keys() == expected.keys()
    assert report["published"]["articles"] == len(expected)
    for site in demo.sites:
        (manifest,) = manifests(store, site.name)
        assert report["sites"][site.name]["profile"] == manifest.profile
    for url, row in rows.items():
        article = expected[url]
        assert (row["title"], row["authors"], row["language"]) == (article.title, [article.author], article.language)
        missing = [
            block.text for block in article.blocks if block.kind == "paragraph" and block.text not in row["text"]
        ]
        assert not missing, url
        assert row["capture"]["http_status"] == 200
        assert row["run_id"] == report["run_id"]


def test_a_second_pass_downloads_nothing_and_adds_nothing(archived: Archived, demo: Demo) -> None:
    cli = archived(0.0)
    second = cli.ingest()
    assert second["totals"]["not_due"] == second["totals"]["discovered"] == len(demo.truth(0))
    third = cli.ingest("--revisit-now")
    assert third["totals"]["not_modified"] == second["totals"]["discovered"]
    assert third["published"] | {"runs": 0, "table_version": 0} == {
        "runs": 0, "articles": 0, "versions": 0, "unchanged": 0, "rejections": 0, "gone": 0, "table_version": 0,
    }  # fmt: skip
    assert len(cli.rows("articles", "--all-versions")) == len(demo.truth(0))


def test_each_line_of_the_summary_says_what_it_counts() -> None:
    totals = {"discovered": 9, "recovered": 1, "articles": 5, "not_modified": 1, "unchanged": 0, "not_due": 1}
    totals |= {"deferred": 0, "rejections": {"gone": 1, "not_found": 2}}  # type: ignore[dict-item]
    published = {"runs": 3, "articles": 12, "versions": 2, "unchanged": 1, "gone": 1}
    report = {"run_id": "R", "sites": {"times": {}}, "seconds": 1.25, "refused": None, "stories": None}
    assert summary(report | {"totals": totals, "published": published}).splitlines() == [
        "run R: 1 sites, 9 URLs, 1.2 s",
        "  read       5 articles, 3 rejected: 2 not_found, 1 gone",
        "  not read   1 not due, 1 not modified, 0 same bytes",
        "  recovered  1 captures of runs that died, among those read",
        "  published  12 new articles, 2 edited, 1 gone, 1 unchanged, of all that waited: 3 staged runs",
    ]
    late = summary(report | {"totals": totals, "published": dict.fromkeys(published, 0)})
    assert late.endswith("\n             what this run read, another publish committed meanwhile")


def test_edits_become_versions_deletions_become_gone_and_chrome_becomes_nothing(
    archived: Archived, demo: Demo, store: Store
) -> None:
    cli = archived(*ALL_EDITIONS_S)
    report = cli.ingest("--revisit-now")  # a page that is missing once may be a fault; twice is gone
    for site in demo.sites:
        assert report["sites"][site.name]["profile"] == manifests(store, site.name)[-1].profile
    rows = {row["url"]: row for row in cli.rows()}
    expected = {article.url: article for article in demo.truth(ALL_EDITIONS_S[-1])}
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


def test_a_sites_profile_settles_and_pages_are_read_by_it(archived: Archived, demo: Demo, store: Store) -> None:
    cli = archived(*ALL_EDITIONS_S)
    told = {site.name: [manifest.profile for manifest in manifests(store, site.name)] for site in demo.sites}
    for name, runs in told.items():
        first = runs[0]
        pages = first["read_in_full"]
        assert first == {"profile": None, "next_profile": first["next_profile"], "pages_read_by_profile": 0, "read_in_full": pages, "match": None}  # fmt: skip
        in_force = None
        for run in runs:
            assert run["profile"] == in_force
            in_force = run["next_profile"] or in_force
        stored = read_profile(store, name)
        assert stored.profile
        assert stored.profile.id == in_force
        assert [one for one, _ in stored.history] == [
            run["next_profile"] for run in reversed(runs) if run["next_profile"]
        ]
    assert sum(run["pages_read_by_profile"] for runs in told.values() for run in runs)
    profiles = {row["extraction"]["profile"] for row in cli.rows("articles", "--all-versions")}
    assert {None} < profiles <= {run["profile"] for runs in told.values() for run in runs}


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
    objects = [one for manifest in manifests(store, site) for one in manifest.objects]
    return [one for one in objects if one.key.startswith("raw/")]


def manifests(store: Store, site: str) -> list[RunManifest]:
    """What is written of a site's runs, oldest first."""
    runs = [run for one in store.list(f"runs/{site}/") if (run := layout.manifest_run(one.key))]
    return [read_manifest(store, site, run_id)[0] for _, run_id in runs]


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
