"""The records' schema for others, made from their fields: as JSON Schema (draft 2020-12) and as a page of tables."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from extract.article import Article
from extract.rejection import Rejection
from extract.says import Says
from storage.members import Member
from storage.schema import STAGED_VERSION, without_none

DRAFT = "https://json-schema.org/draft/2020-12/schema"
RECORDS: dict[str, type] = {"articles": Article, "rejections": Rejection, "stories": Member}
_SCALARS = {str: "string", bool: "boolean", int: "integer", float: "number"}
_UTC_TIME = {"type": "string", "format": "date-time", "pattern": "Z$"}
_HEAD = """# The records' fields

Made by `./broadsheet schema --format markdown`; [records.md](records.md) and [stories.md](stories.md) say more. The
same names stand in JSON lines, CSV and Parquet; the tables have one more column, `captured_day`, the UTC day of
`captured_at`, their partition. `?` marks what may be null. JSON lines write times as `2026-11-22T08:30:00Z`.
"""


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a line of `NAME --format jsonl`: these very fields, none missing, none more."""
    record = RECORDS[name]
    head = {"$schema": DRAFT, "$id": f"urn:broadsheet:{name}:{STAGED_VERSION}", "title": record.__name__}
    return head | {"description": _summary(record)} | _object(record)


def schema_page() -> str:
    """Return the page docs/schema.md: every record's fields with type and meaning, nested ones by their path."""
    return _HEAD + "".join(_section(name, record) for name, record in RECORDS.items())


def _object(record: type) -> dict[str, Any]:
    properties = {name: _described(hint) for name, hint in _hints(record)}
    required = list(properties)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _described(hint: Any) -> dict[str, Any]:  # noqa: ANN401 - a type hint
    plain, says = _taken_apart(hint)
    inner, nullable = without_none(plain)
    described = _value(inner)
    if says:
        described |= {"description": says.meaning} | dict(says.rules)
    if nullable:
        described["type"] = [described["type"], "null"]
        if "enum" in described:
            described["enum"] = [*described["enum"], None]
    return described


def _value(hint: Any) -> dict[str, Any]:  # noqa: ANN401
    if hint in _SCALARS:
        return {"type": _SCALARS[hint]}
    if hint is datetime:
        return dict(_UTC_TIME)
    if typing.get_origin(hint) is tuple:
        return {"type": "array", "items": _value(typing.get_args(hint)[0])}
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {"type": "string", "enum": [one.value for one in hint]}
    if isinstance(hint, type) and is_dataclass(hint):
        return _object(hint)
    raise TypeError(f"no JSON type for {hint}")


def _section(name: str, record: type) -> str:
    rows = "".join(f"| `{field}` | {kind} | {meaning} |\n" for field, kind, meaning in _rows(record, ""))
    title = f"{record.__name__}: `tables/{name}`"
    return f"\n## {title}\n\n{_summary(record)}\n\n| field | type | meaning |\n|---|---|---|\n{rows}"


def _rows(record: type, prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, hint in _hints(record):
        plain, says = _taken_apart(hint)
        inner, nullable = without_none(plain)
        is_list = typing.get_origin(inner) is tuple
        item = typing.get_args(inner)[0] if is_list else inner
        kind = f"list of {_kind(item)}s" if is_list else f"{_kind(item)}{'?' * nullable}"
        yield f"{prefix}{name}", kind, _meaning(says)
        if is_dataclass(item) and isinstance(item, type):
            yield from _rows(item, f"{prefix}{name}{'[]' * is_list}.")


def _meaning(says: Says | None) -> str:
    if not says:
        return ""
    named = ", ".join(f"`{value}`" for value in says.rules.get("enum", ()))
    return f"{says.meaning}: {named}" if named else says.meaning


def _kind(hint: Any) -> str:  # noqa: ANN401
    if hint is datetime:
        return "UTC time"
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return "string"
    return _SCALARS.get(hint, "object")


def _hints(record: type) -> list[tuple[str, Any]]:
    hints = typing.get_type_hints(record, include_extras=True)
    return [(one.name, hints[one.name]) for one in fields(record)]


def _taken_apart(hint: Any) -> tuple[Any, Says | None]:  # noqa: ANN401
    """Return the type and what is said of it."""
    if typing.get_origin(hint) is not typing.Annotated:
        return hint, None
    plain, *notes = typing.get_args(hint)
    return plain, next((note for note in notes if isinstance(note, Says)), None)


def _summary(record: type) -> str:
    return (inspect.getdoc(record) or "").partition("\n")[0]
