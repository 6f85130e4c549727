"""What a process asks of S3, seen on the wire: a loopback relay that counts requests and bytes by object."""

from __future__ import annotations

import re
import socket
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

CHUNK = 2**16
_REQUEST = re.compile(rb"(?:^|\r\n\r\n)(GET|HEAD|PUT|POST|DELETE) (\S+) HTTP/1\.1\r\n")


@dataclass(slots=True)
class Relay:
    """Passes bytes between clients and `endpoint` unchanged; signatures hold, since they are over the client's Host.

    `requests` counts by (method, path); `received` the bytes answered, heads included, by the path asked for last on
    the same connection, which is exact without pipelining: none of our clients does that.
    """

    endpoint: str
    requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)
    _listener: socket.socket = field(init=False)
    _lock: Lock = field(default_factory=Lock)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._listener.close()

    @property
    def url(self) -> str:
        """The endpoint to be used in place of the real one."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _accept(self) -> None:
        to = urlsplit(self.endpoint)
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            server = socket.create_connection((to.hostname or "127.0.0.1", to.port or 80))
            asked = [""]
            Thread(target=self._pass_requests, args=(client, server, asked), daemon=True).start()
            Thread(target=self._pass_answers, args=(server, client, asked), daemon=True).start()

    def _pass_requests(self, client: socket.socket, server: socket.socket, asked: list[str]) -> None:
        while data := _received(client):
            for method, target in _REQUEST.findall(data):
                asked[0] = unquote(urlsplit(target.decode()).path)
                with self._lock:
                    self.requests[method.decode(), asked[0]] += 1
            server.sendall(data)
        _end(server)

    def _pass_answers(self, server: socket.socket, client: socket.socket, asked: list[str]) -> None:
        while data := _received(server):
            with self._lock:
                self.received[asked[0]] += len(data)
            try:
                client.sendall(data)
            except OSError:
                break  # it has ended
        _end(client)


def _received(source: socket.socket) -> bytes:
    try:
        return source.recv(CHUNK)
    except OSError:
        return b""


def _end(sink: socket.socket) -> None:
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return  # it was closed already
