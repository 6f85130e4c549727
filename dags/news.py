"""One DAG a site: `news__NAME` crawls, extracts and stages. The sites are data (sites.yaml)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Asset, chain, get_parsing_context

from dags.step import Step
from spiders.site import Site, load_sites

DOC = """### Archives **{name}**, {home}

`crawl` discovers and fetches new and due pages into WARC files · `extract` reads the articles out of them ·
`stage` hands them to the `publish` DAG, which commits them to the articles table.

* **Is it working?** Each run is green and the log of `crawl` ends with its counts. A site that gives no article within
  its `expect_within` ({expect_within}) fails its run with the reason. What is kept:
  `./broadsheet articles --site {name}`.
* **Where things lie** in the bucket: `raw/{name}/` captures, `runs/{name}/` a manifest a run,
  `state/{name}/` what was seen, `tables/articles/` the articles.
* **Run again:** clear a task here, which repeats it under the same run id and adds nothing twice; trigger the DAG
  for a new pass; or `./broadsheet ingest {name}` without Airflow.
* **Settings** are the site's entry in sites.yaml (`./broadsheet sites check`); {schedule}, {delay} s between requests.
"""
CHAIN = {  # task id: verb of `python -m cli`, its time limit
    "crawl": ("crawl", timedelta(hours=1)),
    "extract": ("extract-run", timedelta(minutes=30)),
    "stage": ("stage", timedelta(minutes=15)),
}
DEFAULTS = {
    "owner": "broadsheet",
    "retries": 2,
    "retry_delay": timedelta(minutes=1),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=15),
    "pool": "news",
}


def build(site: Site) -> DAG:
    """Return the DAG of one site."""
    doc = DOC.format_map(site.model_dump() | {"schedule": site.schedule})
    with DAG(
        dag_id=f"news__{site.name}",
        schedule=site.schedule,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,  # one polite visitor at a time
        dagrun_timeout=timedelta(hours=3),
        default_args=DEFAULTS,
        tags={"news", "demo"} if site.demo else {"news"},
        description=site.home,
        doc_md=doc,
    ) as dag:
        steps = [
            Step(task_id=task_id, verb=verb, site=site.name, execution_timeout=limit)
            for task_id, (verb, limit) in CHAIN.items()
        ]
        steps[-1].outlets.append(Asset(name=f"broadsheet://sites/{site.name}", uri=f"broadsheet://sites/{site.name}"))
        chain(*steps)
    return dag


only = get_parsing_context().dag_id  # at a task's start: this one DAG, not two hundred
for each in load_sites():
    if each.enabled and only in {None, f"news__{each.name}"}:
        globals()[f"news__{each.name}"] = build(each)
