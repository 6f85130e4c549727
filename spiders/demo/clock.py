"""Where the demo's time comes from: seconds since its epoch, the moment when the newspaper first opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

Clock = Callable[[], float]  # → at_s, seconds of newspaper time since the epoch


@dataclass(slots=True)
class ManualClock:
    """A clock that a test sets: `clock.at_s = 300.0`."""

    at_s: float = 0.0

    def __call__(self) -> float:
        return self.at_s


@dataclass(frozen=True, slots=True)
class WallClock:
    """The machine's clock since `epoch`, `speed` times as fast."""

    epoch: datetime
    speed: float = 1.0

    def __call__(self) -> float:
        return (datetime.now(UTC) - self.epoch).total_seconds() * self.speed
