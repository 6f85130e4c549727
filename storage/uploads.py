"""Multipart uploads that were begun and never ended: S3 keeps their parts, and no listing shows them."""

from __future__ import annotations

from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError

from storage import layout
from storage.answers import explain
from storage.client import Store
from storage.session import make_client, make_session

FOLDERS = ("raw/", "runs/", layout.STAGED, "tables/", "state/", layout.PROOF, layout.ERASED)


def abort_uploads(store: Store, before: datetime) -> int:
    """Abort those of the archive's own folders that were begun before an aware datetime; return how many."""
    settings = store.settings
    client = make_client(make_session(settings), settings)
    prefix = f"{settings.prefix}/" if settings.prefix else ""
    aborted = 0
    try:
        for folder in FOLDERS:
            pages = client.get_paginator("list_multipart_uploads").paginate(
                Bucket=settings.bucket_name, Prefix=prefix + folder
            )
            old = [one for page in pages for one in page.get("Uploads", ()) if one["Initiated"] < before]
            for one in old:
                client.abort_multipart_upload(Bucket=settings.bucket_name, Key=one["Key"], UploadId=one["UploadId"])
            aborted += len(old)
    except (ClientError, BotoCoreError) as error:
        raise explain(error, "multipart uploads", settings) from error
    finally:
        client.close()
    return aborted
