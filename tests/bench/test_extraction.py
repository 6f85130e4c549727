"""The benchmark as a whole, on the project's own pages, and what it makes of scores."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.extraction import (
    Bin,
    PageScore,
    calibration_error,
    difference,
    reliability,
    score_page,
    set_scores,
    site_groups,
)
from bench.metrics import Counts
from bench.pages import Gold, Page
from bench.reading import Reading
from bench.workers import ROOT

# What `bench extraction` measured on the demo newspaper, a little less. Raise these with the extractor.
FLOORS = {"f1": 0.995, "exact_paragraphs": 0.98, "title": 1.0, "date": 1.0, "authors": 1.0}


def bench(*argv: str) -> subprocess.CompletedProcess[str]:
    """Run the verb in a process of its own, without the peers' environment."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("BROADSHEET_")}
    command = [sys.executable, "-m", "cli", "bench", "extraction", "--no-peers", *argv]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What the verb printed and wrote for the project's own pages."""
    path = tmp_path_factory.mktemp("bench") / "figures.json"
    done = bench("--jobs", "2", "--json", str(path))
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout, json.loads(path.read_bytes())


def test_broadsheet_keeps_its_floors_on_the_projects_own_pages(run: tuple[str, dict[str, Any]]) -> None:
    rows = {row["system"]: row for row in run[1]["sets"]}
    for name in ("Broadsheet cold", "Broadsheet warm"):
        figures = rows[name] | {"f1": rows[name]["score"]["f1"]}
        below = {key: figures[key] for key, floor in FLOORS.items() if figures[key] < floor}
        assert not below, name
        assert figures["failures"] == 0
    assert rows["Broadsheet cold"]["score"]["f1"] >= rows["trafilatura"]["score"]["f1"]


def test_the_table_has_a_row_a_system_and_the_file_a_score_a_page(run: tuple[str, dict[str, Any]]) -> None:
    printed, written = run
    systems = [
        "Broadsheet cold",
        "Broadsheet warm",
        "trafilatura",
        "trafilatura fast",
        "trafilatura precision",
        "trafilatura recall",
    ]
    assert [row["system"] for row in written["sets"]] == systems
    pages = {page["id"] for page in written["pages"]}
    assert sorted((page["id"], page["system"]) for page in written["pages"]) == sorted(
        (page, system) for page in pages for system in systems
    )
    lines = printed.splitlines()
    assert lines[0].startswith(f"demo: {len(pages)} pages of 3 sites")
    for row in written["sets"]:
        (line,) = [line for line in lines if re.split(r" [01]\.", line)[0].strip() == row["system"]]
        assert f"{row['score']['f1']:.4f}" in line
    for name in ("Broadsheet cold", "Broadsheet warm"):
        speed = written["speed"][name]
        assert speed["pages"] == len(pages)
        assert speed["ratio"] == pytest.approx(speed["base_ms"] / speed["ms"])


@pytest.mark.parametrize(
    ("content", "argv", "message"),
    [
        (None, (), "index.json: No such file or directory"),
        ("[]", (), "no page to measure"),
        ("[{}]", ("--sets", "news"), "--sets: no set is called 'news'"),
    ],
)
def test_a_broken_corpus_is_one_line_and_exit_2(
    tmp_path: Path, content: str | None, argv: tuple[str, ...], message: str
) -> None:
    if content:
        (tmp_path / "index.json").write_text(content)
    done = bench("--corpus", str(tmp_path), *argv)
    assert done.returncode == 2
    assert message in done.stderr
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)


def page(site: str, name: str = "1", set_name: str = "feval", **gold: Any) -> Page:
    return Page(
        f"{set_name}/{site}-{name}", set_name, site, f"https://{site}.example/{name}", Path("none"), None, Gold(**gold)
    )


def scored(site: str, counts: Counts, confidence: float | None = None, system: str = "mine") -> PageScore:
    return PageScore(page(site), system, counts, None, None, None, None, (), (), confidence, None, None)


def test_pages_of_one_site_teach_each_other_within_their_set() -> None:
    pages = [page("port", "1"), page("hill", "1"), page("port", "1", "fres"), page("port", "2")]
    assert [[each.page_id for each in group] for group in site_groups(pages)] == [
        ["feval/hill-1"], ["feval/port-1", "feval/port-2"], ["fres/port-1"]
    ]  # fmt: skip


def test_a_page_is_scored_only_on_what_its_gold_has() -> None:
    known = page("port", paragraphs=("A ferry left at dawn.",), title="Ferry", authors=("Ana Ruiz",))
    score = score_page(known, "mine", Reading("A ferry left at dawn.\nAdvertisement", "FERRY", ("Jo",), "2026-01-01"))
    assert (score.title, score.authors, score.date) == (True, False, None)
    assert (score.leaks, score.losses) == (("Advertisement",), ())
    assert score.paragraphs == Counts(1, 1, 0)
    assert score_page(known, "justext", Reading("A ferry left at dawn.")).title is None  # it says nothing of titles
    rejected = score_page(known, "mine", Reading(failure="not_an_article"))
    assert (rejected.counts.f1, rejected.losses, rejected.leaks) == (0, known.gold.paragraphs, ())
    (row,) = set_scores([score, rejected])
    assert (row.leak_rate, row.loss_rate, row.title, row.date, row.failures) == (0.5, 0.5, 0.5, None, 1)


def test_the_interval_of_a_difference_comes_from_drawing_sites() -> None:
    good, bad = Counts(1, 0, 0), Counts(0, 1, 1)
    base = [scored(site, bad) for site in "abcd"]
    assert difference([scored(site, good) for site in "abcd"], base) == (1, 1, 1)
    mean, low, high = difference([scored("a", good), *(scored(site, bad) for site in "bcd")], base)
    assert mean == 0.25
    assert (low, high) == (0, 0.75)  # of 256 draws 81 have no a at all, 13 have three or more
    four_pages_of_one_site = [scored("a", good), *(scored("a", bad) for _ in "bcd")]
    assert difference(four_pages_of_one_site, [scored("a", bad) for _ in "abcd"]) == (0.25, 0.25, 0.25)


def test_confidence_is_held_against_how_many_articles_are_right() -> None:
    right, wrong = Counts(9, 1, 1), Counts(8, 2, 2)  # F1 0.9 and 0.8
    scores = [scored("a", right, 0.95), scored("a", right, 1.0), scored("b", wrong, 0.61), scored("b", right, 0.69)]
    scores += [scored("c", wrong, None), scored("c", wrong, 0.1, system="other")]
    bins = reliability(scores, "mine")
    assert bins == [Bin(0.6, 2, pytest.approx(0.65), 0.5), Bin(0.9, 2, pytest.approx(0.975), 1.0)]
    assert calibration_error(bins) == pytest.approx((0.15 + 0.025) / 2)
    assert calibration_error([]) == 0
