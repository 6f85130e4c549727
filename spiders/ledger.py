"""The books of one run of one site: each discovered URL in exactly one outcome."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from extract.rejection import Reason
from spiders.report import OUTCOMES, Failure


class Ledger:
    """Counts what becomes of each candidate; the last word on a URL stands."""

    def __init__(self) -> None:
        self.started_at = datetime.now(UTC)
        self.sources: dict[str, str] = {}
        self.requests = 0
        self.bytes_received = 0
        self._outcomes: dict[str, str] = {}
        self._failures: dict[str, Failure] = {}

    @property
    def discovered(self) -> int:
        """Distinct candidates so far."""
        return len(self._outcomes)

    def has(self, url: str) -> bool:
        """Return whether `url` is in the books."""
        return url in self._outcomes

    def note(self, url: str, outcome: str) -> None:
        """Book `url` under an outcome that is no failure."""
        self._outcomes[url] = outcome
        self._failures.pop(url, None)

    def fail(self, url: str, reason: Reason, detail: str) -> None:
        """Book `url` as failed."""
        self._outcomes[url] = "failed"
        self._failures[url] = Failure(url, reason.value, detail, datetime.now(UTC))

    def outcomes(self) -> dict[str, int]:
        """Return the count of each outcome, zeros included."""
        counts = Counter(self._outcomes.values())
        return {name: counts[name] for name in OUTCOMES}

    def failures(self) -> tuple[Failure, ...]:
        """Return the failures in the order they came."""
        return tuple(self._failures.values())
