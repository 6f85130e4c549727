"""Articles as a folder of Markdown files: YAML front matter, then the text, escaped so that it reads as it was."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Iterable
from os.path import realpath
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import yaml

from cli.output import part_of

MAX_NAME = 60  # of the title's part of a file's name
FRONT = ("title", "url", "canonical_url", "site", "authors", "published_at", "modified_at", "captured_at", "language",
         "section", "tags", "description", "image", "version", "status", "rights", "article_id")  # fmt: skip
_INLINE = re.compile(r"([\\`*_\[\]<>&~|$])")
_AT_START = re.compile(r"^(\s*)([#+\-=:])")
_AT_END = re.compile(r"(#+\s*)$")
_NUMBERED = re.compile(r"^(\s*\d{1,9})([.)])")


class _Quoting(yaml.SafeDumper):
    """Writes every text in double quotes: bare or in single ones PyYAML loses odd line breaks (U+0085, U+2028)."""


_Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def write_folder(tables: Iterable[pa.Table], folder: Path) -> int:
    """Write each article to folder/SITE/DAY-TITLE-ID-vVERSION.md and return how many; all of it appears at the end.

    UsageError if the folder holds something: it would be a mixture of two exports.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise click.UsageError(f"{folder} is there already and no empty folder; name a new one")
    target = Path(realpath(folder))
    partial = part_of(target)
    count = 0
    try:
        partial.mkdir()
        for row in (row for table in tables for row in table.to_pylist()):
            path = partial / row["site"] / file_name(row)
            path.parent.mkdir(exist_ok=True)
            path.write_text(markdown(row), encoding="utf-8", newline="\n")
            count += 1
        partial.replace(target)
    except OSError as error:
        raise click.FileError(str(folder), error.strerror or str(error)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return count


def file_name(row: dict[str, Any]) -> str:
    """Return the name of an article's file: a-z, 0-9 and "-" whatever the title, and no two alike."""
    plain = unicodedata.normalize("NFKD", row["title"]).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain)[:MAX_NAME].strip("-")
    parts = [f"{row['captured_at']:%Y-%m-%d}", words, row["article_id"], f"v{row['version']}"]
    return "-".join(filter(None, parts)) + ".md"


def markdown(row: dict[str, Any]) -> str:
    """Return an article as front matter and one paragraph a line of its text."""
    front = {name: row[name] for name in FRONT if row[name] not in (None, [])}
    head = yaml.dump(front, Dumper=_Quoting, allow_unicode=True, sort_keys=False, width=10_000)
    return f"---\n{head}---\n\n{heading(row['title'])}\n\n{paragraphs(row['text'])}\n"


def heading(title: str) -> str:
    """Return a title, in one line whatever it is, as a heading."""
    return f"# {escape(' '.join(title.split()))}"


def paragraphs(text: str) -> str:
    """Return one paragraph a line of `text`."""
    return "\n\n".join(escape(line) for line in re.split(r"[\r\n]+", text) if line.strip())


def escape(line: str) -> str:
    """Return a line of text as Markdown that shows it as it is: no markup, no HTML, no link that a page planted."""
    line = _INLINE.sub(r"\\\1", line.replace("\0", "\ufffd").strip())
    line = _AT_END.sub(r"\\\1", line)  # a heading's end may be marked too
    return _NUMBERED.sub(r"\1\\\2", _AT_START.sub(r"\1\\\2", line))
