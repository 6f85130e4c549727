"""`stage SITE --run RUN`: the last step of a site's DAG."""

from __future__ import annotations

import click

from cli.erase_rest import erase_rest
from cli.errors import LessThanExpected
from cli.runs import run_segments, run_shortfall, stage_run
from cli.site_run import RUN, SITE, crawled_manifest, say
from spiders.site import load_sites, select_sites
from storage.connect import open_store
from storage.lessons import drop_lessons
from storage.manifest import RunState, write_manifest
from storage.open_runs import close_runs, list_open, own_runs
from storage.staging import drop_parts


@click.command(hidden=True)
@SITE
@RUN
def stage(*, site_name: str, run_id: str) -> None:
    """Check that nothing of the run is missing, hand it to the publisher; exit 3 if the site gave too little."""
    site = select_sites([site_name], load_sites())[0]
    with open_store(check=False) as store:
        manifest, etag = crawled_manifest(store, site_name, run_id)
        if manifest.state == RunState.STAGED:
            why = run_shortfall(store, site, manifest)
        else:
            numbers = range(len(run_segments(manifest)))
            manifest, why = stage_run(store, site, manifest, numbers)
            write_manifest(store, manifest, etag)
            drop_parts(store, site_name, run_id, numbers)
            drop_lessons(store, site_name, run_id, numbers)
        adopted = [opened for opened in list_open(store) if opened.run_id in manifest.asked["adopted"]]
        close_runs(store, [*own_runs(store, run_id, site_name), *adopted], [site_name])
        erase_rest(store)
        counts = {key: manifest.counts[key] for key in ("discovered", "articles", "rejections", "recovered")}
        say(site=site_name, run_id=run_id, **counts)
    if reasons := [*manifest.damaged, *filter(None, [why])]:
        raise LessThanExpected("; ".join(reasons))
