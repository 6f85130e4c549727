"""What a publisher reserves, as found in headers and markup: recorded as evidence, judged elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from extract.markup import Markup

_ROBOTS_NAMES = {"robots", "googlebot-news", "broadsheet"}
_RESTRICTIONS = {"noarchive", "noai", "noimageai", "nosnippet", "noindex", "nocache"}
_HEADERS = ("tdm-reservation", "tdm-policy", "content-usage", "content-signal")
_META_ROBOTS = re.compile(
    rb"""<meta\b(?=[^>]{0,300}\bname\s*=\s*["']?(?:robots|broadsheet)\b)[^>]{0,300}\bcontent\s*=\s*["']?([^"'>]{1,300})""",
    re.IGNORECASE,
)
_AGENT = re.compile(r"\s*(\*|[A-Za-z][\w.-]*)\s*:")
_VALUED = re.compile(r"unavailable_after|max-[\w-]+", re.IGNORECASE)  # directives with a value, not robots
HEAD_BYTES: Final = 256 * 1024  # of the decoded page: robots directives stand in its head


def read_rights(headers: Iterable[tuple[str, str]], marks: Markup) -> tuple[str, ...]:
    """Return the opt-outs of a page, e.g. ("robots: noarchive", "tdm-reservation: 1"), sorted, without repeats."""
    found = {f"robots: {word}" for word in _header_directives(headers)}
    for name, value in headers:
        if name.lower() in _HEADERS:
            found.add(f"{name.lower()}: {value.strip()[:200]}")
        elif name.lower() == "link" and "rsl" in value.lower():
            found.add(f"rsl: {value.strip()[:300]}")
    for name, content in marks.named:
        if name in _ROBOTS_NAMES:
            found |= {f"robots: {word}" for word in _directives(content)}
        elif name in _HEADERS:
            found.add(f"{name}: {content[:200]}")
    found |= {f"rsl: {href[:300]}" for href in marks.licences}
    return tuple(sorted(found))


def forbids_archiving(headers: Iterable[tuple[str, str]], body: bytes) -> bool:
    """Return whether X-Robots-Tag or the head of the decoded HTML `body` says noarchive, to us or to all robots."""
    if "noarchive" in _header_directives(headers):
        return True
    return any("noarchive" in _directives(found.decode("latin-1")) for found in _META_ROBOTS.findall(body[:HEAD_BYTES]))


def _header_directives(headers: Iterable[tuple[str, str]]) -> set[str]:
    return set().union(*(_directives(_for_us(value)) for name, value in headers if name.lower() == "x-robots-tag"))


def _for_us(value: str) -> str:
    """Return of an X-Robots-Tag what is for all robots or for us: "noindex, otherbot: noarchive" names another."""
    is_ours, words = True, []
    for part in value.split(","):
        named = _AGENT.match(part)
        if named and not _VALUED.fullmatch(named[1]):
            is_ours = named[1].lower() in {"*", *_ROBOTS_NAMES}
        if is_ours:
            words.append(part[named.end() :] if named and not _VALUED.fullmatch(named[1]) else part)
    return ",".join(words)


def _directives(content: str) -> set[str]:
    words = {word.strip().lower() for word in content.split(",")}
    return (words | {"noindex"} if "none" in words else words) & _RESTRICTIONS  # "none" is noindex, nofollow
