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

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 28, 47, 2
SECBIT_NO_SETUID_FIXUP = 4  # without it access(2), which initdb asks about its own programs, forgets the capability
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

    The process keeps CAP_DAC_OVERRIDE, so that it works below folders that only root may enter, such as ours and
    /root. Nothing on the machine is changed: no account is made, no folder opened to everybody.
    """

    def __init__(self, name: str) -> None:
        entry = pwd.getpwnam(name)
        self.uid, self.gid = entry.pw_uid, entry.pw_gid

    def enter(self) -> None:
        """Become the account; called between fork and exec."""
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
            _LIBC.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
        os.setgroups([])
        os.setgid(self.gid)
        os.setuid(self.uid)
        if _LIBC is not None:
            bit = 1 << CAP_DAC_OVERRIDE
            if _LIBC.capset(struct.pack("Ii", CAPABILITY_VERSION_3, 0), struct.pack("6I", bit, bit, bit, 0, 0, 0)):
                os._exit(1)  # never on with more than this one
            _LIBC.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def account_for_postgres() -> Account | None:
    """Return the account to run Postgres as: none of its own unless we are root, then `postgres` or `nobody`."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return Account("postgres")
    return Account("nobody")
