"""What the sites of one crawl process share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from spiders.archive import CaptureArchive
from spiders.gate import Gates
from spiders.limits import Limits

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class House:
    """What the sites of a process share. `executor` runs the archive's blocking calls."""

    run_id: str
    archive: CaptureArchive
    emit: Callable[[dict[str, Any]], None]
    limits: Limits
    gates: Gates
    stop: asyncio.Event
    executor: Executor
    revisit_now: bool = False

    async def call(self, function: Callable[..., T], *args: Any) -> T:  # noqa: ANN401
        """Run a blocking call of the archive in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self.executor, partial(function, *args))
