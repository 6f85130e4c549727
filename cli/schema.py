"""`schema`: what the archive's records hold, for those who read them."""

from __future__ import annotations

import click
import orjson

from storage.json_schema import RECORDS, json_schema, schema_page


@click.command()
@click.argument("records", type=click.Choice(list(RECORDS)), default="articles")
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "markdown"]),
    default="json",
    show_default=True,
    help="json: the JSON Schema of one JSON line; markdown: the page docs/schema.md, about all records.",
)
def schema(*, records: str, form: str) -> None:
    """Print the schema of RECORDS (default: articles)."""
    if form == "markdown":
        click.echo(schema_page(), nl=False)
        return
    click.echo(orjson.dumps(json_schema(records), option=orjson.OPT_INDENT_2))
