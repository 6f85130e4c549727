"""`./broadsheet down`: stop what `up` started, wait for it, say so."""

from __future__ import annotations

import contextlib
import os
import signal

import click

from cli.stack_errors import PartFailed
from cli.stack_home import StackHome
from cli.stack_state import StackLock, read_state

WITHIN_S = 150.0  # a draining crawl takes 45 s at most, then each other part its own patience


@click.command()
def down() -> None:
    """Stop the stack of this $BROADSHEET_HOME; running crawls end gracefully. Nothing running is fine."""
    home = StackHome.from_env()
    if not home.root.exists():
        click.echo(f"nothing runs in {home.root}", err=True)
        return
    lock = StackLock(home.lock)
    try:
        if lock.take():
            home.demo_sites.unlink(missing_ok=True)  # what a power cut left behind
            home.state.unlink(missing_ok=True)
            click.echo(f"nothing runs in {home.root}", err=True)
            return
        state = read_state(home)
        if state:
            click.echo(f"stopping the stack at {state.url} (pid {state.pid}) ...", err=True)
            with contextlib.suppress(ProcessLookupError):  # its guard is stopping the rest
                os.kill(state.pid, signal.SIGTERM)
        if not lock.take_within(WITHIN_S):
            raise PartFailed(f"still stopping after {WITHIN_S:.0f} s; see {home.logs} and ./broadsheet status")
        click.echo("stopped", err=True)
    finally:
        lock.release()
