"""Rows of the archive as JSON lines, CSV, Parquet, Markdown or a table for the terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import IO, Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.markdown import escape, heading, paragraphs
from cli.visible import visible

Writer = Callable[[pa.Table, IO[bytes]], None]
BATCH_ROWS = 500
TABLE_COLUMNS = {  # by a column that only this kind of rows has
    "story_id": ("story_id", "published_at", "site", "is_origin", "similarity", "title"),
    "reason": ("captured_at", "site", "reason", "detail", "url"),
    "text": ("captured_at", "site", "version", "status", "word_count", "title"),
}
PLAIN_WIDTH = 160  # columns of a table that goes to a file or a pipe


def write_jsonl(rows: pa.Table, out: IO[bytes]) -> None:
    """Write one JSON object a row."""
    for row in _each(rows):
        out.write(orjson.dumps(row, option=orjson.OPT_UTC_Z) + b"\n")


def write_csv(rows: pa.Table, out: IO[bytes]) -> None:
    """Write RFC 4180 CSV with a header; lists and nested fields are JSON in their cell."""
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(rows.column_names)
    for row in _each(rows):
        writer.writerow(_cell(value) for value in row.values())
    text.detach()


def _cell(value: Any) -> Any:  # noqa: ANN401 - any column's value
    if isinstance(value, list | dict):
        return orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()
    return value.isoformat() if hasattr(value, "isoformat") else value


def write_parquet(rows: pa.Table, out: IO[bytes]) -> None:
    """Write one zstd Parquet file with the archive's own schema."""
    pq.write_table(rows, out, compression="zstd")


def write_markdown(rows: pa.Table, out: IO[bytes]) -> None:
    """Write each article as a heading, a line about it, and its paragraphs."""
    for row in _each(rows):
        published = f"{row['published_at']:%Y-%m-%d %H:%M} UTC" if row["published_at"] else "undated"
        about = [row["site"], ", ".join(row["authors"]), published, f"version {row['version']}"]
        about += [row["status"]] if row["status"] != "live" else []
        said = escape(visible(" · ".join(filter(None, about))))
        url = visible(row["url"]).replace("<", "%3C").replace(">", "%3E")  # a link between < and > ends at either
        text = "\n".join(visible(line) for line in row["text"].split("\n"))
        out.write(f"{heading(visible(row['title']))}\n\n*{said}*  \n<{url}>\n\n{paragraphs(text)}\n\n---\n\n".encode())


def write_table(rows: pa.Table, out: IO[bytes]) -> None:
    """Write a table for people: articles by title, rejections by reason, stories by their members."""
    columns = next(names for key, names in TABLE_COLUMNS.items() if key in rows.column_names)
    table = Table(
        *(column.removesuffix("_count").removeprefix("is_") for column in columns),
        caption=f"{rows.num_rows} rows",
        show_edge=False,
    )
    for row in _each(rows.select(columns)):
        table.add_row(*(Text(visible(_shown(row[column]))) for column in columns))
    console = Console(file=io.TextIOWrapper(out, encoding="utf-8", write_through=True))
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    console.print(table)
    console.file.detach()  # type: ignore[attr-defined]


def _shown(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, bool):
        return "yes" if value else ""
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "strftime") else "" if value is None else str(value)


def _each(rows: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in rows.to_batches(BATCH_ROWS):
        yield from batch.to_pylist()


FORMATS: dict[str, Writer] = {
    "jsonl": write_jsonl,
    "csv": write_csv,
    "parquet": write_parquet,
    "markdown": write_markdown,
    "table": write_table,
}
