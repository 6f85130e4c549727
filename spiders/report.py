"""What a crawl of one site did, with counts that add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from extract.stored import StoredObject

NONE_ALIKE = "looks like an article's"  # ends what `sources` says of a section whose links the guess leaves out, all
OUTCOMES = ("captured", "not_modified", "unchanged", "not_due", "deferred", "failed")


@dataclass(frozen=True, slots=True)
class Failure:
    """A URL tried or refused without a response record. `reason` is a value of extract.rejection.Reason."""

    url: str
    reason: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CrawlReport:
    """One run of one site.

    `discovered` counts the distinct normalised candidates of the run: links of feeds, sitemaps and sections, and
    known articles that were due. Each has exactly one outcome: captured (a page's response is in the WARC, whatever
    its status), not_modified (304), unchanged (same payload as before), not_due, deferred (the run's bounds) or failed.
    """

    site: str
    run_id: str
    started_at: datetime
    finished_at: datetime
    discovered: int
    outcomes: dict[str, int]
    failures: tuple[Failure, ...]
    sources: dict[str, str]  # URL of a feed, sitemap, section or the home page → how it went, in a few words
    segments: tuple[StoredObject, ...]
    indexes: tuple[StoredObject, ...]
    recovered: tuple[tuple[str, tuple[StoredObject, ...]], ...]  # (dead run's id, its segments)
    requests: int
    bytes_received: int
    finish_reason: str  # finished, stopped, max_pages, time_budget

    def __post_init__(self) -> None:
        total = sum(self.outcomes.values())
        if total != self.discovered or self.outcomes.get("failed", 0) != len(self.failures):
            raise AssertionError(  # a bug in the crawl: never a green report
                f"{self.site}: outcomes {self.outcomes}, {len(self.failures)} failures, {self.discovered} discovered"
            )

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; datetimes as ISO 8601."""
        plain = asdict(self)
        for key in ("started_at", "finished_at"):
            plain[key] = plain[key].isoformat()
        plain["failures"] = [{**item, "at": item["at"].isoformat()} for item in plain["failures"]]
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> CrawlReport:
        """Return the report that `to_json` wrote; unknown keys are ignored."""
        failures = (
            Failure(i["url"], i["reason"], i["detail"], datetime.fromisoformat(i["at"])) for i in plain["failures"]
        )
        return cls(
            site=plain["site"],
            run_id=plain["run_id"],
            started_at=datetime.fromisoformat(plain["started_at"]),
            finished_at=datetime.fromisoformat(plain["finished_at"]),
            discovered=plain["discovered"],
            outcomes=dict(plain["outcomes"]),
            failures=tuple(failures),
            sources=dict(plain["sources"]),
            segments=_stored(plain["segments"]),
            indexes=_stored(plain["indexes"]),
            recovered=tuple((run_id, _stored(items)) for run_id, items in plain["recovered"]),
            requests=plain["requests"],
            bytes_received=plain["bytes_received"],
            finish_reason=plain["finish_reason"],
        )


def _stored(items: Iterable[Mapping[str, Any]]) -> tuple[StoredObject, ...]:
    return tuple(StoredObject(item["key"], item["sha256"], item["size"]) for item in items)
