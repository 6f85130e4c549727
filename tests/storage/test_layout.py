"""The bucket's page tells of every place that the code writes to."""

from __future__ import annotations

from pathlib import Path

from storage import layout

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"


def test_docs_tell_of_every_place_in_the_bucket() -> None:
    told = (DOCS / "storage.md").read_text()
    places = {value for name, value in vars(layout).items() if name.isupper() and isinstance(value, str)}
    places |= {layout.newest_key("site").replace("site", "SITE"), "profile.json.gz", "frontier.json.gz"}
    assert layout.STORIES in places
    assert sorted(place for place in places if place not in told) == []
