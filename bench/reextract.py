"""`python -m bench.reextract`: reading captures again from the bucket against `extract` of the same pages from files.

The bucket is filled with captures, and with article rows whose text is another: so every row is compared, replaced
and committed. The commands run as their users run them, in turns; prints pages a second and the ratios.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import gzip
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import psutil
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from bench.own_pages import write_own_pages
from bench.replay import choose_hosts, page_bodies
from extract.article import Article, Extraction
from extract.capture import Capture
from extract.url import article_id, normalise_url
from extract.warc import read_captures
from storage.captures import S3CaptureArchive
from storage.client import Store
from storage.connect import open_store
from storage.publish import publish
from storage.settings import StoreSettings
from storage.staging import stage_parts, write_part

ROOT = Path(__file__).resolve().parent.parent
SEGMENT_PAGES = 300
SAMPLE_S = 0.1
SITE = "bench"
START = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
Page = tuple[str, bytes]


def own_pages(count: int) -> list[Page]:
    """Return `count` copies of the demo newspaper's pages, each at an address of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_own_pages(folder)
        entries = json.loads((folder / "index.json").read_text())
        bodies = [(one["url"], gzip.decompress((folder / one["html"]).read_bytes())) for one in entries]
    return [(f"{url}?copy={number}", body) for number in range(-(-count // len(bodies))) for url, body in bodies][
        :count
    ]


def fill(store: Store, pages: Sequence[Page], folder: Path) -> None:
    """Store the pages as captures of runs over several days, and publish rows of them with another text."""
    archive = S3CaptureArchive(store)
    for start in range(0, len(pages), SEGMENT_PAGES):
        number = start // SEGMENT_PAGES
        moment = START + timedelta(hours=20 * number)
        run_id = f"{moment:%Y%m%dT%H%M%SZ}-{number:06x}"
        path = folder / "segment.warc.gz"
        path.write_bytes(segment(pages[start : start + SEGMENT_PAGES], moment))
        stored, _ = archive.put_segment(SITE, run_id, 1, moment.date(), path, b"")
        with store.open(stored.key) as stream:
            write_part(store, SITE, run_id, 0, map(_old_article, read_captures(stream, stored.key, SITE)))
        stage_parts(store, SITE, run_id, [0], [])
    publish(store)


def segment(pages: Sequence[Page], moment: datetime) -> bytes:
    """Return a WARC of `pages`."""
    out = BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="WARC/1.1")
    when = {"WARC-Date": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}
    for url, body in pages:
        http = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
        response = writer.create_warc_record(url, "response", BytesIO(body), http_headers=http, warc_headers_dict=when)
        writer.write_record(response)
        facts = BytesIO(f"kind: page\r\nrequested-url: {url}\r\n".encode())
        owner = when | {"WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID")}
        writer.write_record(writer.create_warc_record(
            url, "metadata", facts, warc_headers_dict=owner, warc_content_type="application/warc-fields"
        ))  # fmt: skip
    return out.getvalue()


def _old_article(capture: Capture) -> Article:
    text = "\n".join([f"What another reader made of {capture.url}."] * 20)
    return Article(
        article_id=article_id(capture.url), site=SITE, url=capture.url, canonical_url=None, title="A title", authors=(),
        published_at=None, modified_at=None, published_source=None, captured_at=capture.captured_at, language=None,
        section=None, tags=(), description=None, image=None, text=text, word_count=100,
        text_sha256=hashlib.sha256(text.encode()).hexdigest(), rights=(), extraction=Extraction("bench", "0"),
        capture=capture.record,
    )  # fmt: skip


class Timed:
    """One command's run: wall and processor seconds, and the largest memory of any process of it, MiB."""

    def __init__(self, argv: list[str], env: dict[str, str]) -> None:
        started = time.monotonic()
        cpu_s: dict[int, float] = {}
        peak = 0
        with tempfile.TemporaryFile("w+") as out:
            argv = [sys.executable, "-m", "cli", *argv]
            with subprocess.Popen(argv, env=env, cwd=ROOT, stdout=out) as process:
                while process.poll() is None:
                    for one in _processes(process.pid):
                        with contextlib.suppress(psutil.NoSuchProcess):
                            times = one.cpu_times()
                            cpu_s[one.pid] = times.user + times.system
                            peak = max(peak, one.memory_info().rss)
                    time.sleep(SAMPLE_S)
            self.wall_s = time.monotonic() - started
            out.seek(0)
            self.said = out.read()
        self.cpu_s, self.peak = sum(cpu_s.values()), peak / 2**20
        print(f"  {argv[3]} {self.wall_s:.1f} s, {self.cpu_s:.1f} s of CPU, {self.peak:.0f} MiB", flush=True)
        if process.returncode:
            raise RuntimeError(f"{argv[3]} ended with {process.returncode}")


def _processes(pid: int) -> list[psutil.Process]:
    """Return a process and those below it, but for the S3 server."""
    try:
        root = psutil.Process(pid)
        return [one for one in (root, *root.children(recursive=True)) if "weed" not in one.name()]
    except psutil.NoSuchProcess:
        return []


def main() -> None:
    """Measure in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1200)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--shared", type=Path, help="folder with corpus/ and replay/: real pages instead of our own")
    args = parser.parse_args()
    if args.shared:
        hosts, originals = choose_hosts(args.shared, 0)
        found = page_bodies(args.shared, hosts, -(-args.pages // originals))
        pages = [(normalise_url(f"https://bench.example/{number}"), body) for number, (_, body) in enumerate(found)]
        pages = pages[: args.pages]
    else:
        pages = own_pages(args.pages)
    rates: dict[str, list[float]] = {}
    cpu: dict[str, list[float]] = {}
    for _ in range(args.rounds):
        for name, done in measure(pages, args.jobs).items():
            rates.setdefault(name, []).append(len(pages) / done.wall_s)
            cpu.setdefault(name, []).append(1000 * done.cpu_s / len(pages))
    again = statistics.mean(rates.pop("reextract"))
    again_ms = statistics.mean(cpu["reextract"])
    for name, own in rates.items():
        ratio, of_cpu = again / statistics.mean(own), statistics.mean(cpu[name]) / again_ms
        print(
            f"reextract {again:.1f} pages/s, {name} {statistics.mean(own):.1f}: ratio {ratio:.2f}, of CPU {of_cpu:.2f}"
        )


def measure(pages: Sequence[Page], jobs: int) -> dict[str, Timed]:
    """Run each command once over the pages."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as name:
        folder = Path(name)
        lines = (
            json.dumps({"url": url, "site": SITE, "html_base64": base64.b64encode(body).decode()})
            for url, body in pages
        )
        (folder / "pages.jsonl").write_text("\n".join(lines))
        env = {**os.environ, "BROADSHEET_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT)}
        read = ["extract", "--pages", str(folder / "pages.jsonl"), "-o", str(folder / "out.jsonl"), f"--jobs={jobs}"]
        done = {"extract --cold": Timed([*read, "--cold"], env)}
        with open_store(StoreSettings(home=folder / "home")) as store:
            fill(store, pages, folder)
            done["reextract"] = Timed(["reextract", "--json", f"--jobs={jobs}"], env)
        told = json.loads(done["reextract"].said.splitlines()[-1])
        if told["texts"] + told["kept"] + told["unread"] != len(pages):
            raise RuntimeError(f"not all was read: {told}")
        print(f"  of {len(pages)} rows {told['texts']} replaced, {told['kept']} kept: no article today")
        done["extract"] = Timed(read, env)
    return done


if __name__ == "__main__":
    main()
