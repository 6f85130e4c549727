"""Opening the archive's store: the configured S3, or the embedded server, started if it does not run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from storage.client import Store
from storage.embedded import EmbeddedStore
from storage.probe import check_store
from storage.settings import StoreSettings


@contextmanager
def open_store(settings: StoreSettings | None = None, *, check: bool = True) -> Iterator[Store]:
    """Give a Store that was reached, and with `check` proved to enforce conditional writes (once per bucket).

    The embedded server is started if need be and stopped at the end unless somebody else uses it.
    Raises StoreError, one line, within 10 s of a store that does not answer.
    """
    settings = settings or StoreSettings.from_env()
    if settings.embedded:
        embedded = EmbeddedStore(settings)
        with embedded.session() as server, _store(embedded.settings(server)) as store:
            yield store  # its conditional writes were proved once and for all: facts of the version we ship
        return
    with _store(settings) as store:
        if check:
            check_store(store, remembered=True)
        else:
            store.check_reachable()
        yield store


@contextmanager
def _store(settings: StoreSettings) -> Iterator[Store]:
    store = Store(settings)
    try:
        yield store
    finally:
        store.close()
