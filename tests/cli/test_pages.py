from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from storage.json_schema import json_schema
from tests.cli.conftest import Cli
from tests.extract.page import PARAGRAPHS, news_page

STANDING = (
    "Readers along the river pay for this newsroom, a little every month, and the harbour office pays for none of it."
)
TOPICS = ("ferry", "market", "school", "bakery", "theatre", "railway", "library", "orchard", "lighthouse", "cannery")


def story(topic: str) -> bytes:
    """An article of its own words, with a sentence that the paper puts into every article."""
    paragraphs = (
        f"The {topic} opened its doors again on Monday, and the queue reached the corner of Weir Street before nine.",
        f"Nobody at the {topic} would say how much the repairs had cost, though the council had set money aside in June.",
        STANDING,
        f"A spokeswoman for the {topic} promised a public meeting before the winter, with figures for each of the years.",
    )
    return news_page(paragraphs=paragraphs, title=f"The {topic} is open again")


def row(topic: str, site: str = "courier", path: str = "") -> dict[str, str]:
    """A line of the input."""
    html = base64.b64encode(story(topic)).decode()
    return {"url": f"https://{site}.example/{path or topic}", "html_base64": html, "site": site}


@pytest.fixture
def read(cli: Cli, tmp_path: Path) -> Any:
    """Runs `extract` on lines; gives its output's lines as bytes."""

    def run(lines: list[dict[str, str]], *argv: str) -> list[bytes]:
        pages, out = tmp_path / "pages.jsonl", tmp_path / "out.jsonl"
        pages.write_text("\n".join(json.dumps(line) for line in lines))
        cli(
            "extract", "--pages", str(pages), "-o", str(out), *argv, BROADSHEET_S3_ENDPOINT="http://127.0.0.1:9"
        )  # nothing answers there
        return out.read_bytes().splitlines()

    return run


def test_stored_pages_are_read_in_order_without_network_or_s3(read: Any, tmp_path: Path) -> None:
    (tmp_path / "one.html").write_bytes(news_page())
    inline = base64.b64encode(news_page(title="A second story")).decode()
    lines = [
        {"url": "https://courier.example/one", "html_path": "one.html"},
        {"url": "https://courier.example/two", "html_base64": inline, "site": "courier"},
        {"url": "https://courier.example/empty", "html_base64": ""},
        {"url": "not a url", "html_path": "one.html"},
    ] * 20  # enough for several processes
    rows = [json.loads(line) for line in read(lines, "--jobs", "2")]
    assert [row["url"] for row in rows] == [line["url"] for line in lines]
    assert rows[0]["text"].splitlines()[-len(PARAGRAPHS) :] == list(PARAGRAPHS)
    assert (rows[1]["title"], rows[1]["site"]) == ("A second story", "courier")
    assert rows[2] == {"url": "https://courier.example/empty", "rejected": "empty", "detail": "the body is empty"}
    assert rows[:4] * 20 == rows


def test_pages_of_one_site_teach_each_other_unless_cold(read: Any) -> None:
    lines = [row(topic) for topic in TOPICS]
    cold = [json.loads(line) for line in read(lines, "--cold")]
    warm = [json.loads(line) for line in read(lines)]
    assert all(STANDING in one["text"] for one in cold)
    assert all(one["text"].splitlines() == [p for p in other["text"].splitlines() if p != STANDING] for one, other in zip(warm, cold, strict=True))  # fmt: skip
    assert all(one["extraction"]["profile"] is None for one in cold)
    assert all(one["extraction"]["profile"] for one in warm)


def test_no_page_learns_from_itself_or_from_versions_and_copies_of_its_article(read: Any) -> None:
    lines = [row("ferry"), row("ferry"), row("ferry", path="ferry-amp"), row("ferry", path="ferry-print")]
    assert read(lines) == read(lines, "--cold")
    assert len({json.loads(line)["text"] for line in read([*lines, row("market")])}) == 2


def test_sites_do_not_teach_each_other(read: Any) -> None:
    lines = [row(topic, site=f"paper{at}") for at, topic in enumerate(TOPICS)]
    assert read(lines) == read(lines, "--cold")


def test_neither_the_order_of_the_pages_nor_the_number_of_processes_changes_a_byte(read: Any) -> None:
    lines = [row(topic, site) for site in ("courier", "herald", "ledger", "mail") for topic in TOPICS]
    lines.append({"url": "https://mail.example/empty", "html_base64": "", "site": "mail"})
    once = read(lines, "--jobs", "1")
    assert read(lines, "--jobs", "3") == once
    mixed = [at * 17 % len(lines) for at in range(len(lines))]
    again = read([lines[at] for at in mixed], "--jobs", "2")
    assert dict(zip(mixed, again, strict=True)) == dict(enumerate(once))


def test_a_page_that_takes_too_long_is_a_timeout_and_the_others_are_read(read: Any) -> None:
    endless = base64.b64encode(news_page(body="<p><a href='/x'>Read more here</a></p>" * 150_000)).decode()
    lines = [
        row("ferry"),
        {"url": "https://courier.example/endless", "html_base64": endless, "site": "courier"},
        row("market"),
    ]
    for argv in ((), ("--cold",)):
        rows = [json.loads(line) for line in read(lines, *argv)]
        assert rows[1].keys() == {"url", "rejected", "detail"}
        assert (rows[1]["rejected"], rows[1]["detail"]) == ("timeout", "not read within 1.8 s of CPU")
        assert ["text" in one for one in rows] == [True, False, True]


def test_a_line_is_one_of_the_archives_but_for_what_a_capture_adds(read: Any) -> None:
    archived = Draft202012Validator(json_schema("articles"))
    dated = news_page(head="<meta property='article:published_time' content='2026-11-22T10:30:00+02:00'>")
    page = {"html_base64": base64.b64encode(dated).decode()}
    (line,) = read([page | {"url": "https://courier.example/ferry", "site": "courier"}])
    fields = json.loads(line)
    assert fields["published_at"] == "2026-11-22T08:30:00Z"
    assert [(*error.path,) for error in archived.iter_errors(fields)] == [("captured_at",)]
    assert (fields["capture"], fields["run_id"], fields["version"], fields["status"]) == (None, "", 1, "live")
    (line,) = read([page | {"url": "https://Courier.example:8741/ferry#top"}])
    fields = json.loads(line)
    assert (fields["site"], fields["url"]) == ("Courier.example:8741", "https://courier.example:8741/ferry")
    assert {(*error.path,) for error in archived.iter_errors(fields)} == {("captured_at",), ("site",)}


def test_pages_come_from_stdin_too(cli: Cli) -> None:
    given = "\n".join(json.dumps(row(topic)) for topic in TOPICS)
    rows = [json.loads(line) for line in cli("extract", "--pages", "-", stdin=given).stdout.splitlines()]
    assert [one["title"] for one in rows] == [f"The {topic} is open again" for topic in TOPICS]


def test_a_wrong_line_is_named_before_any_work(cli: Cli, tmp_path: Path) -> None:
    pages = tmp_path / "pages.jsonl"
    for text, message in (
        ("{", "line 1: not JSON"),
        ('{"html_path": "x"}', "line 1: url: missing"),
        ('\n{"url": "http://a/"}', "line 2: html_path or html_base64: missing"),
        (
            '{"url": "http://a/", "html_path": "nowhere.html"}',
            f"line 1: nowhere.html: No such file or directory; a path is relative to {tmp_path}\n",
        ),
    ):
        pages.write_text(text)
        assert message in cli("extract", "--pages", str(pages), code=2).stderr
    assert "No such file" in cli("extract", "--pages", str(tmp_path / "none"), code=2).stderr
