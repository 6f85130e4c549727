"""`copy`: the whole archive into another S3."""

from __future__ import annotations

from pathlib import Path

import click

from cli.progress import progress
from cli.stack_home import StackHome
from cli.stack_state import lock_stack
from storage.connect import open_store
from storage.copying import copy_archive
from storage.env_file import read_env_file, refuse_unread
from storage.errors import StoreConfigError
from storage.settings import StoreSettings


@click.command()
@click.argument("env_file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def copy(*, env_file: Path) -> None:
    """Copy the archive to the S3 that ENV_FILE names, with the settings that $BROADSHEET_HOME/env is to have then.

    Nothing may write meanwhile, so the stack has to be down. What an interrupted copy sent is not sent again.
    """
    home = StackHome.from_env()
    home.make()
    lock = lock_stack(home)
    try:
        settings = _read_settings(env_file, home)
        if settings.embedded:
            raise StoreConfigError(f"{env_file}: names no S3; write BROADSHEET_S3_ENDPOINT=… or BROADSHEET_S3_BUCKET=…")
        with open_store(check=False) as source, open_store(settings) as target, progress("copy") as bar:
            done = copy_archive(source, target, lambda sent, total: bar.update(sent, total, "objects"))
    finally:
        lock.release()
    click.echo(
        f"{settings.place}: {done.objects} objects, {done.bytes} bytes copied; {done.present} were there already"
    )


def _read_settings(env_file: Path, home: StackHome) -> StoreSettings:
    """Return what the file alone says: nothing of today's settings may fill its gaps."""
    written = read_env_file(env_file)
    refuse_unread(env_file, written)
    found = {name: value for name, (value, _) in written.items()}
    nowhere = {"BROADSHEET_HOME": str(home.lock.parent)}  # a folder without an env
    return StoreSettings.from_env(found | nowhere).model_copy(update={"home": home.root})
