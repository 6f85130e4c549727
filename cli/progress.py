"""Progress on stderr: a bar on a terminal, a plain line every ten seconds elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

PLAIN_EVERY_S = 10.0


class Bar:
    """One counted task. `advance` and `update` are cheap: call them per item."""

    def __init__(self, label: str, total: int | None, progress: Progress | None) -> None:
        self._label, self._total, self._done, self._progress = label, total, 0, progress
        self._task = progress.add_task(label, total=total) if progress else None
        self._next_line = time.monotonic() + PLAIN_EVERY_S

    def advance(self, count: int = 1) -> None:
        """Count `count` more."""
        self.update(self._done + count)

    def update(self, done: int, total: int | None = None, note: str = "") -> None:
        """Set what is done, and the total where it became known; `note` stands beside the label."""
        self._done, self._total = done, total if total is not None else self._total
        if self._progress and self._task is not None:
            self._progress.update(
                self._task, completed=done, total=self._total, description=f"{self._label} {note}".strip()
            )
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + PLAIN_EVERY_S
            of = f" of {self._total}" if self._total is not None else ""
            sys.stderr.write(f"{self._label}: {done}{of} {note}".rstrip() + "\n")


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Bar]:
    """Show one task's progress while the block runs."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Bar(label, total, None)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as shown:
        yield Bar(label, total, shown)
