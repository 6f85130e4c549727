"""What a verification says: findings, each one line that names the thing, and what was looked at."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from storage import layout


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong: the key of the object, or of the table, and what is wrong with it."""

    key: str
    what: str

    def __str__(self) -> str:
        return f"{self.key}: {self.what}"


@dataclass(slots=True)
class Findings:
    """What one look at a part of the archive gave; `in_flight` names what is under way and is not wrong for that."""

    wrong: set[Finding] = field(default_factory=set)
    in_flight: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, key: str, what: str) -> None:
        """Note that something is wrong with `key`."""
        self.wrong.add(Finding(key, what))

    def confirmed(self, again: Findings) -> Findings:
        """Return the second look, with those findings only that both gave: a run under way changes between the two."""
        return Findings(self.wrong & again.wrong, again.in_flight, again.counts)

    def join(self, other: Findings) -> None:
        """Take in what another part gave."""
        self.wrong |= other.wrong
        self.in_flight |= other.in_flight
        self.counts += other.counts


@dataclass(frozen=True, slots=True)
class Share:
    """The part of the archive to be looked at: every run, or those of one in `days` days, so that each has its turn.

    A day's runs come first on the day after, then every `days` days; a site's frontier once in `days` days.
    """

    days: int
    today: date

    @property
    def is_all(self) -> bool:
        return self.days == 1

    def has_run(self, run_id: str) -> bool:
        """Return whether the run's turn is today."""
        age = self.today - layout.run_started(run_id).date()
        return age.days % self.days == 1 % self.days

    def has_site(self, site: str) -> bool:
        """Return whether the turn of the site's frontier is today."""
        return zlib.crc32(site.encode()) % self.days == self.today.toordinal() % self.days
