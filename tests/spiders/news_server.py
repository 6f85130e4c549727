"""A news server on loopback that answers, or misbehaves, byte for byte as a test says."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Seen:
    """One request as received."""

    target: str
    head: bytes
    host: str

    def header(self, name: str) -> str | None:
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return None


@dataclass
class Reply:
    """An answer. `raw` is sent as it is; otherwise a head is made, and a 304 given to the right validator."""

    body: bytes = b""
    status: int = 200
    reason: str = "OK"
    content_type: str | None = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    etag: bool = True
    raw: bytes | None = None
    close: bool = False
    act: Callable[[socket.socket], None] | None = None  # instead of an answer
    before: Callable[[], None] | None = None  # is called, then it is sent: the crawl waits for it

    def sent(self, request: Seen) -> bytes:
        if self.raw is not None:
            return self.raw
        tag = '"' + hashlib.sha256(self.body).hexdigest()[:12] + '"'
        lines = [f"HTTP/1.1 {self.status} {self.reason}"]
        if self.etag and self.status == 200 and request.header("If-None-Match") == tag:
            return f"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n".encode()
        if self.content_type:
            lines.append(f"Content-Type: {self.content_type}")
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.etag and self.status == 200:
            lines.append(f"ETag: {tag}")
        lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body


Route = Reply | list[Reply] | Callable[[Seen], Reply]


@dataclass
class NewsServer:
    """Serves `routes` by path with query; a list gives its replies one after another, then the last for ever."""

    routes: dict[str, Route] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    most_open: int = 0

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._open = 0
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def asked(self, path: str | None = None) -> list[Seen]:
        """Return the requests for `path`, or all but robots.txt's."""
        with self._lock:
            return [one for one in self.seen if one.target == path or (path is None and one.target != "/robots.txt")]

    def paths(self) -> list[str]:
        return [one.target for one in self.asked()]

    def publish(self, pages: Mapping[str, bytes]) -> None:
        """Serve `pages` and an RSS feed of them at /feed.xml."""
        for path, body in pages.items():
            self.routes[path] = Reply(body)
        self.routes["/feed.xml"] = Reply(rss([self.url + path for path in pages]), content_type="application/rss+xml")

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._open += 1
            self.most_open = max(self.most_open, self._open)
        try:
            with connection, contextlib.suppress(OSError):
                while (request := _read(connection)) is not None:
                    reply = self._route(request)
                    if reply.act is not None:
                        reply.act(connection)
                        return
                    if reply.before is not None:
                        reply.before()
                    connection.sendall(reply.sent(request))
                    if reply.close:
                        return
        finally:
            with self._lock:
                self._open -= 1

    def _route(self, request: Seen) -> Reply:
        with self._lock:
            self.seen.append(request)
            route = self.routes.get(request.target) or self.routes.get("*") or Reply(b"none", 404, "Not Found")
            if isinstance(route, list):
                return route.pop(0) if len(route) > 1 else route[0]
        return route if isinstance(route, Reply) else route(request)


def _read(connection: socket.socket) -> Seen | None:
    head = b""
    while b"\r\n\r\n" not in head:
        data = connection.recv(65536)
        if not data:
            return None
        head += data
    target = head.split(b" ", 2)[1].decode("latin-1")
    if target.startswith("http://"):  # as a proxy is asked
        target = "/" + target.split("/", 3)[3]
    seen = Seen(target, head, "")
    return Seen(target, head, seen.header("Host") or "")


def reset(connection: socket.socket) -> None:
    """Close with a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def rss(links: list[str], **more: str) -> bytes:
    """Return an RSS 2.0 feed of `links`; `more` maps a link's number, as _0, to extra markup of its item."""
    items = "".join(
        f"<item><title>Title {n}</title><link>{link.replace('&', '&amp;')}</link>{more.get(f'_{n}', '')}</item>"
        for n, link in enumerate(links)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>News</title>{items}</channel></rss>'
    ).encode()


def article(n: int | str, extra: str = "") -> bytes:
    """Return a small page that differs by `n`."""
    return f"<!doctype html><html><head><title>Story {n}</title></head><body><p>Text {n}. {extra}</p></body></html>".encode()
