"""Articles and rejections as plain fields: what JSON lines, CSV and table rows have in common."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from extract.article import Article
from extract.rejection import Rejection


def article_fields(article: Article) -> dict[str, Any]:
    """Return the fields of `article` by name, nested ones as dicts and lists, datetimes as datetimes."""
    return asdict(article)


def rejection_fields(rejection: Rejection) -> dict[str, Any]:
    """Return the fields of `rejection` by name, nested ones as dicts."""
    return asdict(rejection)
