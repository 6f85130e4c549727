"""The embedded S3 server: one per home, private, back after a kill, gone when nobody needs it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from storage.client import Store
from storage.connect import open_store
from storage.embedded import EmbeddedStore
from storage.errors import EmbeddedStoreFailed
from storage.settings import StoreSettings
from storage.vacuum import data_bytes

USE = """
import sys
from pathlib import Path
from storage.connect import open_store
from storage.settings import StoreSettings
print("ready", flush=True)
sys.stdin.readline()
with open_store(StoreSettings(home=Path(sys.argv[1]), min_free_mib=0)) as store:
    store.put(f"state/{sys.argv[2]}", b"x")
    print(store.settings.endpoint, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[EmbeddedStore]:
    """An embedded server, not started, in a home of its own."""
    made = EmbeddedStore(StoreSettings(home=tmp_path / "home", min_free_mib=0))
    yield made
    made.stop()


def user(home: Path, name: str) -> subprocess.Popen[str]:
    """A process that opens the store of `home` when it is sent a line and keeps it open until its stdin closes."""
    argv = [sys.executable, "-c", USE, str(home), name]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def index_entries(data: Path) -> int:
    """How many writes and deletes the volumes' indexes hold, 16 bytes each."""
    return sum(path.stat().st_size for path in data.glob("broadsheet_*.idx")) // 16


def finish(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return out


def test_four_processes_at_once_start_one_server_and_the_last_to_leave_stops_it(embedded: EmbeddedStore) -> None:
    home = embedded.folder.parent
    users = [user(home, str(number)) for number in range(4)]
    for process in users:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    endpoints = [process.stdout.readline() for process in users if process.stdout]
    assert len(set(endpoints)) == 1
    server = embedded.running()
    assert server
    assert server.endpoint == endpoints[0].strip()
    for process in users[:3]:
        finish(process)
    assert embedded.running() == server
    finish(users[3])
    assert embedded.running() is None
    assert not psutil.pid_exists(server.pid)


def test_a_started_server_outlives_its_users_and_keeps_what_they_wrote(embedded: EmbeddedStore) -> None:
    with open_store(StoreSettings(home=embedded.folder.parent, min_free_mib=0)) as store:
        store.put("state/kept", b"x")
        server = embedded.start()  # `up` while an ingest runs
        assert embedded.start() == server
    assert embedded.running() == server
    assert embedded.stop()
    assert not embedded.stop()
    again = embedded.start()
    assert again.endpoint == server.endpoint
    assert Store(embedded.settings(again)).get("state/kept").body == b"x"


def test_a_killed_server_is_started_again_and_writes_meanwhile_are_retried(embedded: EmbeddedStore) -> None:
    server = embedded.start()
    store = Store(embedded.settings(server))
    half = threading.Event()

    def write(number: int) -> int:
        if number == 60:
            half.set()
        store.put(f"raw/{number:03d}", b"%d" % number, if_none_match=True)
        return number

    with ThreadPoolExecutor(4) as threads:
        written = threads.map(write, range(200))
        half.wait(60)
        os.kill(server.pid, signal.SIGKILL)
        again = embedded.start()
        assert list(written) == list(range(200))
    assert again.pid != server.pid
    assert [store.get(one.key).body for one in store.list("raw/")] == [b"%d" % number for number in range(200)]
    store.close()


def test_a_state_file_that_names_another_process_signals_nobody(embedded: EmbeddedStore) -> None:
    embedded.start()
    embedded.stop()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        ports = json.loads((embedded.folder / "ports.json").read_text())
        state = {"pid": bystander.pid, "create_time": psutil.Process(bystander.pid).create_time(), "ports": ports,
                 "sockets": str(embedded.folder), "keep": True}  # fmt: skip
        (embedded.folder / "server.json").write_text(json.dumps(state))
        assert embedded.running() is None
        assert not embedded.stop()
        assert bystander.poll() is None
        bystander.kill()


def test_a_home_restored_beside_a_running_one_is_a_server_of_its_own(embedded: EmbeddedStore, tmp_path: Path) -> None:
    with open_store(StoreSettings(home=embedded.folder.parent, min_free_mib=0)) as store:
        store.put("raw/kept", b"kept")
    embedded.start()
    told = (embedded.folder / "server.json").read_text()
    embedded.stop()
    shutil.copytree(embedded.folder, tmp_path / "other" / "s3", ignore=shutil.ignore_patterns("*.sock"))
    (tmp_path / "other" / "s3" / "server.json").write_text(told)  # as `down` leaves it
    embedded.start()
    with open_store(StoreSettings(home=tmp_path / "other", min_free_mib=0)) as store:
        assert store.get("raw/kept").body == b"kept"
    assert (embedded.folder / "filer.sock").is_socket()
    with open_store(StoreSettings(home=embedded.folder.parent, min_free_mib=0)) as store:
        assert store.get("raw/kept").body == b"kept"


def test_a_taken_port_is_left_alone(embedded: EmbeddedStore) -> None:
    first = embedded.start()
    embedded.stop()
    with socket.create_server(("127.0.0.1", first.ports["s3.port"])):
        assert embedded.start().ports["s3.port"] != first.ports["s3.port"]


def test_too_little_disk_space_is_refused_with_the_fix(tmp_path: Path) -> None:
    hungry = EmbeddedStore(StoreSettings(home=tmp_path, min_free_mib=2**40))
    with pytest.raises(EmbeddedStoreFailed, match=r"\d+ MiB free on this disk.*free some, set BROADSHEET_HOME"):
        hungry.start()
    assert hungry.running() is None


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file, not a folder")
    with pytest.raises(EmbeddedStoreFailed, match="set BROADSHEET_HOME to a folder to write in"):
        EmbeddedStore(StoreSettings(home=tmp_path / "home", min_free_mib=0)).start()


def test_a_server_that_cannot_start_is_explained_by_its_log(embedded: EmbeddedStore) -> None:
    embedded.folder_made()
    embedded.data.mkdir()
    (embedded.data / "filerldb2").write_text("a file, not a folder")
    with pytest.raises(EmbeddedStoreFailed, match=r"ended at once: .*weed\.log"):
        embedded.start()


def test_a_long_home_path_does_not_break_the_sockets(tmp_path: Path) -> None:
    home = tmp_path / ("deep" * 20) / ("deeper" * 10)
    embedded = EmbeddedStore(StoreSettings(home=home, min_free_mib=0))
    server = embedded.start()
    sockets = Path(server.sockets)
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    embedded.stop()
    assert not sockets.exists()


def test_nothing_is_open_to_others(embedded: EmbeddedStore) -> None:
    embedded.start()
    embedded.stop()
    (embedded.folder / "config" / "security.toml").write_text("[broken")  # weed would start without it, wide open
    server = embedded.start()
    heard = {one.laddr.ip for one in psutil.Process(server.pid).net_connections("inet") if one.status == "LISTEN"}
    assert heard == {"127.0.0.1"}
    store = Store(embedded.settings(server))
    store.put("state/secret", b"x")
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    asked = {
        "filer.port": ["buckets/broadsheet/state/secret", ""],
        "s3.port": ["broadsheet/state/secret", "broadsheet?list-type=2"],
        "master.port": [
            "col/delete?collection=broadsheet",
            "dir/assign",
            "vol/vacuum",
        ],  # no keys protect these in weed
        "volume.port": ["ui/index.html", "1,01637037d6"],
    }
    for port, path in ((port, path) for port, paths in asked.items() for path in paths):
        with pytest.raises(urllib.error.HTTPError) as refused:
            direct.open(f"http://127.0.0.1:{server.ports[port]}/{path}")
        assert refused.value.code in {401, 403, 404}
        refused.value.close()
    assert store.get("state/secret").body == b"x"
    private = [path for path in (embedded.folder / "config").iterdir() if path.is_file()]
    assert len(private) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    assert stat.S_IMODE(embedded.folder.stat().st_mode) == 0o700


def test_replaced_objects_give_their_space_back(embedded: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = StoreSettings(home=embedded.folder.parent, min_free_mib=0)
    with open_store(settings) as store:
        for _ in range(8):
            store.put("state/times/frontier", secrets.token_bytes(2**20))
        newest = store.get("state/times/frontier").body
        while index_entries(embedded.data) < 1 + 8 + 7:  # it lets go of the seven replaced ones a moment later
            store.get("state/times/frontier")
        monkeypatch.setattr("storage.vacuum.GROWTH_BYTES", 2**20)
        assert data_bytes(embedded.data) > 8 * 2**20
    assert data_bytes(embedded.data) < 2 * 2**20
    with open_store(settings) as store:
        assert store.get("state/times/frontier").body == newest


def test_telemetry_is_off(embedded: EmbeddedStore) -> None:
    assert "-master.telemetry=false" in psutil.Process(embedded.start().pid).cmdline()
