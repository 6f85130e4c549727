from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from extract.warc import read_captures
from storage.client import Store
from tests.cli.conftest import Archived
from tests.cli.wayback import assert_replays, serve_pywb


@pytest.fixture
def bucket(archived: Archived, store: Store, tmp_path: Path) -> Path:
    """A folder with what an ingest of the demo left below raw/, and the index of the bucket beside it."""
    cli = archived(0.0)
    for listed in store.list("raw/"):
        path = tmp_path / "bucket" / listed.key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(store.get(listed.key).body)
    cli("export", "--format", "cdxj", "-o", str(tmp_path / "index.cdxj"))
    return tmp_path / "bucket"


def test_warcio_check_finds_nothing_wrong(bucket: Path) -> None:
    files = [str(path) for path in bucket.rglob("*.warc.gz")]
    done = subprocess.run(
        [Path(sys.executable).with_name("warcio"), "check", *files], capture_output=True, text=True, check=False
    )
    assert files
    assert done.returncode == 0, done.stdout + done.stderr


def test_pywb_replays_every_page_byte_for_byte_with_its_headers(
    bucket: Path, store: Store, store_env: dict[str, str]
) -> None:
    on_s3 = store_env | {"AWS_ENDPOINT_URL": store_env["BROADSHEET_S3_ENDPOINT"]}
    for where, env in (("./bucket/", {}), (store.table_uri(""), on_s3)):  # copies, then s3://BUCKET/PREFIX/
        config = f"collections: {{news: {{index_paths: ./index.cdxj, archive_paths: '{where}'}}}}\n"
        (bucket.parent / "config.yaml").write_text(config)
        count = 0
        with serve_pywb(bucket.parent, env) as pywb:
            for path in bucket.rglob("*.warc.gz"):
                with path.open("rb") as stream:
                    for capture in read_captures(stream, path.name, "demo"):
                        assert_replays(f"{pywb}/news", capture)
                        count += 1
        assert count >= 18
