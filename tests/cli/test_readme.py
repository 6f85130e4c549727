"""What the README shows agrees with what the commands do."""

from __future__ import annotations

import re
from pathlib import Path

from tests.cli.conftest import Cli

README = (Path(__file__).resolve().parent.parent.parent / "README.md").read_text()


def test_the_site_that_the_readme_ingests_is_the_one_that_it_adds(cli: Cli) -> None:
    added = re.search(r"\./broadsheet (sites add \S+)", README)
    ingested = re.search(r"\./broadsheet ingest (\S+)", README)
    assert added
    assert ingested
    cli(*added[1].split())
    assert f"name: {ingested[1]}\n" in cli.sites_file.read_text()
