"""The figures for people: tables on a terminal, plain aligned text elsewhere."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from rich.box import HEAVY_HEAD
from rich.console import Console
from rich.table import Table

from bench.extraction import BINS, RIGHT_F1, Bin, PageScore, SetScore, calibration_error
from bench.metrics import DEFINITIONS
from bench.peers import BASE
from bench.speed import Speed

TABLE_WIDTH = 160  # columns, at least
COLUMNS = ("F1", "precision", "recall", f"F1 less {BASE}, 95 %", "exact ¶", "title", "date", "authors",
           "leak", "loss", "ms", "no text")  # fmt: skip


def print_scores(console: Console, rows: Iterable[SetScore]) -> None:
    """Print a table a set."""
    for name, scores in groupby(rows, key=lambda row: row.set):
        found = list(scores)
        title = f"{name}: {found[0].pages} pages of {found[0].sites} sites; {DEFINITIONS[name].says}"
        table = _table(console, "system", *COLUMNS)
        for row in found:
            table.add_row(row.system, *_cells(row))
        _print(console, title, table)


def _cells(row: SetScore) -> Iterable[str]:
    yield from (f"{figure:.4f}" for figure in (row.score.f1, row.score.precision, row.score.recall))
    yield "{:+.4f} [{:+.4f}, {:+.4f}]".format(*row.difference) if row.difference else ""
    yield from map(_share, (row.exact_paragraphs, row.title, row.date, row.authors, row.leak_rate, row.loss_rate))
    yield f"{row.ms:.1f}" if row.ms is not None else ""
    yield str(row.failures or "")


def _share(figure: float | None) -> str:
    return f"{figure:.3f}" if figure is not None else ""


def print_failures(console: Console, scores: Iterable[PageScore]) -> None:
    """Print why systems gave no text: rejections by reason, and what was raised by its class."""
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for score in scores:
        if score.failure:
            reasons[score.system][score.failure.partition(":")[0]] += 1
    for system, counted in reasons.items():
        told = ", ".join(f"{reason} {count}" for reason, count in counted.most_common())
        console.print(f"no text from {system}: {told}", highlight=False)
    console.print()


def print_speed(console: Console, speeds: Mapping[str, Speed]) -> None:
    """Print how many times trafilatura's speed, on one core and over the same pages."""
    table = _table(console, "system", "pages", "ms", f"{BASE} ms", "ratio")
    for system, speed in speeds.items():
        table.add_row(system, str(speed.pages), f"{speed.ms:.1f}", f"{speed.base_ms:.1f}", f"{speed.ratio:.2f}")
    _print(console, "one core, page by page in turns", table)


def print_reliability(console: Console, system: str, bins: Sequence[Bin]) -> None:
    """Print confidence against outcome."""
    if not bins:
        console.print(f"{system}: its articles carry no confidence\n")
        return
    title = f"{system}: confidence, and articles right (F1 {RIGHT_F1} on their page); expected calibration error"
    table = _table(console, "confidence", "articles", "mean", "right")
    for found in bins:
        span = f"{found.low:.1f} to {found.low + 1 / BINS:.1f}"
        table.add_row(span, str(found.articles), f"{found.confidence:.3f}", f"{found.right:.3f}")
    _print(console, f"{title} {calibration_error(bins):.3f}", table)


def _table(console: Console, first: str, *columns: str) -> Table:
    table = Table(show_edge=False, box=HEAVY_HEAD if console.is_terminal else None)
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _print(console: Console, title: str, table: Table) -> None:
    console.print(title, highlight=False)  # a table's own title is broken to the table's width
    console.print(table)
    console.print()
