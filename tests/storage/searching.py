"""Every byte of a bucket as text: raw, gunzipped, decoded from Parquet and JSON, WARC payloads without their coding."""

from __future__ import annotations

import gzip
import html
import io
import json
import re
import zlib
from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq
from warcio.archiveiterator import ArchiveIterator

from storage.client import Store

_TAGS = re.compile(r"<[^>]+>")
_BLANKS = re.compile(r"\s+")


def found_in(store: Store, *sentences: str) -> dict[str, set[str]]:
    """Return, for each of `sentences`, the keys of the objects in which it stands, however it is packed or marked up."""
    wanted = {sentence: _BLANKS.sub(" ", sentence) for sentence in sentences}
    found: dict[str, set[str]] = {sentence: set() for sentence in sentences}
    for one in store.list(""):
        texts = list(_readings(store.get(one.key).body))
        for sentence, plain in wanted.items():
            if any(plain in text for text in texts):
                found[sentence].add(one.key)
    return found


def _readings(body: bytes) -> Iterator[str]:
    for text in _decoded(body):
        for plain in {text, html.unescape(html.unescape(text)), html.unescape(_TAGS.sub("", text))}:
            yield _BLANKS.sub(" ", plain)


def _decoded(body: bytes) -> Iterator[str]:
    yield body.decode("utf-8", "replace")
    if body[:2] == b"\x1f\x8b":
        whole = gzip.decompress(body)
        yield from _decoded(whole)
        if whole.startswith(b"WARC/"):
            for record in ArchiveIterator(io.BytesIO(body)):
                yield from _decoded(record.content_stream().read())
    elif body[:4] == b"PAR1":
        yield from map(_flat, pq.read_table(io.BytesIO(body)).to_pylist())
        yield str(pq.ParquetFile(io.BytesIO(body)).metadata.to_dict())
    else:
        for line in (body, *body.splitlines()):
            try:
                yield _flat(json.loads(line))
            except ValueError:
                continue
        if body[:1] == b"\x78":
            yield zlib.decompress(body).decode("utf-8", "replace")


def _flat(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str).replace('\\"', '"').replace("\\n", " ")
