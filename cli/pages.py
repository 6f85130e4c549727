"""`extract`: the articles of pages that lie on this machine, without network or S3."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, TypeVar

import click

from cli.errors import PagesFileError, RunFailed
from cli.output import OUTPUT, opened
from cli.page_reading import Chunk, Learned, Line, Source, learn_chunk, read_chunk, read_line
from cli.progress import Bar, progress
from cli.readers import Readers
from cli.reading import start_reader
from extract.lessons import merge, pack, unpack

CHUNK = 16  # pages that a process takes at a time
FEW = 32  # pages that are read before other processes have started
AHEAD = 4  # chunks under way per process
Result = TypeVar("Result")


@click.command()
@click.option(
    "--pages",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="JSON lines: url, html_path or html_base64, site?",
)
@OUTPUT
@click.option("--jobs", type=click.IntRange(min=1), help="Processes; default: one a core.")
@click.option("--cold", is_flag=True, help="Read every page as if no other of its site had been seen.")
def extract(*, pages: Path, output: Path | None, jobs: int | None, cold: bool) -> None:
    """Read the articles of stored pages: a line per page, in order.

    Each line of the output holds the article's fields, or {"url", "rejected": reason, "detail"}.
    Pages of one site (else host) teach each other; none learns from itself or from versions of its own article.
    """
    moment = datetime.now(UTC)  # these pages carry no capture time; dates after now are refused
    with ExitStack() as stack:
        path, base = pages, pages.resolve().parent
        if str(pages) == "-":
            path, base = _spool(stack.enter_context(tempfile.NamedTemporaryFile())), Path.cwd()
        source = Source(path, base, moment)
        lines = _index(path)
        sites = {} if cold else _sites(lines)
        out = stack.enter_context(opened(output))
        pool = None if jobs == 1 or len(lines) < FEW else stack.enter_context(Readers(jobs, ["cli.page_reading"]))
        bar = stack.enter_context(progress("pages", total=len(lines) + sum(map(len, sites.values()))))
        start_reader(own_process=False)
        try:
            learned = _learn(pool, source, sites, bar)
            _read(pool, source, _chunks(lines, sites, learned), out, bar)
        except BrokenProcessPool as error:
            raise RunFailed("reading processes are killed each time (out of memory?); try --jobs 1") from error


def _spool(file: IO[bytes]) -> Path:
    """Copy stdin to `file`, where pages can be read twice and by other processes."""
    shutil.copyfileobj(sys.stdin.buffer, file)
    file.flush()
    return Path(file.name)


def _index(path: Path) -> list[Line]:
    """Return where each page's line lies; a wrong one stops the verb before any work."""
    lines: list[Line] = []
    offset = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    lines.append(Line(len(lines), number, offset, len(line), read_line(number, line).site))
                offset += len(line)
    except OSError as error:
        raise PagesFileError(f"{path}: {error.strerror}") from error
    return lines


def _sites(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """Return the lines of each site that has two and more: one alone has none to learn from."""
    sites: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        sites[line.site].append(line)
    return {site: own for site, own in sites.items() if len(own) > 1}


def _learn(pool: Readers | None, source: Source, sites: Mapping[str, list[Line]], bar: Bar) -> dict[str, Learned]:
    """Read every page of `sites` in full; return by site what that taught."""
    learned: defaultdict[str, list[Learned]] = defaultdict(list)
    chunks = [Chunk(tuple(part)) for own in sites.values() for part in _parts(own)]
    for chunk, told in _spread(pool, partial(learn_chunk, source), chunks):
        learned[chunk.lines[0].site].append(told)
        bar.advance(len(chunk.lines))
    return {site: _merge(parts) for site, parts in learned.items()}


def _merge(parts: Sequence[Learned]) -> Learned:
    lessons = merge(unpack(part.lessons) for part in parts)
    marks = {at: mark for part in parts for at, mark in part.marks.items()}
    return Learned(pack(lessons), marks, {at: line for part in parts for at, line in part.final.items()})


def _chunks(lines: Sequence[Line], sites: Mapping[str, list[Line]], learned: Mapping[str, Learned]) -> list[Chunk]:
    """Return what is to be read, with what its site has taught; roughly in order."""
    alone = [line for line in lines if line.site not in sites]
    chunks = [Chunk(tuple(part)) for part in _parts(alone)]
    for site, own in sites.items():
        told = learned[site]
        for part in _parts(own):
            known = [line.at for line in part]
            marks = {at: told.marks[at] for at in known if at in told.marks}
            final = {at: told.final[at] for at in known if at in told.final}
            chunks.append(Chunk(tuple(part), Learned(told.lessons, marks, final)))
    return sorted(chunks, key=lambda chunk: chunk.lines[0].at)


def _parts(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    return (lines[start : start + CHUNK] for start in range(0, len(lines), CHUNK))


def _read(pool: Readers | None, source: Source, chunks: Sequence[Chunk], out: IO[bytes], bar: Bar) -> None:
    """Write each page's line in its place; lines that are ready too early wait in a file."""
    waiting: dict[int, tuple[int, int]] = {}
    following = 0
    with tempfile.TemporaryFile() as early:
        for chunk, rows in _spread(pool, partial(read_chunk, source), chunks):
            for line, row in zip(chunk.lines, rows, strict=True):
                waiting[line.at] = early.tell(), early.write(row + b"\n")
            end = early.tell()
            while following in waiting:
                offset, size = waiting.pop(following)
                early.seek(offset)
                out.write(early.read(size))
                following += 1
            early.seek(end)
            bar.advance(len(chunk.lines))


def _spread(
    pool: Readers | None, function: Callable[[Chunk], Result], chunks: Iterable[Chunk]
) -> Iterator[tuple[Chunk, Result]]:
    """Yield each chunk with what `function` gives of it, as they are done; a few are under way at a time."""
    if pool is None:
        yield from ((chunk, function(chunk)) for chunk in chunks)
        return
    running: dict[Future[Result], Chunk] = {}
    for chunk in chunks:
        running[pool.submit(function, chunk)] = chunk
        if len(running) >= AHEAD * pool.processes:
            yield from _finished(running)
    while running:
        yield from _finished(running)


def _finished(running: dict[Future[Result], Chunk]) -> list[tuple[Chunk, Result]]:
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    return [(running.pop(future), future.result()) for future in done]
