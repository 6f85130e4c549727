"""### Counts the new article versions of each site

An example to start from: it runs after every publish that had something to say, reads the rows that were not there at
its last run, and counts them. Copy it into dags/.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import DAG, Asset, task

ARTICLES = Asset(name="broadsheet://articles", uri="broadsheet://articles")
MARK = "count_new_articles.table_version"  # of the articles table, as our last good run saw it


@task(inlets=[ARTICLES], retries=2)
def count_new_articles(**context: Any) -> dict[str, int]:  # noqa: ANN401 - Airflow's context
    """Return site → number of article versions that were committed since this DAG's last good run."""
    from storage import layout  # noqa: PLC0415 - inside the task: DAG files are read every half minute
    from storage.articles import Archive  # noqa: PLC0415
    from storage.tables import open_table  # noqa: PLC0415

    for events in context["triggering_asset_events"].values():
        for event in events:
            print(f"published: {event.extra}")  # noqa: T201 - {"runs": 1, "articles": 6, "table_version": 3, ...}
    mark = context["asset_state_store"][ARTICLES]
    seen = mark.get(MARK)
    with Archive.open() as archive:
        now = archive.table_version()
        rows = archive.articles(all_versions=True, columns=["site", "article_id", "version"]).to_pylist()
        before: set[tuple[str, int]] = set()
        if seen is not None and (table := open_table(archive.store, layout.ARTICLES)):
            table.load_as_version(int(seen))
            known = table.to_pyarrow_dataset().to_table(columns=["article_id", "version"]).to_pylist()
            before = {(row["article_id"], row["version"]) for row in known}
    fresh = Counter(row["site"] for row in rows if (row["article_id"], row["version"]) not in before)
    mark.set(MARK, now)  # last: a try that failed before this reads the same rows again
    return dict(fresh)


with DAG(
    dag_id="count_new_articles",
    schedule=[ARTICLES],
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags={"example"},
    doc_md=__doc__,
):
    count_new_articles()
