"""Giving replaced and deleted objects' space back: weed's own sweep comes every 14 minutes, an ingest ends sooner."""

from __future__ import annotations

import logging
import subprocess
from pathlib import Path

from storage.server import Server
from storage.weed import weed_binary

log = logging.getLogger(__name__)
GROWTH, GROWTH_BYTES = 1.5, 128 * 2**20  # sweep once the data is this factor and this much larger than after the last
TIMEOUT_S = 60  # 2 s for 160 MiB
SCRIPT = "lock\nvolume.vacuum -garbageThreshold=0.3\nunlock\nexit\n"


def vacuum_if_grown(server: Server, data: Path, config: Path) -> bool:
    """Sweep `server`'s volumes if its `data` folder grew a lot since the last time; return whether it was done.

    What goes wrong here costs disk space, not articles: it is logged.
    """
    stamp = config / "vacuumed"
    last = _last_bytes(stamp)
    if data_bytes(data) < last * GROWTH + GROWTH_BYTES:
        return False
    master = f"-master=127.0.0.1:{server.ports['master.port']}.{server.ports['master.port.grpc']}"
    argv = [str(weed_binary()), "shell", master]
    try:
        subprocess.run(argv, input=SCRIPT.encode(), cwd=config, capture_output=True, check=True, timeout=TIMEOUT_S)
        stamp.write_text(str(data_bytes(data)))
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("the embedded S3's deleted objects keep their space: %s", error)
        return False
    return True


def _last_bytes(stamp: Path) -> int:
    """Return the size that `stamp` notes, 0 without one: a full disk leaves an empty file."""
    try:
        return int(stamp.read_text())
    except (OSError, ValueError):
        return 0


def data_bytes(data: Path) -> int:
    """Return the size of the volumes in `data`."""
    return sum(path.stat().st_size for path in data.glob("*.dat"))
