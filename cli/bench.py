"""`bench`: figures of this machine, measured against peers on the same work in the same run."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console

from bench.broadsheet import COLD, OWN, WARM
from bench.extraction import PageScore, calibration_error, read_and_score, reliability, set_scores, site_groups, stored
from bench.metrics import DEFINITIONS
from bench.own_pages import write_own_pages
from bench.pages import load_pages
from bench.peers import PEERS
from bench.speed import compare_speed
from bench.table import TABLE_WIDTH, print_failures, print_reliability, print_scores, print_speed
from bench.workers import peers_python
from cli.progress import progress


@click.group()
def bench() -> None:
    """Measure Broadsheet against others."""


@bench.command()
@click.option("--corpus", type=click.Path(path_type=Path), help="Pages and gold; default: the demo newspaper's.")
@click.option("--sets", default="", help=f"Of {','.join(DEFINITIONS)}, separated by commas; default: all there are.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes that read; default: one a core.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, writable=True, path_type=Path),
              help="Write everything here, with the scores of each page.")  # fmt: skip
@click.option(
    "--peers/--no-peers", default=True, help="Other extractors than trafilatura, in an environment of their own."
)
def extraction(*, corpus: Path | None, sets: str, jobs: int | None, json_file: Path | None, peers: bool) -> None:
    """Score the articles read from stored pages: Broadsheet cold and warm, and its peers, in one run.

    docs/benchmarks.md says what each figure means.
    """
    moment = datetime.now(UTC).isoformat()
    with _corpus(corpus) as folder:
        pages = load_pages(folder, [name for name in sets.split(",") if name], tuple(DEFINITIONS))
        pythons = {"bench.broadsheet": Path(sys.executable)} | ({"bench.peers": peers_python()} if peers else {})
        with progress("speed", total=len(pages)) as bar:  # first, while this process is small
            speeds = compare_speed((stored(group, moment) for group in site_groups(pages)), bar.advance)
        systems = len(OWN) + len(PEERS) * peers
        with progress("pages", total=len(pages) * systems) as bar:
            scores = list(read_and_score(pages, pythons, moment, jobs or os.cpu_count() or 1, bar.advance))
    rows = set_scores(scores)
    bins = {system: reliability(scores, system) for system in (COLD, WARM)}
    if json_file:
        json_file.write_bytes(orjson.dumps({
            "corpus": str(corpus or "own pages"),
            "captured_at": moment,
            "sets": [asdict(row) for row in rows],
            "speed": {system: asdict(speed) | {"ratio": speed.ratio} for system, speed in speeds.items()},
            "reliability": {
                system: {"error": calibration_error(found), "bins": [asdict(each) for each in found]}
                for system, found in bins.items()
            },
            "pages": [_page_row(score) for score in scores],
        }))  # fmt: skip
    console = Console()
    console.width = max(
        console.width, TABLE_WIDTH
    )  # a line that a narrow terminal breaks is still read; a cut figure is not
    print_scores(console, rows)
    print_failures(console, scores)
    print_speed(console, speeds)
    for system, found in bins.items():
        print_reliability(console, system, found)


@contextmanager
def _corpus(given: Path | None) -> Iterator[Path]:
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory() as folder:
        write_own_pages(Path(folder))
        yield Path(folder)


def _page_row(score: PageScore) -> dict[str, Any]:
    page = {"id": score.page.page_id, "set": score.page.set, "site": score.page.site, "url": score.page.url}
    ratios = {"precision": score.counts.precision, "recall": score.counts.recall, "f1": score.counts.f1}
    fields = {name: value for name, value in asdict(score).items() if name != "page"}
    return page | fields | ratios
