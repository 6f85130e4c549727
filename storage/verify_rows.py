"""The rows of the tables: each comes from a capture that is there and from a run that counted it, none twice, and
the frontier knows of what they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from extract.url import article_id
from storage import layout
from storage.errors import ObjectMissing, ObjectRefused
from storage.findings import Findings
from storage.manifest import RunState
from storage.reextracted import Place as Captured
from storage.reextracted import read_became
from storage.segments import MISSING, ObjectChecker
from storage.staging import read_tables
from storage.verify_reading import EVERYTHING, content_of, read_rows, table_batches
from storage.verify_runs import Place, SiteRuns

ASKED = 5000  # articles looked up in one scan
NAMED = 200  # lines at most of one kind: a table that is lost is not named row by row


@dataclass(frozen=True, slots=True)
class Known:
    """What a site's frontier knows: its URLs, each with the sha256 of the title and text that extraction noted last.

    `since` is when it was begun, so that it knows nothing of what was captured before; `is_whole`: it forgot nothing.
    """

    urls: Sequence[tuple[str, str | None]]
    since: datetime | None = None
    is_whole: bool = True


ReadKnown = Callable[[bytes, str], Known]  # the frontier's bytes, its site


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is staged and not in the tables yet: its runs, (site, run id), and the (article id, content) in them.

    `unread` are sites of which a staged file is damaged: what it holds is not missed in the tables.
    """

    runs: set[tuple[str, str]] = field(default_factory=set)
    states: set[tuple[str, str]] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)


def check_rows(
    place: Place, sites: Sequence[SiteRuns], known: Mapping[str, Known], checker: ObjectChecker, found: Findings
) -> None:
    """Check the rows of `sites`, and what the frontiers in `known`, which were read before, say of them."""
    waiting = Waiting()
    for runs in sites:  # before the tables: a staged file goes when its rows are there
        _read_staged(place, runs, checker, waiting, found)
    names = [runs.site for runs in sites]
    articles = read_rows(place, layout.ARTICLES, names, place.share)
    rejections = read_rows(place, layout.REJECTIONS, names, place.share)
    found.counts["article rows"] += articles.height
    found.counts["rejection rows"] += rejections.height
    for key, rows, each in (
        (layout.ARTICLES, articles, ["key", "offset"]),
        (layout.REJECTIONS, rejections, ["key", "offset", "run_id"]),
    ):
        _check_twice(key, rows, each, found)
        _check_places(key, rows, sites, found)
        if checker.is_deep:
            _check_records(key, rows, sites, found)
    _check_counts(place, sites, articles, rejections, waiting, found)
    if known:
        everything = articles if place.share.is_all else read_rows(place, layout.ARTICLES, list(known), EVERYTHING)
        for site, told in known.items():
            _check_frontier(place, site, told, everything, waiting, found)


def _read_staged(place: Place, runs: SiteRuns, checker: ObjectChecker, waiting: Waiting, found: Findings) -> None:
    for one in place.inventory.objects(f"{layout.STAGED}{runs.site}/"):
        run = layout.staged_run(one.key)
        if run is None:
            found.add(one.key, "orphan: not a name that a run gives")
            continue
        waiting.runs.add(run)
        if wrong := _staged_wrong(place, runs, run[1], checker):
            found.add(one.key, wrong)
            waiting.unread.add(runs.site)
            continue
        try:
            rows, _ = read_tables(place.store, one.key)
        except ObjectMissing:  # published meanwhile
            continue
        except ObjectRefused as error:
            found.add(one.key, error.message.removeprefix(f"{one.key}: "))
            waiting.unread.add(runs.site)
            continue
        columns = (rows[name].to_pylist() for name in ("article_id", "title", "text_sha256"))
        waiting.states.update((article, content_of(title, text)) for article, title, text in zip(*columns, strict=True))
    if count := sum(site == runs.site for site, _ in waiting.runs):
        found.in_flight.add(f"{count} runs of {runs.site} wait for publish")


def _staged_wrong(place: Place, runs: SiteRuns, run_id: str, checker: ObjectChecker) -> str | None:
    facts = runs.facts.get(run_id)
    if facts and facts.staged and run_id not in runs.lost:
        standing = place.erasures.standing(facts.staged)
        (checked,) = checker.check([standing or facts.staged])
        return None if checked.wrong == MISSING else checked.wrong  # published meanwhile
    if place.share.has_run(run_id) and run_id not in runs.open_runs | runs.adopted | runs.lost:
        return "orphan: no manifest lists it"
    return None


def _check_twice(key: str, rows: pl.DataFrame, each: list[str], found: Findings) -> None:
    twice = rows.filter(pl.col("key").is_not_null()).group_by(each).len().filter(pl.col("len") > 1)
    for segment, offset, count in twice.select("key", "offset", "len").head(NAMED).iter_rows():
        found.add(key, f"{count} rows of one capture, {segment} at byte {offset}")


def _check_places(key: str, rows: pl.DataFrame, sites: Sequence[SiteRuns], found: Findings) -> None:
    """A row's capture lies within an object that a manifest lists."""
    sizes = {segment: size for runs in sites for segment, size in runs.sizes.items()}
    lost = {run_id for runs in sites for run_id in runs.lost}
    listed = pl.DataFrame(
        {"key": list(sizes), "size": list(sizes.values())}, schema={"key": pl.Categorical, "size": pl.Int64}
    )
    placed = rows.filter(pl.col("key").is_not_null()).join(listed, on="key", how="left")
    for site, run_id, segment in (
        placed.filter(pl.col("size").is_null()).select("site", "run_id", "key").unique().head(NAMED).iter_rows()
    ):
        of_run = layout.raw_run(segment)
        if run_id not in lost and not (of_run and of_run[1] in lost):
            found.add(key, f"rows of run {run_id} of {site} come from {segment}, which no manifest lists")
    beyond = placed.filter((pl.col("offset") < 0) | (pl.col("offset") + pl.col("length") > pl.col("size")))
    for segment, offset, size in beyond.select("key", "offset", "size").head(NAMED).iter_rows():
        found.add(key, f"a row comes from {segment} at byte {offset}, which has {size} bytes")


def _check_records(key: str, rows: pl.DataFrame, sites: Sequence[SiteRuns], found: Findings) -> None:
    """A row's capture is a response record, with the very digest of its payload."""
    schema = {"key": pl.Categorical, "offset": pl.Int64, "is": pl.String}
    there = [
        (segment, one.offset, f"{one.length} {one.digest} {one.status}")
        for runs in sites
        for segment, records in runs.records.items()
        for one in records
    ]
    read = {segment for runs in sites for segment in runs.records}
    told = pl.format("{} {} {}", "length", "digest", "status")
    checked = rows.filter(pl.col("key").is_in(list(read))).join(
        pl.DataFrame(there, schema=schema, orient="row"), on=["key", "offset"], how="left"
    )
    wrong = checked.filter(pl.col("is").is_null() | (pl.col("is") != told))
    for site, run_id, segment, offset, is_none in (
        wrong.select("site", "run_id", "key", "offset", pl.col("is").is_null()).head(NAMED).iter_rows()
    ):
        what = "no response begins there" if is_none else "the response there is another"
        found.add(key, f"a row of run {run_id} of {site} comes from {segment} at byte {offset}: {what}")


def _check_counts(
    place: Place, sites: Sequence[SiteRuns], articles: pl.DataFrame, rejections: pl.DataFrame, waiting: Waiting,
    found: Findings,
) -> None:  # fmt: skip
    """A published run has a row for each of its rejections, and at most one for each of its articles."""
    has, refused = _by_run(articles), _by_run(rejections)
    for runs in sites:
        became: dict[str, set[Captured]] | None = None
        for run_id, facts in runs.facts.items():
            if facts.state != RunState.STAGED or run_id in runs.lost or not place.share.has_run(run_id):
                continue
            run = (runs.site, run_id)
            rows, told = refused.get(run, 0) + place.erasures.rows.get("/".join(run), 0), facts.rejections
            is_past = layout.run_started(run_id).date() < place.erasures.rows_since(runs.site)
            articles_told = facts.articles
            if rows < told or has.get(run, 0) > articles_told:  # a re-extraction may have made articles of some
                became = _read_became(place, runs.site, found) if became is None else became
                rows += len(became.get(run_id, set()) - _places(rejections, run))
                articles_told += len(became.get(run_id, ()))
            if rows > told or (rows < told and run not in waiting.runs and not is_past):
                found.add(layout.REJECTIONS, f"{rows} rows of run {run_id} of {runs.site}, its manifest counts {told}")
            if (rows := has.get(run, 0)) > articles_told:
                found.add(
                    layout.ARTICLES, f"{rows} rows of run {run_id} of {runs.site}, its manifest counts {facts.articles}"
                )
        for key, counted in ((layout.ARTICLES, has), (layout.REJECTIONS, refused)):
            for (site, run_id), rows in counted.items():
                if site == runs.site and not runs.explains(place, run_id):
                    found.add(key, f"{rows} rows of run {run_id} of {site}, which has no manifest")


def _by_run(rows: pl.DataFrame) -> dict[tuple[str, str], int]:
    return {(site, run_id): count for site, run_id, count in rows.group_by("site", "run_id").len().iter_rows()}


def _read_became(place: Place, site: str, found: Findings) -> dict[str, set[Captured]]:
    try:
        return read_became(place.store, site)
    except ObjectRefused as error:
        key, _, what = error.message.partition(": ")
        found.add(key, what)
        return {}


def _places(rows: pl.DataFrame, run: tuple[str, str]) -> set[Captured]:
    own = rows.filter((pl.col("site") == run[0]) & (pl.col("run_id") == run[1]) & pl.col("key").is_not_null())
    return set(own.select(pl.col("key").cast(pl.String), "offset").iter_rows())


def _check_frontier(
    place: Place, site: str, told: Known, rows: pl.DataFrame, waiting: Waiting, found: Findings
) -> None:
    """What the frontier says was read as an article is a version, and an article's URL is in the frontier."""
    found.counts["frontier URLs"] += len(told.urls)
    ids = pl.Series("article_id", [article_id(url) for url, _ in told.urls], pl.String)
    noted = pl.DataFrame(
        {
            "article_id": ids,
            "content": [content and content[:32] for _, content in told.urls],
            "url": [url for url, _ in told.urls],
        },
        schema={"article_id": pl.String, "content": pl.String, "url": pl.String},
    )
    noted_texts = noted.filter(pl.col("content").is_not_null() & pl.lit(site not in waiting.unread))
    missed = noted_texts.join(rows, on=["article_id", "content"], how="anti")
    elsewhere = waiting.states | (_states(place, missed["article_id"].to_list()) if missed.height else set())
    named = 0
    for article, content, url in missed.iter_rows():
        if (article, content) not in elsewhere and article not in place.erasures.articles and named < NAMED:
            named += 1
            found.add(layout.ARTICLES, f"no row has {url} as it was read last; {layout.frontier_key(site)} knows of it")
    if not told.is_whole:
        return
    own = rows.filter(pl.col("site") == site)
    own = own if told.since is None else own.filter(pl.col("captured_at") >= told.since)
    own = own.filter(pl.col("captured_at").dt.date() >= place.erasures.rows_since(site))  # the others are about to go
    strange = own.join(noted, on="article_id", how="anti")["article_id"].unique().head(NAMED).to_list()
    for url in _urls(place, strange):
        found.add(layout.frontier_key(site), f"does not know {url}, of which {layout.ARTICLES} has a row")


def _states(place: Place, articles: list[str]) -> set[tuple[str, str]]:
    """Return (article id, content) of every version of `articles`, of whatever site and as of now."""
    states = set()
    for start in range(0, len(articles), ASKED):
        wanted = {"article_id": articles[start : start + ASKED]}
        for batch in table_batches(place, layout.ARTICLES, ["article_id", "title", "text_sha256"], wanted):
            for row in batch.to_pylist():
                states.add((row["article_id"], content_of(row["title"], row["text_sha256"])))
    return states


def _urls(place: Place, articles: list[str]) -> list[str]:
    if not articles:
        return []
    batches = table_batches(place, layout.ARTICLES, ["url"], {"article_id": articles})
    return sorted({url for batch in batches for url in batch["url"].to_pylist()})
