"""A small S3 server in a process of its own, for what no good S3 does.

`python plain_s3.py MODE`: "deaf" ignores If-None-Match and If-Match; "half" heeds only If-None-Match; "forgetful"
answers the first conditional PUT with 500 after it stored the object; "readonly" refuses PUT with 403, "late" because of the clock; "broken"
breaks off every other GET halfway; "corrupt" answers GET with the checksum of something else. Prints its port, serves until killed. Signatures are not looked at.
"""

from __future__ import annotations

import hashlib
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit


class PlainS3(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    mode = "deaf"
    objects: ClassVar[dict[str, bytes]] = {}
    seen: ClassVar[dict[str, int]] = {"PUT": 0, "GET": 0}

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status: int, code: str) -> None:
        self.answer(status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode())

    def etag(self, key: str) -> str:
        return f'"{hashlib.md5(self.objects[key], usedforsecurity=False).hexdigest()}"'

    def key(self) -> str:
        return unquote(urlsplit(self.path).path).partition("/")[2].partition("/")[2]

    def body(self) -> bytes:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return b"".join(re.findall(rb"[0-9a-f]+;chunk-signature=[^\r]*\r\n(.*?)\r\n", body, re.DOTALL)) or body

    def do_PUT(self) -> None:
        key, body = self.key(), self.body()
        if self.mode in {"readonly", "late"}:
            self.refuse(403, "AccessDenied" if self.mode == "readonly" else "RequestTimeTooSkewed")
            return
        heeds_absence, heeds_match = self.mode in {"half", "forgetful"}, self.mode == "forgetful"
        if heeds_absence and self.headers.get("If-None-Match") and key in self.objects:
            self.refuse(412, "PreconditionFailed")
            return
        if (
            heeds_match
            and (wanted := self.headers.get("If-Match"))
            and (key not in self.objects or self.etag(key) != wanted)
        ):
            self.refuse(412, "PreconditionFailed")
            return
        self.objects[key] = body
        self.seen["PUT"] += 1
        if self.mode == "forgetful" and self.seen["PUT"] % 2:
            self.refuse(500, "InternalError")
            return
        self.answer(200, ETag=self.etag(key))

    def do_GET(self) -> None:
        key = self.key()
        if not key:
            prefix = parse_qs(urlsplit(self.path).query).get("prefix", [""])[0]
            names = "".join(f"<Contents><Key>{one}</Key></Contents>" for one in self.objects if one.startswith(prefix))
            self.answer(200, f"<ListBucketResult><KeyCount>1</KeyCount>{names}</ListBucketResult>".encode())
        elif key not in self.objects:
            self.refuse(404, "NoSuchKey")
        else:
            self.send_object(key)

    def do_HEAD(self) -> None:
        self.do_GET()

    def send_object(self, key: str) -> None:
        whole = self.objects[key]
        start = int(found[1]) if (found := re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))) else 0
        body = whole[start:]
        self.seen["GET"] += 1
        if self.mode == "broken" and self.seen["GET"] % 2 and len(body) > 1:
            self.send_response(206 if start else 200)
            self.send_header("ETag", self.etag(key))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        checksum = {"x-amz-checksum-crc32": "AAAAAA=="} if self.mode == "corrupt" else {}
        self.answer(206 if start else 200, body, ETag=self.etag(key), **checksum)

    def do_POST(self) -> None:
        for key in re.findall(r"<Key>(.*?)</Key>", self.body().decode()):
            self.objects.pop(key, None)
        self.answer(200, b"<DeleteResult/>")


if __name__ == "__main__":
    PlainS3.mode = sys.argv[1]
    with ThreadingHTTPServer(("127.0.0.1", 0), PlainS3) as server:
        print(server.server_port, flush=True)  # noqa: T201 - the test reads it
        server.serve_forever()
