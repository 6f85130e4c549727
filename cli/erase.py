"""`erase URL…`: articles go for good, from captures, tables and their history; the log says who, when and why."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime

import click

from cli.erase_rest import erase_rest
from cli.frontiers import SiteFrontiers
from cli.progress import progress
from extract.url import normalise_url
from storage.connect import open_store
from storage.erase import Ask
from storage.erase import erase as erase_articles


@click.command()
@click.argument("urls", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why, for the log; not in the article's words.")
@click.option("--by", default=None, help="Who, for the log. Default: your login name.")
def erase(*, urls: tuple[str, ...], reason: str, by: str | None) -> None:
    """Erase the articles at URLS with all their versions and captures, and never fetch them again.

    It cannot be undone. Run it again if it was interrupted.
    """
    try:
        wanted = frozenset(normalise_url(url) for url in urls)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    now = datetime.now(UTC)
    with open_store() as store, progress("erase") as bar:
        erase_rest(store)
        report = erase_articles(
            store, SiteFrontiers(),
            Ask(wanted, reason, by or _login(), now, lambda done, total: bar.update(done, total, "captures")),
        )  # fmt: skip
    click.echo(
        f"erased {report.articles} articles: {report.versions} versions, {report.records} records; "
        f"{report.objects} objects rewritten ({report.name})"
    )
    for url in report.beside:
        click.echo(f"with them {url}: the same page at another address", err=True)
    for site, run_id in report.waiting:
        click.echo(f"run {run_id} of {site} is under way: what it captures of them goes when it has ended", err=True)


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:  # a container's user without a name
        raise click.UsageError("say who erases, with --by: your user has no name here") from error
