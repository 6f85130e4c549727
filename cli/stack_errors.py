"""What can go wrong with `up`, `down` and `status`: one line each, naming the thing and the fix."""

from __future__ import annotations

from click import ClickException


class StackError(ClickException):
    """Base of every error raised while the stack is started, watched or stopped."""


class AlreadyRunning(StackError):
    """A stack of this $BROADSHEET_HOME runs already."""


class PortTaken(StackError):
    """The port asked for with --port is in use."""

    exit_code = 2


class StackUnfit(StackError):
    """This machine or its settings cannot hold the stack: disk, Python, folders."""

    exit_code = 2


class PartFailed(StackError):
    """A part of the stack did not start; the message ends with its log's last line."""


class StopRequested(Exception):
    """SIGTERM, SIGINT or SIGHUP arrived while the stack was starting."""
