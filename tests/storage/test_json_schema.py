"""The schema that is published is the records': no field without a meaning, none undocumented, no stale page."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from extract.rejection import Reason
from storage import schema
from storage.json_schema import RECORDS, json_schema, schema_page
from storage.rows import to_row
from tests.storage.making import article, rejection

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
TABLES = {"articles": schema.ARTICLE_ROW, "rejections": schema.REJECTION_ROW, "stories": schema.STORIES}


def line(record: object, **changes: Any) -> dict[str, Any]:
    """A record as a JSON line gives it back."""
    row: dict[str, Any] = orjson.loads(orjson.dumps(to_row(record) | changes, option=orjson.OPT_UTC_Z))
    return row


def errors(name: str, row: dict[str, Any]) -> list[str]:
    found = Draft202012Validator(json_schema(name)).iter_errors(row)
    return sorted("/".join(map(str, error.absolute_path)) or error.validator for error in found)


def meanings(record: type) -> Iterator[tuple[str, str]]:
    """Every field below `record`, nested ones too, with its description."""
    found = json_schema(next(name for name, one in RECORDS.items() if one is record))

    def walk(path: str, node: dict[str, Any]) -> Iterator[tuple[str, str]]:
        for name, inner in node.get("properties", {}).items():
            yield f"{path}{name}", inner.get("description", "")
            yield from walk(f"{path}{name}.", inner)
            yield from walk(f"{path}{name}.", inner.get("items", {}))

    yield from walk("", found)


@pytest.mark.parametrize("name", RECORDS)
def test_the_schema_is_one_of_draft_2020_12_with_the_tables_columns(name: str) -> None:
    made = json_schema(name)
    Draft202012Validator.check_schema(made)
    assert made["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert (
        list(made["properties"])
        == made["required"]
        == [field for field in TABLES[name].names if field != "captured_day"]
    )


@pytest.mark.parametrize("record", RECORDS.values())
def test_every_field_says_what_it_means(record: type) -> None:
    assert [path for path, meaning in meanings(record) if not meaning] == []


def test_records_are_valid_with_and_without_what_may_be_missing() -> None:
    bare = article(extraction=dataclasses.replace(article().extraction, confidence=None), capture=None, removed=())
    assert errors("articles", line(article())) == errors("articles", line(bare)) == []
    assert errors("articles", line(article(), published_at=None, published_source=None)) == []
    assert errors("rejections", line(rejection())) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("article_id", "xyz"), ("version", 0), ("version", "1"), ("status", "deleted"), ("published_source", "guess"),
        ("captured_at", None), ("captured_at", "2026-11-22T09:00:00+01:00"), ("title", None), ("authors", None),
        ("authors", [1]), ("text_sha256", "0" * 63), ("removed", [{"text": "x"}]), ("language", "english"),
    ],
)  # fmt: skip
def test_what_is_not_an_article_is_not_valid(field: str, value: Any) -> None:
    assert errors("articles", line(article()) | {field: value}) != []


def test_a_field_more_or_less_is_not_valid() -> None:
    whole = line(article())
    assert errors("articles", whole | {"colour": "red"}) == ["additionalProperties"]
    assert errors("articles", {name: value for name, value in whole.items() if name != "rights"}) == ["required"]


def test_the_page_about_the_fields_is_not_stale() -> None:
    assert (DOCS / "schema.md").read_text() == schema_page(), "./broadsheet schema --format markdown > docs/schema.md"


def test_the_page_about_records_tells_every_reason() -> None:
    told = (DOCS / "records.md").read_text()
    assert [reason for reason in Reason if f"`{reason}`" not in told] == []
