from __future__ import annotations

import gzip
import zlib
from datetime import UTC, datetime

import pytest

from spiders.exchange import Exchange
from spiders.withheld import forbids_keeping

PAGE = b"<html><head><meta name='robots' content='index, noarchive'></head><body>" + b"<p>text</p>" * 500
RAW = zlib.compressobj(wbits=-15)


@pytest.mark.parametrize(
    ("headers", "body", "forbidden"),
    [
        (b"X-Robots-Tag: noarchive", b"<p>text", True),
        (b"Content-Type: text/html", PAGE, True),
        (b"Content-Encoding: gzip", gzip.compress(PAGE), True),
        (b"Content-Encoding: gzip", gzip.compress(PAGE)[:-8], True),  # cut short: what there is says enough
        (b"Content-Encoding: deflate", zlib.compress(PAGE), True),
        (b"Content-Encoding: deflate", RAW.compress(PAGE) + RAW.flush(), True),
        (b"Content-Encoding: gzip, gzip", gzip.compress(gzip.compress(PAGE)), True),
        (b"Content-Encoding: gzip", gzip.compress(b"<html>") + gzip.compress(PAGE), True),
        (b"Content-Encoding: gzip", b"no gzip at all", False),
        (b"Content-Encoding: br", b"not asked for", False),
        (b"Content-Type: text/html", PAGE.replace(b"noarchive", b"nofollow"), False),
    ],
)
def test_noarchive_is_seen_in_headers_and_markup_however_coded(headers: bytes, body: bytes, forbidden: bool) -> None:
    head = b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n\r\n"
    exchange = Exchange("http://n.example/", 200, b"", head, body, None, None, datetime.now(UTC), 1)
    assert forbids_keeping(exchange) is forbidden
