from __future__ import annotations

from pathlib import Path

import pytest

from spiders.errors import SiteFileError
from spiders.site import Site, load_sites


def one_site(tmp_path: Path, entry: str, defaults: str = "{}") -> Site:
    path = tmp_path / "sites.yaml"
    path.write_text(f"defaults: {defaults}\nsites:\n  - name: times\n    home: http://x.example/\n    {entry}\n")
    return load_sites([path])[0]


@pytest.mark.parametrize(
    ("entry", "fix"),
    [
        ("feeds: http://x.example/f", "write a list: [http://x.example/f] (given: 'http://x.example/f')"),
        ("revisit: 15m, 1h", "write a list: [15m, 1h] (given: '15m, 1h')"),
        ("sections: {a: b}", "write a list: [...] (given: \"{'a': 'b'}\")"),
        ("feeds: null", "write a list: [...] (given: null)"),
        ("keep_raw_days: for ever", "write a number of days from 1 to 100000, or null: for ever (given: 'for ever')"),
        ("keep_days: 0", "write a number of days from 1 to 100000, or null: for ever (given: '0')"),
        ("language: english", "write two letters of ISO 639-1 such as en, or null: detected (given: 'english')"),
        ("schedule: null", "cannot be null; write a value or leave the key out (given: null)"),
        ("revisit: [15m, 3x]", "'3x' is no span; write a whole number and s, m, h or d, such as 15m or 7d"),
        ("delay: soon", "Input should be a valid number, unable to parse string as a number (given: 'soon')"),
    ],
)
def test_a_value_of_the_wrong_kind_is_told_what_to_write(tmp_path: Path, entry: str, fix: str) -> None:
    with pytest.raises(SiteFileError) as caught:
        one_site(tmp_path, entry)
    assert caught.value.message == f"{tmp_path}/sites.yaml:5: {entry.partition(':')[0]}: {fix}"


@pytest.mark.parametrize("name", ["open", "erasing", "probe", "stories"])
def test_the_archives_own_folders_are_no_names(tmp_path: Path, name: str) -> None:
    """State/erasing/ is swept: the site's frontier would go with it."""
    path = tmp_path / "sites.yaml"
    path.write_text(f"sites:\n  - name: {name}\n    home: http://x.example/\n")
    with pytest.raises(SiteFileError, match=f"{name}' is a folder of the archive's own"):
        load_sites([path])


@pytest.mark.parametrize("key", ["article_url", "language", "keep_raw_days", "keep_days"])
def test_null_undoes_a_default(tmp_path: Path, key: str) -> None:
    defaults = "{article_url: /a/, language: de, keep_raw_days: 7, keep_days: 9}"
    assert getattr(one_site(tmp_path, "delay: 1", defaults), key)
    assert getattr(one_site(tmp_path, f"{key}: null", defaults), key) is None
