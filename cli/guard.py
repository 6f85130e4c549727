"""`python -m cli.guard`: stops the stack when its supervisor is killed and cannot.

Reads JSON lines on stdin, `{"sessions": [[name, sid, stage, patience_s, stop_signal], ...], "remove": [path, ...]}`,
the newest of which counts. `{"bye": true}` means that all is stopped. End of file without it means that the
supervisor is gone. The inherited lock of the stack stays held until this process ends.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from cli.stack_home import REPO


class Guard:
    """The guard as its supervisor sees it."""

    def __init__(self, lock: int, log: Path) -> None:
        self._lock, self._log = lock, log
        self._last = b""
        self._start()

    def _replace(self) -> None:
        self._end()
        self._start()

    def _end(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()
        self.process.wait()

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli.guard"], cwd=REPO, stdin=subprocess.PIPE, stdout=log, stderr=log,
                start_new_session=True, pass_fds=(self._lock,), bufsize=0,
            )  # fmt: skip

    def tell(self, message: dict[str, Any]) -> None:
        """Send the newest list; a guard that was killed is replaced."""
        self._last = json.dumps(message).encode() + b"\n"
        try:
            self._send()
        except BrokenPipeError:
            self._replace()
            self._send()

    def check(self) -> None:
        """Replace a guard that was killed."""
        if self.process.poll() is not None:
            self._replace()
            self._send()

    def dismiss(self) -> None:
        """Let it end: everything is stopped."""
        self.tell({"bye": True})
        self._end()

    def _send(self) -> None:
        if self.process.stdin is not None and self._last:
            self.process.stdin.write(self._last)


def main() -> None:
    """Wait for the supervisor's end."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    last: dict[str, Any] = {}
    for line in sys.stdin:
        last = json.loads(line)
        if last.get("bye"):
            return
    from cli.sessions import Session, stop_sessions  # noqa: PLC0415 - psutil costs 6 MB that an idle guard has no use for

    print("the supervisor is gone: stopping what it started", file=sys.stderr, flush=True)  # noqa: T201 - its log
    stop_sessions([Session(*session) for session in last.get("sessions", [])])
    for path in last.get("remove", []):
        Path(path).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
