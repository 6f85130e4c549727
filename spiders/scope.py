"""Which URLs belong to a site: the registered domain of its home, and the hosts its file allows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from urllib.parse import urlsplit

from tldextract import TLDExtract

from spiders.guard import canonical_host, parse_address
from spiders.site import Site


class Scope:
    """The hosts of one site. A home that is an address or a bare name means that very host and port."""

    def __init__(self, site: Site) -> None:
        self._home_netloc = site.home_host
        self._domain = registered_domain(urlsplit(site.home).hostname or "")
        self._allowed = frozenset(site.allow_hosts)

    def holds(self, url: str) -> bool:
        """Return whether the normalised `url` belongs to the site."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.netloc == self._home_netloc or parts.netloc in self._allowed or host in self._allowed:
            return True
        return self._domain is not None and registered_domain(host) == self._domain


def overlaps(sites: Iterable[Site]) -> list[tuple[str, str, str]]:
    """Return pairs of enabled sites, with a host of both, that tell none of its articles by an `article_url`.

    An article belongs to one site: what two list is filed under the one that read it last.
    """
    owners: dict[str, str] = {}
    found: dict[tuple[str, str], str] = {}
    for site in sites:
        if not site.enabled or site.article_url is not None:
            continue
        home = registered_domain(urlsplit(site.home).hostname or "") or site.home_host
        for host in (home, *site.allow_hosts):
            owner = owners.setdefault(host, site.name)
            if owner != site.name:
                found.setdefault((owner, site.name), host)
    return [(one, other, host) for (one, other), host in found.items()]


@lru_cache(maxsize=10_000)
def registered_domain(host: str) -> str | None:
    """Return the registered domain of `host` by the bundled suffix list, or None for addresses and bare names."""
    host = canonical_host(host)
    if not host or parse_address(host) is not None or ":" in host:
        return None
    return _suffixes()(host).top_domain_under_public_suffix or None


@cache
def _suffixes() -> TLDExtract:
    # No suffix_list_urls and no cache: the list of the package, never the network, and nothing written.
    # Private suffixes too: a.blogspot.com and b.blogspot.com are two newspapers.
    return TLDExtract(cache_dir=None, suffix_list_urls=(), include_psl_private_domains=True)
