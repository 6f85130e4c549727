"""The bucket: whole objects by key, with conditional writes and checksums. One Store serves many threads."""

from __future__ import annotations

import base64
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from extract.stored import StoredObject
from storage.answers import BUSY, explain, status_of, was_retried
from storage.errors import StoreConflict, StoreRefused, StoreUnavailable
from storage.session import make_client, make_session, table_options
from storage.stream import ObjectStream

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef
    from pyarrow.fs import FileSystem

    from storage.settings import StoreSettings

DELETE_BATCH = LIST_PAGE = 1000  # S3's limits
CONFLICT_TRIES = 5  # AWS answers 409 while another conditional write of the key is under way: ask again


@dataclass(frozen=True, slots=True)
class Stored:
    """One object as read: its bytes and the ETag that a later If-Match names."""

    body: bytes = field(repr=False)
    etag: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a listing; `size` in bytes."""

    key: str
    size: int


class Store:
    """One bucket below one prefix. Keys are given and returned without the prefix.

    Every method may raise StoreUnavailable (no answer or 5xx after all tries) and StoreRefused (403, no bucket).
    """

    def __init__(self, settings: StoreSettings) -> None:
        self.settings = settings
        self._session = make_session(settings)
        self._client = make_client(self._session, settings)
        self._prefix = f"{settings.prefix}/" if settings.prefix else ""
        self._bucket = settings.bucket_name
        self.requests: Counter[str] = Counter()  # HTTP requests sent so far, retries too, by S3 operation
        self._client.meta.events.register("before-send.s3", self._count)

    def _count(self, event_name: str, **_: object) -> None:
        self.requests[event_name.rpartition(".")[2]] += 1

    def get(self, key: str) -> Stored:
        """Return the object; its checksum, where the store kept one, has been compared. ObjectMissing without one."""
        with self._stream(key) as stream:
            return Stored(stream.read(), stream.etag)

    def open(self, key: str) -> io.BufferedReader:
        """Return the object as a stream; a broken connection is taken up where it broke. ObjectMissing without one."""
        return io.BufferedReader(self._stream(key), buffer_size=2**18)

    def _stream(self, key: str) -> ObjectStream:
        def fetch(offset: int, etag: str | None) -> GetObjectOutputTypeDef:
            try:
                return self._fetch(key, **({"Range": f"bytes={offset}-", "IfMatch": etag} if etag and offset else {}))
            except (ClientError, BotoCoreError) as error:
                raise explain(error, key, self.settings) from error

        return ObjectStream(key, fetch)

    def _fetch(self, key: str, **conditions: Any) -> GetObjectOutputTypeDef:  # noqa: ANN401 - boto3's own keywords
        return self._client.get_object(Bucket=self._bucket, Key=self._prefix + key, **conditions)

    def put(self, key: str, body: bytes, *, if_none_match: bool = False, if_match: str | None = None) -> str:
        """Store `body` and return its ETag. The store compares its sha256 before it answers.

        With `if_none_match` only where no object has the key, with `if_match` only over the object of that ETag:
        StoreConflict otherwise. A retry that finds its own first try is no conflict.
        """
        return self._put(key, body, hashlib.sha256(body).digest(), _conditions(if_none_match, if_match))

    def put_file(self, key: str, path: Path, *, if_none_match: bool = False) -> StoredObject:
        """Store a file in one PUT (at most 5 GiB), like `put`."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            size = file.seek(0, io.SEEK_END)
            file.seek(0)
            self._put(key, file, digest.digest(), _conditions(if_none_match, None))
        return StoredObject(key, digest.hexdigest(), size)

    def _put(self, key: str, body: bytes | IO[bytes], digest: bytes, conditions: dict[str, str]) -> str:
        request: dict[str, Any] = {"Bucket": self._bucket, "Key": self._prefix + key, **conditions}
        request["ChecksumSHA256"] = base64.b64encode(digest).decode()
        for attempt in range(1, CONFLICT_TRIES + 1):
            try:
                return self._client.put_object(Body=body, **request)["ETag"]
            except ClientError as error:
                lost = status_of(error) == 412 or (status_of(error) == 404 and "IfMatch" in conditions)
                if (lost and (was_retried(error) or attempt > 1)) and (own := self._etag_if_holds(key, digest)):
                    return own
                if lost:
                    raise StoreConflict(f"{self.settings.place}: {key} was written by another meanwhile") from error
                if status_of(error) != 409 or attempt == CONFLICT_TRIES:
                    raise explain(error, key, self.settings) from error
                if not isinstance(body, bytes):
                    body.seek(0)
            except BotoCoreError as error:
                raise explain(error, key, self.settings) from error
        raise AssertionError("every try returns or raises")

    def sha256(self, key: str) -> tuple[str, str, int]:
        """Return (hex sha256, ETag, size) of the object: as the store kept them, else by reading it."""
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=self._prefix + key, ChecksumMode="ENABLED")
        except (ClientError, BotoCoreError) as error:
            raise explain(error, key, self.settings) from error
        kept = head.get("ChecksumSHA256")
        if kept and "-" not in kept:  # with a dash it is a multipart upload's digest of digests
            return base64.b64decode(kept).hex(), head["ETag"], head["ContentLength"]
        with self.open(key) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest(), head["ETag"], head["ContentLength"]

    def _etag_if_holds(self, key: str, digest: bytes) -> str | None:
        try:
            found, etag, _ = self.sha256(key)
        except KeyError:
            return None
        return etag if found == digest.hex() else None

    def list(self, prefix: str, start_after: str = "") -> Iterator[Listed]:
        """Yield the objects whose key starts with `prefix`, in key order, those after `start_after` if given."""
        request: dict[str, Any] = {"Bucket": self._bucket, "Prefix": self._prefix + prefix, "MaxKeys": LIST_PAGE}
        if start_after:
            request["StartAfter"] = self._prefix + start_after
        try:
            for page in self._client.get_paginator("list_objects_v2").paginate(**request):
                for entry in page.get("Contents", ()):
                    yield Listed(entry["Key"].removeprefix(self._prefix), entry["Size"])
        except (ClientError, BotoCoreError) as error:
            raise explain(error, prefix, self.settings) from error

    def delete(self, keys: Iterable[str]) -> None:
        """Delete the objects; one that is not there is no error."""
        names = list(keys)
        for start in range(0, len(names), DELETE_BATCH):
            batch = names[start : start + DELETE_BATCH]
            try:
                answer = self._client.delete_objects(
                    Bucket=self._bucket,
                    Delete={"Objects": [{"Key": self._prefix + key} for key in batch], "Quiet": True},
                )
            except (ClientError, BotoCoreError) as error:
                raise explain(error, batch[0], self.settings) from error
            for refusal in answer.get("Errors", ()):
                code, key = refusal.get("Code", ""), refusal.get("Key", batch[0])
                if code in BUSY:
                    raise StoreUnavailable(f"{self.settings.place}: {key} is not deleted: {code}; try again")
                if code != "NoSuchKey":
                    raise StoreRefused(f"{self.settings.place}: s3:DeleteObject refused for {key}: {code}; grant it")

    def check_reachable(self) -> None:
        """Raise within 10 s what is wrong with endpoint, bucket or credentials, if anything is."""
        try:
            self._quick.list_objects_v2(Bucket=self._bucket, Prefix=self._prefix + "state/", MaxKeys=1)
        except (ClientError, BotoCoreError) as error:
            raise explain(error, "state/", self.settings) from error

    def try_once(self, key: str) -> None:
        """Write and read one byte at `key` without retries: whether the store is ready to keep things.

        An empty object would not do: SeaweedFS takes one before its volumes are up, when it can read nothing yet.
        """
        try:
            self._quick.put_object(Bucket=self._bucket, Key=self._prefix + key, Body=b"1")
            self._quick.get_object(Bucket=self._bucket, Key=self._prefix + key)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise explain(error, key, self.settings) from error

    @cached_property
    def _quick(self) -> S3Client:
        return make_client(self._session, self.settings, quick=True)

    def table_uri(self, key: str) -> str:
        """Return the URI by which deltalake and other readers know the table at `key`."""
        return f"s3://{self._bucket}/{self._prefix}{key}"

    def table_options(self) -> dict[str, str]:
        """Return the storage options that deltalake and polars need for this bucket, with credentials as of now."""
        return table_options(self._session, self.settings)

    def table_files(self, key: str) -> FileSystem:
        """Return Arrow's own file system rooted at the table at `key`.

        deltalake's is written in Python, and a thread of Arrow's that still holds one of its files when the
        program ends takes the program down with it.
        """
        from pyarrow.fs import S3FileSystem, SubTreeFileSystem  # noqa: PLC0415 - crawls need none of Arrow

        options = self.table_options()
        scheme, _, host = (self.settings.endpoint or "").partition("://")
        s3 = S3FileSystem(
            access_key=options.get("AWS_ACCESS_KEY_ID"), secret_key=options.get("AWS_SECRET_ACCESS_KEY"),
            session_token=options.get("AWS_SESSION_TOKEN"), region=options.get("AWS_REGION"),
            endpoint_override=host or None, scheme=scheme or "https",
        )  # fmt: skip
        return SubTreeFileSystem(f"{self._bucket}/{self._prefix}{key}", s3)

    def close(self) -> None:
        """Close the pooled connections."""
        self._client.close()
        if "_quick" in self.__dict__:
            self._quick.close()


def _conditions(if_none_match: bool, if_match: str | None) -> dict[str, str]:  # noqa: FBT001
    if if_none_match:
        return {"IfNoneMatch": "*"}
    return {"IfMatch": if_match} if if_match else {}
