"""Re-extraction: what today's code reads in the captures of before, put in place of what the tables hold of them.

A partition is one site's captures of one month. Its rows are replaced a slice at a time, each slice in one commit a
table that fails if anybody committed meanwhile, and is then decided again: so publishers, other re-extractions and a
kill at any point lose and double nothing. Every row depends on its own capture, and what is right already is left
alone: after a kill the next run finds the slices before it done.

It is no edit by the publisher: a row keeps its version, capture, run and status.
"""

from __future__ import annotations

import logging
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from extract.rejection import Reason
from extract.url import article_id
from storage import layout, schema
from storage.became import Added, State, add_versions, last_missing, read_by, read_states
from storage.client import Store
from storage.erasures import read_erasures
from storage.errors import ObjectMissing, StoreConflict
from storage.heads import read_heads, write_heads
from storage.partitions import DAY, Partition
from storage.reextracted import Place, note_became
from storage.replaced import Change, Row, digest_of, is_of, kind_of_change, marked, place_of, replaced, unmarked
from storage.scan import scan
from storage.tables import SCHEMAS, make_table, open_table, replace_rows, table_errors
from storage.versions import Head
from storage.window import forget_versions

log = logging.getLogger(__name__)
RACE_TRIES = 30
# They tell of the reader, not of the page, and may not come again: nothing is replaced by such an outcome.
UNSURE = frozenset({Reason.TIMEOUT.value, Reason.EXTRACTION_ERROR.value})
_NAME = re.compile(r"[A-Za-z0-9-]+")
Outcomes = Mapping[Place, Row]
ReadAgain = Callable[[Place], Row | None]  # the article row that today's code reads there; None without an article
Done = TypeVar("Done")


@dataclass(slots=True)
class _Articles:
    """What is to change in the articles table. `changed`: pairs of rows, as they are and as they are to be.

    `beside` are rows as they are and stay, of articles with a changed row on the same day; `became` are captures that
    gave a rejection first, (run id, capture).
    """

    changed: list[tuple[Row, Row]] = field(default_factory=list)
    beside: list[Row] = field(default_factory=list)
    added: list[Added] = field(default_factory=list)
    became: set[tuple[str, Place]] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> list[Row]:
        """The rows as they are to be, with those beside them."""
        return [*(new for _, new in self.changed), *(one.row for one in self.added), *self.beside]

    @property
    def retold(self) -> list[tuple[Row, Row]]:
        """The changed rows whose title or text is another."""
        return [pair for pair in self.changed if digest_of(pair[0]) != digest_of(pair[1])]


class Reextraction:
    """One partition's. `counts` say what was, or with `dry_run` would be, changed; `changes` show the texts.

    `read_again` reads one more capture: one beside a capture that became an article.
    """

    def __init__(self, store: Store, part: Partition, read_again: ReadAgain, *, dry_run: bool) -> None:
        self._store, self._part, self._read_again, self._dry_run = store, part, read_again, dry_run
        self._erased: frozenset[str] = frozenset()
        self.counts: Counter[str] = Counter()
        self.changes: list[Change] = []
        self.read_by: tuple[str, str | None] | None = None  # the code and the profile of today; None without an article

    def put(self, articles: pa.Table, rejections: pa.Table) -> None:
        """Put outcomes in place of the rows that their captures gave; a capture without a row is left out."""
        outcomes = {place_of(row): row for table in (articles, rejections) for row in table.to_pylist()}
        if not outcomes:
            return
        self.read_by = next((read_by(one) for one in outcomes.values() if "text" in one), self.read_by)
        made = self._until_unraced(lambda: self._put_articles(outcomes))
        self.changes += [Change.of(old, new) for old, new in made.retold]
        # After the articles: a kill in between leaves a rejection beside its article, and the next run takes it away.
        self.counts += made.counts + self._until_unraced(lambda: self._put_rejections(outcomes))

    def _until_unraced(self, put: Callable[[], Done]) -> Done:
        for races in range(1, RACE_TRIES + 1):
            try:
                return put()
            except (StoreConflict, ObjectMissing) as error:
                if races == RACE_TRIES:
                    raise
                log.info("another writer was faster (%s), look again", error)
                time.sleep(random.uniform(0, 0.1 * min(races, 10)))  # noqa: S311 - spreads racers, guards no secret
        raise AssertionError("every try returns or raises")

    def _put_articles(self, outcomes: Outcomes) -> _Articles:
        table = open_table(self._store, layout.ARTICLES)  # before the rows are read: a later commit is a conflict
        made = self._decide(outcomes)
        if self._dry_run:
            return made
        if made.became:  # before a rejection goes, so that verify never misses one
            note_became(self._store, self._part.site, self._part.month, made.became)
        if made.changed or made.added:
            table = table or make_table(self._store, layout.ARTICLES)
            forget_versions(self._store, {(new["article_id"], new["version"]) for _, new in made.retold})
            heads = read_heads(self._store, table)
            rows = pa.Table.from_pylist(made.rows, schema=schema.ARTICLES)
            ids = {row["article_id"] for row in made.rows}
            where = f"{self._where(row[DAY] for row in made.rows)} AND article_id IN ({_listed(ids)})"
            replace_rows(self._store, layout.ARTICLES, table, where, rows)
            write_heads(self._store, table, heads.replaced(_heads_after(heads.of(ids), made)))
        return made

    def _decide(self, outcomes: Outcomes) -> _Articles:
        made = _Articles()
        self._erased = read_erasures(self._store).articles  # each time: an erasure that came between is a conflict
        ids = {one.get("article_id") or article_id(one["url"]) for one in outcomes.values()}
        found = self._rows(layout.ARTICLES, outcomes, {"article_id": sorted(ids)})
        for old in found:
            outcome = outcomes.get(place_of(old))
            if outcome is None or not is_of(outcome, old):
                continue
            made.counts["read"] += 1
            if reason := outcome.get("reason"):  # today's gate would refuse it: what was kept stays
                made.counts["unread" if reason in UNSURE else "kept"] += 1
                continue
            new = replaced(old, outcome)
            made.counts[kind_of_change(old, new)] += 1
            if new is not old:
                made.changed.append((old, new))
        self._add_articles(made, outcomes, {place_of(old) for old in found})
        touched = {row["article_id"] for row in made.rows}
        changed = {place_of(old) for old, _ in made.changed}
        made.beside = [old for old in found if old["article_id"] in touched and place_of(old) not in changed]
        return made

    def _add_articles(self, made: _Articles, outcomes: Outcomes, has_row: set[Place]) -> None:
        """Decide about the captures that gave a rejection and are an article today."""
        today = {place: one for place, one in outcomes.items() if "text" in one and place not in has_row}
        found: dict[Place, Row] = {}
        for rejection in self._rows(layout.REJECTIONS, today, {}) if today else ():
            place = place_of(rejection)
            if is_of(today.get(place), rejection) and today[place]["article_id"] not in self._erased:
                made.became.add((rejection["run_id"], place))
                own = {"run_id": rejection["run_id"], DAY: rejection[DAY], "extraction": marked(today[place])}
                found.setdefault(place, today[place] | own)
        if not found:
            return
        became = list(found.values())
        retold = {place_of(old): digest_of(new) for old, new in made.changed}

        def digest_today(state: State) -> bytes:
            if state.capture in retold:
                return retold[state.capture]
            if state.capture is None or (unmarked(state.read_by[0]), state.read_by[1]) == self.read_by:
                return state.digest
            again = self._read_again(state.capture)  # in a partition, or a slice, whose turn comes later or never
            return digest_of(again) if again else state.digest

        states = read_states(self._store, (row["article_id"] for row in became))
        added, made.counts["repeated"] = add_versions(became, states, digest_today)
        missing = last_missing(self._store, [one.row for one in added if one.is_latest])
        for one in added:
            is_gone = one.is_latest and one.row["captured_at"] < missing.get(one.row["url"], one.row["captured_at"])
            made.added.append(Added(one.row | {"status": "gone" if is_gone else "live"}, one.is_latest))
        made.counts["articles"] = len(added)

    def _put_rejections(self, outcomes: Outcomes) -> Counter[str]:
        """Take away the rejections of what is an article today, and give the others today's reason."""
        counts: Counter[str] = Counter()
        table = open_table(self._store, layout.REJECTIONS)
        if table is None:
            return counts
        found = self._rows(layout.REJECTIONS, outcomes, {})
        kept, changed, dropped = [], [], []
        for old in found:
            outcome = outcomes.get(place_of(old))
            if outcome is None or not is_of(outcome, old):
                kept.append(old)
                continue
            counts["read"] += 1
            if "text" in outcome and outcome["article_id"] not in self._erased:
                dropped.append(old)
            elif "text" in outcome or outcome["reason"] in UNSURE:
                counts["unread"] += "text" not in outcome
                kept.append(old)
            elif (old["reason"], old["detail"]) != (outcome["reason"], outcome["detail"]):
                counts["reasons"] += 1
                changed.append(old | {"reason": outcome["reason"], "detail": outcome["detail"]})
            else:
                counts["same"] += 1
                kept.append(old)
        touched = [*changed, *dropped]
        if touched and not self._dry_run:
            note_became(
                self._store, self._part.site, self._part.month, ((row["run_id"], place_of(row)) for row in dropped)
            )
            days, runs = {row[DAY] for row in touched}, {row["run_id"] for row in touched}
            rows = [*changed, *(row for row in kept if row[DAY] in days and row["run_id"] in runs)]
            where = f"{self._where(days)} AND run_id IN ({_listed(runs)})"
            replace_rows(
                self._store, layout.REJECTIONS, table, where, pa.Table.from_pylist(rows, schema=schema.REJECTIONS)
            )
        return counts

    def _rows(self, key: str, outcomes: Outcomes, texts: Mapping[str, list[str]]) -> list[Row]:
        """Return the site's rows of the days of `outcomes`, of those that have one of `texts` if any are given."""
        table = open_table(self._store, key)
        if table is None:
            return []
        days = sorted({one["captured_at"].date() for one in outcomes.values()})
        with table_errors(self._store, key):
            batches = scan(
                table, self._store.table_files(key), SCHEMAS[key].names, when=pc.field(DAY).isin(days),
                texts={"site": [self._part.site], **texts},
            )  # fmt: skip
            return [row for batch in batches for row in batch.to_pylist()]

    def _where(self, days: Iterable[date]) -> str:
        """Return an SQL predicate: rows of the site on `days`."""
        listed = ", ".join(f"'{day}'" for day in sorted(set(days)))
        return f"{DAY} IN ({listed}) AND site IN ({_listed([self._part.site])})"


def _listed(names: Iterable[str]) -> str:
    """Return names as an SQL list: hex ids, run ids, sites; ValueError for what could be anything else."""
    chosen = sorted(names)
    if strange := next((name for name in chosen if not _NAME.fullmatch(name)), None):
        raise ValueError(f"{strange!r} is no id of a row")
    return ", ".join(f"'{name}'" for name in chosen)


def _heads_after(known: Mapping[str, Head], made: _Articles) -> dict[str, Head]:
    """Return the heads of the articles that a commit touches, as they are after it."""
    heads = dict(known)
    for _, new in made.changed:
        article = new["article_id"]
        if article in heads and heads[article].version == new["version"]:
            heads[article] = replace(heads[article], digest=digest_of(new))
    for one in made.added:  # an article's versions come in the order of their numbers
        row, version = one.row, one.row["version"]
        latest = Head(version, version, digest_of(row), row["status"], row["captured_at"], row[DAY])
        before = heads.get(row["article_id"], latest)
        heads[row["article_id"]] = latest if one.is_latest else replace(before, last_version=version)
    return heads
