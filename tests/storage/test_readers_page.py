"""The examples of docs/readers.md and of the README run as they stand, on a real store, and print what they say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from extract.url import article_id
from storage import layout
from storage.client import Store
from storage.publish import publish
from storage.stories import cluster
from storage.tables import open_table
from tests.storage.making import article, rejection, run_id, stage_outcomes

REPO = Path(__file__).resolve().parent.parent.parent
PAGE = (REPO / "docs" / "readers.md").read_text()
README = (REPO / "README.md").read_text()
EXAMPLES = {  # heading: the code below it
    section.partition("\n")[0]: section.partition("```python\n")[2].partition("```")[0]
    for section in PAGE.split("\n## ")[1:]
    if "```python" in section
}
PRINTED = {
    "Arrow": ["Harbour bridge https://harbour-gazette.example/bridge", '"gone"'],
    "Polars": ["shape: (1, 3)", "articles", "word_count"],
    "DuckDB": ["harbour-gazette", "post"],
    "pandas": ["harbour-gazette", "post"],
    "Who copied whom": ["origin harbour-gazette Harbour bridge", "100% post Harbour bridge"],
    "Every version of one article": ["1 ", "2 ", " live Harbour bridge"],
}


@pytest.fixture
def archive(store: Store, store_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Store:
    """Two sites' articles of today: one report on both, edited on one of them."""
    for name, value in store_env.items():
        monkeypatch.setenv(name, value)
    now = datetime.now(UTC) - timedelta(hours=2)
    report = " ".join(f"Councillor number{number} spoke about harbour dues." for number in range(60))
    url = "https://harbour-gazette.example/bridge"
    own = article(text=report, url=url, article_id=article_id(url), site="harbour-gazette", captured_at=now)
    edited = article(
        text=f"{report} Late.", url=url, article_id=own.article_id, site=own.site, captured_at=now + timedelta(hours=1)
    )
    copy = article("copy", report, site="post", captured_at=now + timedelta(minutes=5))
    for number, outcomes in enumerate([[own, copy, rejection()], [edited]]):
        stage_outcomes(store, "times", run_id(number), outcomes)
        publish(store)
    cluster(store)
    return store


@pytest.mark.parametrize("name", PRINTED)
def test_an_example_runs_and_prints(archive: Store, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert list(archive.list(layout.ARTICLES))
    exec(compile(EXAMPLES[name], f"docs/readers.md, {name}", "exec"), {"__name__": "example"})  # noqa: S102 - our page
    printed = capsys.readouterr().out
    assert [text for text in PRINTED[name] if text not in printed] == [], printed


def test_every_example_of_the_page_is_run_but_sparks() -> None:
    assert set(EXAMPLES) - set(PRINTED) == {"Spark, Trino, Athena and others"}
    assert PAGE.count("```python") == len(EXAMPLES)


@pytest.mark.usefixtures("archive")
def test_the_readmes_python_runs_from_its_first_block_to_its_last(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = [block.partition("```")[0] for block in README.split("```python\n")[1:]]
    names = {"__name__": "example"}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)  # noqa: S102 - our page
    printed = capsys.readouterr().out
    assert [text for text in ("Harbour bridge", "avg(word_count)") if text not in printed] == [], printed


def test_sparks_example_is_python_at_least() -> None:
    """It cannot run here: pyspark fetches its Delta packages from the network."""
    compile(EXAMPLES["Spark, Trino, Athena and others"], "docs/readers.md", "exec")


def test_the_tables_ask_no_more_of_a_reader_than_the_page_says(archive: Store) -> None:
    for key in (layout.ARTICLES, layout.REJECTIONS, layout.STORIES):
        table = open_table(archive, key)
        assert table
        assert table.protocol().min_reader_version == 1
        assert not table.protocol().reader_features
