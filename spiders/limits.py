"""The bounds of a crawl. A site's politeness is in sites.yaml; these protect the machine and the bucket."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds; the defaults are what runs in production."""

    # one request
    request_s: float = 30.0  # from connect to last byte, so that a slow drip ends too
    connect_s: float = 10.0
    head_bytes: int = 256 * 1024  # status line and all headers
    page_bytes: int = 10 * MIB  # as received
    page_decoded_bytes: int = 20 * MIB  # only section and home pages are decoded here
    listing_bytes: int = 50 * MIB  # feeds and sitemaps, received and decoded: the sitemaps protocol's own bound
    robots_bytes: int = 1 * MIB  # RFC 9309 wants at least 500 KiB parsed
    redirects: int = 10
    robots_redirects: int = 5  # RFC 9309, 2.3.1.2
    retries: int = 2  # after a transient failure
    backoff_s: float = 2.0  # doubled at each retry
    # one host
    # Of Crawl-delay. Longer ones (86400 is seen in the wild) would let one page a run through; who means "stay away"
    # has Disallow.
    crawl_delay_s: float = 120.0
    retry_after_s: float = 300.0  # asked to wait longer, the host is left alone for this run
    failures_in_a_row: int = 5  # no answer so often: the host is down, the rest waits for the next run
    # one run of a site
    run_s: float = 2400.0
    candidates: int = 100_000
    sitemap_depth: int = 3
    sitemaps: int = 50  # fetched in one run; the newest first
    links_a_page: int = 500  # of a section page
    discovered_sources: int = 8  # kept by auto-discovery, of feeds and of sitemaps each
    checkpoint_s: float = 300.0  # the frontier is written this often in a long crawl
    segment_bytes: int = 16 * MIB
    segment_s: float = 180.0
    drain_s: float = 15.0  # after a stop, for the response in flight
