"""Where the archive is kept: the environment and $BROADSHEET_HOME/env, read once at the edge."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from storage.env_file import read_env_file, refuse_misspelt, refuse_unread
from storage.errors import StoreConfigError

ROOT = Path(__file__).resolve().parent.parent
EMBEDDED_BUCKET = "broadsheet"
_VARIABLES = {  # field: variable; the first set one wins
    "endpoint": ("BROADSHEET_S3_ENDPOINT",),
    "bucket": ("BROADSHEET_S3_BUCKET",),
    "prefix": ("BROADSHEET_S3_PREFIX",),
    "region": ("BROADSHEET_S3_REGION", "AWS_REGION", "AWS_DEFAULT_REGION"),
    "access_key": ("AWS_ACCESS_KEY_ID",),
    "secret_key": ("AWS_SECRET_ACCESS_KEY",),
    "session_token": ("AWS_SESSION_TOKEN",),
    "profile": ("AWS_PROFILE",),
    "min_free_mib": ("BROADSHEET_MIN_FREE_MIB",),
}


def _endpoint(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"} or parts.query:
        raise ValueError("write it as http(s)://host:port, without a path")
    if "@" in parts.netloc:
        raise ValueError("put the credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    _ = parts.port  # a bad port raises here
    return value.rstrip("/")


def _prefix(value: str) -> str:
    value = value.strip("/")
    if value and not re.fullmatch(r"[\w.=-]+(/[\w.=-]+)*", value, re.ASCII):
        raise ValueError("write folders of A-Z a-z 0-9 . _ = - with / between them")
    if {".", ".."} & set(value.split("/")):
        raise ValueError("no . or .. folders")
    return value


class StoreSettings(BaseModel):
    """Which bucket, and as whom. Without keys here boto3's own chain finds the credentials."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    home: Path
    endpoint: Annotated[str, AfterValidator(_endpoint)] | None = None
    bucket: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    prefix: Annotated[str, AfterValidator(_prefix)] = ""
    region: str | None = Field(default=None, pattern=r"^[a-z0-9-]+$")
    access_key: str | None = None
    secret_key: SecretStr | None = None
    session_token: SecretStr | None = None
    profile: str | None = None
    min_free_mib: int = Field(default=512, ge=0)  # the embedded server does not start with less disk space

    @property
    def embedded(self) -> bool:
        """Whether the embedded S3 server keeps the archive: neither an endpoint nor a bucket is given."""
        return self.endpoint is None and self.bucket is None

    @property
    def bucket_name(self) -> str:
        """The bucket, given or by default."""
        return self.bucket or EMBEDDED_BUCKET

    @property
    def place(self) -> str:
        """The store's name in messages: endpoint and bucket, without secrets."""
        return f"{self.endpoint or 'AWS S3'}, bucket {self.bucket_name}"

    @property
    def loopback(self) -> bool:
        """Whether the endpoint is on this machine, so that no proxy may stand between."""
        host = urlsplit(self.endpoint).hostname if self.endpoint else None
        return host in {"127.0.0.1", "localhost", "::1"}

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> StoreSettings:
        """Return the settings in force; the environment wins over $BROADSHEET_HOME/env.

        Raises StoreConfigError (exit 2) with one line that names the variable.
        """
        given = dict(os.environ if env is None else env)
        home = Path(given.get("BROADSHEET_HOME") or ROOT / ".broadsheet").expanduser().absolute()
        refuse_misspelt(given)
        written = read_env_file(home / "env")
        refuse_unread(home / "env", written)
        merged = {name: value for name, (value, _) in written.items()} | {
            key: value for key, value in given.items() if value
        }
        found = {
            field: next(merged[name] for name in names if merged.get(name))
            for field, names in _VARIABLES.items()
            if any(merged.get(name) for name in names)
        }
        if ("endpoint" not in found) and ("bucket" in found):  # boto3 would follow these, so the tables must too
            own = merged.get("AWS_ENDPOINT_URL_S3") or merged.get("AWS_ENDPOINT_URL")
            found |= {"endpoint": own} if own else {}
        if bool(found.get("access_key")) != bool(found.get("secret_key")):
            raise StoreConfigError("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together: set both or neither")
        try:
            return cls(home=home, **found)  # type: ignore[arg-type]
        except ValidationError as error:
            first = error.errors()[0]
            name = _VARIABLES.get(str(first["loc"][0]), (str(first["loc"][0]),))[0]
            raise StoreConfigError(f"{name}: {first['msg'].removeprefix('Value error, ')}") from error
