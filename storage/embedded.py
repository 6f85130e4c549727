"""The embedded S3 server: SeaweedFS under $BROADSHEET_HOME/s3, started once however many processes ask for it."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO

import psutil
from pydantic import SecretStr

from storage import layout, weed
from storage.client import Store
from storage.errors import EmbeddedStoreFailed, StoreError
from storage.server import Server, adopt, await_end, find_process, forget, is_alive
from storage.settings import EMBEDDED_BUCKET, StoreSettings
from storage.vacuum import vacuum_if_grown

log = logging.getLogger(__name__)
# Seconds to wait for readiness (1.2 s cold on 2 idle cores) in each try: a port may be taken between its choice and
# its use, and a killed server's lock on the data may outlive it for a moment.
READY_S = (8.0, 15.0, 60.0)
STOP_S = 20.0  # SIGTERM takes 2 s
LOG_BYTES = 8 * 2**20


class EmbeddedStore:
    """The embedded server of one $BROADSHEET_HOME. Safe to use from several processes at once."""

    def __init__(self, settings: StoreSettings) -> None:
        self._given = settings
        self.folder = settings.home / "s3"
        self.data = self.folder / "data"
        self._config = self.folder / "config"
        self._state = self.folder / "server.json"
        self.log_file = self.folder / "weed.log"

    def start(self, *, keep: bool = True) -> Server:
        """Return the running, ready server; start it if need be. With `keep` it runs until stop()."""
        with self._locked():
            return self._start(keep=keep)

    def running(self) -> Server | None:
        """Return the server if its process is alive."""
        server = self._read_state()
        return server if server and find_process(server, self.data) else None

    def stop(self) -> bool:
        """Stop the server; return whether one ran. Only a process that is this folder's server is signalled."""
        with self._locked():
            return self._stop()

    @contextmanager
    def session(self) -> Iterator[Server]:
        """Give the running server for as long as the block runs, then stop it unless somebody else needs it."""
        with (self.folder_made() / "users.lock").open("a") as users:
            with self._locked():
                server = self._start(keep=False)
                fcntl.flock(users, fcntl.LOCK_SH)
            try:
                yield server
            finally:
                with self._locked():
                    self._leave(users)

    def settings(self, server: Server) -> StoreSettings:
        """Return store settings for `server`, with its own keys."""
        access, secret = weed.read_keys(self._config)
        return StoreSettings(
            home=self._given.home, endpoint=server.endpoint, bucket=EMBEDDED_BUCKET, prefix=self._given.prefix,
            region="us-east-1", access_key=access, secret_key=SecretStr(secret),
        )  # fmt: skip

    def folder_made(self) -> Path:
        """Return the server's folder, made private if it was not there."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            where = f"{self.folder}: {error.strerror}"
            raise EmbeddedStoreFailed(f"{where}; set BROADSHEET_HOME to a folder to write in") from error
        return self.folder

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.folder_made() / "start.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _leave(self, users: IO[str]) -> None:
        fcntl.flock(users, fcntl.LOCK_UN)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # another process uses it: the last one to leave stops it
        server = self._read_state()
        if server and not server.keep:
            if find_process(server, self.data):
                vacuum_if_grown(server, self.data, self._config)
            self._stop()

    def _start(self, *, keep: bool) -> Server:
        server = self._read_state()
        if server and (found := self._adopt(server, keep=keep)):
            return found
        self._clear(server)
        self._check_disk()
        wanted = self._last_ports()
        for patience_s in READY_S:
            fresh = self._spawn(weed.free_ports(wanted), keep=keep)
            try:
                self._await_ready(fresh, psutil.Process(fresh.pid), patience_s)
            except (EmbeddedStoreFailed, psutil.NoSuchProcess) as error:
                self._stop()
                if patience_s == READY_S[-1]:
                    raise EmbeddedStoreFailed(f"{error}") from error
                log.info("%s; starting it anew", error)
            else:
                log.info("embedded S3 at %s, data in %s", fresh.endpoint, self.data)
                return fresh
        raise AssertionError("every try returns or raises")

    def _adopt(self, server: Server, *, keep: bool) -> Server | None:
        """Return the server once it answers, or None if it ended."""
        process = find_process(server, self.data)
        if not process:
            return None
        if keep and not server.keep:
            server = replace(server, keep=True)
            weed.write_private(self._state, json.dumps(asdict(server)))
        try:
            self._await_ready(server, process, READY_S[-1])
        except EmbeddedStoreFailed:
            if is_alive(process):
                raise
            return None
        return server

    def _check_disk(self) -> None:
        free, needed = psutil.disk_usage(str(self.folder)).free // 2**20, self._given.min_free_mib
        if free < needed:
            raise EmbeddedStoreFailed(
                f"{self.folder}: {free} MiB free on this disk, the embedded S3 needs {needed}; "
                "free some, set BROADSHEET_HOME to a larger disk, or BROADSHEET_S3_ENDPOINT to another S3"
            )

    def _spawn(self, ports: dict[str, int], *, keep: bool) -> Server:
        weed.write_config(self._config)
        self.data.mkdir(exist_ok=True, mode=0o700)
        if self.log_file.exists() and self.log_file.stat().st_size > LOG_BYTES:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))
        sockets = weed.socket_folder(self.folder)
        argv = weed.weed_command(self.data, self._config, sockets, ports)
        hidden = ("AWS_", "S3_", "WEED_")  # variables that weed reads as its own configuration
        env = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
        env |= {"GOMEMLIMIT": weed.MEMORY_LIMIT, "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
        with self.log_file.open("ab") as output:
            child = subprocess.Popen(
                argv, cwd=self._config, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,  # Ctrl-C is for the command at the terminal, which then stops the server itself
            )  # fmt: skip
        server = Server(child.pid, adopt(child), ports, str(sockets), keep, str(self.folder))
        weed.write_private(self._state, json.dumps(asdict(server)))
        weed.write_private(self.folder / "ports.json", json.dumps(ports))
        return server

    def _last_ports(self) -> dict[str, int]:
        """Return the ports of the last start: those still free are taken again, so that the endpoint stays."""
        try:
            return {name: int(port) for name, port in json.loads((self.folder / "ports.json").read_text()).items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def _await_ready(self, server: Server, process: psutil.Process, patience_s: float) -> None:
        """Return once a signed PUT is answered."""
        store = Store(self.settings(server))
        deadline = time.monotonic() + patience_s
        try:
            while True:
                try:
                    store.try_once(layout.READY)
                except StoreError as error:
                    if not is_alive(process):
                        raise EmbeddedStoreFailed(f"the embedded S3 ended at once: {self._last_line()}") from error
                    if time.monotonic() > deadline:
                        waited = f"does not answer at {server.endpoint} after {patience_s:.0f} s"
                        raise EmbeddedStoreFailed(f"the embedded S3 {waited}; see {self.log_file}") from error
                    time.sleep(0.05)
                else:
                    return
        finally:
            store.close()

    def _stop(self) -> bool:
        server = self._read_state()
        process = find_process(server, self.data) if server else None
        if process:
            process.terminate()
            if not await_end(process, STOP_S):
                process.kill()
                if not await_end(process, STOP_S):
                    raise EmbeddedStoreFailed(f"the embedded S3 (pid {process.pid}) cannot be stopped")
        self._clear(server)
        return process is not None

    def _clear(self, server: Server | None) -> None:
        """Remove what a server leaves behind that did not end by itself."""
        self._state.unlink(missing_ok=True)
        if not server:
            return
        forget(server.pid)
        sockets = Path(server.sockets)
        stray = [sockets / "filer.sock", sockets / "s3.sock", *weed.stray_sockets(server.ports)]
        for path in stray:
            if path.is_socket() and path.stat().st_uid == os.geteuid():
                path.unlink(missing_ok=True)
        if sockets != self.folder and sockets.is_dir():
            sockets.rmdir()

    def _read_state(self) -> Server | None:
        try:
            found = json.loads(self._state.read_text())
            server = Server(**found) if set(weed.PORTS) <= set(found["ports"]) else None
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None  # never started, or by another version
        return None if server and self._is_copied(server) else server

    def _is_copied(self, server: Server) -> bool:
        """Whether the file came with a backup of another home, whose server may well run: it is not ours to clear."""
        owner = server.folder or server.sockets  # versions that did not note the folder put the sockets there, mostly
        return owner != str(self.folder) and not owner.startswith(weed.SHORT_FOLDER)

    def _last_line(self) -> str:
        lines = self.log_file.read_text(errors="replace").splitlines() if self.log_file.exists() else []
        return f"{lines[-1][:200]} (see {self.log_file})" if lines else f"no word in {self.log_file}"
