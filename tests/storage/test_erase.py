"""Erasing an article: nothing of it is left, all else is whole, whatever dies or goes on meanwhile."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli.crawling import SpiderArchive
from cli.frontiers import SiteFrontiers
from cli.verify import read_known
from extract.article import RemovedSpan
from extract.url import article_id
from spiders.frontier import Frontier
from spiders.known import KnownUrl
from spiders.recovery import recover
from spiders.spool import spool_folder
from storage import erase as erasing_module
from storage import erase_rows, erase_staged, erase_stories, layout
from storage import publish as publishing
from storage.articles import Archive
from storage.captures import S3CaptureArchive
from storage.client import Listed, Store
from storage.erase import Ask, EraseReport, erase
from storage.erase_finish import finish_erasures
from storage.erase_lock import erasing
from storage.erasures import read_log
from storage.errors import ErasureUnderWay, NotAllErased, NothingToErase, ObjectRefused, StoreConfigError, StoreConflict
from storage.open_runs import close_runs, list_open, open_run
from storage.publish import publish
from storage.stories import cluster
from storage.story_rows import read_stories
from storage.tables import open_table
from storage.tombstones import read_tombstones
from storage.upkeep import upkeep
from storage.verify import Ask as VerifyAsk
from storage.verify import verify
from tests.storage.archiving import NOW, Newsroom
from tests.storage.making import article, rejection, run_id, stage_outcomes
from tests.storage.searching import found_in

URL = "https://times.example/bridge"
FIRST = "The harbour bridge reopened on Tuesday after eleven months of repairs, its engineer said."
EDIT = f"{FIRST}\nA second inspection is planned for the first week of the coming April, he told the council."
OTHER = "The ferry to the northern islands leaves an hour later from now on, as its owners announced."
KILLED_AT = (15, 28, 40, 50)  # of its 55 requests or so, by boto3

ERASE = """
import os, sys
from datetime import UTC, datetime
from cli.frontiers import SiteFrontiers
from storage.client import Store
from storage.erase import Ask, erase
from storage.settings import StoreSettings
store, left = Store(StoreSettings.from_env()), int(sys.argv[2])
def count(**_):
    global left
    left -= 1
    if not left:
        os._exit(9)
store._client.meta.events.register("before-send.s3", count)
erase(store, SiteFrontiers(), Ask(frozenset({sys.argv[1]}), "asked for", "me", datetime(2026, 11, 23, tzinfo=UTC)))
"""


@pytest.fixture
def newsroom(store: Store, tmp_path: Path) -> Newsroom:
    """Two versions of one article beside another, and a run that waits for publish."""
    room = Newsroom(store, tmp_path)
    room.run(1, {"bridge": FIRST, "ferry": OTHER, "old": "404"})
    room.run(2, {"bridge": EDIT})
    room.stage(3, room.crawl(3, {"bridge": f"{EDIT}\nIt rains.", "tram": "The tram is late."}))
    return room


def run(store: Store, *urls: str, reason: str = "asked for", **changes: Any) -> EraseReport:
    return erase(store, SiteFrontiers(), Ask(frozenset(urls or {URL}), reason, "me", NOW, **changes))


def findings(store: Store) -> list[str]:
    return [str(one) for one in verify(store, VerifyAsk(read_known, NOW, deep=True)).findings]


def texts(store: Store) -> set[str]:
    return {row["text"] for row in Archive(store).articles(all_versions=True).to_pylist()}


def assert_gone(store: Store) -> None:
    assert not any(found_in(store, *EDIT.splitlines(), URL).values())
    assert findings(store) == []


def test_all_versions_captures_and_staged_rows_go_and_verify_passes(newsroom: Newsroom) -> None:
    store = newsroom.store
    assert findings(store) == []
    report = run(store)
    assert (report.articles, report.versions) == (1, 2)
    assert_gone(store)
    assert texts(store) == {OTHER}
    publish(store)
    assert texts(store) == {OTHER, "The tram is late."}
    assert_gone(store)
    newsroom.run(4, {"bus": "The bus is red."})
    assert findings(store) == []
    assert run(store).versions == 0  # again: nothing is left to do
    assert_gone(store)


@pytest.mark.parametrize("requests", KILLED_AT)
def test_an_erasure_killed_on_the_way_is_finished_by_the_next(
    newsroom: Newsroom, store_env: dict[str, str], requests: int
) -> None:
    argv = [sys.executable, "-c", ERASE, URL, str(requests)]
    assert subprocess.run(argv, env=os.environ | store_env, check=False).returncode == 9
    run(newsroom.store)
    assert_gone(newsroom.store)
    assert texts(newsroom.store) == {OTHER}


def test_a_publisher_that_began_before_the_erasure_adds_nothing_after_it(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = publishing.read_heads, []

    def read_heads(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 1:
            run(newsroom.store)
        return real(*args)

    monkeypatch.setattr(publishing, "read_heads", read_heads)
    publish(newsroom.store)
    assert len(calls) == 2
    assert texts(newsroom.store) == {OTHER, "The tram is late."}
    run(newsroom.store)  # what the first try wrote for nothing; upkeep looks for it too
    assert_gone(newsroom.store)


@pytest.mark.parametrize("is_first", [True, False])
def test_an_article_that_only_waits_is_not_added_by_a_publisher_that_has_read_it(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_first: bool
) -> None:
    room = Newsroom(store, tmp_path)
    if not is_first:
        room.run(1, {"ferry": OTHER, "old": "404"})
    room.stage(2, room.crawl(2, {"bridge": EDIT, "tram": "The tram is late."}))
    real, calls = publishing.read_heads, []

    def read_heads(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 1:
            run(store)
        return real(*args)

    monkeypatch.setattr(publishing, "read_heads", read_heads)
    publish(store)
    assert len(calls) == 2
    assert texts(store) == {"The tram is late."} | (set() if is_first else {OTHER})
    run(store)
    assert_gone(store)


def test_a_row_that_came_while_the_erasure_looked_around_goes_with_its_words(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Newsroom(store, tmp_path)
    room.run(1, {"bridge": FIRST})
    teaser = RemovedSpan(f"Related: {EDIT.splitlines()[1]}", "related", "/html/body/aside")
    stage_outcomes(store, "times", run_id(2), [article("ferry", OTHER, removed=(teaser,))])
    publish(store)
    real = erasing_module.write_entry

    def write_entry(*args: Any) -> Any:
        stage_outcomes(store, "times", run_id(3), [article("bridge", EDIT, minutes=3)])
        publish(store)
        monkeypatch.undo()
        return real(*args)

    monkeypatch.setattr(erasing_module, "write_entry", write_entry)
    run(store)
    assert texts(store) == {OTHER}
    assert not any(found_in(store, *EDIT.splitlines(), URL).values())


def test_what_a_run_under_way_captures_goes_when_it_has_ended(newsroom: Newsroom) -> None:
    store = newsroom.store
    opened = open_run(store, run_id(5), ["times"])
    assert run(store).waiting == (("times", run_id(5)),)
    newsroom.stage(5, newsroom.crawl(5, {"bridge": EDIT, "bus": "The bus is red."}))
    publish(store)
    assert texts(store) == {OTHER, "The tram is late.", "The bus is red."}
    assert finish_erasures(store, NOW) == 1
    close_runs(store, [opened], ["times"])
    assert finish_erasures(store, NOW) == 0
    assert texts(store) == {OTHER, "The tram is late.", "The bus is red."}
    assert_gone(store)
    assert not read_tombstones(store).waiting


def test_a_run_that_ends_while_the_open_ones_are_listed_is_none(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_run(store, run_id(5), ["times"])
    listed = [Listed(f"{layout.OPEN_RUNS}{run_id(4)}.000000000000.json", 9), *store.list(layout.OPEN_RUNS)]
    monkeypatch.setattr(Store, "list", lambda _store, _prefix: iter(listed))
    assert list_open(store) == [opened]


def test_an_erasure_that_loses_every_race_for_the_stories_says_so(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raced(*_: object) -> None:
        raise StoreConflict("written meanwhile")

    monkeypatch.setattr(erase_stories, "read_window", lambda _store: SimpleNamespace(etag="x"))
    monkeypatch.setattr(erase_stories, "blank_entries", raced)
    with pytest.raises(StoreConflict, match="run the command again"):
        erase_stories.erase_entries(store, {article_id(URL)})


def test_a_final_address_is_found_without_the_parameters_that_it_is_noted_with() -> None:
    frontier = Frontier("times")
    known = KnownUrl(f"{URL}-short", final_url=f"{URL}?utm_source=feed&id=5")
    frontier.urls[known.url] = known
    found = SiteFrontiers().find(frontier.dump(), "times", {f"{URL}?id=5"})
    assert found is not None
    assert known.url in found[0]


@pytest.mark.parametrize("is_published", [False, True])
def test_words_that_a_run_under_way_met_on_other_pages_go_when_it_has_ended(
    newsroom: Newsroom, *, is_published: bool
) -> None:
    store = newsroom.store
    opened = [open_run(store, run_id(number), ["times"]) for number in (5, 6)]
    run(store)
    assert list(store.list(layout.WANTED))
    newsroom.stage(5, newsroom.crawl(5, {"bridge": EDIT, "bus": "The bus is red."}))
    teaser = RemovedSpan(f"Related: {FIRST}", "related", "/html/body/aside")
    kept = RemovedSpan("1 view", "chrome", "/p")
    stage_outcomes(store, "times", run_id(7), [article("tower", "The tower is tall.", removed=(teaser, kept))])
    if is_published:
        publish(store)
    assert any(found_in(store, FIRST).values())
    close_runs(store, opened[:1], ["times"])
    assert finish_erasures(store, NOW) == 1
    publish(store)
    assert not any(found_in(store, FIRST).values())
    close_runs(store, opened[1:], ["times"])
    assert finish_erasures(store, NOW) == 0
    publish(store)
    assert not any(found_in(store, *EDIT.splitlines(), URL).values())
    assert not list(store.list(layout.WANTED))
    (row,) = Archive(store).articles(url="https://times.example/tower").to_pylist()
    assert [span["text"] for span in row["removed"]] == [kept.text]
    assert "The bus is red." in texts(store)


def test_an_article_that_quotes_it_and_came_with_a_run_under_way_keeps_its_capture(newsroom: Newsroom) -> None:
    store = newsroom.store
    quoting = f"Readers ask about this sentence: {FIRST}"
    opened = open_run(store, run_id(5), ["times"])
    run(store)
    newsroom.stage(5, newsroom.crawl(5, {"bridge": EDIT, "letters": quoting}))
    close_runs(store, [opened], ["times"])
    assert finish_erasures(store, NOW) == 0  # before it is published
    publish(store)
    (row,) = Archive(store).articles(url="https://times.example/letters").to_pylist()
    assert (row["text"], row["capture"] is None) == (quoting, False)
    assert found_in(store, quoting)[quoting]
    assert any(".warc.gz" in place for place in found_in(store, FIRST)[FIRST])
    assert findings(store) == []
    assert not any(found_in(store, EDIT.splitlines()[1], URL).values())


def test_damaged_passages_of_a_waiting_erasure_are_named(newsroom: Newsroom) -> None:
    store = newsroom.store
    opened = open_run(store, run_id(5), ["times"])
    run(store)
    (kept,) = store.list(layout.WANTED)
    store.put(kept.key, b"[]")
    close_runs(store, [opened], ["times"])
    with pytest.raises(NotAllErased, match=kept.key):
        finish_erasures(store, NOW)
    assert read_tombstones(store).waiting
    assert upkeep(store, SiteFrontiers().retire, {}, NOW).waiting == 1  # and all else is done


def test_passages_of_an_erasure_killed_before_it_said_what_it_waits_for_do_not_stay(newsroom: Newsroom) -> None:
    store = newsroom.store
    opened = open_run(store, run_id(5), ["times"])
    run(store)
    (kept,) = store.list(layout.WANTED)
    store.put(layout.wanted_key(run_id(9)), store.get(kept.key).body)
    upkeep(store, SiteFrontiers().retire, {}, NOW)
    assert [one.key for one in store.list(layout.WANTED)] == [kept.key]
    close_runs(store, [opened], ["times"])


def test_an_article_that_is_published_while_a_waiting_erasure_looks_keeps_its_capture(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = newsroom.store
    opened = open_run(store, run_id(5), ["times"])
    run(store)
    newsroom.stage(5, newsroom.crawl(5, {"bridge": EDIT, "letters": f"Readers ask about this sentence: {FIRST}"}))
    close_runs(store, [opened], ["times"])
    for name in ("_own_among_waiting", "own_passages"):
        real = getattr(erase_staged, name)

        def look_then_publish(*args: Any, real: Any = real) -> Any:
            found = real(*args)
            publish(store)
            return found

        monkeypatch.setattr(erase_staged, name, look_then_publish)
    assert finish_erasures(store, NOW) == 0
    (row,) = Archive(store).articles(url="https://times.example/letters").to_pylist()
    assert row["capture"] is not None
    assert any(".warc.gz" in place for place in found_in(store, FIRST)[FIRST])


def test_an_alias_is_found_beside_an_address_of_any_length(store: Store, tmp_path: Path) -> None:
    room = Newsroom(store, tmp_path)
    room.run(1, {"bridge": FIRST})
    alias = article("bridge?print=1", EDIT, canonical_url=URL)
    long = article("ferry", OTHER, canonical_url=f"https://times.example/{'ferry-' * 60}")
    stage_outcomes(store, "times", run_id(2), [alias, long])
    publish(store)
    assert run(store).versions == 2
    assert texts(store) == {OTHER}


def test_the_same_article_under_its_canonical_address_goes_with_it(store: Store, tmp_path: Path) -> None:
    room = Newsroom(store, tmp_path)
    room.run(1, {"bridge": FIRST})
    print_view = article("bridge?view=print", FIRST, canonical_url=URL)
    amp = article("bridge?view=amp", FIRST, canonical_url=URL)
    other = article("ferry", OTHER, canonical_url=URL)  # a template's mistake, under the same title
    stage_outcomes(store, "times", run_id(2), [print_view, amp, other])
    publish(store)
    report = run(store, print_view.url)
    assert (report.versions, report.beside) == (3, tuple(sorted((URL, amp.url))))
    assert texts(store) == {OTHER}


@pytest.mark.parametrize("had_index", [True, False])
def test_a_dead_run_whose_segment_was_erased_before_its_spool_was_let_go_is_taken_up(
    newsroom: Newsroom, *, had_index: bool
) -> None:
    store, archive = newsroom.store, SpiderArchive(newsroom.store)
    opened = open_run(store, run_id(5), ["times"])
    segment, index = newsroom.crawl(5, {"bridge": EDIT, "bus": "The bus is red."})
    spooled = spool_folder(archive, "times") / segment.key.rpartition("/")[2]
    spooled.parent.mkdir(parents=True)
    shutil.move(newsroom.folder / "segment.warc.gz", spooled)
    if not had_index:
        store.delete([index.key])
    run(store)

    recovered = recover(archive, "times", run_id(6))
    recovered.release()
    (blanked,) = recovered.dead[run_id(5)]
    assert blanked.sha256 != segment.sha256
    lines = store.get(index.key).body
    assert lines == b"an index of 5\n" if had_index else (b"bus" in lines and b"bridge" not in lines)
    newsroom.stage(6, newsroom.crawl(6, {"tram": "The tram is late."}), adopted=5)
    close_runs(store, [opened], ["times"])
    publish(store)
    finish_erasures(store, NOW)
    assert texts(store) == {OTHER, "The tram is late.", "The bus is red."}
    assert_gone(store)


def test_lost_tombstones_are_written_anew_from_the_log(newsroom: Newsroom) -> None:
    store = newsroom.store
    opened = open_run(store, run_id(5), ["times"])
    run(store)
    before = read_tombstones(store)
    assert before.waiting
    store.put(layout.TOMBSTONES, b"{")
    with pytest.raises(ObjectRefused, match="upkeep writes it anew once it is deleted"):
        publish(store)
    store.delete([layout.TOMBSTONES])
    newsroom.stage(5, newsroom.crawl(5, {"bridge": EDIT, "bus": "The bus is red."}))
    publish(store)
    assert texts(store) == {OTHER, "The tram is late.", "The bus is red."}
    upkeep(store, SiteFrontiers().retire, {}, NOW)
    assert list(store.list(layout.TOMBSTONES))
    assert read_tombstones(store) == before
    close_runs(store, [opened], ["times"])
    assert finish_erasures(store, NOW) == 0
    assert_gone(store)


def test_a_damaged_segment_of_one_run_under_way_keeps_no_other_from_being_erased(newsroom: Newsroom) -> None:
    store = newsroom.store
    opened = [open_run(store, run_id(number), ["times"]) for number in (5, 6)]
    run(store)
    run(store, "https://times.example/ferry")
    broken = layout.segment_key("times", run_id(5), 1, NOW.date())
    store.put(broken, b"no WARC")
    newsroom.stage(6, newsroom.crawl(6, {"bridge": EDIT, "ferry": OTHER}))
    publish(store)
    close_runs(store, opened, ["times"])
    with pytest.raises(NotAllErased, match=broken):
        finish_erasures(store, NOW)
    assert not any(found_in(store, *EDIT.splitlines(), OTHER, URL).values())
    assert read_tombstones(store).waiting == {("times", run_id(5))}
    assert {entry.waiting for entry in read_log(store)} == {(("times", run_id(5)),)}
    store.delete([broken])
    assert finish_erasures(store, NOW) == 0
    assert not read_tombstones(store).waiting


def test_a_damaged_staged_file_is_named_when_all_else_is_erased(newsroom: Newsroom) -> None:
    broken = layout.staged_key("times", run_id(4))
    newsroom.store.put(broken, b"no Parquet")
    with pytest.raises(NotAllErased, match=broken):
        run(newsroom.store)
    assert not any(found_in(newsroom.store, *EDIT.splitlines(), URL).values())
    newsroom.store.delete([broken])
    run(newsroom.store)
    assert_gone(newsroom.store)


def test_other_articles_lose_what_was_removed_of_it_and_keep_their_own_words(store: Store, tmp_path: Path) -> None:
    room = Newsroom(store, tmp_path)
    room.run(1, {"bridge": EDIT})
    teaser = RemovedSpan(f"Related: {FIRST}", "related", "/html/body/aside")
    quoting = article(
        "ferry", f"{OTHER} {EDIT.splitlines()[1]}", removed=(teaser, RemovedSpan("1 view", "chrome", "/p"))
    )
    stage_outcomes(store, "times", run_id(2), [quoting, rejection("bridge", minutes=3)])
    publish(store)
    run(store)
    (row,) = Archive(store).articles().to_pylist()
    assert [span["text"] for span in row["removed"]] == ["1 view"]
    assert row["text"] == quoting.text
    (refused,) = Archive(store).rejections().to_pylist()
    assert (refused["url"], refused["detail"]) == (f"erased:{article_id(URL)}", "")
    assert not any(found_in(store, FIRST, URL).values())


def test_it_leaves_its_story_which_is_none_with_one_member(store: Store) -> None:
    text = "\n".join(f"Paragraph {one} tells what the council of the harbour decided that evening." for one in range(9))
    sites = [article("bridge", text), article("b", text, site="post", minutes=5, url="https://post.example/b"),
             article("c", text, site="echo", minutes=9, url="https://echo.example/c")]  # fmt: skip
    sites = [sites[0], *(type(one)(**{name: getattr(one, name) for name in one.__slots__} | {"article_id": article_id(one.url)}) for one in sites[1:])]  # fmt: skip
    stage_outcomes(store, "times", run_id(1), sites)
    publish(store)
    cluster(store, NOW)
    assert read_stories(store).num_rows == 3
    run(store)
    rows = read_stories(store).to_pylist()
    assert [(row["site"], row["is_origin"]) for row in rows] == [("post", True), ("echo", False)]
    assert not any(found_in(store, URL, "Harbour bridge").get(URL, ()))
    assert cluster(store, NOW).members == 0
    run(store, "https://post.example/b")
    assert read_stories(store).num_rows == 0


@pytest.mark.parametrize("is_killed", [False, True])
def test_more_days_of_rejections_than_races_are_allowed(
    store: Store, monkeypatch: pytest.MonkeyPatch, *, is_killed: bool
) -> None:
    monkeypatch.setattr(erase_rows, "TRIES", 3)
    days = [rejection("bridge", minutes=24 * 60 * day) for day in range(5)]
    stage_outcomes(store, "times", run_id(1), [article("bridge", EDIT), article("ferry", OTHER), *days])
    publish(store)
    real, calls = erase_rows.replace_days, []

    def replace_days(*args: Any) -> None:
        real(*args)
        calls.append(args)
        if is_killed and len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(erase_rows, "replace_days", replace_days)
    if is_killed:
        with pytest.raises(KeyboardInterrupt):
            run(store)
    run(store)
    assert len(calls) == 5
    assert not any(found_in(store, *EDIT.splitlines(), URL).values())
    assert all(entry.done for entry in read_log(store))


def test_its_frontier_knows_it_by_its_id_alone_and_a_run_that_still_knew_it_forgets(newsroom: Newsroom) -> None:
    archive = S3CaptureArchive(newsroom.store)
    stale = Frontier.load(archive.read_frontier("times")[0], "times")
    run(newsroom.store)
    after = Frontier.load(archive.read_frontier("times")[0], "times")
    assert URL not in after.urls
    assert after.erased(URL)
    stale.merge(after)
    stale.note_extraction(URL, "0" * 64, None, NOW)
    assert URL not in Frontier.load(stale.dump(), "times").urls


def test_the_log_holds_no_word_of_it(newsroom: Newsroom) -> None:
    for reason in (f"because of {URL}", f"it says: {FIRST}"):
        with pytest.raises(StoreConfigError, match="the reason repeats"):
            run(newsroom.store, reason=reason)
    assert list(newsroom.store.list(layout.ERASED)) == []
    run(newsroom.store, reason="a court order")
    (entry,) = [json.loads(newsroom.store.get(one.key).body) for one in newsroom.store.list(layout.ERASED)]
    assert (entry["by"], entry["reason"], entry["articles"]) == ("me", "a court order", [article_id(URL)])


def test_one_erasure_at_a_time_and_none_of_what_is_not_there(newsroom: Newsroom) -> None:
    with erasing(newsroom.store, run_id(9)), pytest.raises(ErasureUnderWay, match="an erasure runs on"):
        run(newsroom.store)
    with pytest.raises(NothingToErase):
        run(newsroom.store, "https://times.example/never")
    assert list(newsroom.store.list(layout.ERASED)) == []
    assert open_table(newsroom.store, layout.ARTICLES)
