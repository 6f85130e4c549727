from __future__ import annotations

import pytest

from extract.dom import parse_html
from extract.markup import read_markup
from extract.rights import forbids_archiving, read_rights


@pytest.mark.parametrize(
    ("headers", "head", "forbidden"),
    [
        ((("X-Robots-Tag", "noarchive"),), b"", True),
        ((("x-robots-tag", "Broadsheet: NoArchive, nosnippet"),), b"", True),
        ((("X-Robots-Tag", "googlebot: noarchive"),), b"", False),
        ((("X-Robots-Tag", "max-snippet: 5, noarchive"),), b"", True),
        ((("X-Robots-Tag", "noarchive, max-image-preview:large"),), b"", True),
        ((("X-Robots-Tag", "index, follow, noarchive, max-video-preview:-1"),), b"", True),
        ((("X-Robots-Tag", "unavailable_after: Wed, 25 Jun 2031 15:00:00 GMT, noarchive"),), b"", True),
        ((("X-Robots-Tag", "googlebot: noindex, noarchive, broadsheet: nosnippet"),), b"", False),
        ((("X-Robots-Tag", "nosnippet, googlebot: noindex, *: noarchive"),), b"", True),
        ((), b"<META content='index,NOARCHIVE' NAME=robots>", True),
        ((), b'<meta name="robots" content="index, follow">', False),
        ((), b'<meta name="description" content="noarchive">', False),
        ((), b'<meta name="bingbot" content="noarchive">', False),
        ((), b"", False),
    ],
)
def test_noarchive_counts_where_it_is_meant_for_us(
    headers: tuple[tuple[str, str], ...], head: bytes, forbidden: bool
) -> None:
    assert forbids_archiving(headers, head) is forbidden


def test_what_headers_and_markup_reserve_is_recorded() -> None:
    head = (
        '<meta name="Robots" content="index, NoArchive"><meta name="bingbot" content="nosnippet">'
        '<meta property="robots" content="noai"><meta name="tdm-reservation" content=" 1 ">'
        '<link rel="License" type="application/rsl+xml" href="/terms.xml"><link rel="license" href="/other">'
    )
    root = parse_html(f"<!doctype html><html><head>{head}</head><body><p>Text</p></body></html>").root
    headers = (("Content-Signal", "ai-train=no"), ("X-Robots-Tag", "nosnippet"))
    assert read_rights(headers, read_markup(root)) == (
        "content-signal: ai-train=no",
        "robots: noarchive",
        "robots: nosnippet",
        "rsl: /terms.xml",
        "tdm-reservation: 1",
    )
