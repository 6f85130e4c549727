"""The steps for all sites at once: publish what is staged, find the stories of what was published."""

from __future__ import annotations

from dataclasses import asdict

import click

from cli.site_run import say
from storage.connect import open_store
from storage.publish import StagedRefused
from storage.publish import publish as publish_staged
from storage.stories import cluster as cluster_articles


@click.command(hidden=True)
def publish() -> None:
    """Commit every staged run to the tables; exit 1, after the counts, if a staged file could not be read."""
    with open_store() as store:
        try:
            report = publish_staged(store)
        except StagedRefused as error:
            say(**asdict(error.report))
            raise
        say(**asdict(report))


@click.command(hidden=True)
def cluster() -> None:
    """Find the stories of the articles published since the last run."""
    with open_store() as store:
        say(**asdict(cluster_articles(store)))
