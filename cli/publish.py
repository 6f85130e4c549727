"""The steps for all sites at once: publish what is staged, find the stories of what was published."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from cli.site_run import say
from extract.profile import ProfileError
from storage.client import Store
from storage.connect import open_store
from storage.edits import ReadAs
from storage.errors import StoreError
from storage.profiles import packed_profile
from storage.publish import StagedRefused
from storage.publish import publish as publish_staged
from storage.replaced import Row
from storage.staging import unpack_outcomes
from storage.stories import cluster as cluster_articles

if TYPE_CHECKING:
    from cli.extraction import Extractors

log = logging.getLogger(__name__)


@click.command(hidden=True)
def publish() -> None:
    """Commit every staged run to the tables; exit 1, after the counts, if a staged file could not be read."""
    with open_store() as store, _reader(store) as read_as:
        try:
            report = publish_staged(store, read_as)
        except StagedRefused as error:
            say(**asdict(error.report))
            raise
        say(**asdict(report))


@contextmanager
def _reader(store: Store) -> Iterator[ReadAs]:
    """Give what reads captures by a profile that the site had, in a process that starts when there are some to read."""
    with ExitStack() as stack:
        pools: list[Extractors] = []

        def read_as(site: str, segment: str, offsets: frozenset[int], profile: str | None) -> list[Row]:
            from cli.extraction import RereadTask, extractors  # noqa: PLC0415 - most runs have nothing to read again

            try:
                packed = packed_profile(store, site, profile) if profile else b""
                pools[:] = pools or [stack.enter_context(extractors(1))]
                done = pools[0].reread(RereadTask(site, segment, offsets, packed)).result()
            except (StoreError, ProfileError, BrokenProcessPool) as error:  # then they are compared as their rows are
                log.warning("%s: %s is not read again: %s", site, segment, error)
                return []
            rows: list[Row] = unpack_outcomes(done.outcomes)[0].to_pylist()
            return rows

        yield read_as


@click.command(hidden=True)
def cluster() -> None:
    """Find the stories of the articles published since the last run."""
    with open_store() as store:
        say(**asdict(cluster_articles(store)))
