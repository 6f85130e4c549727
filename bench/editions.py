"""`python -m bench.editions`: three editions of real replayed sites, archived: everything published is kept or counted,
nothing is downloaded twice, and each edit gives one version."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.replay import Replay, replay, site_file
from extract.url import normalise_url

ROOT = Path(__file__).resolve().parent.parent


class Newsroom:
    """An archive of its own, filled through the replay's proxy."""

    def __init__(self, home: Path, served: Replay) -> None:
        self._served, sites = served, home / "sites.yaml"
        site_file(served.sites, sites)
        given = {
            "BROADSHEET_HOME": str(home),
            "BROADSHEET_SITES": str(sites),
            "http_proxy": served.proxy,
            "PYTHONPATH": str(ROOT),
        }
        self._env = {**os.environ, **given}

    def run(self, *argv: str) -> list[Any]:
        """Run a verb; return its stdout's JSON lines. A failed site is shown and counted, not fatal."""
        done = subprocess.run(
            [sys.executable, "-m", "cli", *argv], env=self._env, cwd=ROOT, stdout=subprocess.PIPE, check=False
        )
        if done.returncode not in {0, 3}:
            print(f"  exit code {done.returncode}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def ingest(self, label: str, *argv: str) -> dict[str, Any]:
        """Ingest, print what happened and what was asked of the sites."""
        before = len(self._log())
        started = time.monotonic()
        report: dict[str, Any] = self.run("ingest", "--json", *argv)[-1]
        asked = self._log()[before:]
        statuses: dict[str, int] = {}
        for request in asked:
            statuses[str(request["status"])] = statuses.get(str(request["status"]), 0) + 1
        print(f"{label}: {time.monotonic() - started:.1f} s; {json.dumps(report['totals'])}")
        print(f"  published {json.dumps(report['published'])}")
        size = sum(request["bytes"] for request in asked if request["status"] == 200)
        print(f"  requests to the sites by status {statuses}, {size / 2**20:.1f} MiB of bodies")
        errors = {name: one["error"] for name, one in report["sites"].items() if "error" in one}
        short = [name for name, one in report["sites"].items() if "shortfall" in one]
        print(f"  errors {errors}; less than expected {short}")
        return report

    def _log(self) -> list[dict[str, Any]]:
        import urllib.request  # noqa: PLC0415 - only here

        with urllib.request.urlopen(f"{self._served.proxy}/__replay/log") as answer:  # noqa: S310 - loopback
            return [json.loads(line) for line in answer.read().splitlines() if line.strip()]


def _filed(url: str) -> str:
    """Return the URL under which the archive files a page; what is no URL stays as it is."""
    try:
        return normalise_url(url)
    except ValueError:
        return url


def check_published(newsroom: Newsroom, truth: list[dict[str, Any]]) -> None:
    """Print how many published pages are articles, rejections, or neither."""
    articles = {row["url"] for row in newsroom.run("articles", "--format", "jsonl")}
    rejected = {row["url"]: row["reason"] for row in newsroom.run("rejections", "--format", "jsonl")}
    urls = {_filed(page["url"]) for page in truth}
    neither = urls - articles - set(rejected)
    refused = urls & set(rejected) - articles
    print(
        f"  published {len(urls)}: {len(urls & articles)} articles, {len(refused)} rejections, {len(neither)} neither"
    )
    for url in sorted(neither)[:5]:
        print(f"    neither: {url}")


def check_edits(newsroom: Newsroom, truth: list[dict[str, Any]]) -> None:
    """Print whether each edit gave one version with its sentence, and whether anything else got one."""
    rows = newsroom.run("articles", "--all-versions", "--format", "jsonl")
    versions: dict[str, dict[int, str]] = {}
    for row in rows:
        versions.setdefault(row["url"], {})[row["version"]] = row["text"]
    edited = {_filed(page["url"]): page["edits"] for page in truth if page["edits"] and _filed(page["url"]) in versions}
    right = [
        url
        for url, edits in edited.items()
        if len(versions[url]) == len(edits) + 1 and edits[-1] in versions[url][len(edits) + 1]
    ]
    print(f"  edited articles {len(edited)}: {len(right)} with exactly one version an edit that holds its sentence")
    for url in sorted(set(edited) - set(right))[:20]:
        print(f"    versions {sorted(versions[url])}: {url}")
    uncalled = [url for url, found in versions.items() if len(found) > 1 and url not in edited]
    print(f"  unedited articles with more than one version: {len(uncalled)} {uncalled[:5]}")


def main() -> None:
    """Run the three editions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="folder with corpus/ and replay/")
    parser.add_argument("--port", type=int, default=8071)
    parser.add_argument("--sites", default="", help="only these hosts, comma-separated")
    parser.add_argument("--keep", action="store_true", help="leave the archive there")
    args = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="broadsheet-editions-"))
    try:
        with replay(args.shared, args.port, [host for host in args.sites.split(",") if host], 1, 0.5) as served:
            newsroom = Newsroom(home, served)
            newsroom.ingest("first pass")
            check_published(newsroom, served.control("truth"))
            newsroom.ingest("second pass")
            print(f"advance: {len(served.control('advance')['edited'])} pages edited")
            newsroom.ingest("after advance, --revisit-now", "--revisit-now")
            check_published(newsroom, served.control("truth"))
            check_edits(newsroom, served.control("truth"))
    finally:
        if args.keep:
            print(home)
        else:
            shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
