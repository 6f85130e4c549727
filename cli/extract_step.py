"""`extract-run SITE --run RUN`: the second step of a site's DAG."""

from __future__ import annotations

from concurrent.futures import as_completed
from dataclasses import replace

import click

from cli.errors import RunFailed
from cli.extraction import SegmentTask, extractors
from cli.learning import learn_run
from cli.runs import run_segments
from cli.site_run import RUN, SITE, crawled_manifest, say
from storage.client import Store
from storage.connect import open_store
from storage.lessons import read_lessons, written_lessons
from storage.manifest import RunManifest, RunState, change_manifest
from storage.profiles import StoredProfile, read_profile
from storage.staging import written_parts


@click.command("extract-run", hidden=True)
@SITE
@RUN
def extract_run(*, site_name: str, run_id: str) -> None:
    """Read every page that the run captured. Segments that were read already are not read again."""
    with open_store(check=False) as store, extractors() as pool:
        manifest, _ = crawled_manifest(store, site_name, run_id)
        articles = rejections = 0
        wrong: list[str] = []
        if manifest.state == RunState.CRAWLED:
            current = read_profile(store, site_name)
            done = written_parts(store, site_name, run_id) & written_lessons(store, site_name, run_id)
            tasks = [
                SegmentTask(site_name, run_id, number, one.key, current.packed, keep_lessons=True)
                for number, one in enumerate(run_segments(manifest))
                if number not in done
            ]
            reads = [done.result() for done in as_completed([pool.extract(task) for task in tasks])]
            articles, rejections = (
                sum(getattr(one.part, kind) for one in reads) for kind in ("articles", "rejections")
            )
            wrong = [f"{one.wrong}; what came before it was read" for one in reads if one.wrong]
            _learn(store, manifest, current, wrong)
        say(
            site=site_name,
            run_id=run_id,
            segments=len(run_segments(manifest)),
            articles=articles,
            rejections=rejections,
        )
    if wrong:  # the parts are written, so that a retry of this task goes on; `stage` says it again
        raise RunFailed("; ".join(wrong))


def _learn(store: Store, manifest: RunManifest, current: StoredProfile, wrong: list[str]) -> None:
    """Teach the site's profile what the run's pages taught, in an earlier try too; note it, and what is `wrong`."""
    site, run_id = manifest.site, manifest.run_id
    numbers = range(len(run_segments(manifest)))
    told = learn_run(store, site, run_id, current, (read_lessons(store, site, run_id, number) for number in numbers))

    def note(one: RunManifest) -> RunManifest:
        damaged = tuple(dict.fromkeys([*one.damaged, *wrong]))
        return replace(one, profile=told, damaged=damaged) if one.state == RunState.CRAWLED else one

    change_manifest(store, site, run_id, note)
