"""One site's captures: those that its manifests list are there as they were written, and there are no others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from extract.stored import StoredObject
from storage import layout
from storage.findings import Findings
from storage.inventory import Found
from storage.manifest import RunState
from storage.open_runs import list_open
from storage.segments import ObjectChecker
from storage.verify_runs import Place, SiteRuns, check_chain, find_adopter, read_all


def check_site(place: Place, site: str, checker: ObjectChecker, found: Findings) -> SiteRuns:
    """Check a site's manifests and captures; what is wrong or under way goes to `found`."""
    # Captures first, then what is open, then manifests: a run writes them in this order.
    captures = {one.key: one for one in place.inventory.objects(layout.raw_prefix(site))}
    runs = SiteRuns(site, open_runs={one.run_id for one in list_open(place.store) if site in one.sites})
    keys = [one.key for one in place.inventory.objects(f"runs/{site}/")]
    runs.manifests = {named[1]: key for key in keys if (named := layout.manifest_run(key))}
    for facts in read_all(place, runs.manifests, found):
        runs.facts[facts.run_id] = facts
        if facts.state is None:
            runs.lost.add(facts.run_id)
    check_chain(place, runs, found)
    _check_captures(place, runs, captures, checker, found)
    _check_orphans(place, runs, captures, found)
    _check_leftovers(place, runs, keys, found)
    found.counts["runs"] += len(runs.facts)
    if going := runs.open_runs & {named[1] for key in [*captures, *keys] if (named := _run_of(key))}:
        found.in_flight |= {f"run {run_id} of {site} is not finished" for run_id in going}
    return runs


def _check_captures(
    place: Place, runs: SiteRuns, captures: Mapping[str, Found], checker: ObjectChecker, found: Findings
) -> None:
    listed: dict[str, StoredObject] = {}
    for run_id, facts in runs.facts.items():
        if run_id in runs.lost:
            continue
        for one in facts.captures:
            if one != listed.setdefault(one.key, one):
                found.add(one.key, f"{layout.manifest_key(runs.site, run_id)} and another manifest list it differently")
    standing = {key: place.erasures.standing(one) for key, one in listed.items()}
    for key in (key for key, one in standing.items() if one is None and key in captures):
        found.add(key, "erased, but there; delete it")
    there = _of_their_size([one for one in standing.values() if one], captures, runs, found)
    for checked in checker.check(there):
        if checked.wrong:
            found.add(checked.listed.key, checked.wrong)
            runs.damaged.add(checked.listed.key)
        elif checked.records:
            runs.records[checked.listed.key] = checked.records
    # a row keeps the place of a capture that is gone by age: it was within the object as it was
    runs.sizes = {key: one.size if one else listed[key].size for key, one in standing.items()}
    found.counts["objects"] += len(listed)


def _of_their_size(
    standing: Iterable[StoredObject], captures: Mapping[str, Found], runs: SiteRuns, found: Findings
) -> Iterator[StoredObject]:
    """Yield what is there with its size, or was not there yet when the captures were listed."""
    for one in standing:
        seen = captures.get(one.key)
        if seen is not None and seen.size != one.size:
            found.add(one.key, f"{seen.size} bytes, its manifest says {one.size}; restore it from a backup")
            runs.damaged.add(one.key)
        else:
            yield one


def _check_orphans(place: Place, runs: SiteRuns, captures: Mapping[str, Found], found: Findings) -> None:
    for key in captures:
        if key in runs.sizes:
            continue
        run = layout.raw_run(key)
        if run is None:
            found.add(key, "orphan: no manifest lists it, and its name is not one that a run gives")
        elif run[1] in runs.open_runs | runs.lost or not place.share.has_run(run[1]):
            continue
        elif not _is_taken_over(place, runs, run[1], key):
            found.add(key, "orphan: no manifest lists it")


def _is_taken_over(place: Place, runs: SiteRuns, run_id: str, key: str) -> bool:
    """Return whether `key` is a dead run's that a later one took over, or an index that came after that."""
    segment = key.removesuffix(".cdxj") + ".warc.gz" if key.endswith(".cdxj") else key
    find_adopter(place, runs, run_id)
    return run_id in runs.adopted and segment in runs.sizes


def _check_leftovers(place: Place, runs: SiteRuns, keys: Iterable[str], found: Findings) -> None:
    """Below runs/ there are manifests, each of a run that was staged, and parts of runs that are not yet."""
    for key in keys:
        if layout.manifest_run(key):
            continue
        part = layout.part_run(key)
        if part is None:
            found.add(key, "orphan: neither a manifest nor a part of a run")
            continue
        run_id = part[1]
        if run_id in runs.open_runs | runs.lost or not place.share.has_run(run_id):
            continue
        find_adopter(place, runs, run_id)
        if run_id in runs.adopted:
            found.in_flight.add(f"run {run_id} of {runs.site} died and was taken over; {key} may be deleted")
        else:
            found.add(key, "orphan: its run is staged and needs it no more; delete it")
    for run_id, facts in list(runs.facts.items()):
        if facts.state in {None, RunState.STAGED} or run_id in runs.open_runs | runs.lost:
            continue
        find_adopter(place, runs, run_id)
        if run_id not in runs.adopted:
            found.add(runs.manifests[run_id], "its run was crawled but never staged; clear its stage task")


def _run_of(key: str) -> tuple[str, str] | None:
    return layout.raw_run(key) or layout.manifest_run(key) or layout.part_run(key)
