"""The project's own pages as a corpus: the demo newspaper, whose truth is known line by line."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from pathlib import Path

from spiders.demo.newspaper import TEST_EPOCH, Expected, Newspaper, load_papers

AT_S = 7200.0  # after the last story and the last edit
SET = "demo"


def write_own_pages(folder: Path) -> None:
    """Write every live article's page and gold to `folder`, in the layout that load_pages reads."""
    (folder / SET).mkdir(parents=True)
    entries = []
    for paper in load_papers():
        newspaper = Newspaper(paper, f"https://{paper.name}.example", TEST_EPOCH)
        for number, expected in enumerate(newspaper.truth(AT_S)):
            if not expected.deleted:
                entries.append(_write(folder, f"{SET}/{paper.name}-{number}", newspaper, expected))
    (folder / "index.json").write_text(json.dumps(entries))


def _write(folder: Path, name: str, newspaper: Newspaper, expected: Expected) -> dict[str, str]:
    body = newspaper.render(expected.url.removeprefix(newspaper.base_url), AT_S).body
    (folder / f"{name}.html.gz").write_bytes(gzip.compress(body, mtime=0))
    gold = {
        "gold_text": expected.paragraphs,
        "gold_title": expected.title,
        "gold_authors": [expected.author],
        "gold_date": expected.published_at.isoformat(),
    }
    (folder / f"{name}.gold.json").write_text(json.dumps(gold))
    return {
        "id": name,
        "set": SET,
        "site": expected.site,
        "url": expected.url,
        "html": f"{name}.html.gz",
        "gold": f"{name}.gold.json",
        "captured_at": (TEST_EPOCH + timedelta(seconds=AT_S)).isoformat(),
    }
