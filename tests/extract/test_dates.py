from __future__ import annotations

from datetime import UTC, datetime

import pytest

from extract.dates import find_dates, parse_date, past_date, url_date
from extract.months import LANGUAGES, month_number


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2026-11-22", "2026-11-22T00:00:00+00:00"),
        ("2026-11-22T08:30:00+02:00", "2026-11-22T06:30:00+00:00"),
        ("2026-11-22T08:30:00.123Z", "2026-11-22T08:30:00+00:00"),
        ("2026-11-22 08:30", "2026-11-22T08:30:00+00:00"),
        ("2026-11-22T08:30:00-0530", "2026-11-22T14:00:00+00:00"),
        ("20261122T083000Z", "2026-11-22T08:30:00+00:00"),
        ("2026/11/22 08:30:00", "2026-11-22T08:30:00+00:00"),
        ("Sun, 22 Nov 2026 08:30:00 GMT", "2026-11-22T08:30:00+00:00"),
        ("Sun, 22 Nov 2026 08:30:00 +0100", "2026-11-22T07:30:00+00:00"),
        ("1795336200", "2026-11-22T08:30:00+00:00"),
        ("1795336200000", "2026-11-22T08:30:00+00:00"),
        ("22.11.2026, 08:30:00", "2026-11-22T08:30:00+00:00"),
        ("Sunday, November 22nd, 2026, 8:30 PM", "2026-11-22T20:30:00+00:00"),
        ("22. November 2026", "2026-11-22T00:00:00+00:00"),
        ("dimanche 22 novembre 2026 à 08h30", "2026-11-22T08:30:00+00:00"),
        ("22 de noviembre de 2026", "2026-11-22T00:00:00+00:00"),
        ("22 ноября 2026", "2026-11-22T00:00:00+00:00"),
        ("22 Kasım 2026 08:30", "2026-11-22T08:30:00+00:00"),
        ("2026年11月22日 08:30", "2026-11-22T08:30:00+00:00"),
        ("2026. 11. 22. 08:30", "2026-11-22T08:30:00+00:00"),
        ("2026. november 22.", "2026-11-22T00:00:00+00:00"),
        ("22 नवंबर 2026", "2026-11-22T00:00:00+00:00"),
    ],
)
def test_a_date_written_in_full_is_read(written: str, iso: str) -> None:
    found = parse_date(written)
    assert found is not None
    assert found.isoformat() == iso


@pytest.mark.parametrize(
    "written",
    [
        "08:30",
        "yesterday",
        "November",
        "2026",
        "2026-13-01",
        "2026-02-30",
        "",
        "x" * 500,
        None,
        1,
        "22.11.",
        "11/12/2026",
        "12 listopada 2026",
        "22.11.2026 - 23.11.2026",
        "31. Februar 2026",
        "2.4.2010.7",
        "22.11.26",
    ],
)
def test_a_date_that_lacks_a_part_is_none(written: object) -> None:
    assert parse_date(written) is None


@pytest.mark.parametrize(
    ("url", "iso"),
    [
        ("https://n.example/2026/11/22/bridge", "2026-11-22"),
        ("https://n.example/news/2026-11-22-bridge", "2026-11-22"),
        ("https://n.example/news/20261122/bridge", "2026-11-22"),
        ("https://n.example/2026-11/22/bridge", "2026-11-22"),
        ("https://n.example/news/bridge-120261122", None),
        ("https://n.example/2026/bridge", None),
        ("https://n.example/?d=2026-11-22", None),
    ],
)
def test_the_day_in_a_urls_path_is_read(url: str, iso: str | None) -> None:
    found = url_date(url)
    assert (found and f"{found:%Y-%m-%d}") == iso


@pytest.mark.parametrize(
    ("written", "is_past"),
    [
        ("2026-11-22T12:10:00Z", True),  # clocks are off
        ("2026-11-22T12:20:00Z", False),
        ("2026-11-22T20:30:00+09:00", True),
        ("2026-11-22T20:30:00+00:00", False),
        ("Sun, 22 Nov 2026 20:30:00 GMT", False),
        ("1795379400", False),  # 20:30
        ("2026-11-22T20:30:00", True),  # no zone: so late it is in Tokyo
        ("Sun, 22 Nov 2026 20:30:00", True),
        ("22. November 2026, 20:30", True),
        ("2026-11-23", True),  # where it is tomorrow already
        ("2026-11-23T00:00:00Z", True),  # as templates write a day
        ("2026-11-23T00:00:00+01:00", False),
        ("2026-11-23T02:30:00", False),  # nowhere is it so late
        ("2026-11-24", False),
        ("1970-01-01", False),
    ],
)
def test_a_date_after_the_capture_or_before_the_web_is_none(written: str, *, is_past: bool) -> None:
    found = past_date(written, datetime(2026, 11, 22, 12, tzinfo=UTC))
    assert found == (parse_date(written) if is_past else None)


@pytest.mark.parametrize(
    ("language", "iso"),
    [
        ("de", "2026-12-11"),
        ("fr-FR", "2026-12-11"),
        ("en-GB", "2026-12-11"),
        ("en_US", "2026-11-12"),
        ("en", None),
        (None, None),
    ],
)
def test_the_language_orders_day_and_month(language: str | None, iso: str | None) -> None:
    found = next(find_dates("11/12/2026", language), None)
    assert (found and f"{found[1]:%Y-%m-%d}") == iso


def test_a_months_name_that_means_two_needs_the_language() -> None:
    assert (month_number("listopada", "pl"), month_number("listopada", "hr"), month_number("listopada")) == (
        11,
        10,
        None,
    )


def test_every_language_names_twelve_months() -> None:
    assert {language: set(names.values()) for language, names in LANGUAGES.items()} == {
        language: set(range(1, 13)) for language in LANGUAGES
    }
