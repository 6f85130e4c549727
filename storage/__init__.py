"""KEEP: bucket layout, conditional writes, staging, the tables, the readers' API.

`from storage import Archive` is the readers' way in; everything else is imported from its module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storage.articles import Archive

__all__ = ["Archive"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's attribute
    if name == "Archive":  # loaded when asked for: importing one type of this room must not load pyarrow
        from storage.articles import Archive  # noqa: PLC0415

        return Archive
    raise AttributeError(f"module 'storage' has no attribute {name!r}")
