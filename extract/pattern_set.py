"""Many patterns asked at once, in time linear in the text."""

from __future__ import annotations

from collections.abc import Iterable

import re2

MAX_MEMORY = 64 << 20  # bytes of a set
# re2's own \w, \W and \b know ASCII alone; under case folding it takes U+0345 for a letter, Python does not
_LETTER, _NO_LETTER = r"[\pL\pN_]", r"(?:[^\pL\pN_]|\x{345})"


def pattern_set(patterns: Iterable[str], *, whole: bool = False) -> re2.Set:
    """Return the set of patterns to be searched, or matched with the `whole` text, without regard to case."""
    options = re2.Options()
    options.case_sensitive = False
    options.max_mem = MAX_MEMORY
    found = re2.Set.FullMatchSet(options) if whole else re2.Set.SearchSet(options)
    for pattern in patterns:
        found.Add(pattern.replace(r"\W", _NO_LETTER).replace(r"\w", _LETTER))
    found.Compile()
    return found
