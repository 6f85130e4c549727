"""Objects in a real S3: conditional writes, checksums, and what a failing store looks like."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from extract.stored import StoredObject
from storage import layout
from storage.client import Listed, Store
from storage.errors import ObjectMissing, ObjectRefused, StoreConfigError, StoreConflict, StoreRefused, StoreUnavailable
from storage.probe import check_store
from storage.settings import StoreSettings
from storage.tables import make_table


@contextmanager
def plain_s3(mode: str, home: Path) -> Iterator[Store]:
    """A store on tests/storage/plain_s3.py in `mode`."""
    program = Path(__file__).with_name("plain_s3.py")
    with subprocess.Popen([sys.executable, str(program), mode], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        endpoint = f"http://127.0.0.1:{int(server.stdout.readline())}"
        store = Store(StoreSettings(home=home, endpoint=endpoint, access_key="AK", secret_key=SecretStr("SK")))
        yield store
        store.close()
        server.kill()


def outcome(store: Store, body: bytes, **condition: str | bool | None) -> bool:
    try:
        store.put("state/raced", body, **condition)  # type: ignore[arg-type]
    except StoreConflict:
        return False
    return True


def test_eight_threads_put_one_key_and_one_of_them_stores_it(store: Store) -> None:
    bodies = [f"writer {number}".encode() for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(lambda body: outcome(store, body, if_none_match=True), bodies))
    assert won.count(True) == 1
    assert store.get("state/raced").body == bodies[won.index(True)]


def test_eight_threads_replace_one_object_and_one_of_them_does(store: Store) -> None:
    etag = store.put("state/raced", b"first")
    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(lambda number: outcome(store, b"%d" % number, if_match=etag), range(8)))
    assert won.count(True) == 1
    assert store.get("state/raced").body == b"%d" % won.index(True)


def test_replacing_an_object_that_is_not_there_is_a_conflict(store: Store) -> None:
    with pytest.raises(StoreConflict, match="state/none"):
        store.put("state/none", b"x", if_match='"0123456789abcdef0123456789abcdef"')


def test_a_missing_object_is_a_key_error_that_names_it(store: Store) -> None:
    with pytest.raises(ObjectMissing, match="state/none"):
        store.get("state/none")
    with pytest.raises(KeyError):
        store.open("state/none")


def test_keys_are_listed_in_order_below_the_prefix_only(
    store: Store, weed: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.client.LIST_PAGE", 5)
    monkeypatch.setattr("storage.client.DELETE_BATCH", 5)
    Store(weed).put("outside", b"x")
    for number in range(12, -1, -1):
        store.put(f"raw/{number:04d}", b"%d" % number)
    found = list(store.list("raw/"))
    assert found == [Listed(f"raw/{number:04d}", len(str(number))) for number in range(13)]
    assert store.requests["ListObjectsV2"] == 3
    assert [one.key for one in store.list("raw/", start_after="raw/0011")] == ["raw/0012"]
    store.delete([one.key for one in found] + ["raw/never"])
    assert list(store.list("")) == []


def test_a_file_is_stored_with_its_sha256_and_streamed_back(store: Store, tmp_path: Path) -> None:
    body = bytes(range(256)) * 20_000
    (tmp_path / "segment").write_bytes(body)
    stored = store.put_file("raw/segment", tmp_path / "segment", if_none_match=True)
    assert stored == StoredObject("raw/segment", hashlib.sha256(body).hexdigest(), len(body))
    assert store.sha256("raw/segment")[::2] == (stored.sha256, len(body))
    with store.open("raw/segment") as stream:
        assert stream.read(1000) == body[:1000]
        assert stream.read() == body[1000:]
    with pytest.raises(StoreConflict):
        store.put_file("raw/segment", tmp_path / "segment", if_none_match=True)


def test_requests_are_counted_by_operation(store: Store) -> None:
    store.put("a", b"")
    store.get("a")
    list(store.list(""))
    store.delete(["a"])
    assert store.requests == {"PutObject": 1, "GetObject": 1, "ListObjectsV2": 1, "DeleteObjects": 1}


def test_a_stream_that_breaks_off_goes_on_where_it_was(tmp_path: Path) -> None:
    with plain_s3("broken", tmp_path) as store:
        body = bytes(range(256)) * 4000
        store.put("raw/segment", body)
        with store.open("raw/segment") as stream:
            assert stream.read() == body
        assert store.get("raw/segment").body == body


def test_an_object_that_is_not_what_was_stored_is_refused(tmp_path: Path) -> None:
    with plain_s3("corrupt", tmp_path) as store:
        store.put("raw/segment", b"true bytes")
        with pytest.raises(ObjectRefused, match="raw/segment: its bytes are not those stored"):
            store.get("raw/segment")


def test_a_retry_that_finds_its_own_first_try_is_no_conflict(tmp_path: Path) -> None:
    with plain_s3("forgetful", tmp_path) as store:
        store.put("state/frontier", b"mine", if_none_match=True)
        assert store.get("state/frontier").body == b"mine"
        with pytest.raises(StoreConflict):
            store.put("state/frontier", b"mine", if_none_match=True)


def test_the_probe_passes_a_good_store_and_leaves_nothing_behind(store: Store) -> None:
    check_store(store)
    assert list(store.list("")) == []
    sent = store.requests.total()
    check_store(store, remembered=True)
    assert store.requests.total() == sent


@pytest.mark.parametrize(("mode", "header"), [("deaf", "If-None-Match"), ("half", "If-Match")])
def test_a_store_that_ignores_conditions_is_refused(tmp_path: Path, mode: str, header: str) -> None:
    with plain_s3(mode, tmp_path) as store:
        with pytest.raises(StoreRefused, match=f"ignores {header} on PUT") as caught:
            check_store(store)
        assert "\n" not in caught.value.message
        assert list(store.list("")) == []


def test_a_bucket_without_permission_is_refused_by_name(tmp_path: Path) -> None:
    with (
        plain_s3("readonly", tmp_path) as store,
        pytest.raises(StoreRefused, match=r"s3:PutObject refused .* grant it"),
    ):
        check_store(store)


def test_a_wrong_clock_is_refused_with_the_fix(tmp_path: Path) -> None:
    with (
        plain_s3("late", tmp_path) as store,
        pytest.raises(StoreRefused, match="clock of this machine is wrong; set it"),
    ):
        check_store(store)


def test_another_bucket_is_refused_by_name(store_settings: StoreSettings) -> None:
    store = Store(store_settings.model_copy(update={"bucket": "somebody-elses"}))
    with pytest.raises(StoreRefused, match=r"bucket somebody-elses.*BROADSHEET_S3_BUCKET"):
        store.check_reachable()
    store.close()


def test_a_wrong_secret_is_refused(store_settings: StoreSettings) -> None:
    store = Store(store_settings.model_copy(update={"secret_key": SecretStr("wrong")}))
    with pytest.raises(StoreRefused, match=r"SignatureDoesNotMatch.*check AWS_ACCESS_KEY_ID"):
        store.check_reachable()
    store.close()


def test_missing_credentials_are_a_configuration_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    store = Store(StoreSettings(home=tmp_path, endpoint="http://127.0.0.1:9"))
    with pytest.raises(StoreConfigError, match=r"no credentials .* set AWS_ACCESS_KEY_ID"):
        store.check_reachable()
    with pytest.raises(StoreConfigError, match="no credentials"):
        store.table_options()


@pytest.mark.timeout(10)  # the promise itself
def test_a_store_that_does_not_answer_is_named_within_ten_seconds(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts and never answers, worse than refusing
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        store = Store(StoreSettings(home=tmp_path, endpoint=endpoint, access_key="AK", secret_key=SecretStr("SK")))
        with pytest.raises(StoreUnavailable, match=f"no answer from S3 at {endpoint}.*check that it runs"):
            store.check_reachable()
        store.close()


def test_requests_wait_longer_for_a_store_than_a_restart_takes_however_many_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", waits.append)
    monkeypatch.setattr("random.random", lambda: 0.5)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
        store = Store(StoreSettings(home=tmp_path, endpoint=endpoint, access_key="AK", secret_key=SecretStr("SK")))
        for _ in range(40):
            waits.clear()
            with pytest.raises(StoreUnavailable):
                store.get("anything")
            assert len(waits) == 6
            assert sum(waits) > 4
    store.close()


def test_loopback_is_never_asked_through_a_proxy(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "elsewhere.example")
    monkeypatch.setenv("NO_PROXY", "elsewhere.example")
    fresh = Store(store.settings)
    fresh.put("state/direct", b"x")
    assert fresh.get("state/direct").body == b"x"
    assert make_table(fresh, layout.ARTICLES).version() == 0
    fresh.close()
