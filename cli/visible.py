"""Archived text on a terminal: what a page wrote must never be a command to the one who reads it."""

from __future__ import annotations

from typing import Final

# escape sequences begin with ESC or, in eight bits, with one of U+0080 to U+009F; carriage returns and backspaces
# overwrite what stands there, and the overriding marks (U+202D, U+202E) show words in another order than they have
_SHOWN: Final = (
    {code: 0x2400 + code for code in range(0x20) if code != ord("\t")}
    | {0x7F: 0x2421}
    | dict.fromkeys([*range(0x80, 0xA0), 0x2028, 0x2029, 0x202D, 0x202E], 0xFFFD)
)


def visible(text: str) -> str:
    """Return `text`, one line, with a picture in place of each control character: ␛ for escape."""
    return text.translate(_SHOWN)
