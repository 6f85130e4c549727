from __future__ import annotations

import pytest

from bench.metadata import same_authors, same_day, same_title


def test_titles_are_compared_but_for_case_blanks_quotes_and_dashes() -> None:
    assert same_title("The “new” bridge — open", 'the  "NEW" bridge - open')
    assert same_title("Coopera\u00adtive", "cooperative")
    assert not same_title("The bridge", "The bridge | Port Courier")
    assert not same_title("The bridge", None)


@pytest.mark.parametrize(
    ("gold", "date", "same"),
    [
        ("2024-05-03 23:30:00-04:00", "2024-05-03", True),  # as written
        ("2024-05-03 23:30:00-04:00", "2024-05-04T03:30:00Z", True),  # in UTC
        ("2024-05-03", "2024-05-04", False),
        ("2024-05-03", "2024-05-03 around noon", True),
        ("2024-05-03", "3 May 2024", False),
        ("2024-05-03", None, False),
    ],
)
def test_dates_share_a_day_as_written_or_in_utc(gold: str, date: str | None, same: bool) -> None:
    assert same_day(gold, date) is same


def test_authors_are_the_same_people_in_any_order() -> None:
    assert same_authors(["Ana Ruiz", "Jo O’Neil"], ["by jo o'neil", "Ana  Ruiz"])
    assert not same_authors(["Guide Moor"], ["Guimoor"])  # only a leading "de" is none of the name
    assert not same_authors(["Ana Ruiz"], ["Ana Ruiz", "Port Courier"])
    assert not same_authors(["Ana Ruiz"], [])
