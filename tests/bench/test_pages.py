from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from bench.errors import CorpusError
from bench.own_pages import write_own_pages
from bench.pages import load_pages, read_html

SETS = ("feval", "traf")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder of two pages to measure and one to train on."""
    entries = [entry("one", "feval"), entry("two", "traf"), entry("three", "feval") | {"use": "train"}]
    (tmp_path / "index.json").write_text(json.dumps(entries))
    (tmp_path / "one.gold.json").write_text('{"gold_text": ["A ferry left.", "[It rained.]"], "gold_title": "Ferry"}')
    (tmp_path / "two.gold.json").write_text('{"must_have": ["ferry"], "must_not_have": ["cookies"]}')
    for name in ("one", "two"):
        (tmp_path / f"{name}.html.gz").write_bytes(gzip.compress(b"<p>A ferry left.</p>"))
    return tmp_path


def entry(name: str, set_name: str) -> dict[str, str]:
    named = {"id": name, "set": set_name, "site": "port", "url": f"https://port.example/{name}"}
    return named | {"html": f"{name}.html.gz", "gold": f"{name}.gold.json"}


def test_pages_to_measure_are_loaded_with_what_their_gold_says(corpus: Path) -> None:
    one, two = load_pages(corpus, (), SETS)
    assert (one.gold.paragraphs, one.gold.title, one.gold.date) == (("A ferry left.", "[It rained.]"), "Ferry", None)
    assert (two.gold.must_have, two.gold.must_not_have) == (("ferry",), ("cookies",))
    assert read_html(two.html) == b"<p>A ferry left.</p>"
    assert load_pages(corpus, ["traf"], SETS) == [two]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("index.json", None, "No such file or directory; the folder's layout is in docs/benchmarks.md"),
        ("index.json", b"[{", "not JSON"),
        ("index.json", b"{}", "not a list of pages"),
        ("index.json", b"[[]]", "entry 1: not an object"),
        ("index.json", b'[{"set": "traf", "id": "x"}]', "entry 1: site: missing"),
        ("index.json", b"[]", "no page to measure of the sets feval, traf"),
        ("one.html.gz", None, "one.html.gz: no such file, named by"),
        ("one.gold.json", None, "one.gold.json: No such file"),
        ("one.gold.json", b"\xff", "one.gold.json: not JSON"),
        ("one.gold.json", b"{}", "one.gold.json: neither gold_text nor must_have"),
    ],
)
def test_a_broken_corpus_is_named_file_and_fault(corpus: Path, name: str, content: bytes | None, message: str) -> None:
    (corpus / name).unlink() if content is None else (corpus / name).write_bytes(content)
    with pytest.raises(CorpusError) as raised:
        load_pages(corpus, (), SETS)
    assert message in raised.value.message
    assert "\n" not in raised.value.message
    assert raised.value.exit_code == 2


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b"<p>" * 99)[:20], b"\x1f\x8b\x08" + bytes(30)])
def test_a_page_that_does_not_inflate_is_named(corpus: Path, content: bytes) -> None:
    (corpus / "one.html.gz").write_bytes(content)
    with pytest.raises(CorpusError, match=r"one\.html\.gz: "):
        read_html(corpus / "one.html.gz")


def test_a_set_that_does_not_exist_is_named(corpus: Path) -> None:
    with pytest.raises(CorpusError, match="no set is called 'trav'; there are feval, traf"):
        load_pages(corpus, ["trav"], SETS)


def test_the_projects_own_pages_are_such_a_corpus(tmp_path: Path) -> None:
    write_own_pages(tmp_path)
    pages = load_pages(tmp_path, (), ("demo",))
    assert len({page.site for page in pages}) == 3
    assert len({page.url for page in pages}) == len(pages) > 20
    for page in pages:
        body = read_html(page.html).decode()
        assert page.captured_at
        assert page.gold.date
        assert page.captured_at > page.gold.date
        assert page.gold.authors[0] in body
        assert page.gold.paragraphs
