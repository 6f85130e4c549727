"""One request and its response, byte for byte; and what to say when there was no response."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from extract.rejection import Reason


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP exchange. The heads are the bytes that went over the wire, blank line included.

    `body` is as received but without chunked framing; `truncated` is None, "length", "time" or "disconnect".
    `ip` is the server's address, None behind a proxy. `started_at` is aware UTC.
    """

    url: str
    status: int
    request_head: bytes = field(repr=False)
    response_head: bytes = field(repr=False)
    body: bytes = field(repr=False)
    truncated: str | None
    ip: str | None
    started_at: datetime
    elapsed_ms: int

    def header(self, name: str) -> str | None:
        """Return the first value of response header `name`, whatever its case."""
        wanted = name.lower().encode()
        for line in self.response_head.split(b"\n")[1:]:
            key, colon, value = line.partition(b":")
            if colon and key.strip().lower() == wanted:
                return value.strip().decode("latin-1")
        return None

    @property
    def size(self) -> int:
        """Bytes received: head and body."""
        return len(self.response_head) + len(self.body)


class NoResponse(Exception):
    """No usable response came, and why. `transient`: the same request may go well a moment later."""

    def __init__(self, reason: Reason, detail: str, *, transient: bool = False) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.transient = transient
