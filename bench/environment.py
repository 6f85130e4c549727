"""The environment of the processes that a benchmark starts on its own store."""

from __future__ import annotations

from pathlib import Path

from storage.client import Store

ROOT = Path(__file__).resolve().parent.parent


def store_environment(store: Store) -> dict[str, str]:
    """Return what a process needs to use `store`."""
    settings = store.settings
    secret = settings.secret_key.get_secret_value() if settings.secret_key else ""
    return {
        "BROADSHEET_S3_ENDPOINT": str(settings.endpoint), "BROADSHEET_S3_BUCKET": str(settings.bucket),
        "BROADSHEET_S3_PREFIX": settings.prefix, "BROADSHEET_S3_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": str(settings.access_key), "AWS_SECRET_ACCESS_KEY": secret, "PYTHONPATH": str(ROOT),
    }  # fmt: skip
