"""Reading one object as a stream that survives a broken connection."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, FlexibleChecksumError
from urllib3.exceptions import HTTPError

from storage.errors import ObjectRefused, StoreUnavailable

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

TRIES = 5


class ObjectStream(io.RawIOBase):
    """The bytes of one object. A read that breaks off goes on from the same offset of the same ETag."""

    def __init__(self, key: str, fetch: Callable[[int, str | None], GetObjectOutputTypeDef]) -> None:
        """Open `key`; `fetch(offset, etag)` answers the object from `offset` on, of that ETag if one is given."""
        self._key, self._fetch = key, fetch
        answer = fetch(0, None)
        self.etag, self._size = answer["ETag"], answer["ContentLength"]
        self._body: StreamingBody = answer["Body"]
        self._offset = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` from the object; 0 at its end. Raises StoreUnavailable when it cannot be read on."""
        for _ in range(TRIES):
            try:
                chunk = self._body.read(len(buffer))
            except FlexibleChecksumError as error:
                raise ObjectRefused(f"{self._key}: its bytes are not those stored ({error})") from error
            except (BotoCoreError, HTTPError, OSError) as error:
                cause: Exception | None = error
            else:
                if chunk or self._offset >= self._size:
                    buffer[: len(chunk)] = chunk
                    self._offset += len(chunk)
                    return len(chunk)
                cause = None
            self._body.close()
            self._body = self._fetch(self._offset, self.etag)["Body"]
        where = f"at byte {self._offset} of {self._size}"
        raise StoreUnavailable(f"{self._key}: broke off {where}, {TRIES} times") from cause

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()
