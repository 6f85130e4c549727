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
    last = int(stamp.read_text()) if stamp.exists() else 0
    if data_bytes(data) < last * GROWTH + GROWTH_BYTES:
        return False
    master = f"-master=127.0.0.1:{server.ports['master.port']}.{server.ports['master.port.grpc']}"
    argv = [str(weed_binary()), "shell", master]
    try:
        subprocess.run(argv, input=SCRIPT.encode(), cwd=config, capture_output=True, check=True, timeout=TIMEOUT_S)
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("the embedded S3's deleted objects keep their space: %s", error)
        return False
    stamp.write_text(str(data_bytes(data)))
    return True


def data_bytes(data: Path) -> int:
    """Return the size of the volumes in `data`."""
    return sum(path.stat().st_size for path in data.glob("*.dat"))
