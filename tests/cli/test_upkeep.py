from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from storage import layout
from storage.articles import Archive
from storage.client import Store
from storage.publish import publish
from tests.cli.conftest import Cli
from tests.storage.making import article, run_id, stage_outcomes


def test_upkeep_compacts_and_drops_what_a_site_keeps_no_longer(cli: Cli, store: Store) -> None:
    old = datetime.now(UTC) - timedelta(days=9)
    for number, at in enumerate((old, old, datetime.now(UTC))):
        stage_outcomes(store, "times", run_id(number), [article(f"a{number}", captured_at=at)])
        publish(store)
    entry = {"name": "times", "home": "https://times.example/"}
    cli.write_sites(entry | {"keep_days": 10, "keep_raw_days": 7})
    said = cli("upkeep").stdout
    assert said.startswith("1 days compacted, 2 files into 2; deleted")
    cli.write_sites(entry | {"keep_days": 7})
    told = json.loads(cli("upkeep-daily").stdout.splitlines()[-1])
    assert (told["articles"], told["unfinished"]) == (2, [])
    assert [row["url"] for row in Archive(store).articles().to_pylist()] == ["https://times.example/a2"]
    assert json.loads(store.get(layout.RETENTION).body)["times"]["rows"] is not None


def test_a_span_to_keep_that_is_none_is_a_usage_error(cli: Cli) -> None:
    cli.write_sites({"name": "times", "home": "https://times.example/", "keep_days": 0})
    assert "keep_days" in cli("upkeep", code=2).stderr
