"""What an export under way holds, in a scratch database on disk: archives are larger than memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from storage.errors import NoScratchSpace

CACHE_KIB = 65_536
_TABLES = """
CREATE TABLE answer (segment TEXT, offset INTEGER, uri TEXT, date TEXT, PRIMARY KEY (segment, offset)) WITHOUT ROWID;
CREATE INDEX answer_address ON answer (uri, date);
CREATE TABLE original (site TEXT, uri TEXT, date TEXT, is_lost INTEGER, PRIMARY KEY (site, uri, date)) WITHOUT ROWID;
CREATE TABLE line (line BLOB);
CREATE TABLE page (date TEXT, uri TEXT, line BLOB);
"""
_MISSING = (
    "NOT is_lost AND NOT EXISTS (SELECT 1 FROM answer WHERE (answer.uri, answer.date) = (original.uri, original.date))"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response or revisit in the export: where its article's row says it lies, and what it answered when.

    `date` is its WARC-Date as written; `line` of the index, if it has one; `original` is the (URI, WARC-Date) of the
    response that a revisit stands for.
    """

    site: str
    segment: str
    offset: int
    uri: str
    date: str
    line: bytes | None
    original: tuple[str, str] | None


class Contents:
    """The answers, index lines and pages of one export."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._db = database
        self.index_bytes = 0

    def add(self, answer: Answer) -> None:
        """Note an answer that was written."""
        self._db.execute(
            "INSERT INTO answer VALUES (?, ?, ?, ?)", (answer.segment, answer.offset, answer.uri, answer.date)
        )
        if answer.line:
            self.add_line(answer.line)
        if answer.original:
            self._db.execute("INSERT OR IGNORE INTO original VALUES (?, ?, ?, 0)", (answer.site, *answer.original))

    def add_line(self, line: bytes) -> None:
        """Note a line of the index."""
        self._db.execute("INSERT INTO line VALUES (?)", (line,))
        self.index_bytes += len(line)

    def lines(self) -> Iterator[bytes]:
        """Yield the index, sorted by bytes."""
        return (line for (line,) in self._db.execute("SELECT line FROM line ORDER BY line"))

    def missing_originals(self) -> dict[str, list[tuple[str, str]]]:
        """Return by site the (URI, date) of responses that revisits stand for and that are not here, newest first."""
        found: dict[str, list[tuple[str, str]]] = {}
        order = f"SELECT site, uri, date FROM original WHERE {_MISSING} ORDER BY site, date DESC, uri"  # noqa: S608
        for site, uri, date in self._db.execute(order):
            found.setdefault(site, []).append((uri, date))
        return found

    def give_up(self, site: str, uri: str, date: str) -> None:
        """Note that the response of `uri` at `date` is nowhere in the archive."""
        self._db.execute("UPDATE original SET is_lost = 1 WHERE (site, uri, date) = (?, ?, ?)", (site, uri, date))

    def answer(self, segment: str, offset: int) -> tuple[str, str] | None:
        """Return (URI, date) of the answer that lay at `offset` of `segment`, None if it is not in the export."""
        ask = "SELECT uri, date FROM answer WHERE (segment, offset) = (?, ?)"
        found: tuple[str, str] | None = self._db.execute(ask, (segment, offset)).fetchone()
        return found

    def add_page(self, date: str, uri: str, line: bytes) -> None:
        """Note a line of the list of pages."""
        self._db.execute("INSERT INTO page VALUES (?, ?, ?)", (date, uri, line))

    def pages(self) -> Iterator[bytes]:
        """Yield the pages by date, then URI."""
        return (line for (line,) in self._db.execute("SELECT line FROM page ORDER BY date, uri, line"))


@contextmanager
def open_contents() -> Iterator[Contents]:
    """Give empty Contents; NoScratchSpace where the disk of temporary files is full.

    SQLite opens the file of a database without a name and removes the name at once: a kill leaves nothing behind.
    """
    database = sqlite3.connect("")
    try:
        database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        database.execute("PRAGMA journal_mode = OFF")
        database.executescript(_TABLES)
        yield Contents(database)
    except sqlite3.Error as error:
        raise NoScratchSpace(
            f"no room for the export's temporary files ({error}); point TMPDIR at a larger disk"
        ) from error
    finally:
        database.close()
