"""A WARC of ours read back: its index, and what each page's fetch means for the frontier."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

from extract.capture import Hints
from extract.warc import BadWarcError, parse_fields, read_hints, read_members, read_record
from spiders.cdxj import ANSWERS, index_line, is_indexed
from spiders.frontier import Frontier
from spiders.known import KnownUrl
from spiders.outcome import Answered, after_answer
from spiders.site import Site


@dataclass(frozen=True, slots=True)
class PageFact:
    """One page of a run that ended before its frontier was written. `date` is the WARC-Date as written."""

    run_id: str
    requested_url: str
    date: str
    answered: Answered
    is_revisit: bool
    hints: Hints

    @property
    def outcome(self) -> str:
        """The page's outcome in the run that fetched it."""
        if self.answered.status == 304:
            return "not_modified"
        return "unchanged" if self.is_revisit else "captured"

    def enter(self, frontier: Frontier, site: Site) -> None:
        """Let the frontier know, unless it knows of this visit or a later one."""
        at = datetime.fromisoformat(self.date).astimezone(UTC)
        known = frontier.urls.get(self.requested_url) or KnownUrl(self.requested_url, first_seen=at, hints=self.hints)
        if known.last_visit is not None and known.last_visit >= at:
            return
        frontier.urls[self.requested_url] = after_answer(known, self.answered, site, at, is_same=self.is_revisit)


@dataclass(slots=True)
class Scanned:
    """What a segment holds, as far as it is whole: up to `whole_bytes`, the end of its last whole exchange."""

    lines: list[bytes] = field(default_factory=list)
    facts: list[PageFact] = field(default_factory=list)
    whole_bytes: int = 0


def scan(stream: IO[bytes], name: str, filename: str, run_id: str) -> Scanned:
    """Read a segment of `run_id` as far as it goes, half a record at its end or not; `filename` is for the index."""
    scanned = Scanned()
    response: tuple[Any, list[bytes]] | None = None
    members = read_members(stream, name)
    try:
        for member in members:
            record = read_record(member, name)
            if record.rec_type in ANSWERS:
                response = (record, record_lines(record, member.length, member.offset, filename))
            elif record.rec_type == "metadata" and response is not None:
                scanned.lines += response[1]
                if fact := _fact(response[0], parse_fields(record.raw_stream.read()), run_id):
                    scanned.facts.append(fact)
                response = None
                scanned.whole_bytes = member.offset + member.length
    except BadWarcError:
        pass
    return scanned


def record_lines(record: Any, length: int, offset: int, filename: str) -> list[bytes]:  # noqa: ANN401 - warcio has no types
    """Return the index line of an answer that lies in `filename`, nothing for one that has none."""
    header, status = record.rec_headers.get_header, int(record.http_headers.get_statuscode())
    if not is_indexed(record.rec_type, status):
        return []
    mime = (record.http_headers.get_header("Content-Type") or "").partition(";")[0].split(" ")[0].strip() or None
    return [
        index_line(
            uri=header("WARC-Target-URI"),
            date=header("WARC-Date"),
            rec_type=record.rec_type,
            mime=mime,
            status=status,
            digest=header("WARC-Payload-Digest"),
            length=length,
            offset=offset,
            filename=filename,
        )
    ]


def _fact(record: Any, facts: dict[str, list[str]], run_id: str) -> PageFact | None:  # noqa: ANN401
    if facts.get("kind") != ["page"]:
        return None
    header, http = record.rec_headers.get_header, record.http_headers.get_header

    answered = Answered(
        url=header("WARC-Target-URI"),
        status=int(record.http_headers.get_statuscode()),
        truncated=header("WARC-Truncated"),
        etag=http("ETag"),
        last_modified=http("Last-Modified"),
        digest=header("WARC-Payload-Digest"),
        date=header("WARC-Date"),
    )
    return PageFact(
        run_id, facts["requested-url"][0], answered.date, answered, record.rec_type == "revisit", read_hints(facts)
    )
