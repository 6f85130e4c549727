"""robots.txt by RFC 9309: what is unreachable is forbidden, what is absent is allowed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from protego import Protego

from spiders.known import KnownHost
from spiders.limits import Limits

MAX_AGE = timedelta(hours=24)  # RFC 9309, 2.4
_MIN_PARSED = 500 * 1024  # 2.5
_TOKEN = re.compile(r"[A-Za-z_-]+")


@dataclass(frozen=True, slots=True)
class Rules:
    """One host's rules for us. `state`: parsed, absent (all is allowed) or unreachable (nothing is)."""

    state: str
    detail: str = ""
    parser: Protego | None = None
    agent: str = "*"

    def allows(self, url: str) -> bool:
        """Return whether we may fetch `url`."""
        if self.state == "unreachable":
            return False
        return self.parser is None or self.parser.can_fetch(url, self.agent)

    def crawl_delay_s(self, limits: Limits) -> float:
        """Return the Crawl-delay asked for, within the bound; 0 for none."""
        asked = self.parser.crawl_delay(self.agent) if self.parser else None
        return min(max(float(asked or 0), 0.0), limits.crawl_delay_s)

    def sitemaps(self) -> list[str]:
        """Return the Sitemap lines, in order."""
        return list(dict.fromkeys(self.parser.sitemaps)) if self.parser else []


def product_token(user_agent: str) -> str:
    """Return what robots.txt knows the crawler by (2.2.1): the letters before the version."""
    found = _TOKEN.match(user_agent)
    return found[0] if found else "*"


def read_rules(status: int, body: bytes, agent: str) -> Rules:
    """Return the rules that an answer to /robots.txt means."""
    if 400 <= status < 500:
        return Rules("absent", f"HTTP {status}", agent=agent)
    if not 200 <= status < 300:
        return Rules("unreachable", f"HTTP {status}", agent=agent)
    return Rules(
        "parsed", f"HTTP {status}", Protego.parse(body.decode("utf-8", "replace").removeprefix("\ufeff")), agent
    )


def cut_robots(body: bytes, max_bytes: int) -> bytes:
    """Return at most `max_bytes` of `body`, ending with a whole line: half a rule is another rule."""
    max_bytes = max(max_bytes, _MIN_PARSED)
    return body if len(body) <= max_bytes else body[: body.rfind(b"\n", 0, max_bytes) + 1]


def remembered_rules(known: KnownHost | None, now: datetime, agent: str) -> Rules | None:
    """Return the rules of a robots.txt read less than a day ago, or None. An unreachable one is never remembered."""
    if known is None or known.robots_at is None or known.robots_status is None or now - known.robots_at >= MAX_AGE:
        return None
    if known.robots is None:
        return Rules("absent", f"HTTP {known.robots_status}", agent=agent)
    return read_rules(200, known.robots.encode(), agent)
