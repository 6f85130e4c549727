"""`python -m bench.raw_storage`: bytes a page as stored, against gzip of the HTML alone and against zstd WARCs.

Writes the records of an exchange (request, response, facts of the fetch) for each page of a corpus, by default the demo
newspaper's, and compresses them as stored and as .warc.zst would have them: a frame a record, with and without a
dictionary trained on other pages. Then asks warcio and pywb whether they read such files. A zstd WARC is adopted only
if both do.
"""

from __future__ import annotations

import argparse
import gzip
import io
import struct
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from backports import zstd
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from bench.metrics import DEFINITIONS
from bench.own_pages import write_own_pages
from bench.pages import load_pages, read_html
from extract.warc import read_members
from spiders.cdxj import index_line
from spiders.exchange import Exchange
from spiders.warc import Facts, exchange_members

ROOT = Path(__file__).resolve().parent.parent
AT = datetime(2026, 11, 22, tzinfo=UTC)
REQUEST = (
    b"GET / HTTP/1.1\r\nHost: news.example\r\nUser-Agent: Broadsheet/0.1 (+https://news.example/contact)\r\n"
    b"Accept: text/html,application/xhtml+xml;q=0.9\r\nAccept-Encoding: gzip, deflate\r\n\r\n"
)
HEAD = (
    b"HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 00:00:00 GMT\r\nContent-Type: text/html; charset=utf-8\r\n"
    b'ETag: "5e1-%d"\r\nCache-Control: max-age=60\r\nVary: Accept-Encoding\r\nServer: nginx\r\n'
    b"Content-Length: %d\r\n\r\n"
)
LEVELS = (3, 9)
DICTIONARY_BYTES = 112 * 1024
MIN_SAMPLES = 8  # fewer teach zstd no dictionary
SITE_PAGES = 6  # of a site, half of which teach a dictionary of its own
SKIPPABLE = 0x184D2A5D  # of the frame that holds a .warc.zst's dictionary


@dataclass(frozen=True, slots=True)
class Stored:
    """One page: its HTML, its records as stored, and what they inflate to."""

    site: str
    html: bytes = field(repr=False)
    members: tuple[bytes, ...] = field(repr=False)
    line: bytes = field(repr=False)
    records: tuple[bytes, ...] = field(repr=False)


def store(site: str, url: str, html: bytes, number: int) -> Stored:
    """Return a page as a crawl stores it, fetched without Content-Encoding."""
    exchange = Exchange(url, 200, REQUEST, HEAD % (number, len(html)), html, None, "203.0.113.7", AT, 120)
    made = exchange_members(exchange, Facts("page", url))
    answer = made[1]
    line = index_line(
        uri=url, date=answer.date, rec_type=answer.rec_type, mime=answer.mime, status=200, digest=answer.digest,
        length=len(answer.data), offset=0, filename="raw/site/2026/11/22/20261122T000000Z-abcdef-001.warc.gz",
    )  # fmt: skip
    members = tuple(one.data for one in made)
    inflated = (member.data for data in members for member in read_members(io.BytesIO(data), "page"))
    return Stored(site, html, members, line, tuple(inflated))


def read_corpus(folder: Path) -> list[Stored]:
    """Return every page of a corpus (docs/benchmarks.md)."""
    pages = load_pages(folder, (), DEFINITIONS, training=True)
    return [store(page.site, page.url, read_html(page.html), number) for number, page in enumerate(pages)]


def zstd_bytes(pages: Iterable[Stored], level: int, dictionary: zstd.ZstdDict | None = None) -> int:
    """Return the size of the pages' records, a frame a record."""
    shared = dictionary.as_digested_dict if dictionary else None
    return sum(len(zstd.compress(record, level, zstd_dict=shared)) for page in pages for record in page.records)


def train(pages: Sequence[Stored]) -> zstd.ZstdDict:
    """Return a dictionary for such pages' records."""
    return zstd.train_dict([record for page in pages for record in page.records], DICTIONARY_BYTES)


def dictionary_lines(pages: Sequence[Stored]) -> list[str]:
    """Return what a dictionary saves on sites that it has not seen, and on other pages of a site that it has."""
    by_site: dict[str, list[Stored]] = defaultdict(list)
    for page in pages:
        by_site[page.site].append(page)
    lines = []
    sites = sorted(by_site)
    taught, other = ([page for site in sites[half::2] for page in by_site[site]] for half in (0, 1))
    if len(taught) >= MIN_SAMPLES and other:
        lines.append(
            _saving(
                f"one dictionary, {len(other)} pages of sites that it has not seen", other, [(train(taught), other)]
            )
        )
    own = []
    for site in sites:
        if len(by_site[site]) >= SITE_PAGES:
            half = len(by_site[site]) // 2
            own.append((train(by_site[site][:half]), by_site[site][half:]))
    if own:
        measured = [page for _, some in own for page in some]
        said = f"a dictionary a site, {len(measured)} pages of {len(own)} sites (each dictionary besides)"
        lines.append(_saving(said, measured, own))
    return lines


def _saving(said: str, pages: Sequence[Stored], taught: Iterable[tuple[zstd.ZstdDict, list[Stored]]]) -> str:
    now = sum(len(member) for page in pages for member in page.members)
    pairs = list(taught)
    figures = []
    for level in LEVELS:
        plain = zstd_bytes(pages, level)
        with_it = sum(zstd_bytes(some, level, dictionary) for dictionary, some in pairs)
        size = sum(len(dictionary.dict_content) for dictionary, _ in pairs) / len(pairs)
        figures.append(
            f"-{level}: {1 - plain / now:.0%} without, {1 - with_it / now:.0%} with one of {size / 1024:.0f} KiB"
        )
    return f"{said}: saved {'; '.join(figures)}"


def warc_zst(pages: Sequence[Stored], dictionary: zstd.ZstdDict | None) -> bytes:
    """Return the pages as one .warc.zst, its dictionary in a skippable frame at the start."""
    content = dictionary.dict_content if dictionary else b""
    head = struct.pack("<II", SKIPPABLE, len(content)) + content if dictionary else b""
    frames = (zstd.compress(record, 9, zstd_dict=dictionary) for page in pages for record in page.records)
    return head + b"".join(frames)


def readers(pages: Sequence[Stored]) -> list[str]:
    """Return what warcio and pywb say to .warc.zst files, and to a .warc.gz as the control."""
    files = {
        "x.warc.gz": b"".join(data for page in pages for data in page.members),
        "x.warc.zst": warc_zst(pages, None),
    }
    if len(pages) >= MIN_SAMPLES:
        files["dictionary.warc.zst"] = warc_zst(pages, train(pages))
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            path = Path(folder) / name
            path.write_bytes(data)
            lines.append(f"{name}: warcio {_ask_warcio(path)}; pywb {_ask_pywb(path)}")
    return lines


def _ask_warcio(path: Path) -> str:
    with path.open("rb") as stream, redirect_stderr(io.StringIO()):
        try:
            return f"reads {sum(1 for _ in ArchiveIterator(stream))} records"
        except (ArchiveLoadFailed, UnicodeDecodeError) as error:
            return f"refuses it ({type(error).__name__})"


def _ask_pywb(path: Path) -> str:
    manager = ROOT / ".venv-pywb/bin/wb-manager"
    if not manager.exists():
        return "is not installed (./broadsheet test installs it)"
    home = path.with_name(f"{path.name}-pywb")
    home.mkdir()
    subprocess.run([manager, "init", "x"], cwd=home, check=True, capture_output=True)
    done = subprocess.run([manager, "add", "x", path], cwd=home, check=False, capture_output=True, text=True)
    index = home / "collections/x/indexes/index.cdxj"
    count = len(index.read_bytes().splitlines()) if index.exists() else 0
    said = " ".join(done.stderr.partition("[WARNING]: ")[2].partition(":")[0].split())
    return f"indexes {count} answers" if count else f"refuses it ({said})"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, help="folder with index.json and pages; default: the demo's own pages")
    corpus = parser.parse_args().corpus
    with tempfile.TemporaryDirectory() as folder:
        if corpus is None:
            write_own_pages(Path(folder))
        pages = read_corpus(corpus or Path(folder))
    count = len(pages)
    html = sum(len(page.html) for page in pages)
    plain = sum(len(gzip.compress(page.html, 6, mtime=0)) for page in pages)
    warc = sum(len(member) for page in pages for member in page.members)
    both = warc + sum(len(page.line) for page in pages)
    print(f"{count} pages of {len({page.site for page in pages})} sites, {html / count:,.0f} bytes of HTML each")
    print(f"gzip -6 of the HTML alone   {plain / count:>9,.0f} bytes a page")
    print(f"WARC as stored              {warc / count:>9,.0f} bytes a page, {warc / plain:.3f} times")
    print(f"with its line of the index  {both / count:>9,.0f} bytes a page, {both / plain:.3f} times")
    for line in [*dictionary_lines(pages), *readers(pages[:50])]:
        print(line)


if __name__ == "__main__":
    main()
