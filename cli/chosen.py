"""Which articles a reader asks for: the site and the times, as the verbs take them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from storage.client import Store
from storage.layout import is_site
from storage.moments import in_utc
from storage.partitions import list_partitions

_SPAN = re.compile(r"(\d{1,5})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Moment(click.ParamType[datetime]):
    """A time: ISO 8601 (UTC unless it names a zone), or a span back from now such as 90m, 24h or 7d."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401
        """Return the moment that `value` names, in UTC."""
        if isinstance(value, datetime):
            return in_utc(value)
        if found := _SPAN.fullmatch(value):
            return in_utc(datetime.now(UTC) - timedelta(**{_UNITS[found[2]]: int(found[1])}))
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is no time; write 2026-11-22, 2026-11-22T08:30+01:00, or a span such as 24h", param, ctx
            )
        return in_utc(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _once(_ctx: click.Context, option: click.Parameter, given: tuple[Any, ...]) -> Any:  # noqa: ANN401 - the option's
    """Refuse a second value: click takes the last one, and the slice would be another than was asked for."""
    if len(given) > 1:
        raise click.UsageError(f"{option.opts[0]} was given {len(given)} times; it takes one value")
    return given[0] if given else None


SITE = click.option("--site", multiple=True, callback=_once, help="Only this site.")
SINCE = click.option(
    "--since", type=Moment(), multiple=True, callback=_once,
    help="Captured at this time or later: ISO 8601, or a span back such as 24h.",
)  # fmt: skip
UNTIL = click.option("--until", type=Moment(), multiple=True, callback=_once, help="Captured before this time.")


def check_times(since: datetime | None, until: datetime | None) -> None:
    """Raise UsageError where no moment can lie between the two."""
    if since and until and since > until:
        said = f"--since {since:%Y-%m-%d %H:%M:%S} is later than --until {until:%Y-%m-%d %H:%M:%S} (UTC)"
        raise click.UsageError(f"{said}: nothing lies between them")


def check_site(store: Store, site: str) -> None:
    """Raise SiteFileError for a site that neither the archive nor the site files know: a mistake in the command."""
    if is_site(site) and list_partitions(store, site=site):
        return
    from spiders.site import load_sites, select_sites  # noqa: PLC0415 - pydantic: whoever finds rows need not pay for it

    select_sites([site], load_sites())
