"""Blanks in WARC segments: what goes, what stays to the byte, and that readers pass over them."""

from __future__ import annotations

import gzip
import hashlib
import io
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from extract.passages import Passages
from extract.url import article_id
from extract.warc import Blank, read_captures, read_members
from storage.erase_warc import Wanted, blank, sweep_index, sweep_segment
from storage.errors import ObjectRefused
from tests.storage.archiving import NOW

URL = "https://times.example/bridge"
TEXT = "The harbour bridge reopened on Tuesday after eleven months of repairs, the engineer said."
DATE = "2026-11-22T09:01:00.000000Z"


class Segment:
    """A WARC in the making."""

    def __init__(self) -> None:
        self.out = io.BytesIO()
        self._writer = WARCWriter(self.out, gzip=True, warc_version="WARC/1.1")
        self._writer.write_record(self._writer.create_warcinfo_record("x", {"software": "test"}))

    def add(self, url: str, kind: str, body: bytes, *, refers_to: str | None = None, coding: str = "") -> Segment:
        """Append an exchange: request, response (or a revisit of `refers_to`), metadata."""
        head = StatusAndHeaders("200 OK", [("Content-Encoding", coding)] if coding else [], protocol="HTTP/1.1")
        given = {"WARC-Date": DATE}
        if refers_to:
            answer = self._writer.create_revisit_record(url, "sha1:" + "A" * 32, refers_to, DATE, http_headers=head)
        else:
            answer = self._writer.create_warc_record(
                url, "response", io.BytesIO(body), http_headers=head, warc_headers_dict=given
            )
        owner = given | {"WARC-Concurrent-To": answer.rec_headers.get_header("WARC-Record-ID")}
        asked = StatusAndHeaders("GET / HTTP/1.1", [("Host", "times.example")], is_http_request=True)
        request = self._writer.create_warc_record(url, "request", http_headers=asked, warc_headers_dict=dict(owner))
        facts = io.BytesIO(f"kind: {kind}\r\nrequested-url: {url}\r\n".encode())
        metadata = self._writer.create_warc_record(
            url, "metadata", facts, warc_headers_dict=dict(owner), warc_content_type="application/warc-fields"
        )
        for record in (request, answer, metadata):
            self._writer.write_record(record)
        return self


def sweep(segment: Segment, wanted: Wanted | None = None) -> tuple[bytes, bytes, list[str]]:
    """Return the segment before and after, and the URLs of the answers that are left."""
    before = segment.out.getvalue()
    wanted = wanted or Wanted(
        frozenset({article_id(URL)}), Passages.of([TEXT]), Passages.of((), ["Bridge is open again"])
    )
    after = sweep_segment(before, "raw/x.warc.gz", wanted, set(), NOW).body
    left = [
        str(record.rec_headers.get_header("WARC-Target-URI"))
        for record in ArchiveIterator(io.BytesIO(after))
        if record.rec_type in {"response", "revisit"}
    ]
    return before, after, left


def test_an_article_goes_and_every_other_record_keeps_its_bytes_and_its_place() -> None:
    segment = Segment().add("https://times.example/ferry", "page", b"<p>The ferry sinks.</p>" * 99)
    segment.add(URL, "page", f"<p>{TEXT}</p>".encode() * 99).add("https://times.example/tram", "page", b"<p>Late.</p>")
    before, after, left = sweep(segment)
    assert left == ["https://times.example/ferry", "https://times.example/tram"]
    kept = {member.offset: member for member in read_members(io.BytesIO(after), "")}
    for member in read_members(io.BytesIO(before), ""):
        if URL.encode() not in member.data:
            assert kept[member.offset] == member
    assert len(after) == len(before)
    assert URL.encode() not in b"".join(member.data for member in kept.values())
    captures = [one.url for one in read_captures(io.BytesIO(after), "raw/x.warc.gz", "times")]
    assert captures == left


@pytest.mark.parametrize(
    ("kind", "body", "goes"),
    [
        ("feed", f"<link>{URL}?utm_source=rss</link>", True),
        ("section", '<a href="/bridge#top">more</a>', True),
        ("sitemap", f"<loc>{URL}</loc>", True),
        ("feed", f"<description>&lt;p&gt;{TEXT[:60]}&lt;/p&gt;</description>", True),
        ("feed", f"<![CDATA[<p>{TEXT}</p>]]>", True),
        ("feed", '{"title": "Bridge is open again"}', True),
        ("feed", f"<link>{URL}-2</link>", False),
        ("section", "<p>The harbour bridge is closed.</p>", False),
        ("page", f"<aside><a href='{URL}'>Bridge is open again</a></aside>", False),
        ("page", f"<aside>{TEXT}</aside>", True),
        ("page", f'<meta name="description" content="{TEXT}">', True),
        ("page", f"<p>{TEXT[:45]}, it was planned.</p>", False),
        ("robots", f"# {URL}", False),
    ],
)
def test_sources_that_name_it_go_and_pages_that_repeat_its_text(kind: str, body: str, *, goes: bool) -> None:
    _, _, left = sweep(Segment().add("https://times.example/other", kind, body.encode()))
    assert left == ([] if goes else ["https://times.example/other"])
    _, _, left = sweep(Segment().add("https://times.example/x", kind, gzip.compress(body.encode()), coding="gzip"))
    assert left == ([] if goes else ["https://times.example/x"])


def test_the_repeats_of_what_goes_go_with_it() -> None:
    feed = "https://times.example/feed"
    segment = Segment().add(feed, "feed", f"<link>{URL}</link>".encode()).add(feed, "feed", b"", refers_to=feed)
    other = "https://times.example/other"
    _, _, left = sweep(segment.add(other, "feed", b"<link>x</link>").add(other, "feed", b"", refers_to=other))
    assert left == [other, other]


def test_readers_pass_over_blanks(tmp_path: Path) -> None:
    segment = (
        Segment()
        .add(URL, "page", hashlib.shake_128(b"a page").digest(200_000))
        .add("https://times.example/tram", "page", b"Late.")
    )
    before, after, _ = sweep(segment)
    for name, body in (("before", before), ("after", after)):
        (tmp_path / f"{name}.warc.gz").write_bytes(body)
    checker = Checker(type("Ask", (), {"inputs": [str(tmp_path / "after.warc.gz")], "verbose": False})())
    checker.process_all()
    assert checker.exit_value == 0
    lines = []
    for name in ("before", "after"):
        argv = [sys.executable, "-m", "cdxj_indexer.main", "-s", str(tmp_path / f"{name}.warc.gz")]
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
        lines.append([line.replace(f"{name}.warc.gz", "") for line in done.stdout.splitlines()])
    assert lines[1] == [line for line in lines[0] if "tram" in line] != []


@pytest.mark.parametrize("length", [260, 1000, 65_535, 65_558, 65_559, 65_560, 131_090, 131_098, 131_100, 400_000])
def test_a_blank_has_the_very_length(length: int) -> None:
    made = blank(length, NOW)
    assert len(made) == length
    read = [(record.rec_type, record.content_stream().read().strip()) for record in ArchiveIterator(io.BytesIO(made))]
    assert read == [("metadata", b"erased: on purpose")]


def test_a_page_that_went_is_told_of_and_a_feed_or_what_a_page_says_of_itself_is_not() -> None:
    segment = Segment().add(URL, "page", TEXT.encode()).add("https://times.example/feed", "feed", URL.encode())
    segment.add(f"{URL}?x\r\nerased-page: 0\r\nerased-date: 0", "page", b"<p>Late.</p>")
    _, after, _ = sweep(segment)
    blanks: list[Blank] = []
    assert len(list(read_captures(io.BytesIO(after), "raw/x.warc.gz", "times", blanks))) == 1
    assert blanks == [Blank(article_id(URL), datetime.fromisoformat(DATE))]
    again = sweep_segment(after, "raw/x.warc.gz", Wanted(frozenset({article_id(URL)})), set(), NOW)
    assert (again.body, again.dropped) == (after, set())


def test_what_cannot_be_blanked_or_searched_is_refused() -> None:
    with pytest.raises(ObjectRefused, match="too short"):
        blank(100, NOW)
    whole = Segment().add(URL, "page", TEXT.encode()).out.getvalue()
    with pytest.raises(ObjectRefused, match=r"raw/x.warc.gz: .*cannot be searched"):
        sweep_segment(whole[:-9], "raw/x.warc.gz", Wanted(frozenset()), set(), NOW)


def test_an_index_loses_the_lines_of_what_went_and_no_others() -> None:
    lines = [b'a 2026 {"url": "x", "offset": "12"}\n', b'b 2026 {"url": "y", "offset": "120"}\n', b"an index of ours\n"]
    assert sweep_index(b"".join(lines), {12}) == lines[1] + lines[2]
