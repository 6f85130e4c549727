"""`extract`: the articles of pages that lie on this machine, without network or S3."""

from __future__ import annotations

import base64
import binascii
import io
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import click
import orjson

from cli.errors import PagesFileError
from cli.progress import progress
from extract.article import Article
from extract.capture import Capture
from extract.read import read_article
from extract.rejection import Reason, Rejection
from extract.rows import article_fields
from extract.url import normalise_url

MAX_PAGE_BYTES = 64 * 2**20
WINDOW = 64  # pages under way per process: bounds memory, keeps order


@dataclass(frozen=True, slots=True)
class Page:
    """One line of the input."""

    url: str
    site: str
    html_path: Path | None
    html_base64: str | None = field(repr=False)


@click.command()
@click.option(
    "--pages",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="JSON lines: url, html_path or html_base64, site?",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write here instead of stdout.",
)
@click.option("--jobs", type=click.IntRange(min=1), help="Processes; default: one a core.")
@click.option("--cold", is_flag=True, help="Read every page as if no other of its site had been seen.")
def extract(*, pages: Path, output: Path | None, jobs: int | None, cold: bool) -> None:
    """Read the articles of stored pages: a line per page, in order.

    Each line of the output holds the article's fields, or {"url", "rejected": reason, "detail"}.
    Until sites have learned profiles, --cold changes nothing.
    """
    del cold
    lines = _lines(pages)
    base = pages.resolve().parent if str(pages) != "-" else Path.cwd()
    moment = datetime.now(UTC)  # these pages carry no capture time; dates after now are refused
    with ExitStack() as stack:
        out: IO[bytes] = stack.enter_context(output.open("wb")) if output else sys.stdout.buffer
        bar = stack.enter_context(progress("pages", total=len(lines)))
        for line in _extract(lines, partial(_read_line, base=base, moment=moment), jobs):
            out.write(line + b"\n")
            bar.advance()
        out.flush()


def _lines(path: Path) -> list[tuple[int, bytes]]:
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise PagesFileError(f"{path}: {error.strerror}") from error
    return [(number, line) for number, line in enumerate(io.BytesIO(data), 1) if line.strip()]


def _extract(lines: list[tuple[int, bytes]], read: partial[bytes], jobs: int | None) -> Iterator[bytes]:
    for number, line in lines:
        _page(number, line)  # a bad line stops the verb before any work
    if jobs == 1 or len(lines) < WINDOW:
        yield from map(read, lines)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("forkserver")) as pool:
        yield from pool.map(read, lines, chunksize=8)


def _page(number: int, line: bytes) -> Page:
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise PagesFileError(f"line {number}: not JSON: {error}") from error
    if not isinstance(fields, dict) or not isinstance(fields.get("url"), str):
        raise PagesFileError(f'line {number}: url: missing; each line is {{"url": …, "html_path": …}}')
    path, inline = fields.get("html_path"), fields.get("html_base64")
    if not isinstance(path, str) and not isinstance(inline, str):
        raise PagesFileError(f"line {number}: html_path or html_base64: missing")
    site = fields.get("site")
    return Page(
        url=fields["url"],
        site=site if isinstance(site, str) else urlsplit(fields["url"]).netloc,
        html_path=Path(path) if isinstance(path, str) else None,
        html_base64=inline if isinstance(inline, str) else None,
    )


def _read_line(numbered: tuple[int, bytes], *, base: Path, moment: datetime) -> bytes:
    page = _page(*numbered)
    result = _read_page(page, base, moment)
    if isinstance(result, Article):
        return orjson.dumps(article_fields(result))
    return orjson.dumps({"url": page.url, "rejected": result.reason, "detail": result.detail})


def _read_page(page: Page, base: Path, moment: datetime) -> Article | Rejection:
    refuse = partial(Rejection, page.site, page.url, moment)
    try:
        url = normalise_url(page.url)
    except ValueError:
        url = page.url  # nothing is fetched here: a label will do
    try:
        if page.html_path is not None:
            file = base / page.html_path
            if file.stat().st_size > MAX_PAGE_BYTES:
                return refuse(Reason.TOO_LARGE, f"{file} is over {MAX_PAGE_BYTES // 2**20} MiB")
            body = file.read_bytes()
        else:
            body = base64.b64decode(page.html_base64 or "", validate=True)
    except OSError as error:
        raise PagesFileError(f"{page.html_path}: {error.strerror}") from error
    except binascii.Error as error:
        return refuse(Reason.BAD_ENCODING, f"html_base64: {error}")
    headers = (("Content-Encoding", "gzip"),) if body.startswith(b"\x1f\x8b") else ()
    return read_article(Capture(page.site, url, url, 200, headers, body, moment))
