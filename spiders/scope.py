"""Which URLs belong to a site: the registered domain of its home, and the hosts its file allows."""

from __future__ import annotations

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
