"""Is the archive whole and as it was written? Every manifest, capture, table row and daily root against the others.

It may run while anything else does. What is under way is named and is not wrong; what seems wrong is looked at a
second time before it is said. Memory is bounded by a group of sites (GROUP_WEIGHT).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial

from click import ClickException

from storage import layout
from storage.client import Store
from storage.erasures import read_erasures
from storage.errors import ObjectMissing, ObjectRefused, StoreError, TableError
from storage.findings import Finding, Findings, Share
from storage.inventory import Inventory
from storage.proof import Proof, read_proofs, write_proof
from storage.segments import ObjectChecker
from storage.verify_captures import check_site
from storage.verify_rows import Known, ReadKnown, check_rows
from storage.verify_runs import Place
from storage.verify_tables import Notes, TableChecker, count_rows, read_notes, write_notes
from storage.verify_versions import check_texts, check_versions

GROUP_WEIGHT = 1_000_000  # captures and rows of the sites that are looked at together: some 300 MiB
FOLDERS = ("raw/", "runs/", layout.STAGED)


@dataclass(frozen=True, slots=True)
class Ask:
    """What to verify: every byte (`deep`) or what the store says of its objects; `days`: a day's share of so many.

    `kept` are daily roots that were written down elsewhere. `now` is an aware datetime.
    """

    read_known: ReadKnown
    now: datetime
    deep: bool = False
    days: int = 1
    kept: Mapping[date, str] = field(default_factory=dict)
    tell: Callable[[int, int], None] = lambda _done, _total: None


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a verification found. `counts` says what was looked at; `proof` is the day's."""

    findings: tuple[Finding, ...]
    in_flight: tuple[str, ...]
    counts: Mapping[str, int]
    proof: Proof | None


def verify(store: Store, ask: Ask) -> VerifyReport:
    """Verify the archive and write the day's root."""
    inventory = Inventory(store)
    try:
        return _Verification(store, inventory, ask).run()
    finally:
        inventory.close()


class _Verification:
    """One verification. `found` is what was confirmed so far."""

    def __init__(self, store: Store, inventory: Inventory, ask: Ask) -> None:
        self._store, self._ask, self.found = store, ask, Findings()
        self._rows: dict[str, int] = {}  # of the articles table, by site
        self._readable = True  # the tables' files are as they should be
        proofs = Findings()
        self._proofs = read_proofs(store, ask.kept, proofs)
        self.found.join(proofs)
        leaves: dict[str, dict[str, tuple[str, date]]] = {}
        for proof in self._proofs:
            for leaf in proof.leaves:
                leaves.setdefault(leaf.site, {})[leaf.run_id] = (leaf.sha256, proof.day)
        self._place = Place(store, inventory, Share(ask.days, ask.now.date()), read_erasures(store), leaves)

    def run(self) -> VerifyReport:
        self._rows = self._check_files()
        sites = self._sites()
        done = 0
        for group in self._groups(sites):
            checker = ObjectChecker(self._store, deep=self._ask.deep)
            self.found.join(self._twice(partial(self._look, group, checker)))
            self.found.counts["bytes read"] += checker.bytes_read
            done += len(group)
            self._ask.tell(done, len(sites))
        proof = self._prove(sites)
        counts = dict(sorted(self.found.counts.items()))
        return VerifyReport(tuple(sorted(self.found.wrong)), tuple(sorted(self.found.in_flight)), counts, proof)

    def _prove(self, sites: Sequence[str]) -> Proof | None:
        """Return the day's proof, written if there is none; nothing is vouched for while a chain is broken."""
        broken = {
            one.key for one in self.found.wrong if one.key.startswith(layout.PROOF) or layout.manifest_run(one.key)
        }
        broken |= {one.key for one in self.found.wrong} & {layout.newest_key(site) for site in sites}
        return None if broken else write_proof(self._store, sites, self._ask.now, self._proofs)

    def _twice(self, look: Callable[[], Findings]) -> Findings:
        """Look, and if something seems wrong look again: what went on meanwhile, a run or an erasure, is no finding."""
        first = look()
        if not first.wrong:
            return first
        self._place = replace(self._place, erasures=read_erasures(self._store))
        return first.confirmed(look())

    def _check_files(self) -> dict[str, int]:
        """Check the tables by themselves; return the articles' rows by site."""
        try:
            notes, etag = read_notes(self._store)
        except ObjectRefused as error:
            self.found.add(layout.TABLE_NOTES, error.message.removeprefix(f"{layout.TABLE_NOTES}: "))
            notes, etag = {}, None
        kept: list[Notes] = []
        rows: dict[str, int] = {}

        def look() -> Findings:
            checker = TableChecker(self._store, self._place.inventory, notes, deep=self._ask.deep)
            found = checker.check()
            kept.append(checker.kept)
            self._readable = not any(one.key.startswith((layout.ARTICLES, layout.REJECTIONS)) for one in found.wrong)
            if self._readable:
                rows.update(self._check_versions(found))
            return found

        self.found.join(self._twice(look))
        if kept[-1] != notes:
            write_notes(self._store, kept[-1], etag)
        return rows

    def _check_versions(self, found: Findings) -> dict[str, int]:
        try:
            rows = check_versions(self._place, count_rows(self._store, layout.ARTICLES), found)
            if self._ask.deep:
                check_texts(self._place, found)
        except TableError as error:
            self._readable = False
            found.add(layout.ARTICLES, error.message)
            return {}
        return rows

    def _sites(self) -> list[str]:
        """Return the sites that have anything in the archive; what cannot be a site's is a finding."""
        sites = {*self._rows, *self._place.leaves}
        for prefix in FOLDERS:
            folders, keys = self._place.inventory.below(prefix)
            sites.update(name for name in folders if layout.is_site(name))
            for key in [*keys, *(f"{prefix}{name}/" for name in folders if not layout.is_site(name))]:
                self.found.add(key, "orphan: of no site")
        return sorted(sites)

    def _groups(self, sites: Sequence[str]) -> Iterator[list[str]]:
        group: list[str] = []
        weight = 0
        for site in sites:
            captures = sum(1 for _ in self._place.inventory.objects(layout.raw_prefix(site)))
            own = (captures + self._rows.get(site, 0)) // self._ask.days
            if group and weight + own > GROUP_WEIGHT:
                yield group
                group, weight = [], 0
            group.append(site)
            weight += own
        if group:
            yield group

    def _look(self, sites: Sequence[str], checker: ObjectChecker) -> Findings:
        found = Findings()
        # Frontiers first: what they say was read is staged by then, or in the table.
        asked = (site for site in sites if self._place.share.has_site(site))
        known = {site: told for site in asked if (told := self._known(site, found))}
        runs = [check_site(self._place, site, checker, found) for site in sites]
        found.counts["sites"] += len(sites)
        if not self._readable:
            return found  # a damaged table is named; its rows would say the same again, one by one
        try:
            check_rows(self._place, runs, known, checker, found)
        except TableError as error:
            found.add(layout.ARTICLES, error.message)
        return found

    def _known(self, site: str, found: Findings) -> Known | None:
        key = layout.frontier_key(site)
        try:
            return self._ask.read_known(self._store.get(key).body, site)
        except ObjectMissing:
            if self._rows.get(site):
                found.add(key, f"missing, though {layout.ARTICLES} has rows of the site; restore it from a backup")
        except ObjectRefused as error:
            found.add(key, error.message)
        except StoreError:
            raise
        except ClickException as error:  # the crawler's own word on its file
            found.add(key, error.message)
        return None
