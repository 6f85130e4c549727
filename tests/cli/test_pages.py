from __future__ import annotations

import base64
import json
from pathlib import Path

from tests.cli.conftest import Cli
from tests.extract.page import PARAGRAPHS, news_page


def test_stored_pages_are_read_in_order_without_network_or_s3(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "one.html").write_bytes(news_page())
    inline = base64.b64encode(news_page(title="A second story")).decode()
    lines = [
        {"url": "https://courier.example/one", "html_path": "one.html"},
        {"url": "https://courier.example/two", "html_base64": inline, "site": "courier"},
        {"url": "https://courier.example/empty", "html_base64": ""},
        {"url": "not a url", "html_path": "one.html"},
    ] * 20  # enough for several processes
    pages, out = tmp_path / "pages.jsonl", tmp_path / "out.jsonl"
    pages.write_text("\n".join(json.dumps(line) for line in lines))
    cli("extract", "--pages", str(pages), "-o", str(out), "--jobs", "2", BROADSHEET_S3_ENDPOINT="http://127.0.0.1:9")
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["url"] for row in rows] == [line["url"] for line in lines]
    assert rows[0]["text"].splitlines()[-len(PARAGRAPHS) :] == list(PARAGRAPHS)
    assert (rows[1]["title"], rows[1]["site"]) == ("A second story", "courier")
    assert rows[2] == {"url": "https://courier.example/empty", "rejected": "empty", "detail": "the body is empty"}
    assert rows[:4] * 20 == rows


def test_a_wrong_line_is_named_before_any_work(cli: Cli, tmp_path: Path) -> None:
    pages = tmp_path / "pages.jsonl"
    for text, message in (
        ("{", "line 1: not JSON"),
        ('{"html_path": "x"}', "line 1: url: missing"),
        ('\n{"url": "http://a/"}', "line 2: html_path or html_base64: missing"),
        ('{"url": "http://a/", "html_path": "nowhere.html"}', "nowhere.html: No such file"),
    ):
        pages.write_text(text)
        assert message in cli("extract", "--pages", str(pages), code=2).stderr
    assert "No such file" in cli("extract", "--pages", str(tmp_path / "none"), code=2).stderr
