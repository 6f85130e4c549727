"""The Arrow schemas of the tables and of staged files, made from the fields of Article and Rejection."""

from __future__ import annotations

import types
import typing
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import pyarrow as pa

from extract.article import Article
from extract.rejection import Rejection
from storage.members import Member

STAGED_VERSION = 1  # of the staged file's layout; raised when a field is added or changes its meaning
VERSION_KEY = b"broadsheet.staged"
_PLAIN = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    datetime: pa.timestamp("us", tz="UTC"),
}


def record_schema(record: type) -> pa.Schema:
    """Return one column a field of the dataclass `record`, in its order; only fields typed `| None` may be null."""
    hints = typing.get_type_hints(record)
    return pa.schema([_arrow_field(field.name, hints[field.name]) for field in fields(record)])


def _arrow_field(name: str, hint: Any) -> pa.Field:  # noqa: ANN401 - a type hint
    inner, nullable = without_none(hint)
    return pa.field(name, _arrow_type(inner), nullable=nullable)


def without_none(hint: Any) -> tuple[Any, bool]:  # noqa: ANN401
    """Return the type of `hint`, and whether it may be None as well."""
    if typing.get_origin(hint) in {types.UnionType, typing.Union}:
        inner = [part for part in typing.get_args(hint) if part is not types.NoneType]
        if len(inner) == 1:
            return inner[0], True
    return hint, False


def _arrow_type(hint: Any) -> pa.DataType:  # noqa: ANN401
    if hint in _PLAIN:
        return _PLAIN[hint]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return pa.string()
    if is_dataclass(hint) and isinstance(hint, type):
        return pa.struct(list(record_schema(hint)))
    if typing.get_origin(hint) is tuple and typing.get_args(hint)[1:] == (...,):
        # Delta calls a list's values "element" and so do we, or tables written and read would differ
        return pa.list_(pa.field("element", _arrow_type(typing.get_args(hint)[0]), nullable=False))
    raise TypeError(f"no column type for {hint}")


PARTITION = pa.field("captured_day", pa.date32(), nullable=False)  # the UTC day of captured_at
ARTICLE_ROW = record_schema(Article)
REJECTION_ROW = record_schema(Rejection)
ARTICLES = ARTICLE_ROW.append(PARTITION)
REJECTIONS = REJECTION_ROW.append(PARTITION)
STORIES = record_schema(Member).append(PARTITION)
CHANGES = pa.schema(  # of versions in the articles table: those to delete, and what the others become
    [PARTITION, *(ARTICLE_ROW.field(name) for name in ("article_id", "version", "removed", "capture"))]
).append(pa.field("gone", pa.bool_(), nullable=False))
STAGED = pa.schema(
    [pa.field("article", pa.struct(list(ARTICLE_ROW))), pa.field("rejection", pa.struct(list(REJECTION_ROW)))],
    metadata={VERSION_KEY: str(STAGED_VERSION).encode()},
)
