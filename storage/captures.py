"""Where captures go: WARC segments and frontiers in the bucket."""

from __future__ import annotations

import hashlib
import logging
import shutil
from datetime import date
from pathlib import Path

from extract.stored import StoredObject
from storage import layout
from storage.client import Store
from storage.erase_warc import sweep_index
from storage.erasures import read_erasures, read_log
from storage.errors import ObjectMissing, ObjectRefused, StoreConflict
from storage.staging import stored_object

log = logging.getLogger(__name__)


class S3CaptureArchive:
    """The captures of every site, in one Store. Blocking and thread-safe; it is spiders' CaptureArchive."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read_frontier(self, site: str) -> tuple[bytes | None, str | None]:
        """Return a site's frontier and its ETag, or (None, None) before its first run."""
        try:
            stored = self._store.get(layout.frontier_key(site))
        except ObjectMissing:
            return None, None
        return stored.body, stored.etag

    def write_frontier(self, site: str, body: bytes, etag: str | None) -> str:
        """Replace the frontier of `etag` (None: there is none yet); return the new ETag. StoreConflict if raced."""
        return self._store.put(layout.frontier_key(site), body, if_none_match=etag is None, if_match=etag)

    def put_segment(
        self, site: str, run_id: str, number: int, day: date, warc: Path, cdxj: bytes
    ) -> tuple[StoredObject, StoredObject]:
        """Store a whole WARC segment and its index, never over another; repeatable with the same bytes.

        What an erasure left of these very bytes counts as them: a run that died here is taken up from its file.
        """
        key = layout.segment_key(site, run_id, number, day)
        try:
            segment = self._store.put_file(key, warc, if_none_match=True)
        except StoreConflict:
            segment = self._object(key)
            own = StoredObject(key, *_file_identity(warc))
            if segment != own:
                if segment != read_erasures(self._store).standing(own):
                    raise
                return segment, self._left_index(key, cdxj)
        index = stored_object(layout.index_key(key), cdxj)
        self._store.put(index.key, cdxj)
        return segment, index

    def _left_index(self, segment: str, cdxj: bytes) -> StoredObject:
        """Return the index of a segment that has blanks; a run that died may not have stored one before the erasure."""
        key = layout.index_key(segment)
        gone = {
            offset
            for entry in read_log(self._store)
            for one in entry.objects
            if one.key == segment
            for offset in one.records
        }
        try:
            self._store.put(key, sweep_index(cdxj, gone), if_none_match=True)
        except StoreConflict:
            log.info("%s: as an erasure left it", key)
        return self._object(key)

    def segments(self, site: str, run_id: str) -> list[StoredObject]:
        """Return the run's WARC segments in the bucket, in order."""
        return self._written(site, run_id, ".warc.gz")

    def indexes(self, site: str, run_id: str) -> list[StoredObject]:
        """Return the indexes of those, in the same order; one is missing where the run died before it was stored."""
        return self._written(site, run_id, ".cdxj")

    def _written(self, site: str, run_id: str, suffix: str) -> list[StoredObject]:
        start = layout.raw_day_prefix(site, layout.run_started(run_id).date())
        keys = [one.key for one in self._store.list(layout.raw_prefix(site), start_after=start)]
        own = [key for key in keys if key.endswith(suffix) and key.rpartition("/")[2].startswith(f"{run_id}-")]
        return [self._object(key) for key in sorted(own, key=lambda key: key.rpartition("/")[2])]

    def read_segment(self, stored: StoredObject, to: Path) -> None:
        """Fetch a WARC segment into the file `to`; ObjectRefused if its bytes are not those listed."""
        with self._store.open(stored.key) as stream, to.open("wb") as file:
            shutil.copyfileobj(stream, file)
        if _file_identity(to) != (stored.sha256, stored.size):
            raise ObjectRefused(f"{stored.key}: its bytes are not those the manifest lists; restore it from a backup")

    def segment_key(self, site: str, run_id: str, number: int, day: date) -> str:
        """Return the key that `put_segment` stores under."""
        return layout.segment_key(site, run_id, number, day)

    def spool_dir(self) -> Path:
        """Return the local folder for segments that are still being written."""
        folder = self._store.settings.home / "spool"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _object(self, key: str) -> StoredObject:
        digest, _, size = self._store.sha256(key)
        return StoredObject(key, digest, size)


def _file_identity(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size
