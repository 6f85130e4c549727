"""One site's runs: what its manifests say, and whether each is the one that the next carries the sha256 of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from extract.stored import StoredObject
from storage import layout
from storage.chain import Link, Newest, read_newest
from storage.client import Store
from storage.erasures import Erasures
from storage.errors import ObjectMissing, ObjectRefused
from storage.findings import Findings, Share
from storage.inventory import Inventory
from storage.manifest import RunManifest, RunState
from storage.segments import BATCH, READERS, Record


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is kept of a manifest while a site is looked at. `link` and `sha256` are None of one that cannot be read."""

    run_id: str
    sha256: str
    link: Link | None = None
    state: RunState | None = None
    adopted: tuple[str, ...] = ()
    articles: int = 0
    rejections: int = 0
    staged: StoredObject | None = None
    captures: tuple[StoredObject, ...] = ()


@dataclass(slots=True)
class SiteRuns:
    """What is known of one site. `lost` are the runs whose manifest is missing or wrong: named once, and no more."""

    site: str
    manifests: dict[str, str] = field(default_factory=dict)  # the key of every manifest there, by run id
    facts: dict[str, RunFacts] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)  # of the captures that a manifest lists and that are there
    records: dict[str, tuple[Record, ...]] = field(default_factory=dict)  # by key, of a deep look
    damaged: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    open_runs: set[str] = field(default_factory=set)
    searched: set[str] = field(default_factory=set)  # dead runs whose heir was looked for

    def explains(self, place: Place, run_id: str) -> bool:
        """Return whether rows of `run_id` are accounted for: by its manifest, or because it goes on or died."""
        if run_id in self.manifests or run_id in self.open_runs or run_id in self.lost:
            return True
        find_adopter(place, self, run_id)
        return run_id in self.adopted

    @property
    def adopted(self) -> set[str]:
        """The dead runs whose captures a later run took over."""
        return {run_id for facts in self.facts.values() for run_id in facts.adopted}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a verification looks: the archive, the part of it, and what was erased there on purpose."""

    store: Store
    inventory: Inventory
    share: Share
    erasures: Erasures
    leaves: Mapping[str, Mapping[str, tuple[str, date]]]  # by site and run: a manifest's sha256 on the day of a proof


def read_all(place: Place, manifests: Mapping[str, str], found: Findings) -> Iterator[RunFacts]:
    pending = iter([(run_id, key) for run_id, key in manifests.items() if place.share.has_run(run_id)])
    with ThreadPoolExecutor(READERS, "manifests") as readers:
        while batch := list(islice(pending, BATCH)):
            yield from filter(None, readers.map(lambda one: read_facts(place.store, one[0], one[1], found), batch))


def read_facts(store: Store, run_id: str, key: str, found: Findings) -> RunFacts | None:
    """Return what the manifest at `key` says; what is wrong with it by itself goes to `found`. None if it is gone."""
    try:
        body = store.get(key).body
    except ObjectMissing:
        return None
    sha256 = hashlib.sha256(body).hexdigest()
    try:
        manifest = RunManifest.from_json(body, key)
        told = layout.manifest_key(manifest.site, manifest.run_id)
        facts = _facts(manifest, sha256)
    except ObjectRefused as error:
        found.add(key, error.message.removeprefix(f"{key}: "))
        return RunFacts(run_id, sha256)
    except (TypeError, ValueError, AttributeError) as error:
        found.add(key, f"altered: no manifest of ours ({error!r}); restore it from a backup")
        return RunFacts(run_id, sha256)
    if told != key:
        found.add(key, f"is the manifest of another run, {told}")
        return RunFacts(run_id, sha256)
    if manifest.state == RunState.STAGED and (wrong := _unbalanced(manifest)):
        found.add(key, wrong)
    return facts


def _facts(manifest: RunManifest, sha256: str) -> RunFacts:
    """Return what is kept of a manifest; TypeError, ValueError or AttributeError where a value is of another kind."""
    counts = manifest.counts
    articles, rejections = int(counts.get("articles", 0)), sum(counts.get("rejections", {}).values())
    link = Link(manifest.previous or "", manifest.previous_sha256) if manifest.previous_sha256 else None
    if link:
        bytes.fromhex(link.sha256)
        layout.manifest_key(manifest.site, link.run_id)
    if any(not isinstance(one.sha256, str) or not isinstance(one.size, int) for one in manifest.objects):
        raise TypeError("an object without a sha256 or a size")
    staged = next((one for one in manifest.objects if one.key.startswith(layout.STAGED)), None)
    captures = tuple(one for one in manifest.objects if not one.key.startswith(layout.STAGED))
    adopted = tuple(manifest.asked.get("adopted", ()))
    return RunFacts(manifest.run_id, sha256, link, manifest.state, adopted, articles, rejections, staged, captures)


def _unbalanced(manifest: RunManifest) -> str | None:
    """Return in a few words how the counts of a staged run fail to add up (docs/records.md), None if they do."""
    counts = manifest.counts
    try:
        came = counts["discovered"] + counts["recovered"]
        outcomes = {name: count for name, count in counts["outcomes"].items() if name not in {"captured", "failed"}}
        went = counts["articles"] + sum(counts["rejections"].values()) + sum(outcomes.values())
    except (KeyError, TypeError, AttributeError) as error:
        return f"its counts are not those of a staged run ({error!r})"
    return None if came == went else f"its counts do not add up: {came} URLs came, {went} have an outcome"


def check_chain(place: Place, runs: SiteRuns, found: Findings) -> None:
    """Each manifest is the one that the next carries the sha256 of, and the last the one in state/SITE/newest.json."""
    end = _newest(place, runs.site, found)
    # which sha256 a run's manifest must have, and the key that says so
    wanted = {link.run_id: (link.sha256, runs.manifests[after]) for after, link in _links(runs)}
    if end:
        wanted[end.run_id] = (end.sha256, layout.newest_key(runs.site))
    elif wanted:
        found.add(layout.newest_key(runs.site), "missing; copy the newest manifest of the site to it")
    for run_id, (sha256, witness) in wanted.items():
        key = layout.manifest_key(runs.site, run_id)
        facts = runs.facts.get(run_id) or read_facts(place.store, run_id, key, Findings())
        is_end = end is not None and run_id == end.run_id
        if is_end and run_id in runs.open_runs and (facts is None or facts.state == RunState.CRAWLED):
            continue  # its run is between the two writes, or died there: the next one writes it
        if facts is None:
            found.add(key, f"missing, {witness} {'is a copy of it' if is_end else 'comes after it'}; put it back")
            runs.lost.add(run_id)
        elif _is(place.erasures, key, sha256, facts.sha256):
            continue
        elif not is_end:
            found.add(key, f"altered: its sha256 is not the one that {witness} carries")
            runs.lost.add(run_id)
        elif place.leaves.get(runs.site, {}).get(run_id, ("",))[0] == facts.sha256:
            found.add(witness, f"altered: not as {key}, which a daily root vouches for; copy that to it")
        else:
            found.add(key, f"altered, or {witness} is: they are not the same")
            runs.lost.add(run_id)
    _check_leaves(place, runs, found)
    if place.share.is_all and not runs.lost and (end or not wanted):
        _check_followed(runs, set(wanted), found)


def _check_leaves(place: Place, runs: SiteRuns, found: Findings) -> None:
    """The manifests that a daily proof stands on are as they were that day."""
    for run_id, (sha256, day) in place.leaves.get(runs.site, {}).items():
        if run_id in runs.lost or not place.share.has_run(run_id):
            continue
        key, facts = layout.manifest_key(runs.site, run_id), runs.facts.get(run_id)
        if facts is None:
            found.add(key, f"missing, {layout.proof_key(day)} has its sha256; restore it from a backup")
            runs.lost.add(run_id)
        elif not _is(place.erasures, key, sha256, facts.sha256):
            found.add(key, f"altered: its sha256 is not the one that {layout.proof_key(day)} has")
            runs.lost.add(run_id)


def _newest(place: Place, site: str, found: Findings) -> Newest | None:
    try:
        return read_newest(place.store, site)
    except ObjectRefused as error:
        found.add(layout.newest_key(site), error.message.removeprefix(f"{layout.newest_key(site)}: "))
        return None


def _links(runs: SiteRuns) -> Iterator[tuple[str, Link]]:
    """Yield the runs that name the one before them, and what they say of it."""
    yield from ((run_id, facts.link) for run_id, facts in runs.facts.items() if facts.link)


def _is(erasures: Erasures, key: str, sha256: str, found: str) -> bool:
    if sha256 == found:
        return True
    standing = erasures.standing(StoredObject(key, sha256, 0))
    return standing is not None and standing.sha256 == found


def _check_followed(runs: SiteRuns, followed: set[str], found: Findings) -> None:
    """Every staged run is in the chain, but those of before the chain began, which have no link and are older."""
    first = min((run_id for run_id in followed if (facts := runs.facts.get(run_id)) and not facts.link), default=None)
    for run_id, facts in runs.facts.items():
        if facts.state != RunState.STAGED or run_id in followed or run_id in runs.open_runs:
            continue
        if facts.link is None and (first is None or run_id < first):
            found.counts["runs before the chain"] += 1
        else:
            found.add(layout.manifest_key(runs.site, run_id), "not in the chain of its site's runs: no run wrote it")


def find_adopter(place: Place, runs: SiteRuns, run_id: str) -> None:
    """Take in the first later run that took over `run_id`, where only a share of the manifests was read."""
    if place.share.is_all or run_id in runs.searched or run_id in runs.adopted:
        return
    runs.searched.add(run_id)
    for later in sorted(other for other in runs.manifests if other > run_id and other not in runs.facts):
        facts = read_facts(place.store, later, runs.manifests[later], Findings())
        if facts and run_id in facts.adopted:
            runs.facts[later] = facts
            runs.sizes |= {one.key: one.size for one in facts.captures if one.key not in runs.sizes}
            return
