"""A table's row beside what today's code reads in its capture: the same, or what is to stand in its place. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from storage import schema
from storage.reextracted import Place
from storage.versions import content_digest

MARK = ".reextracted"  # at the end of a row's extraction.version: its text was not read when its page was captured
KEPT = ("article_id", "site", "url", "captured_at", "capture", "version", "status", "run_id", schema.PARTITION.name)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """A version whose title or text became another; both with the title as their first line."""

    url: str
    version: int
    before: str = field(repr=False)
    after: str = field(repr=False)

    @classmethod
    def of(cls, old: Row, new: Row) -> Change:
        """Return what changed between two states of one row."""
        before, after = (f"{row['title']}\n{row['text']}" for row in (old, new))
        return cls(old["url"], old["version"], before, after)


def place_of(row: Row) -> Place:
    """Return where the capture of a row lies; a row without one, of what was never answered, is nowhere."""
    capture = row["capture"]
    return (capture["key"], capture["offset"]) if capture else ("", 0)


def is_of(outcome: Row | None, row: Row) -> bool:
    """Return whether `outcome` was read in the very capture of `row`: not in another that an erasure moved there."""
    return outcome is not None and (outcome["url"], outcome["capture"]) == (row["url"], row["capture"])


def replaced(old: Row, outcome: Row) -> Row:
    """Return the row that today's code makes of the capture of `old`: `old` itself if that is the same."""
    new = outcome | {name: old[name] for name in KEPT}
    plain = old["extraction"] | {"version": unmarked(old["extraction"]["version"])}
    return old if new == old | {"extraction": plain} else new | {"extraction": marked(new)}


def kind_of_change(old: Row, new: Row) -> str:
    """Return what is counted: another text or title, other metadata, another profile or code only, the same."""
    if new is old:
        return "same"
    if digest_of(old) != digest_of(new):
        return "texts"
    return "provenance" if old | {"extraction": new["extraction"]} == new else "metadata"


def marked(row: Row) -> Row:
    """Return a row's extraction, with the mark of one that came later than the capture."""
    extraction: Row = row["extraction"]
    return extraction | {"version": f"{extraction['version']}{MARK}"}


def unmarked(version: str) -> str:
    """Return the version of the code that read."""
    return version.removesuffix(MARK)


def digest_of(row: Row) -> bytes:
    """Return what differs when title or text do."""
    return content_digest(row["title"], row["text_sha256"])
