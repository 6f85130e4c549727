"""`python -m spiders.demo --home DIR`: the demo newspaper until SIGTERM, SIGINT or the death of its parent."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

import click

from spiders.demo.clock import WallClock
from spiders.demo.errors import DemoError
from spiders.demo.newspaper import Demo, load_papers, serving
from spiders.demo.server import HOST
from spiders.demo.state import bind, read_state, write_sites, write_whole

ENDS = (signal.SIGTERM, signal.SIGINT)
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


@click.command()
@click.option("--home", required=True, type=click.Path(path_type=Path), help="Keeps state in HOME/demo.")
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.01, 10_000),
    help="Publishes so many times as fast.",
)
def main(home: Path, speed: float) -> None:
    """Serve the demo newspaper on loopback; prints "ready" once every site answers."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s demo %(message)s")
    # Waited for, not handled: a handler that set an Event would wait for ever where `wait` holds the Event's lock.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
    _die_with_parent()
    folder = home / "demo"
    with ExitStack() as stack:
        state = read_state(folder / "state.json")
        servers = [stack.enter_context(bind(paper, place, state)) for place, paper in enumerate(load_papers())]
        write_whole(folder / "state.json", state.to_json())
        demo = stack.enter_context(serving(servers, WallClock(state.epoch, speed), state.epoch, speed))
        _check(demo)
        sites = folder / "sites.yaml"
        stack.callback(sites.unlink, missing_ok=True)
        write_sites(sites, demo)
        click.echo("ready")
        signal.sigwait(ENDS)


def _die_with_parent() -> None:
    """Ask Linux for SIGTERM when the thread that started this process ends; other systems have no such thing."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died in between
        signal.raise_signal(signal.SIGTERM)


def _check(demo: Demo) -> None:
    for paper in demo.papers:
        address = paper.base_url.removeprefix(f"http://{HOST}:")
        connection = HTTPConnection(HOST, int(address), timeout=10)
        try:
            connection.request("GET", "/robots.txt")
            status = connection.getresponse().status
        except OSError as error:
            raise DemoError(f"{paper.base_url}: the demo does not answer ({error})") from error
        finally:
            connection.close()
        if status != 200:
            raise DemoError(f"{paper.base_url}: the demo answers HTTP {status}")


def run() -> None:
    """Run `main`; whatever is wrong, wrong arguments too, is one line on stderr."""
    try:
        main.main(standalone_mode=False)
    except click.ClickException as error:
        click.echo(f"Error: {error.format_message()}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    run()
