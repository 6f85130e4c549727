"""Shared fixtures: one real S3 server a session, a prefix of its own for each test."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.client import Store
from storage.embedded import EmbeddedStore
from storage.server import Server
from storage.settings import StoreSettings


@pytest.fixture(scope="session")
def weed_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    """A running embedded S3 server."""
    embedded = EmbeddedStore(StoreSettings(home=tmp_path_factory.mktemp("weed"), min_free_mib=0))
    embedded.start()
    yield embedded
    embedded.stop()


@pytest.fixture(scope="session")
def weed_server(weed_store: EmbeddedStore) -> Server:
    """Its process, ports and metrics."""
    return weed_store.start()


@pytest.fixture(scope="session")
def weed(weed_store: EmbeddedStore, weed_server: Server) -> StoreSettings:
    """Its endpoint, bucket and keys."""
    return weed_store.settings(weed_server)


@pytest.fixture
def store_settings(weed: StoreSettings, tmp_path: Path) -> StoreSettings:
    """The running server's settings, with a prefix and a home of this test's own."""
    return weed.model_copy(update={"prefix": f"test-{secrets.token_hex(6)}", "home": tmp_path / "home"})


@pytest.fixture
def store(store_settings: StoreSettings) -> Iterator[Store]:
    """An empty store on the running server."""
    opened = Store(store_settings)
    yield opened
    opened.close()


@pytest.fixture
def store_env(store_settings: StoreSettings) -> dict[str, str]:
    """The same store as environment variables, for commands in processes of their own."""
    assert store_settings.secret_key
    return {
        "BROADSHEET_HOME": str(store_settings.home),
        "BROADSHEET_S3_ENDPOINT": str(store_settings.endpoint),
        "BROADSHEET_S3_BUCKET": str(store_settings.bucket),
        "BROADSHEET_S3_PREFIX": store_settings.prefix,
        "BROADSHEET_S3_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": str(store_settings.access_key),
        "AWS_SECRET_ACCESS_KEY": store_settings.secret_key.get_secret_value(),
    }


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their size: a gzip header holds the time, and test processes must agree on the names of the tests."""
    return f"{argname}-{len(val)}-bytes" if isinstance(val, bytes) else None


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to run without a folder of tests: pyproject.toml names them all, for their order."""
    here = Path(__file__).parent
    there = {f"tests/{path.relative_to(here).parts[0]}" for path in here.rglob("test_*.py")}
    if left_out := there.difference(config.getini("testpaths")):
        raise pytest.UsageError(f"pyproject.toml: testpaths leaves out {', '.join(sorted(left_out))}")
