from __future__ import annotations

import gzip
import io

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from extract.warc import BadWarcError, read_captures, read_members


def warc(*kinds: str) -> bytes:
    """Return a WARC written by warcio: a warcinfo, and for each of `kinds` a response and its fetch facts; number 2 is cut."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="WARC/1.1")
    writer.write_record(writer.create_warcinfo_record("x", {"software": "test"}))
    for number, kind in enumerate(kinds):
        url = f"http://n.example/{number}"
        http = StatusAndHeaders(
            "200 Fine", [("Content-Type", "text/html"), ("Set-Cookie", "a"), ("set-cookie", "b")], protocol="HTTP/1.1"
        )
        response = writer.create_warc_record(
            url,
            "response",
            payload=io.BytesIO(b"page %d" % number),
            http_headers=http,
            warc_headers_dict={"WARC-Truncated": "disconnect"} if number == 2 else None,
        )
        writer.write_record(response)
        facts = f"kind: {kind}\r\nrequested-url: {url}?asked\r\nhint-author: A\r\nhint-author: B\r\nhint-published: 2026-11-20T09:00:00Z\r\n"
        about = {"WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID")}
        writer.write_record(
            writer.create_warc_record(
                url,
                "metadata",
                payload=io.BytesIO(facts.encode()),
                warc_headers_dict=about,
                warc_content_type="application/warc-fields",
            )
        )
    return out.getvalue()


def test_pages_come_back_with_headers_hints_and_place() -> None:
    data = warc("feed", "page", "page")
    found = list(read_captures(io.BytesIO(data), "raw/n/x.warc.gz", "n"))
    assert [capture.body for capture in found] == [b"page 1", b"page 2"]
    assert found[0].url == "http://n.example/1?asked"
    assert found[0].final_url == "http://n.example/1"
    assert found[0].headers[1:] == (("Set-Cookie", "a"), ("set-cookie", "b"))
    assert found[0].hints.authors == ("A", "B")
    record = found[0].record
    assert record is not None
    assert b"page 1" in gzip.decompress(data[record.offset : record.offset + record.length])
    assert [capture.truncated for capture in found] == [None, "disconnect"]


@pytest.mark.parametrize("cut", [1, 20, 300])
def test_a_truncated_file_is_named_with_the_byte_where_it_breaks(cut: int) -> None:
    with pytest.raises(BadWarcError, match=r"^some/key: .* byte \d+"):
        list(read_captures(io.BytesIO(warc("page", "page")[:-cut]), "some/key", "n"))


def test_a_foreign_file_is_no_warc() -> None:
    for data in (b"<html>" * 50, gzip.compress(b"hello\n" * 50), gzip.compress(b"\0" * 5000)):
        with pytest.raises(BadWarcError, match="some/key"):
            list(read_captures(io.BytesIO(data), "some/key", "n"))


def test_members_cover_the_file_without_gaps() -> None:
    data = warc("page", "page")
    end = 0
    for member in read_members(io.BytesIO(data), "k"):
        assert member.offset == end
        end += member.length
    assert end == len(data)
