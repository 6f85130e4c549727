"""The secrets of the embedded Airflow: made once, readable by their owner only, kept over restarts."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path

from cli.stack_home import StackHome

USER = "admin"


def ensure_secrets(home: StackHome) -> None:
    """Make what is missing below `home.secrets`, mode 0600; what is there stays, so that sessions outlive a restart."""
    _keep(home.secrets / "fernet_key", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    _keep(home.secrets / "api_secret_key", secrets.token_urlsafe(48))
    _keep(home.secrets / "jwt_secret", secrets.token_urlsafe(48))
    _keep(home.passwords, json.dumps({USER: secrets.token_urlsafe(12)}))


def read_password(home: StackHome) -> str:
    """Return the password of USER in the UI; FileNotFoundError before the first `up`."""
    return str(json.loads(home.passwords.read_text(encoding="utf-8"))[USER])


def _keep(path: Path, value: str) -> None:
    if path.exists() and path.stat().st_size:
        path.chmod(0o600)
        return
    part = path.with_name(f"{path.name}.part")  # whole or absent, even if the disk fills up here
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(value)
    part.replace(path)
