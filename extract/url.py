"""The one spelling of a URL that the archive files an article under."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import urlsplit, urlunsplit

# Parameters that say where a reader came from, never which page is shown. An article's id is made of what is left: a
# change here would give archived articles a second row, and bring erased ones back.
TRACKING = re.compile(
    r"^(utm_\w+|fbclid|gclid|gbraid|wbraid|dclid|msclkid|yclid|twclid|igshid|mc_cid|mc_eid|_hsenc|_hsmi|mkt_tok|oly_\w+_id|vero_id|wt_mc|xtor|ncid|cmpid|at_(?:medium|campaign|link|format|bbc_team|ptr_name)\w*)$",
    re.IGNORECASE,
)
_UNPRINTED = re.compile(r"[\x00-\x20\x7f]")
MAX_URL_CHARS = 2048  # what browsers, proxies and sitemaps agree on


def normalise_url(url: str) -> str:
    """Return `url` with scheme and host in lower case, without fragment and tracking parameters; nothing else touched.

    Raises ValueError (one line, names the URL) for anything but an absolute http(s) URL of at most
    MAX_URL_CHARS characters without control characters or credentials.
    """
    url = url.strip()
    shown = url if len(url) <= 120 else f"{url[:117]}..."
    if len(url) > MAX_URL_CHARS:
        raise ValueError(f"{shown!r} is longer than {MAX_URL_CHARS} characters")
    if _UNPRINTED.search(url):
        raise ValueError(f"{shown!r} has blanks or control characters")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # a bad port raises here
    except ValueError as error:
        raise ValueError(f"{shown!r} is no URL ({error})") from error
    if parts.scheme.lower() not in {"http", "https"} or not host:
        raise ValueError(f"{shown!r} is no http(s) URL")
    if "@" in parts.netloc:
        raise ValueError(f"{shown!r} carries credentials")
    query = parts.query
    if query:
        query = "&".join(pair for pair in query.split("&") if not TRACKING.match(pair.split("=", 1)[0]))
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path, query, ""))


def article_id(url: str) -> str:
    """Return the id of the article at a normalised `url`: the first 16 hex digits of its sha256."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]
