"""`copy`: the archive in another S3 is the archive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.stack_home import StackHome
from cli.stack_state import lock_stack
from storage import layout
from storage.client import Store
from storage.settings import StoreSettings
from tests.cli.conftest import Archived, Cli

PREFIX = "BROADSHEET_S3_PREFIX"


@pytest.fixture
def target(store_settings: StoreSettings) -> Iterator[Store]:
    """An empty place beside the archive."""
    opened = Store(store_settings.model_copy(update={"prefix": f"{store_settings.prefix}-moved"}))
    yield opened
    opened.close()


def env_file(cli: Cli, folder: Path, **changed: str) -> Path:
    """The settings of `cli` as a file, but for these."""
    wanted = {name: value for name, value in cli.env.items() if name.startswith(("BROADSHEET_S3_", "AWS_"))} | changed
    path = folder / "new.env"
    path.write_text("".join(f"{name}={value}\n" for name, value in wanted.items() if value))
    return path


def objects(store: Store) -> dict[str, bytes]:
    return {one.key: store.get(one.key).body for one in store.list("") if one.key != layout.READY}


def test_a_copy_holds_every_object_and_verifies_deeply(
    archived: Archived, store: Store, target: Store, tmp_path: Path
) -> None:
    cli = archived(0)
    cli("verify", "--deep")
    new = env_file(cli, tmp_path, **{PREFIX: target.settings.prefix})
    said = cli("copy", str(new)).stdout
    held = objects(store)
    assert f" {len(held)} objects, {sum(map(len, held.values()))} bytes copied; 0 were there already" in said
    assert objects(target) == held
    assert "nothing is missing" in cli("verify", "--deep", **{PREFIX: target.settings.prefix}).stdout
    rows = cli.rows("articles")
    cli.env[PREFIX] = target.settings.prefix
    assert cli.rows("articles") == rows


def test_a_second_copy_sends_what_the_first_did_not_and_what_changed(
    cli: Cli, store: Store, target: Store, tmp_path: Path
) -> None:
    new = env_file(cli, tmp_path, **{PREFIX: target.settings.prefix})
    store.put("raw/a", b"same")
    store.put("state/b", b"before")
    cli("copy", str(new))
    store.put("state/b", b"after!")  # as long
    store.put("raw/c", b"more")
    assert " 2 objects, 10 bytes copied; 1 were there already" in cli("copy", str(new)).stdout
    assert objects(target) == {"raw/a": b"same", "state/b": b"after!", "raw/c": b"more"}


def test_a_place_that_holds_something_else_is_left_alone(cli: Cli, store: Store, target: Store, tmp_path: Path) -> None:
    store.put("raw/a", b"ours")
    target.put("raw/theirs", b"theirs")
    new = env_file(cli, tmp_path, **{PREFIX: target.settings.prefix})
    assert "holds 1 objects that the archive does not, such as raw/theirs" in cli("copy", str(new), code=1).stderr
    assert objects(target) == {"raw/theirs": b"theirs"}


def test_what_cannot_be_a_target_is_refused(cli: Cli, tmp_path: Path) -> None:
    assert "that is where the archive is" in cli("copy", str(env_file(cli, tmp_path)), code=2).stderr
    none = env_file(cli, tmp_path, BROADSHEET_S3_ENDPOINT="", BROADSHEET_S3_BUCKET="")
    assert "names no S3" in cli("copy", str(none), code=2).stderr


def test_nothing_is_copied_while_the_stack_runs(cli: Cli, tmp_path: Path) -> None:
    home = StackHome.from_env(cli.env)
    home.make()
    lock = lock_stack(home)
    try:
        assert "./broadsheet down stops it" in cli("copy", str(env_file(cli, tmp_path)), code=1).stderr
    finally:
        lock.release()
