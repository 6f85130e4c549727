"""The versions of every article, whatever its site: each number once, none left out, each text as it was read."""

from __future__ import annotations

import hashlib

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from extract.url import article_id
from storage import layout
from storage.findings import Findings
from storage.verify_reading import table_batches
from storage.verify_rows import NAMED
from storage.verify_runs import Place

PASS_ROWS = 2_000_000  # rows held at once, some 40 bytes each; larger tables are read in several passes


def check_versions(place: Place, rows: int, found: Findings) -> dict[str, int]:
    """Check that the versions of each article are 1, 2, … without a gap; return the table's rows by site.

    `rows` is about how many there are.
    """
    passes = -(-rows // PASS_ROWS) or 1
    sites: dict[str, int] = {}
    for number in range(passes):
        frames = [pl.DataFrame(schema={"article_id": pl.String, "version": pl.Int64})]
        for batch in table_batches(place, layout.ARTICLES, ["article_id", "version", "site"]):
            if number == 0:
                for entry in pc.value_counts(pc.cast(batch["site"], pa.string())).to_pylist():
                    sites[entry["values"]] = sites.get(entry["values"], 0) + entry["counts"]
            ids = pl.Series("article_id", pc.cast(batch["article_id"], pa.string()))
            frame = pl.DataFrame({"article_id": ids, "version": pl.Series(batch["version"])})
            frames.append(frame.filter(pl.col("article_id").str.slice(-6).str.to_integer(base=16) % passes == number))
        _check(pl.concat(frames), place, found)
    return sites


def _check(rows: pl.DataFrame, place: Place, found: Findings) -> None:
    twice = rows.group_by("article_id", "version").len().filter(pl.col("len") > 1).head(NAMED)
    held = rows.group_by("article_id").agg(
        pl.col("version").max().alias("last"), pl.col("version").n_unique().alias("has")
    )
    gaps = held.filter(pl.col("last") != pl.col("has")).head(NAMED)
    names = _urls(place, [*twice["article_id"], *gaps["article_id"]])
    for article, version, count in twice.iter_rows():
        found.add(layout.ARTICLES, f"{count} rows are version {version} of {names.get(article, article)}")
    for article, last, has in gaps.iter_rows():
        if article in place.erasures.articles:
            continue
        there = set(rows.filter(pl.col("article_id") == article)["version"])
        lacking = ", ".join(str(one) for one in range(1, last + 1) if one not in there)
        found.add(
            layout.ARTICLES, f"no row is version {lacking} of {names.get(article, article)}, which has {has} others"
        )


def _urls(place: Place, articles: list[str]) -> dict[str, str]:
    if not articles:
        return {}
    batches = table_batches(place, layout.ARTICLES, ["article_id", "url"], {"article_id": articles})
    return {row["article_id"]: row["url"] for batch in batches for row in batch.to_pylist()}


def check_texts(place: Place, found: Findings) -> None:
    """Check that each row's text has the sha256, the id and the day that the row says."""
    columns = ["run_id", "article_id", "url", "version", "text", "text_sha256", "captured_at", "captured_day"]
    for batch in table_batches(place, layout.ARTICLES, columns, is_wide=True):
        day = pc.cast(pc.local_timestamp(batch["captured_at"]), pa.date32(), safe=False)
        is_its_day = pc.equal(day, batch["captured_day"]).to_pylist()
        for row, is_own in zip(
            batch.drop_columns(["captured_at", "captured_day"]).to_pylist(), is_its_day, strict=True
        ):
            if not place.share.has_run(row["run_id"]):
                continue
            found.counts["texts"] += 1
            what = f"version {row['version']} of {row['url']}"
            if hashlib.sha256(row["text"].encode()).hexdigest() != row["text_sha256"]:
                found.add(layout.ARTICLES, f"{what}: its text is not that of its text_sha256")
            elif not is_own or article_id(row["url"]) != row["article_id"]:
                found.add(layout.ARTICLES, f"{what}: its article_id or captured_day is not its own")
