"""### Counts the new article versions of each site

An example to start from: it runs after every publish that had something to say, reads the rows that were not there at
its last good run, and counts them. Copy it into dags/; docs/downstream-dag.md says what it promises.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, Asset, task

ARTICLES = Asset(name="broadsheet://articles", uri="broadsheet://articles")
KEYS = ["article_id", "version"]  # what a row is called; never given to another
SEEN = "own/count_new_articles.parquet"  # in the bucket: the KEYS of all rows that our last good run saw


@task(inlets=[ARTICLES], retries=2, retry_delay=timedelta(minutes=1))
def count_new_articles(**context: Any) -> dict[str, Any]:  # noqa: ANN401 - Airflow's context
    """Return `new`: site → article versions that our last good run did not see; `taken_out`: how many are no more."""
    import pyarrow as pa  # noqa: PLC0415 - inside the task: DAG files are read every half minute
    import pyarrow.parquet as pq  # noqa: PLC0415

    from storage.articles import Archive  # noqa: PLC0415
    from storage.errors import ObjectMissing  # noqa: PLC0415

    for events in context["triggering_asset_events"].values():
        for event in events:
            print(f"published: {event.extra}")  # noqa: T201 - {"runs": 1, "articles": 6, "table_version": 3, ...}
    with Archive.open() as archive:
        rows = archive.article_batches(all_versions=True, columns=[*KEYS, "site"]).read_all()  # one commit's, whole
        keys = rows.select(KEYS)
        try:
            seen = pq.read_table(pa.BufferReader(archive.store.get(SEEN).body))
        except ObjectMissing:
            seen = keys.slice(0, 0)  # the first run: all is new
        new = rows.join(seen, keys=KEYS, join_type="left anti")
        taken_out = seen.join(keys, keys=KEYS, join_type="left anti")  # erased, or past its site's keep_days
        result = {"new": dict(Counter(new["site"].to_pylist())), "taken_out": taken_out.num_rows}
        # Your own work with the rows `new` comes here; then the mark, last: a try that fails before sees them again.
        sink = pa.BufferOutputStream()
        pq.write_table(keys, sink, compression="zstd")
        archive.store.put(SEEN, sink.getvalue().to_pybytes())
    return result


with DAG(
    dag_id="count_new_articles",
    schedule=[ARTICLES],
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # two at once would both see the same rows as new
    tags={"example"},
    doc_md=__doc__,
):
    count_new_articles()
