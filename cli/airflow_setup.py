"""Airflow's tables and pools in one process, where the `airflow` commands would take three."""

from __future__ import annotations

from airflow.models.pool import Pool
from airflow.utils import db
from airflow.utils.providers_configuration_loader import providers_configuration_loaded

# name: slots, what for. Made once: what a person sets in the UI afterwards stays.
POOLS = {
    "news": (3, "Crawl, extract and stage of all sites; one worker of four is left for publish"),
    "reextract": (2, "Re-extraction: a slot is a core; as many as the workers have to spare"),
}


@providers_configuration_loaded
def main() -> None:
    """Create or migrate the tables, then add the pools that the DAGs name: without its pool a task never starts."""
    db.upgradedb()
    for name, (slots, description) in POOLS.items():
        if Pool.get_pool(name) is None:
            Pool.create_or_update_pool(name, slots=slots, description=description, include_deferred=False)
