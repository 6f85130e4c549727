"""`test`: everything CI runs, in one command."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
CHECKS = {
    "format": ["-m", "ruff", "format", "--check", "--quiet", "."],
    "lint": ["-m", "ruff", "check", "--quiet", "."],
    "types": ["-m", "mypy", "--no-error-summary"],
    "import rules": ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"],
}
# They wait for servers, so more processes than cores; in the order of the folders: the longest files are of the CLI.
ALL_TESTS = ["-q", "--numprocesses", "4", "--dist", "loadfile", "--no-loadscope-reorder"]


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def test(*, pytest_args: tuple[str, ...]) -> None:
    """Run lint, types, import rules and all tests; with PYTEST_ARGS only pytest, with them."""
    failed = [] if pytest_args else [name for name, argv in CHECKS.items() if not _passes(name, argv)]
    if not _passes("tests", ["-m", "pytest", *(pytest_args or ALL_TESTS)]):
        failed.append("tests")
    if failed:
        click.echo(f"failed: {', '.join(failed)}", err=True)
        sys.exit(1)


def _passes(name: str, argv: list[str]) -> bool:
    click.echo(f"== {name}", err=True)
    started = time.monotonic()
    done = subprocess.run([sys.executable, *argv], cwd=ROOT, check=False)
    verdict = "passed" if done.returncode == 0 else "FAILED"
    click.echo(f"== {name}: {verdict} in {time.monotonic() - started:.1f} s", err=True)
    return done.returncode == 0
