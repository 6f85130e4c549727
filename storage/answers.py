"""What S3's refusals mean: botocore's exceptions in, one-line errors of this room out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from storage.errors import (
    ObjectMissing,
    ObjectRefused,
    StoreConfigError,
    StoreConflict,
    StoreError,
    StoreRefused,
    StoreUnavailable,
)
from storage.session import NO_CREDENTIALS

if TYPE_CHECKING:
    from storage.settings import StoreSettings

_PERMISSIONS = {
    "PutObject": "s3:PutObject", "GetObject": "s3:GetObject", "HeadObject": "s3:GetObject",
    "ListObjectsV2": "s3:ListBucket", "DeleteObjects": "s3:DeleteObject", "DeleteObject": "s3:DeleteObject",
}  # fmt: skip
_BAD_KEYS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "TokenRefreshRequired"}
_BAD_DIGESTS = {"BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"}


def status_of(error: ClientError) -> int:
    """Return the HTTP status of a refusal."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def was_retried(error: ClientError) -> bool:
    """Return whether botocore sent the request more than once before this answer."""
    return error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0) > 0


def explain(error: ClientError | BotoCoreError, key: str, settings: StoreSettings) -> StoreError:
    """Return the error of this room that says what `error` means for `key`; raise it `from` the original."""
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return StoreConfigError(NO_CREDENTIALS.format(place=settings.place))
    if not isinstance(error, ClientError):
        reason = str(error).splitlines()[0]
        return StoreUnavailable(
            f"no answer from S3 at {settings.place} for {key}: {reason}; "
            "check that it runs and that BROADSHEET_S3_ENDPOINT is right"
        )
    status, code = status_of(error), str(error.response.get("Error", {}).get("Code", ""))
    if code == "NoSuchBucket" or (status == 404 and error.operation_name == "ListObjectsV2"):
        return StoreRefused(
            f"{settings.place}: no such bucket; create {settings.bucket_name} or set BROADSHEET_S3_BUCKET"
        )
    if status == 404:
        return ObjectMissing(f"{settings.place}: no object {key}")
    if status in {409, 412}:
        return StoreConflict(f"{settings.place}: {key} was written by another meanwhile")
    if code in _BAD_KEYS:
        return StoreRefused(f"{settings.place}: credentials refused ({code}); check AWS_ACCESS_KEY_ID and its secret")
    if status in {401, 403}:
        needed = _PERMISSIONS.get(error.operation_name, error.operation_name)
        return StoreRefused(
            f"{settings.place}: {needed} refused for {key}; grant it to these credentials, or check BROADSHEET_S3_BUCKET"
        )
    if code in _BAD_DIGESTS:
        return ObjectRefused(f"{settings.place}: {key} was damaged on its way ({code}); try again")
    if status in {301, 307, 400} and "region" in str(error).lower():
        return StoreConfigError(f"{settings.place}: wrong region; set BROADSHEET_S3_REGION ({code})")
    if status >= 500 or code in {"SlowDown", "RequestTimeout", "Throttling"}:
        return StoreUnavailable(f"S3 at {settings.place} answers {status} {code} for {key}; check its log and disk space")
    return StoreRefused(f"{settings.place}: {error.operation_name} of {key} refused: {status} {code}")
