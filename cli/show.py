"""`show URL`: one article, its versions, what changed between them, and what was removed."""

from __future__ import annotations

import difflib
import re
import sys
from collections import Counter
from itertools import pairwise
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from cli.errors import NotInArchive
from extract.url import normalise_url
from storage.articles import Archive

PLAIN_WIDTH = 100
_WORDS = re.compile(r"\S+|\n")


@click.command()
@click.argument("url")
@click.option("--version", "number", type=click.IntRange(min=1), help="This version instead of the latest.")
@click.option("--diff", is_flag=True, help="What changed, word by word, from the version before.")
@click.option("--removed", is_flag=True, help="What was removed from the page, and why.")
def show(*, url: str, number: int | None, diff: bool, removed: bool) -> None:
    """Print one archived article."""
    try:
        wanted = normalise_url(url)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    with Archive.open() as archive:
        versions = archive.articles(url=wanted, all_versions=True).to_pylist()
    versions.sort(key=lambda row: row["version"])
    if not versions:
        raise NotInArchive(f"{wanted} is not in the archive; ./broadsheet rejections may say why")
    chosen = next((row for row in versions if row["version"] == number), None) if number else versions[-1]
    if chosen is None:
        raise NotInArchive(f"{wanted} has no version {number}; it has {len(versions)}")
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    if diff:
        _print_diffs(
            console, versions if number is None else [row for row in versions if row["version"] in {number - 1, number}]
        )
    elif removed:
        _print_removed(console, chosen)
    else:
        _print_article(console, chosen, versions)
    sys.stdout.flush()


def _print_article(console: Console, row: dict[str, Any], versions: list[dict[str, Any]]) -> None:
    console.print(Text(row["title"], style="bold"))
    published = (
        f"published {row['published_at']:%Y-%m-%d %H:%M} UTC ({row['published_source']})"
        if row["published_at"]
        else "undated"
    )
    console.print(Text(" · ".join(filter(None, [row["site"], ", ".join(row["authors"]), row["section"], published]))))
    console.print(Text(f"{row['url']}\n", style="dim"))
    console.print(Text("\n\n".join(row["text"].splitlines())))
    console.print()
    for version in versions:
        mark = "→" if version["version"] == row["version"] else " "
        state = "" if version["status"] == "live" else f", {version['status']}"
        record = version["capture"]
        place = f", {record['key']} at byte {record['offset']}" if record else ""
        console.print(Text(f"{mark} {_captured(version)}{state}{place}", style="dim"))


def _captured(row: dict[str, Any]) -> str:
    return f"version {row['version']}, captured {row['captured_at']:%Y-%m-%d %H:%M:%S} UTC"


def _print_diffs(console: Console, versions: list[dict[str, Any]]) -> None:
    if len(versions) == 1:
        console.print("one version only: nothing has changed since it was first captured")
    for before, after in pairwise(versions):
        console.print(Text(f"{_captured(before)} → {_captured(after)}", style="bold"))
        console.print(word_diff(f"{before['title']}\n{before['text']}", f"{after['title']}\n{after['text']}"))
        console.print()


def word_diff(before: str, after: str) -> Text:
    """Return the changed lines, words taken out as [-…-] in red and put in as {+…+} in green, as wdiff writes them."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    pieces: list[tuple[str, str]] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces += [(word, "") for word in old[a:b]]
            continue
        pieces += _marked(old[a:b], "[-", "-]", "red")
        pieces += _marked(new[c:d], "{+", "+}", "green")
    lines, changed = [Text()], [False]
    for word, style in pieces:
        if word == "\n":
            lines.append(Text())
            changed.append(False)
            continue
        lines[-1].append(f" {word}" if lines[-1].plain else word, style=style or None)
        changed[-1] = changed[-1] or bool(style)
    return Text("\n\n").join(line for line, is_changed in zip(lines, changed, strict=True) if is_changed)


def _marked(words: list[str], left: str, right: str, style: str) -> list[tuple[str, str]]:
    """Return the words of each line between marks, the line breaks bare."""
    text = " ".join(words)
    marked: list[tuple[str, str]] = []
    for number, line in enumerate(part.strip() for part in text.split("\n")):
        marked += [("\n", "")] if number else []
        marked += [(f"{left}{line}{right}", style)] if line else []
    return marked


def _print_removed(console: Console, row: dict[str, Any]) -> None:
    """Print what was left out in the page's order, a line a passage, then how much went for each reason."""
    spans = row["removed"]
    if not spans:
        console.print("nothing is noted as removed from this version")
        return
    chars: Counter[str] = Counter()
    for span in spans:
        reason, _, detail = span["reason"].partition(": ")
        chars[reason] += len(span["text"])
        note = f"  {detail}" if detail else ""
        console.print(Text.assemble((f"{reason:<16}", "bold"), span["text"], (f"{note}  {span['where']}", "dim")))
    kept = len(row["text"])
    summary = ", ".join(f"{reason} {count}" for reason, count in chars.most_common())
    console.print(Text(f"kept {kept} characters; removed {chars.total()}: {summary}", style="dim"))
