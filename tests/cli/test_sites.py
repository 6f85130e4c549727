from __future__ import annotations

from tests.cli.conftest import Cli


def test_sites_are_added_listed_disabled_and_enabled(cli: Cli) -> None:
    cli.sites_file.write_text("# mine\ndefaults: {delay: 3}\nsites: []\n")
    cli("sites", "add", "https://www.example.com/")
    cli("sites", "add", "https://news.example.org/front", "--name", "other")
    assert "2 sites, 2 enabled" in cli("sites", "check").stdout
    listed = cli("sites", "list").stdout
    assert "example-com" in listed
    assert "https://news.example.org/front" in listed
    cli("sites", "disable", "example-com")
    assert "2 sites, 1 enabled" in cli("sites", "check").stdout
    cli("sites", "enable", "example-com")
    assert "2 sites, 2 enabled" in cli("sites", "check").stdout
    assert cli.sites_file.read_text().startswith("# mine\n")


def test_a_site_is_switched_alone_and_the_file_stays_what_it_was(cli: Cli) -> None:
    real = cli.sites_file.with_name("real.yaml")
    site = "  - name: {0}\n    home: http://{0}.example/\n"
    real.write_text("sites:\n" + site.format("one") + site.format("two") + "defaults:\n  enabled: false\n")
    real.chmod(0o640)
    cli.sites_file.unlink(missing_ok=True)
    cli.sites_file.symlink_to(real)
    cli("sites", "enable", "two")
    assert "2 sites, 1 enabled" in cli("sites", "check").stdout
    cli("sites", "disable", "two")
    assert "2 sites, 0 enabled" in cli("sites", "check").stdout
    assert cli.sites_file.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640


def test_entries_that_take_in_the_same_articles_are_named(cli: Cli) -> None:
    site = "  - {{name: {0}, home: 'https://{1}/{0}', feeds: ['https://www.example.com/{0}.xml']{2}}}\n"
    entries = [
        ("world", "www.example.com", ""),
        ("sport", "sport.example.com", ""),
        ("film", "example.com", ", article_url: /film/"),
    ]
    cli.sites_file.write_text("sites:\n" + "".join(site.format(*entry) for entry in entries))
    checked = cli("sites", "check")
    assert "world and sport both take in example.com" in checked.stderr
    assert "film" not in checked.stderr


def test_a_change_that_cannot_be_right_leaves_the_file_as_it_was(cli: Cli) -> None:
    cli("sites", "add", "https://www.example.com/")
    before = cli.sites_file.read_text()
    for argv in (
        ("add", "ftp://example.net/"),
        ("add", "https://www.example.com/"),
        ("add", "https://x.example/\nsites: []"),
        ("disable", "nope"),
    ):
        assert len(cli("sites", *argv, code=2).stderr.strip().splitlines()) == 1
        assert cli.sites_file.read_text() == before


def test_a_site_written_in_one_line_is_left_to_its_author(cli: Cli) -> None:
    cli.sites_file.write_text("sites: [{name: a, home: 'http://a.example/'}]\n")
    assert "by hand" in cli("sites", "disable", "a", code=2).stderr
    assert "by hand" in cli("sites", "add", "http://b.example/", code=2).stderr


def test_a_misspelt_setting_stops_every_verb(cli: Cli) -> None:
    refused = cli("sites", "list", code=2, BROADSHEET_SITE="mine.yaml")
    assert refused.stderr == (
        "Error: BROADSHEET_SITE: no such setting; BROADSHEET_SITES is meant? Unset or rename it\n"
    )
