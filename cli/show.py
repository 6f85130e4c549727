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
from cli.visible import visible
from extract.spelling import near, spellings
from extract.url import normalise_url
from storage.articles import Archive

PLAIN_WIDTH = 100
MAX_WORDS = 20_000  # of a changed passage, compared word by word; a longer one is shown as taken out and put in whole
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
    if diff and removed:
        raise click.UsageError("--diff and --removed are two views; ask for one at a time")
    with Archive.open() as archive:
        versions = archive.articles(url=wanted, all_versions=True).to_pylist()
        if not versions:
            raise _missing(wanted, archive.filed([one for url in near(wanted) for one in spellings(url)]))
    versions.sort(key=lambda row: (row["captured_at"], row["version"]))  # one found late has a higher number
    place = next((at for at, row in enumerate(versions) if row["version"] == number), None) if number else -1
    if place is None:
        raise NotInArchive(f"{wanted} has no version {number}; it has {len(versions)}")
    chosen = versions[place]
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    if diff and place == 0 < len(versions) - 1:
        console.print(f"{_captured(chosen)}: the first of {len(versions)}, nothing before it to compare with")
    elif diff:
        _print_diffs(console, versions if number is None else versions[max(place - 1, 0) : place + 1])
    elif removed:
        _print_removed(console, chosen)
    else:
        _print_article(console, chosen, versions)
    sys.stdout.flush()


def _missing(url: str, others: list[str]) -> NotInArchive:
    near_by = f"but {others[0]} is" if others else "./broadsheet rejections may say why"
    return NotInArchive(f"{url} is not in the archive{',' if others else ';'} {near_by}")


def _print_article(console: Console, row: dict[str, Any], versions: list[dict[str, Any]]) -> None:
    console.print(Text(visible(row["title"]), style="bold"))
    published = (
        f"published {row['published_at']:%Y-%m-%d %H:%M} UTC ({row['published_source']})"
        if row["published_at"]
        else "undated"
    )
    about = " · ".join(filter(None, [row["site"], ", ".join(row["authors"]), row["section"], published]))
    console.print(Text(visible(about)))
    console.print(Text(f"{visible(row['url'])}\n", style="dim"))
    console.print(Text("\n\n".join(visible(line) for line in row["text"].split("\n"))))
    console.print()
    for version in versions:
        mark = "→" if version["version"] == row["version"] else " "
        state = version["status"] if version is versions[-1] else "replaced"
        record = version["capture"]
        place = f", {record['key']} at byte {record['offset']}" if record else ""
        console.print(Text(f"{mark} {_captured(version)}, {state}{place}", style="dim"))


def _captured(row: dict[str, Any]) -> str:
    return f"version {row['version']}, captured {row['captured_at']:%Y-%m-%d %H:%M:%S} UTC"


def _print_diffs(console: Console, versions: list[dict[str, Any]]) -> None:
    if len(versions) == 1:
        console.print(f"{_captured(versions[0])}: nothing before it to compare with; one version only")
    for before, after in pairwise(versions):
        console.print(Text(f"{_captured(before)} → {_captured(after)}", style="bold"))
        console.print(word_diff(f"{before['title']}\n{before['text']}", f"{after['title']}\n{after['text']}"))
        console.print()


def word_diff(before: str, after: str) -> Text:
    """Return the changed lines, words taken out as [-…-] in red and put in as {+…+} in green, as wdiff writes them.

    Lines are compared first, then the words of those that differ, so that a long text takes no longer than its edits.
    """
    old, new = ([visible(line) for line in text.split("\n")] for text in (before, after))
    pieces: list[tuple[str, str]] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if tag != "equal":
            pieces += [("\n", ""), *_changed("\n".join(old[a:b]), "\n".join(new[c:d]))]
    lines, changed = [Text()], [False]
    for word, style in pieces:
        if word == "\n":
            lines.append(Text())
            changed.append(False)
            continue
        lines[-1].append(f" {word}" if lines[-1].plain else word, style=style or None)
        changed[-1] = changed[-1] or bool(style)
    return Text("\n\n").join(line for line, is_changed in zip(lines, changed, strict=True) if is_changed)


def _changed(before: str, after: str) -> list[tuple[str, str]]:
    """Return the words of a changed passage in order, each with its style, "" where it stayed."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if max(len(old), len(new)) > MAX_WORDS:
        return [*_marked(old, "[-", "-]", "red"), ("\n", ""), *_marked(new, "{+", "+}", "green")]
    pieces: list[tuple[str, str]] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if tag == "equal":
            pieces += [(word, "") for word in old[a:b]]
            continue
        pieces += _marked(old[a:b], "[-", "-]", "red")
        pieces += _marked(new[c:d], "{+", "+}", "green")
    return pieces


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
        console.print(
            Text.assemble(
                (f"{visible(reason):<16}", "bold"), visible(span["text"]), (visible(f"{note}  {span['where']}"), "dim")
            )
        )
    kept = len(row["text"])
    summary = ", ".join(f"{reason} {count}" for reason, count in chars.most_common())
    console.print(Text(f"kept {kept} characters; removed {chars.total()}: {summary}", style="dim"))
