from __future__ import annotations

import datetime as dt
import ipaddress
import json
import os
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from spiders.process import CrawlProcess
from tests.spiders.conftest import WORKER, Ended, job_of
from tests.spiders.folder_archive import FolderArchive
from tests.spiders.news_server import NewsServer, article, rss

STORY = "/2026/11/22/story-0"


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for 127.0.0.1, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "paper")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem, secret = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, secret


class TlsServer(NewsServer):
    """The same over TLS."""

    context: ssl.SSLContext

    def _serve(self, connection: socket.socket) -> None:
        try:
            secure = self.context.wrap_socket(connection, server_side=True)
        except OSError:
            return
        super()._serve(secure)


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[TlsServer]:
    pem, key = make_certificate(tmp_path)
    TlsServer.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    TlsServer.context.load_cert_chain(pem, key)
    server = TlsServer()
    server.url = f"https://127.0.0.1:{server.port}"
    server.publish({STORY: article(0), "/2026/11/22/story-1": article(1)})
    yield server
    server.close()


class Proxy:
    """A proxy that tunnels and forwards, and notes what it was asked."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _accept(self) -> None:
        try:
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
        except OSError:
            return

    def _serve(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(65536)
        self.heads.append(head)
        method, target = head.split(b" ", 2)[:2]
        place = target.removeprefix(b"http://").partition(b"/")[0] if method != b"CONNECT" else target
        host, _, port = place.decode().partition(":")
        with connection, socket.create_connection((host, int(port))) as upstream:
            if method == b"CONNECT":
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                upstream.sendall(head)
            back = threading.Thread(target=pump, args=(upstream, connection), daemon=True)
            back.start()
            pump(connection, upstream)
            back.join()


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


def crawl_with(env: dict[str, str], root: Path, server: NewsServer) -> Ended:
    job = job_of(root, {"name": "times", "home": f"{server.url}/", "feeds": [f"{server.url}/feed.xml"], "delay": 0})
    process = CrawlProcess([sys.executable, str(WORKER), json.dumps(job)], env=os.environ | env)
    return Ended(list(process), FolderArchive(root))


def test_a_trusted_certificate_is_accepted(secure: TlsServer, tmp_path: Path) -> None:
    ended = crawl_with({"SSL_CERT_FILE": str(tmp_path / "cert.pem")}, tmp_path, secure)
    assert ended.counts == {"captured": 2}
    assert secure.most_open == 1, "the connection is kept"


def test_an_unknown_certificate_is_a_tls_error(crawl: Any, secure: TlsServer) -> None:
    ended = crawl({"home": f"{secure.url}/", "feeds": [f"{secure.url}/feed.xml"]})
    (word,) = ended.report.sources.values()
    assert "certificate verify failed" in word
    assert secure.seen == []


def test_http_goes_through_the_proxy_and_the_record_has_no_address(tmp_path: Path, server: NewsServer) -> None:
    proxy = Proxy()
    server.publish({STORY: article(0)})
    try:
        ended = crawl_with(
            {"http_proxy": f"http://user:secret@127.0.0.1:{proxy.port}", "no_proxy": ""}, tmp_path, server
        )
    finally:
        proxy.close()
    assert ended.counts == {"captured": 1}
    assert all(head.startswith(b"GET http://127.0.0.1:") for head in proxy.heads)
    assert all(b"Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=" in head for head in proxy.heads)
    records = ended.records()
    assert {headers.get_header("WARC-IP-Address") for _, headers, _ in records} == {None}
    assert not any(b"uthorization" in block for _, _, block in records), "the proxy's password stays out of the archive"


def test_https_is_tunnelled_through_the_proxy(tmp_path: Path, secure: TlsServer) -> None:
    proxy = Proxy()
    env = {
        "https_proxy": f"http://user:secret@127.0.0.1:{proxy.port}",
        "no_proxy": "",
        "SSL_CERT_FILE": str(tmp_path / "cert.pem"),
    }
    try:
        ended = crawl_with(env, tmp_path, secure)
    finally:
        proxy.close()
    assert ended.counts == {"captured": 2}
    assert proxy.heads[0].startswith(b"CONNECT 127.0.0.1:")
    assert b"Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=" in proxy.heads[0]
    assert all(b"uthorization" not in seen.head for seen in secure.seen)


def test_no_proxy_is_honoured(tmp_path: Path, server: NewsServer) -> None:
    server.publish({STORY: article(0)})
    ended = crawl_with({"http_proxy": "http://127.0.0.1:9", "no_proxy": "127.0.0.1"}, tmp_path, server)
    assert ended.counts == {"captured": 1}


def test_behind_a_proxy_internal_addresses_are_refused_by_their_text(tmp_path: Path, server: NewsServer) -> None:
    proxy = Proxy()
    server.publish({})
    server.routes["/feed.xml"].body = rss(["http://169.254.169.254/latest/", f"http://localhost:{server.port}/x"])  # type: ignore[union-attr]
    try:
        ended = crawl_with({"http_proxy": f"http://127.0.0.1:{proxy.port}", "no_proxy": ""}, tmp_path, server)
    finally:
        proxy.close()
    assert set(ended.failures.values()) == {"unsafe_address"}
    assert not any(b"169.254" in head or b"localhost" in head for head in proxy.heads)
