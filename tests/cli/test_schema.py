"""What the verbs print keeps to the schema that `schema` prints."""

from __future__ import annotations

import json

from jsonschema import Draft202012Validator

from storage.client import Store
from storage.json_schema import schema_page
from tests.cli.conftest import Archived, Cli
from tests.storage.making import rejection, run_id, stage_outcomes


def test_every_json_line_keeps_to_the_exported_schema(archived: Archived, store: Store) -> None:
    cli = archived(600.0)  # an agency report stands on two of its sites
    stage_outcomes(store, "times", run_id(0), [rejection()])  # the demo has no page that is refused
    cli("publish")
    for verb in ("articles", "rejections", "stories"):
        validator = Draft202012Validator(json.loads(cli("schema", verb).stdout))
        rows = cli.rows(verb, *(["--no-update"] if verb == "stories" else []))
        assert rows, f"the demo gives no {verb}"
        assert [error.message for row in rows for error in validator.iter_errors(row)] == []


def test_schema_prints_the_page_and_knows_its_records(cli: Cli) -> None:
    assert cli("schema", "--format", "markdown").stdout == schema_page()
    assert json.loads(cli("schema").stdout)["title"] == "Article"
    assert "is not one of 'articles', 'rejections', 'stories'" in cli("schema", "captures", code=2).stderr
