"""What can go wrong in the verbs themselves."""

from __future__ import annotations

from click import ClickException


class PagesFileError(ClickException):
    """The file given to `extract --pages` is wrong."""

    exit_code = 2


class NotInArchive(ClickException):
    """The URL asked for is not in the archive."""


class RunFailed(ClickException):
    """A run lost something or could not finish; the message names the site and what is missing."""


class LessThanExpected(ClickException):
    """A site gave less than its file expects."""

    exit_code = 3


class CountsDiffer(ClickException):
    """A step lost something on the way: the message names the run and what to repeat."""
