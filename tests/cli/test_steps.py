"""The steps that the DAG tasks start, one process each, and what they teach a profile: repeated, damaged, out of order."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from spiders.demo.newspaper import Demo
from storage import layout
from storage.client import Store
from storage.manifest import read_manifest
from storage.profiles import read_profile
from tests.cli.conftest import ROOT, Cli


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


@pytest.mark.parametrize(
    ("module", "others"),
    [
        ("crawl_step", {"trafilatura", "polars", "deltalake"}),
        ("extract_step", {"trafilatura", "scrapy", "polars", "deltalake"}),
        ("stage_step", {"trafilatura", "scrapy", "polars", "deltalake"}),
        ("publish", {"trafilatura", "scrapy"}),
    ],
)
def test_a_step_loads_no_library_that_only_others_need(module: str, others: set[str]) -> None:
    code = f"import sys, cli.{module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not others & set(done.stdout.split())


def test_a_step_without_the_one_before_says_what_to_clear(cli: Cli, demo: Demo) -> None:
    done = cli("stage", demo.sites[0].name, "--run", "20261122T120000Z-abcdef", code=1)
    assert "was not crawled; clear its crawl task" in done.stderr
