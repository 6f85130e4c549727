"""Where a verb writes: stdout, or what its -o names, a file whole or not at all."""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from os.path import realpath
from pathlib import Path
from typing import IO, Any

import click

STDOUT = Path("/dev/stdout")  # what `-o -` gives: this very object, for who writes the path means a descriptor


class Target(click.Path):
    """What an -o names; `-` is stdout, as everywhere, and `./-` a file of that name."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401
        """Return the path that `value` names, STDOUT for -."""
        return STDOUT if value == "-" else super().convert(value, param, ctx)


OUTPUT = click.option(
    "-o", "--output", type=Target(dir_okay=False, path_type=Path), help="Write here instead of stdout, which - is too."
)
_NAME_CHARS = 40  # of the target's name in a part's: together they must not pass 255 bytes
_DESCRIPTOR = re.compile(r"/dev/(?:stdin|stdout|stderr|fd/\d+)|/proc/(?:self|thread-self|\d+)/fd/\d+")


@contextmanager
def opened(output: Path | None) -> Iterator[IO[bytes]]:
    """Give the file `output`, which comes into being whole at the end or not at all; None, STDOUT: stdout.

    A pipe or a device is written as it goes: renamed over, it would be gone. Of a link the target is written.
    """
    if output is None or output is STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with _straight(output) if _is_special(output) else _whole(output) as out:
            yield out
    except BrokenPipeError:  # `-o >(head)`: as for stdout, the entry point ends the verb
        raise
    except OSError as error:
        raise click.FileError(str(output), error.strerror or str(error)) from error


def part_of(target: Path) -> Path:
    """Return a hidden name beside `target` for what is not whole yet, another at each call."""
    return target.with_name(f".{target.name[:_NAME_CHARS]}.{secrets.token_hex(4)}.part")


def _is_special(output: Path) -> bool:
    """Return whether `output` is there and no regular file, or a descriptor: that may be a file which others hold."""
    return bool(_DESCRIPTOR.fullmatch(str(output.absolute()))) or (output.exists() and not output.is_file())


def _straight(output: Path) -> IO[bytes]:
    return output.open("ab")  # `-o /dev/stdout >> FILE` must not empty FILE


@contextmanager
def _whole(output: Path) -> Iterator[IO[bytes]]:
    target = Path(realpath(output))
    part = part_of(target)
    try:
        with part.open("xb") as out:
            yield out
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
