"""What can go wrong in a benchmark."""

from __future__ import annotations

from click import ClickException


class CorpusError(ClickException):
    """The folder of pages and gold is not one; the message names the file and what is wrong with it."""

    exit_code = 2


class PeersError(ClickException):
    """The peers cannot be installed or run; the message says what to do."""
