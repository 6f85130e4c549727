"""What a publisher reserves, as found in headers and markup: recorded as evidence, judged elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml.html import HtmlElement

_ROBOTS_NAMES = {"robots", "googlebot-news", "broadsheet"}
_RESTRICTIONS = {"noarchive", "noai", "noimageai", "nosnippet", "noindex", "nocache"}
_HEADERS = ("tdm-reservation", "tdm-policy", "content-usage", "content-signal")
_META_ROBOTS = re.compile(
    rb"""<meta\b(?=[^>]{0,300}\bname\s*=\s*["']?(?:robots|broadsheet)\b)[^>]{0,300}\bcontent\s*=\s*["']?([^"'>]{1,300})""",
    re.IGNORECASE,
)
_HEAD_BYTES = 256 * 1024


def read_rights(headers: Iterable[tuple[str, str]], tree: HtmlElement) -> tuple[str, ...]:
    """Return the opt-outs of a page, e.g. ("robots: noarchive", "tdm-reservation: 1"), sorted, without repeats."""
    found = {f"robots: {word}" for word in _header_directives(headers)}
    for name, value in headers:
        if name.lower() in _HEADERS:
            found.add(f"{name.lower()}: {value.strip()[:200]}")
        elif name.lower() == "link" and "rsl" in value.lower():
            found.add(f"rsl: {value.strip()[:300]}")
    for element in tree.iter("meta", "link"):
        if element.tag == "meta":
            name, content = (element.get("name") or "").strip().lower(), (element.get("content") or "").strip()
            if name in _ROBOTS_NAMES:
                found |= {f"robots: {word}" for word in _directives(content)}
            elif name in _HEADERS:
                found.add(f"{name}: {content[:200]}")
        elif (element.get("rel") or "").lower() == "license" and "rsl" in (element.get("type") or "").lower():
            found.add(f"rsl: {(element.get('href') or '')[:300]}")
    return tuple(sorted(found))


def forbids_archiving(headers: Iterable[tuple[str, str]], body: bytes) -> bool:
    """Return whether X-Robots-Tag or the head of the decoded HTML `body` says noarchive, to us or to all robots."""
    if "noarchive" in _header_directives(headers):
        return True
    return any(
        "noarchive" in _directives(found.decode("latin-1")) for found in _META_ROBOTS.findall(body[:_HEAD_BYTES])
    )


def _header_directives(headers: Iterable[tuple[str, str]]) -> set[str]:
    found: set[str] = set()
    for name, value in headers:
        if name.lower() == "x-robots-tag":
            agent, colon, rest = value.partition(":")
            if colon and agent.strip().lower() not in {
                *_ROBOTS_NAMES,
                "unavailable_after",
                "max-snippet",
                "max-image-preview",
            }:
                continue  # meant for another robot
            found |= _directives(rest if colon and agent.strip().lower() in _ROBOTS_NAMES else value)
    return found


def _directives(content: str) -> set[str]:
    words = {word.strip().lower() for word in content.split(",")}
    return (words | {"noindex"} if "none" in words else words) & _RESTRICTIONS  # "none" is noindex, nofollow
