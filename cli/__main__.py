"""`./broadsheet VERB`: each verb lives in its own module and is imported only when it is called."""

from __future__ import annotations

import errno
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click
from click.exceptions import Exit

from extract import __version__
from storage.env_file import refuse_misspelt

VERBS = {  # verb: module and attribute; hidden ones are the steps that ingest and the DAGs start
    "up": "cli.up:up",
    "down": "cli.down:down",
    "status": "cli.status:status",
    "ingest": "cli.ingest:ingest",
    "articles": "cli.read:articles",
    "rejections": "cli.read:rejections",
    "show": "cli.show:show",
    "stories": "cli.stories:stories",
    "extract": "cli.pages:extract",
    "schema": "cli.schema:schema",
    "sites": "cli.sites:sites",
    "reextract": "cli.reextract:reextract",
    "verify": "cli.verify:verify",
    "export": "cli.export:export",
    "erase": "cli.erase:erase",
    "upkeep": "cli.upkeep:upkeep",
    "copy": "cli.copy:copy",
    "bench": "cli.bench:bench",
    "test": "cli.test:test",
    "crawl": "cli.crawl_step:crawl",
    "crawl-worker": "cli.worker:crawl_worker",
    "extract-run": "cli.extract_step:extract_run",
    "stage": "cli.stage_step:stage",
    "publish": "cli.publish:publish",
    "cluster": "cli.publish:cluster",
    "verify-share": "cli.verify:verify_share",
    "reextract-plan": "cli.reextract:reextract_plan",
    "reextract-part": "cli.reextract:reextract_part",
    "upkeep-daily": "cli.upkeep:upkeep_daily",
}


# Of these the output is all there is: whoever has seen enough of it may leave. Others end with a verdict.
_READING = frozenset(
    {None, "status", "articles", "rejections", "show", "stories", "extract", "schema", "sites", "export"}
)


@contextmanager
def _reader_may_leave(ctx: click.Context | None = None) -> Iterator[None]:
    """End with 0 when the reader of stdout, `| head` for one, leaves; with 1 when that leaves a verdict unsaid."""
    try:
        yield
    except BrokenPipeError as gone:
        raise Exit(int(_verb(ctx) not in _READING)) from gone
    except SystemExit as ended:  # rich's answer to it
        if not isinstance(ended.__context__, BrokenPipeError):
            raise
        raise Exit(int(_verb(ctx) not in _READING)) from ended


def _verb(ctx: click.Context | None) -> str | None:
    return ctx.invoked_subcommand if ctx else None


class Verbs(click.Group):
    """A group whose commands are imported when they are called."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - click's signature
    ) -> click.Context:
        with _reader_may_leave():  # --help is printed here
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        with _reader_may_leave(ctx):
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in VERBS:
            return None
        module, _, attribute = VERBS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="broadsheet")
@click.option("-v", "--verbose", is_flag=True, help="Log every step on stderr.")
def main(*, verbose: bool) -> None:
    """Broadsheet: a scheduled scraping and archiving pipeline for news."""
    refuse_misspelt(os.environ)
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it calls every page without a body an error


def run() -> None:
    """Run the verb and end at once: a thread of Arrow's that outlives its work aborts a program that takes its time."""
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # Arrow's own gives back less of what it freed
    try:
        main(prog_name="broadsheet")
    except SystemExit as ended:
        if not isinstance(ended.code, int):
            raise
        os._exit(ended.code or _unwritten())
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _say_full(error)
        os._exit(1)


def _unwritten() -> int:
    """Write out what is still held back; return 1 if that fails."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream and not stream.closed:  # a wrapper around it that a gone reader broke takes it along
                stream.flush()
    except BrokenPipeError:  # as in _reader_may_leave
        return 0
    except OSError as error:
        _say_full(error)
        return 1
    return 0


def _say_full(error: OSError) -> None:
    place = error.filename or "where the output, $BROADSHEET_HOME and temporary files go"
    os.write(2, f"Error: {error.strerror}: {place}; make room and run it again\n".encode())


if __name__ == "__main__":
    run()
