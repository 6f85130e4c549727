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
BUSY = {"SlowDown", "RequestTimeout", "Throttling", "InternalError"}


def status_of(error: ClientError) -> int:
    """Return the HTTP status of a refusal."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def was_retried(error: ClientError) -> bool:
    """Return whether botocore sent the request more than once before this answer."""
    return error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0) > 0


def explain(error: ClientError | BotoCoreError, key: str, settings: StoreSettings) -> StoreError:
    """Return the error of this room that says what `error` means for `key`; raise it `from` the original."""
    if isinstance(error, ClientError):
        return _explain_answer(error, key, settings.place)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return StoreConfigError(NO_CREDENTIALS.format(place=settings.place))
    reason = str(error).splitlines()[0]
    return StoreUnavailable(
        f"no answer from S3 at {settings.place} for {key}: {reason}; "
        "check that it runs and that BROADSHEET_S3_ENDPOINT is right"
    )


def _explain_answer(error: ClientError, key: str, place: str) -> StoreError:
    status, code, asked = status_of(error), str(error.response.get("Error", {}).get("Code", "")), error.operation_name
    kind: type[StoreError] = StoreRefused
    message = f"{asked} of {key} refused: {status} {code}"
    if code == "NoSuchBucket" or (status == 404 and asked == "ListObjectsV2"):
        message = "no such bucket; create it or set BROADSHEET_S3_BUCKET"
    elif status == 404:
        kind, message = ObjectMissing, f"no object {key}"
    elif status in {409, 412}:
        kind, message = StoreConflict, f"{key} was written by another meanwhile"
    elif code == "RequestTimeTooSkewed":  # AWS: a quarter of an hour off
        message = "the clock of this machine is wrong; set it, by NTP"
    elif code in _BAD_KEYS:
        message = f"credentials refused ({code}); check AWS_ACCESS_KEY_ID and its secret"
    elif status in {401, 403}:
        needed = _PERMISSIONS.get(asked, asked)
        message = f"{needed} refused for {key}; grant it to these credentials, or check BROADSHEET_S3_BUCKET"
    elif code in _BAD_DIGESTS:
        kind, message = ObjectRefused, f"{key} was damaged on its way ({code}); try again"
    elif status in {301, 307, 400} and "region" in str(error).lower():
        kind, message = StoreConfigError, f"wrong region ({code}); set BROADSHEET_S3_REGION"
    elif status >= 500 or code in BUSY:
        kind, message = StoreUnavailable, f"S3 answers {status} {code} for {key}; check its log and disk space"
    return kind(f"{place}: {message}")
