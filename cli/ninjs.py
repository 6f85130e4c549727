"""Articles as IPTC ninjs 3.0, one JSON object a line.

Source: the schema at iptc.org/std/ninjs/ninjs-schema_3.0.json. What ninjs has no name for is left out: the JSON lines
have it all.
"""

from __future__ import annotations

from typing import IO, Any

import orjson
import pyarrow as pa

STANDARD = {"name": "ninjs", "version": "3.0", "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_3.0.json"}


def write_ninjs(rows: pa.Table, out: IO[bytes]) -> None:
    """Write one ninjs object a row."""
    for row in rows.to_pylist():
        out.write(orjson.dumps(ninjs(row), option=orjson.OPT_UTC_Z) + b"\n")


def ninjs(row: dict[str, Any]) -> dict[str, Any]:
    """Return an article's row as a ninjs object. Its uri names the article, the same for all its versions."""
    body = {"role": "main", "contentType": "text/plain", "charCount": len(row["text"]), "wordCount": row["word_count"]}
    found = {
        "uri": row["url"], "standard": STANDARD, "type": "text", "representationType": "full",
        "version": str(row["version"]), "firstCreated": row["published_at"],
        "versionCreated": row["modified_at"] or row["captured_at"],
        "pubStatus": "usable" if row["status"] == "live" else "canceled", "language": row["language"],
        "headlines": [{"role": "main", "value": row["title"]}], "by": ", ".join(row["authors"]),
        "descriptions": [{"role": "summary", "value": row["description"]}] if row["description"] else None,
        "bodies": [body | {"value": row["text"]}],
        "subjects": [{"name": tag} for tag in row["tags"]],
        "infoSources": [{"name": row["site"]}],
        "altIds": [{"role": "article_id", "value": row["article_id"]}]
        + ([{"role": "canonical", "value": row["canonical_url"]}] if row["canonical_url"] else []),
        "usageTerms": "; ".join(row["rights"]),
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}
