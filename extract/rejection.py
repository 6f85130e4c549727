"""A capture or a discovered URL that gave no article, and why: one reason of a closed list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from extract.capture import WarcRecord
from extract.says import Says


class Reason(StrEnum):
    """Why there is no article. The values are part of the table's contract."""

    # the server's answer
    NOT_FOUND = "not_found"  # 404
    GONE = "gone"  # 410
    SERVER_ERROR = "server_error"  # 5xx
    BLOCKED = "blocked"  # 401, 403, 407, 429, 451
    HTTP_ERROR = "http_error"  # any other status that is no page
    REDIRECT_LOOP = "redirect_loop"
    TRUNCATED = "truncated"  # the connection closed before the promised body's end
    TOO_LARGE = "too_large"  # body, headers or decompressed body over the bound
    BAD_ENCODING = "bad_encoding"  # Content-Encoding that does not decode
    # no answer
    TIMEOUT = "timeout"
    DNS_ERROR = "dns_error"
    CONNECTION_ERROR = "connection_error"
    TLS_ERROR = "tls_error"
    # not asked for
    ROBOTS = "robots"
    NOARCHIVE = "noarchive"
    UNSAFE_ADDRESS = "unsafe_address"
    OFF_SITE = "off_site"
    BAD_URL = "bad_url"
    ERASED = "erased"  # taken out of the archive on purpose: never fetched again
    # no article on the page
    NOT_HTML = "not_html"
    EMPTY = "empty"
    NOT_AN_ARTICLE = "not_an_article"
    PAYWALL_STUB = "paywall_stub"
    CONSENT_WALL = "consent_wall"
    EXTRACTION_ERROR = "extraction_error"  # the extractor itself failed on this page


@dataclass(frozen=True, slots=True)
class Rejection:
    """One URL without an article. `detail` is one line for people; `captured_at` is when it was tried."""

    site: Annotated[str, Says("its name in sites.yaml", {"pattern": "^[a-z0-9-]+$"})]
    url: Annotated[str, Says("as discovered")]
    captured_at: Annotated[datetime, Says("when it was tried")]
    reason: Annotated[Reason, Says("one of a closed list (records.md)")]
    detail: Annotated[str, Says("one line for people")] = ""
    capture: Annotated[WarcRecord | None, Says("where the response lies, if there was one")] = None
    run_id: Annotated[str, Says("the run that tried it")] = ""
