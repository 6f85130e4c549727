"""`./broadsheet up`: the whole stack in one command, in this terminal or detached from it."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from cli.stack_errors import PartFailed, PortTaken, StackUnfit
from cli.stack_home import REPO, StackHome
from cli.stack_state import lock_stack
from spiders.site import load_sites
from storage.settings import StoreSettings

DEFAULT_PORT = 8080
NEEDED_BYTES = 2**29  # Postgres, its log of changes and our logs; the embedded S3 asks for its own
log = logging.getLogger(__name__)


@click.command()
@click.option("--detach", is_flag=True, help="Return when ready and leave it running; `down` stops it.")
@click.option(
    "--port", type=click.IntRange(1, 65535), help=f"Of the UI on 127.0.0.1. Default: {DEFAULT_PORT} or the next free."
)
@click.option(
    "--demo/--no-demo", default=None, help="With the bundled demo newspaper. Default: only into the embedded S3."
)
@click.option("--supervise", is_flag=True, hidden=True, help="Report as JSON lines on stdout; what --detach starts.")
def up(*, detach: bool, port: int | None, demo: bool | None, supervise: bool) -> None:
    """Start the archive: embedded S3, Airflow and the demo newspaper, everything on 127.0.0.1."""
    os.umask(0o077)
    home = StackHome.from_env()
    _check_machine(home)
    lock_stack(home).release()  # says at once what the supervisor would find a moment later
    own = [site for site in load_sites() if not site.demo]  # a broken file would leave every site without its DAG
    port = _choose_port(port)
    if demo is None:  # invented articles have no place in a bucket that somebody set up
        demo = StoreSettings.from_env().embedded
    progress = Progress(time.monotonic(), detached=detach, is_idle=not demo and not own)
    if detach:
        _detach(home, port, progress, demo=demo)
        return
    from cli.stack import Supervisor  # noqa: PLC0415 - after the quick refusals

    report = _report_json if supervise else progress.report
    Supervisor(home, port, demo=demo, report=report).run()


def _check_machine(home: StackHome) -> None:
    try:
        home.make()
    except OSError as error:
        raise StackUnfit(f"{home.root}: {error.strerror}; set BROADSHEET_HOME to a folder you can write") from error
    free = shutil.disk_usage(home.root).free
    if free < NEEDED_BYTES:
        found, needed = free // 2**20, NEEDED_BYTES // 2**20
        raise StackUnfit(f"{home.root}: {found} MiB free, {needed} needed; free some or set BROADSHEET_HOME")


def _choose_port(wanted: int | None) -> int:
    if wanted is not None:
        if not _is_free(wanted):
            raise PortTaken(f"port {wanted} is taken on 127.0.0.1; choose another with --port, or leave it out")
        return wanted
    for port in range(DEFAULT_PORT, DEFAULT_PORT + 100):
        if _is_free(port):
            if port != DEFAULT_PORT:
                click.echo(f"port {DEFAULT_PORT} is taken: the UI will be on {port}", err=True)
            return port
    raise PortTaken(f"no port from {DEFAULT_PORT} to {DEFAULT_PORT + 99} is free; choose one with --port")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the api-server does: TIME_WAIT is no owner
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Progress:
    """Reports on stderr, with times since the command; the last one, the address and the login, on stdout.

    `is_idle`: there is no site to archive, so the last one says how to add one.
    """

    def __init__(self, started: float, *, detached: bool, is_idle: bool) -> None:
        self.started, self.detached, self.is_idle = started, detached, is_idle
        self.console = Console(stderr=True, highlight=False)

    def report(self, event: dict[str, Any]) -> None:
        """Show one event of the supervisor."""
        at = f"{time.monotonic() - self.started:5.1f} s"
        if line := event.get("step") or event.get("warning"):
            style = "yellow" if "warning" in event else None
            self.console.print(f"{at}  {line}", style=style, markup=False, soft_wrap=True)
        elif "ready" in event:
            click.echo(ready_text(event["ready"], detached=self.detached, is_idle=self.is_idle))


def ready_text(ready: dict[str, Any], *, detached: bool, is_idle: bool) -> str:
    """Return what a person needs next: address, login, the first run's counts, the command that reads."""
    lines = ["", f"  Airflow   {ready['url']}", f"  login     {ready['user']} / {ready['password']}"]
    if "counts" in ready:
        counts = ready["counts"]
        said = [f"{counts.get('articles', 0)} articles"]
        said += [f"{count} {name}" for name, count in counts.items() if count and name not in {"articles", "runs"}]
        lines.append(
            f"  archived  {', '.join(said)} of {len(ready['states'])} sites ({ready['seconds']:.0f} s after the start)"
        )
        failed = [site for site, state in ready["states"].items() if state == "failed"]
        lines += [f"  failed    {site}: see its run in the UI" for site in failed]
    if is_idle:
        lines.append("  no sites  ./broadsheet sites add https://www.example.com/ adds one")
    stop = "./broadsheet down" if detached else "Ctrl-C or ./broadsheet down"
    lines += ["  read      ./broadsheet articles --format table", f"  stop      {stop}", ""]
    return "\n".join(lines)


def _report_json(event: dict[str, Any]) -> None:
    try:
        click.echo(json.dumps(event))
    except BrokenPipeError:  # whoever started us has read "ready" and is gone: from here on into supervisor.log
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        click.echo(json.dumps(event))


def _detach(home: StackHome, port: int, progress: Progress, *, demo: bool) -> None:
    argv = [sys.executable, "-m", "cli", "up", "--supervise", "--port", str(port), "--demo" if demo else "--no-demo"]
    log_path = home.logs / "supervisor.log"
    with log_path.open("ab") as log_file:
        child = subprocess.Popen(
            argv, cwd=REPO, env=os.environ | {"BROADSHEET_HOME": str(home.root)}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=log_file, text=True, start_new_session=True,
        )  # fmt: skip
    try:
        for line in child.stdout or ():
            event = json.loads(line)
            progress.report(event)
            if "ready" in event:
                return
    except KeyboardInterrupt:
        child.send_signal(signal.SIGTERM)
        child.wait()
        raise
    raise PartFailed(_reason(log_path) or f"the stack ended while starting; see {log_path}") from None


def _reason(log_path: Path) -> str:
    from cli.component import last_line  # noqa: PLC0415

    return last_line(log_path).removeprefix("Error: ")
