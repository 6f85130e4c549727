"""What a site's sources named: which links are its pages, and why others are not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from urllib.parse import urldefrag

from extract.capture import Hints
from extract.rejection import Reason
from extract.url import normalise_url
from spiders.fetch import Circle
from spiders.known import ERASED
from spiders.links import is_page_address
from spiders.listing import Link


@dataclass(slots=True)
class Found:
    """What a run's sources named, by normalised URL, in order; `refused` with the reason; `sources` with how they went.

    `listed` has the address as written where it differs from the normalised one.
    """

    candidates: dict[str, Hints] = field(default_factory=dict)
    listed: dict[str, str] = field(default_factory=dict)
    refused: dict[str, tuple[Reason, str]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)


class LinkBook:
    """Books into `found` what the sources of the circle's site list."""

    def __init__(self, circle: Circle, found: Found) -> None:
        self._circle, self._found = circle, found
        self._site, self._limits, self._frontier = circle.site, circle.limits, circle.frontier
        self._refusals: dict[str, tuple[Reason, str] | None] = {}

    def add(self, links: Iterable[Link], kind: str) -> int:
        """Book links as candidates or as refused; return how many are candidates."""
        count, found = 0, self._found
        for link in links:
            if len(found.candidates) >= self._limits.candidates:
                break
            try:
                listed = urldefrag(link.url.strip().replace(" ", "%20")).url
                url = normalise_url(listed)
            except ValueError as error:
                written = link.url[:2048]
                if written.startswith(ERASED):  # what stands for an erased article is not a feed's to name
                    written = f"<{written}>"
                found.refused.setdefault(written, (Reason.BAD_URL, str(error)))
                continue
            if erased := self._frontier.erased(url):
                found.refused.setdefault(erased.url, (Reason.ERASED, "erased from the archive on purpose"))
            elif refusal := self._refusal(url):
                if kind != "section":  # a page links to many others; a feed should not
                    found.refused.setdefault(url, refusal)
            elif self._is_candidate(url):
                known = found.candidates.get(url)
                found.candidates[url] = link.hints if known is None else merge_hints(known, link.hints)
                if known is None and listed != url:
                    found.listed[url] = listed
                count += 1
        return count

    def _refusal(self, url: str) -> tuple[Reason, str] | None:
        """Return why `url` is none of this site's; judged once for all URLs of a host."""
        host = url[: url.find("/", 8)] if "/" in url[8:] else url
        if host not in self._refusals:
            refusal = self._circle.guard.refusal(url)
            if refusal:
                self._refusals[host] = (Reason.UNSAFE_ADDRESS, refusal)
            elif not self._circle.scope.holds(url):
                detail = f"not of {self._site.home_host}; allow_hosts would let it in"
                self._refusals[host] = (Reason.OFF_SITE, detail)
            else:
                self._refusals[host] = None
        return self._refusals[host]

    def _is_candidate(self, url: str) -> bool:
        is_source = url == self._site.home or url in self._found.sources or url in self._frontier.sources
        return not is_source and is_page_address(url) and self._site.is_article_url(url)


def merge_hints(first: Hints, second: Hints) -> Hints:
    """Return `first`, its gaps filled from `second`."""
    gaps = {
        item.name: value
        for item in fields(Hints)
        if not getattr(first, item.name) and (value := getattr(second, item.name))
    }
    return replace(first, **gaps) if gaps else first
