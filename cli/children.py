"""How a child process is bound to its parent and, where root must not run it, to another account (Linux)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import signal
import struct
import sys
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None  # resolved before any fork


def bound_to_parent(death_signal: int = signal.SIGTERM, account: Account | None = None) -> Callable[[], None]:
    """Return a Popen `preexec_fn`: the kernel sends `death_signal` when the thread that forked is gone."""
    parent = os.getpid()

    def prepare() -> None:
        if account is not None:
            account.enter()  # before PDEATHSIG, which a change of account clears
        if _LIBC is None:
            return
        _LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # it died between fork and here
            os._exit(1)

    return prepare


class Account:
    """An unprivileged account that root lends to Postgres, which refuses to run as root.

    With `reach`, the process keeps CAP_DAC_OVERRIDE, so that it reads and writes below folders such as /root
    without opening them to everybody. Nothing on the machine is changed: no account is made, no folder's mode.
    """

    def __init__(self, name: str, *, reach: bool) -> None:
        entry = pwd.getpwnam(name)
        self.uid, self.gid, self.reach = entry.pw_uid, entry.pw_gid, reach

    def enter(self) -> None:
        """Become the account; called between fork and exec."""
        if self.reach and _LIBC is not None:
            _LIBC.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
        os.setgroups([])
        os.setgid(self.gid)
        os.setuid(self.uid)
        if self.reach and _LIBC is not None:
            bit = 1 << CAP_DAC_OVERRIDE
            header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
            _LIBC.capset(header, struct.pack("6I", bit, bit, bit, 0, 0, 0))
            _LIBC.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def account_for_postgres(*folders: Path) -> Account | None:
    """Return the account to run Postgres as: none of its own unless we are root, then `postgres` or `nobody`."""
    if os.geteuid() != 0:
        return None
    reach = not all(_everybody_may_pass(folder) for folder in folders)
    with contextlib.suppress(KeyError):
        return Account("postgres", reach=reach)
    return Account("nobody", reach=reach)


def _everybody_may_pass(folder: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in folder.resolve().parents)
