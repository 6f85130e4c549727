"""Articles and Rejections as rows of plain values, and back."""

from __future__ import annotations

import types
import typing
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from extract.article import Article
from extract.rejection import Rejection

Record = TypeVar("Record")
Row = dict[str, Any]


def staged_row(outcome: Article | Rejection, run_id: str) -> Row:
    """Return the row of a staged file that holds `outcome`, under its run's id."""
    row = to_row(outcome) | {"run_id": run_id}
    return {"article": row, "rejection": None} if isinstance(outcome, Article) else {"article": None, "rejection": row}


def to_row(record: object) -> Row:
    """Return a dataclass as a dict of values that Arrow takes: enums by value, tuples as lists, dataclasses nested."""
    kind: Any = type(record)
    return {name: _plain(getattr(record, name)) for name, _ in _typed_fields(kind)}


def from_row(record: type[Record], row: Row) -> Record:
    """Return the dataclass that `row` holds; columns it has no field for (captured_day) are left out."""
    kind: Any = record
    return record(**{name: _typed(hint, row.get(name)) for name, hint in _typed_fields(kind)})


@cache
def _typed_fields(record: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - a dataclass, hashable to mypy
    hints = typing.get_type_hints(record)
    return [(field.name, hints[field.name]) for field in fields(record)]


def _plain(value: Any) -> Any:  # noqa: ANN401 - any field's value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return to_row(value) if is_dataclass(value) else value


def _typed(hint: Any, value: Any) -> Any:  # noqa: ANN401
    if value is None:
        return None
    if typing.get_origin(hint) is types.UnionType:
        hint = next(part for part in typing.get_args(hint) if part is not types.NoneType)
    if typing.get_origin(hint) is tuple:
        return tuple(_typed(typing.get_args(hint)[0], item) for item in value)
    if is_dataclass(hint) and isinstance(hint, type):
        return from_row(hint, value)
    return hint(value) if isinstance(hint, type) and issubclass(hint, Enum) else value
