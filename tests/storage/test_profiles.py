from __future__ import annotations

import gzip
import logging
import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from extract.lessons import Lessons, pack
from extract.profile import Evidence, learn, to_json
from storage import layout
from storage.client import Store
from storage.errors import ObjectMissing
from storage.lessons import drop_lessons, read_lessons, write_lessons, written_lessons
from storage.profiles import KEPT, StoredProfile, Taught, read_profile, read_profile_of, teach
from tests.storage.making import run_id

SITE = "times"


def page(number: int, *, kept: bool = True, shape: str = "p.story") -> Evidence:
    """What the reading of one article teaches: a shape that is kept, and one of the page's chrome."""
    keys = {f"{shape}|prose": (5, 900, 900 * kept), "li.menu|linked": (4, 100, 0)}
    return Evidence(
        f"article{number:04}", (f"line{number:04}",), keys, (f"text{number:04}", "menu"), ("div<body",), 900
    )


def pages(*numbers: int) -> list[Evidence]:
    return [page(number) for number in numbers]


def run(store: Store, number: int, evidence: Sequence[Evidence]) -> Taught:
    """Teach as a run does, which read the profile in force."""
    return teach(store, SITE, run_id(number), read_profile(store, SITE), evidence)


def test_a_site_without_a_profile_is_taught_its_first(store: Store) -> None:
    assert read_profile(store, SITE) == StoredProfile()
    taught = run(store, 1, pages(1, 2, 3))
    expected = learn(None, pages(3, 1, 2))
    assert taught == Taught(stored=expected.id)
    stored = read_profile(store, SITE).profile
    assert stored
    assert to_json(stored) == to_json(expected)
    assert gzip.decompress(store.get(layout.profile_key(SITE)).body)


def test_a_run_goes_on_from_the_profile_in_force_and_the_earlier_one_stays_readable(store: Store) -> None:
    first = run(store, 1, pages(1, 2, 3)).stored
    second = run(store, 2, pages(4, 5)).stored
    assert first
    assert second
    assert read_profile_of(store, SITE, first).pages == 3
    assert read_profile_of(store, SITE, second).pages == 5
    assert [one for one, _ in read_profile(store, SITE).history] == [second, first]
    with pytest.raises(ObjectMissing):
        read_profile_of(store, SITE, "0" * 16)


def test_a_repeated_run_and_pages_known_already_teach_nothing(store: Store) -> None:
    many = pages(*range(60))  # more than a profile remembers one by one
    first = run(store, 1, many)
    before = store.get(layout.profile_key(SITE)).body
    assert run(store, 1, many) == first
    assert run(store, 2, pages(58, 59)) == Taught()
    assert run(store, 3, []) == Taught()
    assert store.get(layout.profile_key(SITE)).body == before


def test_two_runs_at_once_both_teach(store: Store) -> None:
    run(store, 1, pages(1, 2, 3))
    current, barrier = read_profile(store, SITE), threading.Barrier(2)
    taught: dict[int, Taught] = {}

    def race(number: int) -> None:
        barrier.wait()
        taught[number] = teach(store, SITE, run_id(number), current, pages(10 * number, 10 * number + 1))

    threads = [threading.Thread(target=race, args=(number,)) for number in (2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = read_profile(store, SITE)
    assert found.profile
    assert found.profile.pages == 7
    assert [taught_by for _, taught_by in found.history].count(run_id(2)) == 1
    assert {one.stored for one in taught.values()} == {one for one, _ in found.history[:2]}


def test_a_run_that_always_comes_too_late_goes_on(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    class Contended(Store):
        """A store where another run is faster every time."""

        rival = 100

        def put(self, key: str, body: bytes, *, if_none_match: bool = False, if_match: str | None = None) -> str:
            if if_match or if_none_match:
                Contended.rival += 1
                run(store, Contended.rival, pages(Contended.rival))
            return super().put(key, body, if_none_match=if_none_match, if_match=if_match)

    contended = Contended(store.settings)
    with caplog.at_level(logging.WARNING):
        assert run(contended, 1, pages(1, 2, 3)) == Taught()
    contended.close()
    assert "replaced 5 times meanwhile" in caplog.text
    assert len(read_profile(store, SITE).history) == 5


@pytest.mark.parametrize(
    "damaged",
    [b"", b"no gzip", gzip.compress(b"no json"), gzip.compress(b"[]"), gzip.compress(b'{"history": [], "profile": {"format": 99}}')],
)  # fmt: skip
def test_a_damaged_profile_is_as_none_and_replaced(
    store: Store, caplog: pytest.LogCaptureFixture, damaged: bytes
) -> None:
    earlier = run(store, 1, pages(1, 2, 3)).stored
    assert earlier
    run(store, 2, pages(4, 5))
    store.put(layout.profile_key(SITE), damaged)
    with caplog.at_level(logging.WARNING):
        assert read_profile(store, SITE).profile is None
    assert f"{layout.profile_key(SITE)}: learned anew" in caplog.text
    taught = run(store, 3, pages(6, 7, 8))
    found = read_profile(store, SITE)
    assert found.profile
    assert (found.profile.id, found.profile.pages) == (taught.stored, 3)
    assert read_profile_of(store, SITE, earlier).pages == 3
    assert (earlier, "") in found.history  # and goes in its turn


def test_the_last_profiles_are_kept_and_no_more(store: Store) -> None:
    ids = [run(store, number, pages(number)).stored for number in range(1, KEPT + 5)]
    kept = {one.key for one in store.list(layout.earlier_profiles_prefix(SITE))}
    assert kept == {layout.earlier_profile_key(SITE, one) for one in ids[-KEPT - 1 : -1] if one}
    assert [one for one, _ in read_profile(store, SITE).history] == ids[: -KEPT - 2 : -1]


def test_a_profile_that_reads_the_new_pages_worse_does_not_replace_the_old(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    def keys(subhead: int, quote: int) -> dict[str, tuple[int, int, int]]:
        return {"h3|label": (5, 1000, subhead), "p.quote|prose": (5, 1000, quote)}

    # By the old pages a quote is kept, of a subhead they are not sure; the new pages blur the one, and make sure of
    # the other where the last of them says no.
    run(store, 1, [replace(page(number), keys=keys(840, 855)) for number in range(10)])
    evidence = [replace(page(20 + at), keys=keys(subhead, 800)) for at, subhead in enumerate((1000, 1000, 0))]
    before = store.get(layout.profile_key(SITE)).body
    with caplog.at_level(logging.WARNING):
        taught = run(store, 2, evidence)
    assert (taught.stored, bool(taught.refused)) == (None, True)
    assert f"{SITE}: profile {taught.refused} would read this run's pages worse" in caplog.text
    assert store.get(layout.profile_key(SITE)).body == before


def test_a_run_costs_few_requests(store: Store) -> None:
    for number in range(1, KEPT + 3):
        run(store, number, pages(number))
    before = store.requests.copy()
    run(store, 90, pages(*range(90, 190)))
    assert dict(store.requests - before) == {"GetObject": 1, "PutObject": 2, "DeleteObjects": 1}


def test_the_lessons_of_a_runs_parts_are_read_back_until_it_is_staged(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    lessons = Lessons("0123456789abcdef", 7, 3, evidence=tuple(pages(1, 2)))
    write_lessons(store, SITE, run_id(1), 0, lessons)
    write_lessons(store, SITE, run_id(1), 2, Lessons())
    assert written_lessons(store, SITE, run_id(1)) == {0, 2}
    assert read_lessons(store, SITE, run_id(1), 0) == lessons
    assert layout.part_run(layout.lessons_key(SITE, run_id(1), 0)) == (SITE, run_id(1))
    store.put(layout.lessons_key(SITE, run_id(1), 2), pack(lessons)[:-9])
    with caplog.at_level(logging.WARNING):
        assert read_lessons(store, SITE, run_id(1), 2) == Lessons()
    assert "002.json.gz: left out of the profile" in caplog.text
    drop_lessons(store, SITE, run_id(1), [0, 2])
    assert not written_lessons(store, SITE, run_id(1))
