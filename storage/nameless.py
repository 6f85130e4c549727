"""Rejections of erased articles: they stay counted, and no longer say of which URL they are."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa

from extract.url import article_id
from storage.tombstones import stand_in


def nameless(rows: pa.Table, erased: Collection[str], urls: Collection[str] = ()) -> pa.Table:
    """Return rejection rows, the URLs of `erased` articles replaced, and details emptied that name one of `urls`."""
    given, details = rows["url"].to_pylist(), rows["detail"].to_pylist()
    ids = [article_id(url) for url in given]
    named = [one if one in erased else None for one in ids]
    spoken = [any(url in detail for url in urls) for detail in details]
    if not any(named) and not any(spoken):
        return rows
    blanks = {
        "url": [stand_in(one) if one else url for one, url in zip(named, given, strict=True)],
        "detail": [
            "" if one or is_said else detail for one, is_said, detail in zip(named, spoken, details, strict=True)
        ],
    }
    if "capture" in rows.schema.names:
        captures = rows["capture"].to_pylist()
        blanks["capture"] = [None if one else capture for one, capture in zip(named, captures, strict=True)]
    for name, values in blanks.items():
        at = rows.schema.get_field_index(name)
        rows = rows.set_column(at, rows.schema.field(name), pa.array(values, rows.schema.field(name).type))
    return rows
