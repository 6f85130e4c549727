"""What a record's field holds: said once, beside its type, for the schema that is published (storage.json_schema)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Says:
    """In `Annotated[type, Says(…)]`: the meaning for people, and JSON Schema keywords that its values keep to."""

    meaning: str
    rules: Mapping[str, Any] = field(default_factory=dict)
