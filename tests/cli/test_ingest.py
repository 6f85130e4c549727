from __future__ import annotations

import io
import json
import os
import signal
import socket
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from extract.stored import StoredObject
from extract.warc import read_members
from spiders.demo.newspaper import Demo, ManualClock
from storage import layout
from storage.client import Store
from storage.embedded import EmbeddedStore
from storage.manifest import read_manifest
from storage.open_runs import list_open
from storage.profiles import read_profile
from storage.settings import StoreSettings
from tests.cli.conftest import Cli
from tests.extract.page import PARAGRAPHS, news_page

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


def test_the_steps_of_a_dag_give_the_same_table_and_can_be_repeated(cli: Cli, demo: Demo) -> None:
    site, run = demo.sites[0].name, "20261122T120000Z-abcdef"
    for _ in range(2):
        crawled = json.loads(cli("crawl", site, "--run", run).stdout.splitlines()[-1])
        cli("extract-run", site, "--run", run)
        staged = json.loads(cli("stage", site, "--run", run).stdout.splitlines()[-1])
        published = json.loads(cli("publish").stdout.splitlines()[-1])
    assert crawled["outcomes"]["captured"] == staged["articles"] == len(demo.papers[0].truth(0))
    assert published["articles"] == 0
    assert {row["url"] for row in cli.rows()} == {article.url for article in demo.papers[0].truth(0)}


def test_a_sites_profile_settles_and_pages_are_read_by_it(
    cli: Cli, demo: Demo, clock: ManualClock, store: Store
) -> None:
    told: dict[str, list[dict[str, Any]]] = {paper.paper.name: [] for paper in demo.papers}
    for moment in (0.0, 310.0, 600.0, AFTER_ALL_EDITS_S):
        clock.at_s = moment
        report = cli.ingest("--revisit-now")
        for name, site in report["sites"].items():
            told[name].append(site["profile"])
            assert read_manifest(store, name, report["run_id"])[0].profile == site["profile"]
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


def test_a_repeated_extract_step_teaches_the_profile_once(cli: Cli, demo: Demo, store: Store) -> None:
    site, run = demo.sites[0].name, "20261122T120000Z-abcdef"
    cli("crawl", site, "--run", run)
    cli("extract-run", site, "--run", run)
    told, taught = read_manifest(store, site, run)[0].profile, store.get(layout.profile_key(site)).body
    assert told["read_in_full"] == len(demo.papers[0].truth(0))
    cli("extract-run", site, "--run", run)
    assert read_manifest(store, site, run)[0].profile == told
    store.delete([layout.lessons_key(site, run, 0)])  # as if the step had died between the part and its lessons
    cli("extract-run", site, "--run", run)
    again = read_manifest(store, site, run)[0].profile
    assert (again["profile"], again["next_profile"]) == (told["next_profile"], told["next_profile"])
    assert store.get(layout.profile_key(site)).body == taught
    cli("stage", site, "--run", run)
    assert read_manifest(store, site, run)[0].profile == again
    assert {one.key for one in store.list(f"runs/{site}/")} == {layout.manifest_key(site, run)}


def test_a_damaged_profile_fails_no_run(cli: Cli, demo: Demo, store: Store) -> None:
    site = demo.sites[0].name
    store.put(layout.profile_key(site), b"no profile")
    report = cli.ingest(site)
    assert report["sites"][site]["profile"]["profile"] is None
    stored = read_profile(store, site).profile
    assert stored
    assert stored.id == report["sites"][site]["profile"]["next_profile"]


def test_a_step_without_the_one_before_says_what_to_clear(cli: Cli, demo: Demo) -> None:
    done = cli("stage", demo.sites[0].name, "--run", "20261122T120000Z-abcdef", code=1)
    assert "was not crawled; clear its crawl task" in done.stderr


class Answer(BaseHTTPRequestHandler):
    """One status for everything."""

    status = 503

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(("status", "reason"), [(503, "robots"), (404, "no feed, sitemap or section answered")])
def test_a_site_that_gives_nothing_fails_with_the_reason(cli: Cli, status: int, reason: str) -> None:
    handler = type("Handler", (Answer,), {"status": status})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"127.0.0.1:{server.server_port}"
        cli.write_sites(
            {
                "name": "down",
                "home": f"http://{host}/",
                "feeds": [f"http://{host}/rss"],
                "allow_hosts": [host],
                "delay": 0,
            }
        )
        done = cli("ingest", code=3)
        server.shutdown()
    assert "down: " in done.stderr
    assert reason in done.stderr


def test_no_sites_a_wrong_name_and_a_broken_file_are_usage_errors(cli: Cli) -> None:
    assert "names no enabled site" in cli("ingest", code=2).stderr
    cli.write_sites({"name": "a", "home": "http://a.example/"})
    assert "no site is called 'nope'" in cli("ingest", "nope", code=2).stderr
    cli.sites_file.write_text("sites:\n  - name: a\n    hme: http://a.example/\n")
    done = cli("ingest", code=2)
    assert f"{cli.sites_file}:3: hme: unknown key" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.usefixtures("demo")
def test_an_s3_that_is_down_is_named_at_once(cli: Cli) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
    done = cli("ingest", code=1, BROADSHEET_S3_ENDPOINT=endpoint)
    assert endpoint in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_s3_that_dies_in_the_middle_fails_the_pass_and_loses_nothing(cli: Cli, demo: Demo, tmp_path: Path) -> None:
    embedded = EmbeddedStore(StoreSettings(home=tmp_path / "own-s3", min_free_mib=0))
    server = embedded.start()
    settings = embedded.settings(server)
    assert settings.secret_key
    cli.env |= {
        "BROADSHEET_S3_ENDPOINT": str(settings.endpoint),
        "AWS_ACCESS_KEY_ID": str(settings.access_key),
        "AWS_SECRET_ACCESS_KEY": settings.secret_key.get_secret_value(),
    }
    cli.write_sites(*(paper.site_entry() | {"delay": 0.4} for paper in demo.papers))
    process = cli.start("ingest")
    cli.await_captures(process, 45)
    os.kill(server.pid, signal.SIGKILL)
    _, err = process.communicate()
    assert process.returncode == 1, err
    assert str(settings.endpoint) in err.splitlines()[-1]
    embedded.start()
    cli.write_sites(*(paper.site_entry() for paper in demo.papers))
    report = cli.ingest()
    embedded.stop()
    assert report["published"]["articles"] == len(demo.truth(0))
    assert report["totals"]["recovered"] > 0


def test_a_page_that_says_noarchive_is_counted_and_no_byte_of_it_is_kept(cli: Cli, store: Store) -> None:
    page = news_page(paragraphs=(*PARAGRAPHS, "This sentence stays with its publisher alone."))
    pages = {
        "/rss": b"<rss version='2.0'><channel><item><link>/news/open</link></item><item><link>/news/closed</link></item></channel></rss>",
        "/news/open": news_page(),
        "/news/closed": page.replace(b"<head>", b"<head><meta name='robots' content='noarchive'>"),
    }

    class Paper(Answer):
        def do_GET(self) -> None:
            body = pages.get(self.path, b"")
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "application/rss+xml" if self.path == "/rss" else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Paper) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"127.0.0.1:{server.server_port}"
        cli.write_sites(
            {
                "name": "paper",
                "home": f"http://{host}/",
                "feeds": [f"http://{host}/rss"],
                "allow_hosts": [host],
                "delay": 0,
            }
        )
        cli.ingest()
        assert cli.ingest()["totals"]["not_due"] == 2  # what may not be kept is not fetched again at once either
        server.shutdown()
    assert [row["url"] for row in cli.rows()] == [f"http://{host}/news/open"]
    assert [row["reason"] for row in cli.rows("rejections")] == ["noarchive"]
    for listed in store.list(""):
        body = store.get(listed.key).body
        plain = (
            b"".join(member.data for member in read_members(io.BytesIO(body), listed.key))
            if listed.key.endswith(".gz")
            else body
        )
        assert b"stays with its publisher" not in plain, listed.key


def test_a_staged_file_that_cannot_be_read_fails_the_pass_after_the_others_are_published(
    cli: Cli, demo: Demo, store: Store
) -> None:
    store.put("staged/another/20261122T120000Z-abcdef.parquet", b"no Parquet")
    done = cli("ingest", "--json", code=1)
    assert "staged/another/20261122T120000Z-abcdef.parquet" in done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["published"]["articles"] == len(demo.truth(0))
    assert json.loads(cli("publish", code=1).stdout.splitlines()[-1])["articles"] == 0
    assert store.get("staged/another/20261122T120000Z-abcdef.parquet").body == b"no Parquet"
