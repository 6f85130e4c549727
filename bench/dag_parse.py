"""`python -m bench.dag_parse`: CPU seconds in which the DAG files are read, as the DAG processor and every task do.

Prints one JSON line a row: sites, DAGs built, and the processor seconds of the best and the median of five readings.
Airflow itself is loaded before, as it is where DAG files are read.
"""

from __future__ import annotations

import json
import os
import runpy
import statistics
import tempfile
import time
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
ENTRY = '  - {{name: site-{number}, home: "https://site-{number}.example/", feeds: ["https://site-{number}.example/rss"]}}\n'
TRIES = 5


def read_dag_files() -> int:
    """Read dags/*.py once; return how many DAGs they make."""
    from airflow.sdk import DAG  # noqa: PLC0415 - after the environment is set

    made = runpy.run_path(str(REPO / "dags" / "news.py")) | runpy.run_path(str(REPO / "dags" / "publish.py"))
    return len({value.dag_id for value in made.values() if isinstance(value, DAG)})


def measure(sites: int, only: str | None, folder: Path) -> dict[str, object]:
    """Return one row; `only` is the DAG that a starting task needs."""
    path = folder / f"{sites}.yaml"
    path.write_text("sites:\n" + "".join(ENTRY.format(number=number) for number in range(sites)))
    os.environ["BROADSHEET_SITES"] = str(path)
    os.environ.pop("_AIRFLOW_PARSING_CONTEXT_DAG_ID", None)
    if only:
        os.environ["_AIRFLOW_PARSING_CONTEXT_DAG_ID"] = only
    taken = []
    for _ in range(TRIES):
        started = time.process_time()
        dags = read_dag_files()
        taken.append(time.process_time() - started)
    return {
        "sites": sites,
        "dags": dags,
        "best_s": round(min(taken), 3),
        "median_s": round(statistics.median(taken), 3),
    }


def main() -> None:
    """Print the rows."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"AIRFLOW_HOME": str(REPO), "BROADSHEET_HOME": folder}
        os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{folder}/unused.db"
        read_dag_files()  # loads Airflow
        for sites, only in ((10, None), (200, None), (1000, None), (200, "news__site-7")):
            print(json.dumps(measure(sites, only, Path(folder)) | {"at_task_start": only is not None}))


if __name__ == "__main__":
    main()
