"""A slice of the archive's captures: of which site, fetched when, and the segments that may hold them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from storage import layout
from storage.client import Listed, Store
from storage.inventory import Inventory
from storage.moments import in_utc

DAY = timedelta(days=1)  # a segment of one day may hold records of the next, and clocks of two machines differ


@dataclass(frozen=True, slots=True)
class Slice:
    """Which captures: of one site or all, fetched from `since` on and before `until`; both are aware."""

    site: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def has(self, moment: datetime) -> bool:
        """Return whether what was fetched at `moment` is wanted."""
        return (self.since is None or moment >= self.since) and (self.until is None or moment < self.until)

    def may_have(self, day: date) -> bool:
        """Return whether a segment of `day` may hold something wanted."""
        after = self.since is None or day >= (in_utc(self.since) - DAY).date()
        return after and (self.until is None or day <= (in_utc(self.until) + DAY).date())

    def __str__(self) -> str:
        times = [
            f"{word} {in_utc(moment):%Y-%m-%d %H:%M} UTC"
            for word, moment in (("since", self.since), ("until", self.until))
            if moment
        ]
        return ", ".join([self.site or "all sites", *times])


@dataclass(frozen=True, slots=True)
class Segment:
    """A WARC segment in the bucket."""

    key: str
    size: int
    site: str
    day: date
    started: datetime  # its run

    @classmethod
    def of(cls, listed: Listed) -> Segment | None:
        """Return the segment that was `listed`, None for any other object."""
        if not listed.key.endswith(".warc.gz") or not (named := layout.raw_run(listed.key)):
            return None
        try:
            day = datetime.strptime("/".join(listed.key.split("/")[2:5]), "%Y/%m/%d").replace(tzinfo=UTC).date()
            return cls(listed.key, listed.size, named[0], day, layout.run_started(named[1]))
        except ValueError:
            return None  # no date: somebody else's

    def name(self, part: str = "") -> str:
        """Return its name in a WACZ, where all files lie in one folder."""
        return f"{self.site}-{self.key.rpartition('/')[2].removesuffix('.warc.gz')}{part}.warc.gz"


def list_segments(store: Store, chosen: Slice) -> Iterator[Segment]:
    """Yield the segments that may hold something of the slice, by site and day; other objects below raw/ are none."""
    for site in [chosen.site] if chosen.site else list_sites(store):
        start = layout.raw_day_prefix(site, (in_utc(chosen.since) - DAY).date()) if chosen.since else ""
        for listed in store.list(layout.raw_prefix(site), start_after=start):
            segment = Segment.of(listed)
            if segment and chosen.may_have(segment.day):
                yield segment


def list_sites(store: Store) -> list[str]:
    """Return the sites that have captures."""
    inventory = Inventory(store)
    try:
        return [name for name in inventory.below("raw/")[0] if layout.is_site(name)]
    finally:
        inventory.close()
