"""What erasures have left to do when runs that were under way have ended."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from storage.client import Store
from storage.errors import StoreError
from storage.tombstones import read_tombstones

log = logging.getLogger(__name__)


def erase_rest(store: Store) -> None:
    """Erase what runs that have ended captured of articles that were erased meanwhile. What fails waits for upkeep."""
    try:
        if not read_tombstones(store).waiting:
            return
        from storage.erase_finish import finish_erasures  # noqa: PLC0415 - half a second, and hardly ever needed

        finish_erasures(store, datetime.now(UTC))
    except StoreError as error:
        log.warning("an erasure waits for the next upkeep: %s", error.message)
