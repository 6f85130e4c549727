"""After a crash: what earlier runs of a site left in the spool, or this very run in the bucket, is taken up again."""

from __future__ import annotations

from dataclasses import dataclass, field

from extract.stored import StoredObject
from spiders.archive import CaptureArchive


@dataclass(slots=True)
class Recovered:
    facts: list = field(default_factory=list)
    own: tuple[StoredObject, ...] = ()
    own_indexes: tuple[StoredObject, ...] = ()
    dead: tuple[tuple[str, tuple[StoredObject, ...]], ...] = ()
    next_number: int = 1

    def forget(self) -> None: ...


def recover(archive: CaptureArchive, site: str, run_id: str) -> Recovered:
    return Recovered()
