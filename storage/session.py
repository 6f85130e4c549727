"""The S3 client behind a Store, and the options that give the Delta tables the same bucket and credentials."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.session import Session

from storage.errors import StoreConfigError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from storage.settings import StoreSettings

CONNECT_TIMEOUT_S = 3
READ_TIMEOUT_S = 60
# Waits of up to 1, 2, 4, 8, 16, 32 s between them: an S3 restart is outlived. "standard" mode waits 3 s in all and
# stops retrying after 35 failures among all requests at once (botocore 1.44).
RETRY_MODE: Final = "legacy"
TRIES = 7
QUICK_TRIES = 2  # within 10 s
CONNECTIONS = 32
COMMIT_OPTIONS = {  # deltalake's own: commits by conditional PUT, the same patience as the client's
    "aws_conditional_put": "etag",
    "connect_timeout": f"{CONNECT_TIMEOUT_S}s",
    "timeout": f"{READ_TIMEOUT_S}s",
    "max_retries": str(TRIES),
    "retry_timeout": f"{READ_TIMEOUT_S}s",
}
NO_CREDENTIALS = (
    "no credentials for {place}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or an instance role"
)


def make_session(settings: StoreSettings) -> Session:
    """Return a session with the settings' credentials, or boto3's own chain where they name none.

    It is botocore's: boto3 around it would load its transfer manager, a tenth of a second in every process.
    """
    session = Session(profile=settings.profile)
    if settings.region:
        session.set_config_variable("region", settings.region)
    try:
        session.get_scoped_config()
    except BotoCoreError as error:  # an unknown profile, a half-written config file
        raise StoreConfigError(f"AWS configuration: {error}") from error
    if settings.access_key and settings.secret_key:
        token = settings.session_token.get_secret_value() if settings.session_token else None
        session.set_credentials(settings.access_key, settings.secret_key.get_secret_value(), token)
    return session


def make_client(session: Session, settings: StoreSettings, *, quick: bool = False) -> S3Client:
    """Return a client for the settings' endpoint; `quick` gives up within 10 s."""
    config = Config(
        s3={"addressing_style": "path" if settings.endpoint else "auto"},
        retries={"mode": RETRY_MODE, "total_max_attempts": QUICK_TRIES if quick else TRIES},
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=CONNECT_TIMEOUT_S if quick else READ_TIMEOUT_S,
        max_pool_connections=CONNECTIONS,
        proxies={} if settings.loopback else None,
    )
    client = session.create_client("s3", endpoint_url=settings.endpoint, region_name=_region(session), config=config)
    return cast("S3Client", client)


def _region(session: Session) -> str:
    return session.get_config_variable("region") or "us-east-1"


def table_options(session: Session, settings: StoreSettings) -> dict[str, str]:
    """Return the storage options by which deltalake and polars reach the bucket: endpoint, region and credentials."""
    credentials = session.get_credentials()
    if credentials is None:
        raise StoreConfigError(NO_CREDENTIALS.format(place=settings.place))
    frozen = credentials.get_frozen_credentials()
    options = {
        "AWS_ACCESS_KEY_ID": frozen.access_key or "",
        "AWS_SECRET_ACCESS_KEY": frozen.secret_key or "",
        "AWS_REGION": _region(session),
    }
    if frozen.token:
        options["AWS_SESSION_TOKEN"] = frozen.token
    if settings.endpoint:
        options |= {
            "AWS_ENDPOINT_URL": settings.endpoint,
            "AWS_ALLOW_HTTP": str(settings.endpoint.startswith("http:")).lower(),
            "aws_virtual_hosted_style_request": "false",
        }
    if settings.loopback:
        bypass_proxy(urlsplit(settings.endpoint or "").hostname or "127.0.0.1")
    return options


def bypass_proxy(host: str) -> None:
    """Add `host` to this process's no_proxy: deltalake's HTTP client reads only the environment."""
    if not any(os.environ.get(name) for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY")):
        return
    for name in ("no_proxy", "NO_PROXY"):
        hosts = [entry.strip() for entry in os.environ.get(name, "").split(",") if entry.strip()]
        if host not in hosts:
            os.environ[name] = ",".join([*hosts, host])
