"""HTTP for one paper on loopback: HTTP/1.1 with keep-alive, HEAD, gzip where the paper has it, and real 304s."""

from __future__ import annotations

import gzip
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any

from spiders.demo.routes import Response

log = logging.getLogger(__name__)
HOST = "127.0.0.1"
Render = Callable[[str], Response]  # path → what it answers now


class PaperServer(ThreadingHTTPServer):
    """Serves one paper; `port` 0 takes a free one. `render` is set once the port, part of every URL, is known."""

    daemon_threads = False  # so that server_close waits for them; it hangs up on readers first

    def __init__(self, port: int, *, gzips: bool) -> None:
        self.render: Render | None = None
        self.gzips = gzips
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__((HOST, port), PaperHandler)

    @property
    def base_url(self) -> str:
        """Address of the front page, without the last slash."""
        return f"http://{HOST}:{self.server_port}"

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the stdlib's own types
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - as above
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        with self._lock:
            for connection in self._open:
                with suppress(OSError):  # the reader hung up first
                    connection.shutdown(socket.SHUT_RDWR)
        super().server_close()


class PaperHandler(BaseHTTPRequestHandler):
    """Answers GET and HEAD; a conditional request by RFC 9110 section 13: If-None-Match, else If-Modified-Since."""

    protocol_version = "HTTP/1.1"
    server_version = "BroadsheetDemo"
    timeout = 60  # seconds that an idle connection stays open
    wbufsize = -1  # headers and body leave together
    server: PaperServer

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def version_string(self) -> str:
        return self.server_version

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name http.server gives
        log.debug("%s %s", self.address_string(), format % args)

    def _answer(self, *, with_body: bool) -> None:
        if self.server.render is None:
            self.send_error(503)
            return
        response = self.server.render(self.path)
        asked = self.headers
        if response.etag and not_modified(response, asked.get("If-None-Match"), asked.get("If-Modified-Since")):
            self._head(response, 304)
            self.end_headers()
            return
        body = response.body
        self._head(response, response.status)
        gzips = self.server.gzips and body and response.content_type != "application/gzip"
        if gzips and "gzip" in asked.get("Accept-Encoding", ""):
            body = gzip.compress(body, compresslevel=6, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def _head(self, response: Response, status: int) -> None:
        self.send_response(status)
        if self.server.gzips:
            self.send_header("Vary", "Accept-Encoding")
        if response.location:
            self.send_header("Location", response.location)
        if response.etag:
            self.send_header("ETag", response.etag)
            self.send_header("Last-Modified", format_datetime(response.modified_at, usegmt=True))
            self.send_header("Cache-Control", "max-age=0, must-revalidate")


def not_modified(response: Response, if_none_match: str | None, if_modified_since: str | None) -> bool:
    """Return whether the reader's copy is still good. A date that is none is ignored, as RFC 9110 has it."""
    if if_none_match is not None:
        known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
        return "*" in known or response.etag.removeprefix("W/") in known
    try:
        since = parsedate_to_datetime(if_modified_since or "")
    except ValueError:
        return False
    since = since if since.tzinfo else since.replace(tzinfo=UTC)
    return response.modified_at <= since <= datetime.now(UTC)
