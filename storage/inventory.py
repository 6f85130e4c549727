"""What lies in the bucket: listings with ETags and times, a thousand objects a request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from storage.answers import explain
from storage.client import Store
from storage.session import make_client, make_session


@dataclass(frozen=True, slots=True)
class Found:
    """One object as listed; `etag` is any text that changes when the object is written again."""

    key: str
    size: int
    etag: str
    modified: datetime


class Inventory:
    """Listings of one store, with a client of its own. Keys are given and returned without the store's prefix."""

    def __init__(self, store: Store) -> None:
        self._settings = store.settings
        self._client = make_client(make_session(store.settings), store.settings)
        self._prefix = f"{store.settings.prefix}/" if store.settings.prefix else ""

    def objects(self, prefix: str) -> Iterator[Found]:
        """Yield the objects whose key starts with `prefix`, in key order."""
        for page in self._pages(Prefix=self._prefix + prefix):
            for one in page.get("Contents", ()):
                yield Found(one["Key"].removeprefix(self._prefix), one["Size"], one["ETag"], one["LastModified"])

    def below(self, prefix: str) -> tuple[list[str], list[str]]:
        """Return the names of the folders right below `prefix`, which ends in a slash, and the objects' keys there."""
        folders: list[str] = []
        keys: list[str] = []
        for page in self._pages(Prefix=self._prefix + prefix, Delimiter="/"):
            folders += [
                one["Prefix"].removeprefix(self._prefix + prefix)[:-1] for one in page.get("CommonPrefixes", ())
            ]
            keys += [one["Key"].removeprefix(self._prefix) for one in page.get("Contents", ())]
        return folders, keys

    def close(self) -> None:
        """Close the pooled connections."""
        self._client.close()

    def _pages(self, **request: Any) -> Iterator[Any]:  # noqa: ANN401 - boto3's own keywords
        try:
            yield from self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._settings.bucket_name, **request
            )
        except (ClientError, BotoCoreError) as error:
            raise explain(error, request["Prefix"].removeprefix(self._prefix), self._settings) from error
