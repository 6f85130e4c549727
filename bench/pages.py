"""The pages that are measured, with their gold: a folder with index.json, pages and gold (docs/benchmarks.md)."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.errors import CorpusError

MEASURED = "measure"  # `use` of the index's entries; others are there to train on


@dataclass(frozen=True, slots=True)
class Gold:
    """What is known of a page; what its set does not say is empty.

    `paragraphs` are the article's text; one in [brackets] may be there or not. Mixed sets have segments instead,
    which the text should have and should not have.
    """

    paragraphs: tuple[str, ...] = ()
    must_have: tuple[str, ...] = ()
    must_not_have: tuple[str, ...] = ()
    title: str | None = None
    authors: tuple[str, ...] = ()
    date: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a set. `html` is a gzip file with the body as served; `captured_at` is ISO 8601, if it is known."""

    page_id: str
    set: str
    site: str
    url: str
    html: Path
    captured_at: str | None
    gold: Gold = field(repr=False)


def load_pages(corpus: Path, sets: Collection[str], known: Collection[str], *, training: bool = False) -> list[Page]:
    """Return the pages of `sets` (all that are measured, if empty); raises CorpusError, `known` are the right names.

    `training`: also the pages that are there to train on only.
    """
    if unknown := [name for name in sets if name not in known]:
        raise CorpusError(f"--sets: no set is called {unknown[0]!r}; there are {', '.join(known)}")
    index = corpus / "index.json"
    entries = _json(index)
    if not isinstance(entries, list):
        raise CorpusError(f"{index}: not a list of pages")
    pages = [
        _page(corpus, entry, number)
        for number, entry in enumerate(entries, 1)
        if _wanted(entry, sets or known, training=training)
    ]
    if not pages:
        raise CorpusError(f"{index}: no page to measure of the sets {', '.join(sets or known)}")
    return pages


def read_html(path: Path) -> bytes:
    """Return the body of a stored page; raises CorpusError."""
    try:
        return gzip.decompress(path.read_bytes())
    except OSError as error:  # BadGzipFile is one, without strerror
        raise CorpusError(f"{path}: {error.strerror or error}") from error
    except (EOFError, zlib.error) as error:
        raise CorpusError(f"{path}: not a whole gzip file: {error}") from error


def _wanted(entry: Any, sets: Collection[str], *, training: bool) -> bool:  # noqa: ANN401 - JSON
    if not isinstance(entry, dict):
        return True  # and is complained of
    if entry.get("use", MEASURED) != MEASURED:
        return training
    return entry.get("set") in sets


def _page(corpus: Path, entry: Any, number: int) -> Page:  # noqa: ANN401 - JSON
    where = f"{corpus / 'index.json'}: entry {number}"
    if not isinstance(entry, dict):
        raise CorpusError(f"{where}: not an object")
    if missing := [key for key in ("id", "set", "site", "url", "html", "gold") if not isinstance(entry.get(key), str)]:
        raise CorpusError(f"{where}: {missing[0]}: missing")
    html = corpus / entry["html"]
    if not html.is_file():
        raise CorpusError(f"{html}: no such file, named by {where}")
    gold = _gold(corpus / entry["gold"])
    return Page(entry["id"], entry["set"], entry["site"], entry["url"], html, entry.get("captured_at"), gold)


def _gold(path: Path) -> Gold:
    fields = _json(path)
    if not isinstance(fields, dict):
        raise CorpusError(f"{path}: not an object")
    gold = Gold(
        paragraphs=tuple(fields.get("gold_text") or ()),
        must_have=tuple(fields.get("must_have") or ()),
        must_not_have=tuple(fields.get("must_not_have") or ()),
        title=fields.get("gold_title"),
        authors=tuple(fields.get("gold_authors") or ()),
        date=fields.get("gold_date"),
    )
    if not gold.paragraphs and not gold.must_have:
        raise CorpusError(f"{path}: neither gold_text nor must_have")
    return gold


def _json(path: Path) -> Any:  # noqa: ANN401
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise CorpusError(f"{path}: {error.strerror}; the folder's layout is in docs/benchmarks.md") from error
    except ValueError as error:
        raise CorpusError(f"{path}: not JSON: {error}") from error
