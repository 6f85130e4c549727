"""A Merkle root a day over the newest manifest of every site, which by the chains stands for every run before it.

`proof/YYYY-MM-DD.json` is written once. Its leaves are lines of text, in this order: "DAY AT" with the root of the
proof before it, if there is one; then "SITE/RUN SHA256" for the newest manifest of each site, by site. So a root that
was written down elsewhere vouches for every manifest of its day and before, and they for the sha256 of every capture.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import pairwise

from storage import layout
from storage.chain import read_newest
from storage.client import Store
from storage.errors import ObjectRefused, StoreConflict
from storage.findings import Findings
from storage.merkle import merkle_root


@dataclass(frozen=True, slots=True)
class Leaf:
    """The newest manifest of a site, with the hex sha256 of its bytes."""

    site: str
    run_id: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Proof:
    """One day's root, in hex, and what it was made of; `previous` is the proof before it, (day, root)."""

    day: date
    at: datetime
    root: str
    previous: tuple[date, str] | None
    leaves: tuple[Leaf, ...]

    def to_json(self) -> bytes:
        """Return the proof as indented JSON."""
        previous = {"day": self.previous[0].isoformat(), "root": self.previous[1]} if self.previous else None
        told = {"proof": 1, "day": self.day.isoformat(), "at": self.at.isoformat(), "root": self.root}
        leaves = [asdict(leaf) for leaf in self.leaves]
        return json.dumps(told | {"previous": previous, "leaves": leaves}, indent=1).encode()

    @classmethod
    def from_json(cls, body: bytes, key: str) -> Proof:
        """Return the proof in `body`; ObjectRefused, naming `key`, when it is none."""
        try:
            told = json.loads(body)
            before = told["previous"]
            previous = (date.fromisoformat(before["day"]), str(before["root"])) if before else None
            leaves = tuple(Leaf(**leaf) for leaf in told["leaves"])
            for leaf in leaves:
                layout.manifest_key(leaf.site, leaf.run_id)  # ValueError for what is none
            day, at = date.fromisoformat(told["day"]), datetime.fromisoformat(told["at"])
            return cls(day, at, str(told["root"]), previous, leaves)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ObjectRefused(f"{key}: no proof ({error!r}); restore it from a backup") from error


def root_of(day: date, at: datetime, previous: tuple[date, str] | None, leaves: Iterable[Leaf]) -> str:
    """Return the hex root of a proof."""
    head = " ".join([day.isoformat(), at.isoformat(), *(str(part) for part in previous or ())])
    lines = [head, *(f"{leaf.site}/{leaf.run_id} {leaf.sha256}" for leaf in leaves)]
    return merkle_root([line.encode() for line in lines]).hex()


def read_proofs(store: Store, kept: Mapping[date, str], found: Findings) -> list[Proof]:
    """Return every day's proof, oldest first; what is wrong with them goes to `found`.

    `kept` are roots that were written down elsewhere, by day.
    """
    proofs = list(_read(store, found))
    for proof in proofs:
        key = layout.proof_key(proof.day)
        if root_of(proof.day, proof.at, proof.previous, proof.leaves) != proof.root:
            found.add(key, "altered: its root is not that of its leaves")
        elif proof.root != kept.get(proof.day, proof.root):
            found.add(key, "altered: its root is not the one you kept")
    for before, after in pairwise([None, *proofs]):
        if after and after.previous != (before and (before.day, before.root)):
            day = after.previous[0] if after.previous else after.day
            key = layout.proof_key(day)
            found.add(key, f"missing or altered: {layout.proof_key(after.day)} carries its root; restore it")
    for day in kept.keys() - {proof.day for proof in proofs}:
        found.add(layout.proof_key(day), "missing, though you kept its root; restore it from a backup")
    found.counts["daily roots"] += len(proofs)
    return proofs


def _read(store: Store, found: Findings) -> Iterator[Proof]:
    for listed in store.list(layout.PROOF):
        try:
            body = store.get(listed.key).body
            proof = Proof.from_json(body, listed.key)
        except ObjectRefused as error:
            found.add(listed.key, error.message.removeprefix(f"{listed.key}: "))
            continue
        if layout.proof_key(proof.day) != listed.key:
            found.add(listed.key, f"is the proof of another day, {proof.day}")
            continue
        if proof.to_json() != body:
            found.add(listed.key, "altered: not as it was written")
        yield proof


def write_proof(store: Store, sites: Sequence[str], now: datetime, before: Sequence[Proof]) -> Proof | None:
    """Write the proof of `now`'s day after those `before` it, and return it; the day's own if it has one already.

    None in an archive without a run, and where the day's own is damaged.
    """
    day = now.date()
    if today := next((proof for proof in before if proof.day == day), None):
        return today
    leaves = tuple(_leaves(store, sites))
    if not leaves:
        return None
    previous = (before[-1].day, before[-1].root) if before else None
    proof = Proof(day, now, root_of(day, now, previous, leaves), previous, leaves)
    key = layout.proof_key(day)
    try:
        store.put(key, proof.to_json(), if_none_match=True)
    except StoreConflict:  # another verification wrote it meanwhile, or it is damaged and so not among `before`
        return None
    return proof


def _leaves(store: Store, sites: Sequence[str]) -> Iterator[Leaf]:
    for site in sorted(sites):
        try:
            newest = read_newest(store, site)
        except ObjectRefused:  # a finding of its own
            continue
        if newest:
            yield Leaf(site, newest.run_id, newest.sha256)
