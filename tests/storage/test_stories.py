"""Copies share a story, exactly once, whatever the order and whatever happens on the way."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from deltalake import DeltaTable

from extract.article import Article
from extract.rejection import Rejection
from storage import layout, meeting, stories, window
from storage.client import Store
from storage.metrics import count_requests
from storage.publish import publish
from storage.server import Server
from storage.stories import StoriesReport, cluster
from storage.story_rows import read_stories
from storage.tables import open_table
from tests.extract.rewording import corpus_texts, cut, demo_texts, labelled, pair_scores
from tests.storage.making import START, article, rejection, run_id, stage_outcomes

NOW = START + timedelta(days=60)
DAY_MINUTES = 24 * 60
TEXTS = list(demo_texts().values())
FERRY, SEAL, TUNNEL = TEXTS[0], TEXTS[1], TEXTS[2]


def report(site: str, text: str = FERRY, *, minutes: float = 0, name: str = "report", **changes: Any) -> Article:
    """An article of `site` about the ferry, published when it was captured."""
    published = START + timedelta(minutes=minutes)
    given = {"site": site, "minutes": minutes, "published_at": published, "title": f"{site} reports"} | changes
    return article(f"{site}/{name}", text, **given)


def bring(store: Store, number: int, *outcomes: Article | Rejection) -> StoriesReport:
    """Publish the outcomes in a run of their own, then look for stories."""
    stage_outcomes(store, "times", run_id(number), outcomes)
    publish(store)
    return cluster(store, NOW)


def found(store: Store, **chosen: Any) -> dict[str, set[str]]:
    """Return story's site of first capture → the sites that are in it."""
    rows = read_stories(store, **chosen).to_pylist()
    names = {row["article_id"]: row["site"] for row in rows}
    groups: dict[str, set[str]] = {}
    for row in rows:
        groups.setdefault(names[row["story_id"]], set()).add(row["site"])
    return groups


def origins(store: Store) -> list[str]:
    return [row["site"] for row in read_stories(store).to_pylist() if row["is_origin"]]


def rows(store: Store) -> list[dict[str, Any]]:
    return read_stories(store).to_pylist()  # type: ignore[no-any-return]


def test_copies_on_two_sites_are_a_story_and_other_reports_are_in_none(store: Store) -> None:
    made = bring(store, 1, report("agency"), report("courier", cut(FERRY, 0.6), minutes=5), report("gazette", SEAL))
    assert made == StoriesReport(versions=3, members=2, stories=1, table_version=1)
    assert found(store) == {"agency": {"agency", "courier"}}
    first, second = rows(store)
    assert (first["site"], first["is_origin"], first["story_id"]) == ("agency", True, first["article_id"])
    assert (second["site"], second["is_origin"], second["story_id"]) == ("courier", False, first["article_id"])
    assert (second["similarity"], second["version"], second["merged_ids"]) == (1.0, 1, [])
    assert second["captured_at"] == START + timedelta(minutes=5)


def test_a_copy_of_a_later_run_joins_the_story(store: Store) -> None:
    bring(store, 1, report("agency"))
    assert found(store) == {}
    assert bring(store, 2, report("courier", minutes=DAY_MINUTES)).members == 2
    assert bring(store, 3, report("gazette", minutes=2 * DAY_MINUTES)) == StoriesReport(1, 1, 0, 0, 2)
    assert found(store) == {"agency": {"agency", "courier", "gazette"}}


def test_looking_again_changes_nothing(store: Store) -> None:
    bring(store, 1, report("agency"), report("courier"))
    before = rows(store)
    assert cluster(store, NOW) == StoriesReport(table_version=1)
    assert bring(store, 2, report("gazette", SEAL)) == StoriesReport(versions=1, table_version=1)
    assert rows(store) == before


def test_an_empty_archive_has_no_stories(store: Store) -> None:
    assert cluster(store, NOW) == StoriesReport()
    assert rows(store) == []
    assert list(store.list("")) == []


def test_the_earliest_publication_is_the_origin_whoever_was_captured_first(store: Store) -> None:
    early = START - timedelta(hours=3)
    bring(store, 1, report("courier"), report("agency", minutes=30, published_at=early))
    assert (origins(store), list(found(store))) == (["agency"], ["courier"])
    bring(store, 2, report("gazette", minutes=60, published_at=early - timedelta(hours=1)))
    assert (origins(store), list(found(store))) == (["gazette"], ["courier"])


def test_a_date_without_a_time_is_no_proof_of_having_been_first(store: Store) -> None:
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    bring(
        store, 1, report("courier", minutes=30, published_at=midnight), report("agency", minutes=60, published_at=START)
    )
    assert origins(store) == ["agency"]
    bring(store, 2, report("gazette", minutes=90, published_at=midnight - timedelta(days=1)))
    assert origins(store) == ["gazette"]


def test_an_article_that_joins_two_stories_makes_them_one_under_the_older_id(store: Store) -> None:
    bring(store, 1, report("seals", SEAL, minutes=1), report("seal-copy", SEAL, minutes=2))
    bring(store, 2, report("ferry"), report("ferry-copy", minutes=3))
    assert set(found(store)) == {"seals", "ferry"}
    younger = next(row["story_id"] for row in rows(store) if row["site"] == "seals")
    made = bring(store, 3, report("both", f"{FERRY}\n{SEAL}", minutes=4))
    assert (made.members, made.stories, made.merged) == (1, 0, 1)
    assert found(store) == {"ferry": {"ferry", "ferry-copy", "seals", "seal-copy", "both"}}
    assert {row["site"]: row["merged_ids"] for row in rows(store) if row["merged_ids"]} == {
        "seals": [younger], "seal-copy": [younger]
    }  # fmt: skip
    assert len(origins(store)) == 1


def test_the_order_in_which_articles_come_makes_no_difference(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    reports = [
        report("agency"), report("seals", SEAL, minutes=1), report("courier", cut(FERRY, 0.5), minutes=2),
        report("both", f"{FERRY}\n{SEAL}", minutes=3, published_at=START - timedelta(hours=1)),
    ]  # fmt: skip
    ways = []
    for number, order in enumerate(permutations(reports)):
        if number % 5:
            continue
        with monkeypatch.context() as patched:
            patched.setattr(store, "_prefix", f"{store._prefix}{number}/")
            for step, one in enumerate(order):
                bring(store, step, one)
            ways.append([row | {"merged_ids": None} for row in rows(store)])
    assert len(ways[0]) == 4
    assert all(way == ways[0] for way in ways)


def test_a_new_version_may_bring_an_article_into_a_story_and_none_takes_it_out(store: Store) -> None:
    bring(store, 1, report("agency"), report("courier", SEAL, minutes=1))
    assert bring(store, 2, report("courier", minutes=60, title="The ferry, too")).members == 2
    assert found(store) == {"agency": {"agency", "courier"}}
    joined = rows(store)
    assert [(row["title"], row["version"], row["captured_at"]) for row in joined] == [
        ("agency reports", 1, START), ("The ferry, too", 2, START + timedelta(minutes=1))
    ]  # fmt: skip
    bring(store, 3, report("agency", minutes=70, title="Ferry found"))
    assert [(row["title"], row["version"]) for row in rows(store)] == [("Ferry found", 2), ("The ferry, too", 2)]
    assert bring(store, 4, report("courier", TUNNEL, minutes=90), report("agency", TUNNEL, minutes=90)).members == 0
    assert found(store) == {"agency": {"agency", "courier"}}


def test_a_copy_of_an_earlier_version_is_a_copy(store: Store) -> None:
    bring(store, 1, report("agency"))
    bring(store, 2, report("agency", SEAL, minutes=60))
    bring(store, 3, report("courier", minutes=90))
    assert found(store) == {"agency": {"agency", "courier"}}


def test_a_removed_article_keeps_its_story_and_is_not_looked_at_again(store: Store) -> None:
    bring(store, 1, report("agency"), report("courier"))
    before = rows(store)
    assert bring(store, 2, rejection("agency/report", minutes=60)) == StoriesReport(table_version=1)
    assert rows(store) == before


def test_a_follow_up_on_the_same_site_is_no_copy_and_a_second_address_is(store: Store) -> None:
    follow_up = f"{cut(SEAL, 0.5)}\n{cut(FERRY, 0.7)}"
    bring(store, 1, report("agency"), report("agency", follow_up, name="next", minutes=60))
    assert found(store) == {}
    bring(store, 2, report("agency", f"{FERRY} Updated.", name="mobile", minutes=90))
    assert [row["site"] for row in rows(store)] == ["agency", "agency"]
    assert read_stories(store, min_sites=2).num_rows == 0


def test_two_events_told_by_one_template_are_no_story_whenever_they_come(store: Store) -> None:
    told = "A quake of magnitude {} shook the harbour at {}, {} km down, {} km out, at {} degrees. {}"
    one = told.format("4.6", "10:32", "12.4", "34", "57.51", FERRY)
    other = told.format("5.1", "03:15", "31", "87", "58.88", FERRY)
    bring(store, 1, report("agency", one), report("courier", other, minutes=1))
    bring(store, 2, report("gazette", other.replace("5.1", "5.2"), minutes=2))  # compared with what the window kept
    assert found(store) == {"courier": {"courier", "gazette"}}


def test_articles_two_weeks_apart_are_compared_and_older_ones_are_not(store: Store) -> None:
    bring(store, 1, report("agency"))
    bring(store, 2, report("late", minutes=14 * DAY_MINUTES + 1))
    assert found(store) == {}
    bring(store, 3, report("courier", minutes=14 * DAY_MINUTES - 1))
    assert found(store) == {"agency": {"agency", "courier", "late"}}


def test_what_leaves_the_window_leaves_the_bucket_and_stays_in_its_story(store: Store) -> None:
    bring(store, 1, report("agency"), report("courier", minutes=1))
    bring(store, 2, report("gazette", SEAL, minutes=20 * DAY_MINUTES))
    assert {one.key[len(layout.STORY_DAYS) :][:10] for one in store.list(layout.STORY_DAYS)} == {"2026-12-12"}
    assert window.read_window(store).rows.num_rows == 1
    assert bring(store, 3, report("agency", TUNNEL, minutes=20 * DAY_MINUTES)).versions == 0
    assert found(store) == {"agency": {"agency", "courier"}}


def test_a_capture_from_the_future_does_not_empty_the_window(store: Store) -> None:
    bring(store, 1, report("agency"))
    bring(store, 2, report("skewed", SEAL, minutes=90 * DAY_MINUTES))
    bring(store, 3, report("courier", minutes=60))
    assert found(store) == {"agency": {"agency", "courier"}}


def test_stories_are_chosen_by_time_and_by_sites(store: Store) -> None:
    bring(store, 1, report("agency"), report("courier"), report("seals", SEAL, minutes=2 * DAY_MINUTES))
    bring(store, 2, report("gazette", SEAL, minutes=3 * DAY_MINUTES), report("post", SEAL, minutes=DAY_MINUTES))
    assert set(found(store, since=START + timedelta(days=2))) == {"post"}
    assert found(store, since=START + timedelta(days=2)) == {"post": {"post", "seals", "gazette"}}
    assert set(found(store, min_sites=3)) == {"post"}
    assert found(store, min_sites=4) == {}
    assert found(store, since=START + timedelta(days=9)) == {}


STEPS = ["replace_days", "make_table", "write_window", "add_entries", "_links", "_unseen"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_crash_around_any_step_is_made_good_by_the_next_run(
    store: Store, monkeypatch: pytest.MonkeyPatch, step: str, *, after: bool
) -> None:
    bring(store, 1, report("seals", SEAL), report("seal-copy", SEAL, minutes=1), report("agency", minutes=2))
    stage_outcomes(
        store, "times", run_id(2), [report("courier", minutes=3), report("both", f"{FERRY}\n{SEAL}", minutes=4)]
    )
    publish(store)
    real: Callable[..., Any] = getattr(stories, step)

    def crash(*args: Any, **named: Any) -> None:
        if after:
            real(*args, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(stories, step, crash)
        with pytest.raises(KeyboardInterrupt):
            cluster(store, NOW)
    cluster(store, NOW)
    assert found(store) == {"seals": {"seals", "seal-copy", "agency", "courier", "both"}}
    assert (len(rows(store)), len(origins(store))) == (5, 1)
    table = open_table(store, layout.STORIES)
    assert table
    assert table.version() == 2  # no change was committed twice
    named = {f"{day}/{name}" for day, name in window.read_window(store).days.items()}
    bring(store, 3, report("more", TUNNEL, minutes=5))
    assert {one.key[len(layout.STORY_DAYS) :].partition(".")[0] for one in store.list(layout.STORY_DAYS)} != named
    assert len(list(store.list(layout.STORY_DAYS))) == 2


def test_two_runs_at_once_find_the_same_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(store, 1, report("agency"), report("seals", SEAL))
    stage_outcomes(store, "times", run_id(2), [report("courier", minutes=3)])
    publish(store)
    real, calls = stories.replace_days, []

    def replace_after_another_run(*args: Any) -> None:
        calls.append(args)
        if len(calls) == 1:
            bring(store, 3, report("seal-copy", SEAL, minutes=4))
        real(*args)

    monkeypatch.setattr(stories, "replace_days", replace_after_another_run)
    cluster(store, NOW)
    assert found(store) == {"agency": {"agency", "courier"}, "seals": {"seals", "seal-copy"}}
    assert len(rows(store)) == 4


def test_a_run_whose_window_was_replaced_meanwhile_begins_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(store, 1, report("agency"))
    stage_outcomes(store, "times", run_id(2), [report("courier", minutes=3)])
    publish(store)
    real, calls = stories._links, []

    def after_another_run(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 1:
            cluster(store, NOW)  # the objects that this run is about to read are swept
        return real(*args)

    monkeypatch.setattr(stories, "_links", after_another_run)
    assert cluster(store, NOW) == StoriesReport(table_version=1)
    assert found(store) == {"agency": {"agency", "courier"}}
    assert window.read_window(store).rows.num_rows == 2


def test_of_two_heads_written_at_once_none_is_lost(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(store, 1, report("agency"))
    stage_outcomes(store, "times", run_id(2), [report("seals", SEAL, minutes=1)])
    publish(store)
    real, calls = stories.write_window, []

    def write_after_another_run(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 1:
            bring(store, 3, report("tunnel", TUNNEL, minutes=2))
        return real(*args)

    monkeypatch.setattr(stories, "write_window", write_after_another_run)
    cluster(store, NOW)
    assert window.read_window(store).rows.num_rows == 3
    copies = [report(f"copy-{number}", text, minutes=5) for number, text in enumerate((FERRY, SEAL, TUNNEL))]
    bring(store, 4, *copies)
    assert set(found(store)) == {"agency", "seals", "tunnel"}


def spoil_head(store: Store) -> None:
    store.put(layout.STORY_HEAD, b"PAR1 nonsense")


def lose_head(store: Store) -> None:
    store.delete([layout.STORY_HEAD])


def lose_days(store: Store) -> None:
    store.delete(one.key for one in list(store.list(layout.STORY_DAYS)))


def spoil_days(store: Store) -> None:
    for one in list(store.list(layout.STORY_DAYS)):
        store.put(one.key, b"PAR1 nonsense")


@pytest.mark.parametrize("harm", [spoil_head, lose_head, lose_days, spoil_days])
def test_a_lost_or_damaged_window_is_built_again_from_the_articles(store: Store, harm: Callable[[Store], None]) -> None:
    bring(store, 1, report("agency"), report("courier", minutes=1), report("seals", SEAL, minutes=2))
    before = rows(store)
    harm(store)
    made = bring(store, 2, report("gazette", SEAL, minutes=3))
    assert (made.versions, made.members, made.stories) == (4, 2, 1)
    assert [row for row in rows(store) if row["site"] in {"agency", "courier"}] == before
    assert set(found(store)) == {"agency", "seals"}
    assert len(list(store.list(layout.STORY_DAYS))) == 2  # nothing of the old one is left


def test_fingerprints_of_another_method_are_made_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(window, "METHOD", "0")
        bring(store, 1, report("agency"))
    assert bring(store, 2, report("courier", minutes=3)).versions == 2
    assert found(store) == {"agency": {"agency", "courier"}}


def test_compacted_articles_are_not_looked_at_again(store: Store) -> None:
    for number, site in enumerate(("agency", "courier", "gazette")):
        bring(store, number, report(site, minutes=number))
    table = DeltaTable(store.table_uri(layout.ARTICLES), storage_options=store.table_options())
    assert table.optimize.compact()["numFilesRemoved"] == 3
    assert cluster(store, NOW) == StoriesReport(table_version=2)


def test_without_the_log_of_the_version_seen_all_of_the_window_is_compared_with_what_is_known(store: Store) -> None:
    bring(store, 1, report("agency"))
    seen = window.read_window(store)
    window.write_window(store, window.replace(seen, articles=seen.articles.partition(" ")[0] + " 99"))
    assert bring(store, 2, report("courier", minutes=1)).versions == 1
    assert found(store) == {"agency": {"agency", "courier"}}


def test_many_articles_are_taken_in_slices(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stories, "SLICE", 2)
    made = bring(store, 1, *(report(f"site-{number}", TEXTS[number % 3], minutes=number) for number in range(7)))
    assert (made.versions, made.members, made.stories) == (7, 7, 3)
    assert sorted(map(len, found(store).values())) == [2, 2, 3]


def test_requests_do_not_grow_with_the_articles(store: Store, weed_server: Server) -> None:
    def requests_for(number: int, count: int) -> int:
        made = [report(f"site-{number}-{one}", TEXTS[one % 3], minutes=number) for one in range(count)]
        stage_outcomes(store, "times", run_id(number), made)
        publish(store)
        before = count_requests(weed_server).total()
        cluster(store, NOW)
        return count_requests(weed_server).total() - before

    requests_for(0, 2)
    few, many = requests_for(1, 3), requests_for(2, 200)
    assert many < 60
    assert many - few < 10


@pytest.mark.parametrize("texts", [demo_texts, corpus_texts], ids=["own texts", "stored pages"])
def test_pairs_are_right_and_complete_on_a_labelled_set(
    store: Store, texts: Callable[[], dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    made = labelled(texts(), 9)
    labels = {}
    for number, part in enumerate([made[::3], made[1::3], made[2::3]]):
        outcomes = [
            report(one.site, one.text, name=f"{number}-{place}", minutes=number) for place, one in enumerate(part)
        ]
        labels |= {one.article_id: label.story for one, label in zip(outcomes, part, strict=True)}
        bring(store, number, *outcomes)
    members = {row["article_id"]: row["story_id"] for row in rows(store)}
    precision, recall = pair_scores(list(labels.values()), [members.get(article) for article in labels])
    with capsys.disabled():
        print(f"\n{len(made)} articles: pair precision {precision:.4f}, recall {recall:.4f}")  # noqa: T201
    assert precision >= 0.98
    assert recall >= 0.95


def test_a_thousand_copies_of_one_text_do_not_fill_the_memory() -> None:
    """As of a page that a site serves under every address: each meets each, but only so many are looked at at once."""
    keys = np.tile(np.arange(96, dtype=np.uint32), (1024, 1))
    tracemalloc.start()
    pairs = sum(1 for _ in meeting.meeting(*meeting.sorted_index(keys), keys))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert pairs == 1024 * meeting.CANDIDATES
    assert peak < 256 * 2**20
