"""The language of an article: as declared, else as the text reads."""

from __future__ import annotations

import re

import py3langid

_TAG = re.compile(r"^([a-zA-Z]{2})(?:[-_][a-zA-Z0-9]{2,8})*$")
MIN_CHARS = 200  # below this, detection is a guess
_SAMPLE_CHARS = 2000


def language_code(tag: str | None) -> str | None:
    """Return the ISO 639-1 code in a language tag such as "en-GB" or "pt_BR", or None."""
    found = _TAG.match((tag or "").strip())
    return found[1].lower() if found else None


def detect_language(text: str) -> str | None:
    """Return the ISO 639-1 code of `text`, or None when it is under MIN_CHARS characters long."""
    if len(text) < MIN_CHARS:
        return None
    return str(py3langid.classify(text[:_SAMPLE_CHARS])[0])
