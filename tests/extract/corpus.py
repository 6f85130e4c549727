"""The stored pages of the web, which stand beside the project if at all: tests that need them skip without."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(os.environ.get("BROADSHEET_CORPUS") or Path(__file__).resolve().parents[3] / "shared" / "corpus")


def stored_index() -> list[dict[str, Any]]:
    """Every stored page: its `id`, `set`, `site` and `url`, with the paths of its `html` and `gold`."""
    index = _FOLDER / "index.json"
    if not index.exists():
        pytest.skip(f"no stored pages in {_FOLDER}: set BROADSHEET_CORPUS")
    pages: list[dict[str, Any]] = json.loads(index.read_text())
    return pages


def stored_body(page: dict[str, Any]) -> bytes:
    """Return the HTML of a page of the index."""
    return gzip.decompress((_FOLDER / page["html"]).read_bytes())


def stored_gold(page: dict[str, Any]) -> dict[str, Any]:
    """Return what a person read on a page of the index."""
    gold: dict[str, Any] = json.loads((_FOLDER / page["gold"]).read_text())
    return gold
