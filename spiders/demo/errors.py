"""What can go wrong with the demo newspaper."""

from __future__ import annotations

from spiders.errors import SpiderError


class DemoError(SpiderError):
    """The demo cannot start: the message names the file, folder or port and the fix."""

    exit_code = 2
