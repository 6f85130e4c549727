"""What the embedded S3 server was asked, whoever asked: boto3, deltalake and readers alike."""

from __future__ import annotations

import re
import urllib.request
from collections import Counter

from storage.server import Server

TIMEOUT_S = 10
_LINE = re.compile(r'^SeaweedFS_s3_request_total\{[^}]*type="(\w+)"[^}]*\} (\S+)$', re.MULTILINE)


def count_requests(server: Server) -> Counter[str]:
    """Return the S3 requests answered since the server's start, by method; HEAD counts as GET.

    SeaweedFS counts a request a moment after its answer, so the last one may be missing.
    """
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(server.metrics_url, timeout=TIMEOUT_S) as answer:
        text = answer.read().decode()
    found: Counter[str] = Counter()
    for method, number in _LINE.findall(text):
        found[method] += int(float(number))
    return found
