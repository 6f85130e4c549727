"""`sites`: what is archived, and managing sites.yaml."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from spiders.errors import SiteFileError
from spiders.site import Site, load_sites, select_sites, site_files


@click.group()
def sites() -> None:
    """Manage sites.yaml."""


@sites.command("list")
def list_sites() -> None:
    """Print every site, enabled or not."""
    table = Table("name", "home", "schedule", "sources", "enabled", show_edge=False)
    for site in load_sites():
        given = len(site.feeds) + len(site.sitemaps) + len(site.sections)
        table.add_row(site.name, site.home, site.schedule, str(given or "discovered"), "yes" if site.enabled else "no")
    console = Console()
    console.width = max(console.width, 100)
    console.print(table)


@sites.command()
def check() -> None:
    """Read the site files and say what is wrong, if anything; exit 2 then."""
    from spiders.scope import overlaps  # noqa: PLC0415 - its suffix list, for this verb alone

    found = load_sites()
    for one, other, host in overlaps(found):
        click.echo(
            f"{one} and {other} both take in {host}: an article that both list is of the one that read it last; "
            "make them one site, or give each an article_url",
            err=True,
        )
    enabled = sum(site.enabled for site in found)
    click.echo(f"{', '.join(str(path) for path in site_files())}: {len(found)} sites, {enabled} enabled, nothing wrong")


@sites.command()
@click.argument("url")
@click.option("--name", help="Default: made from the host.")
def add(*, url: str, name: str | None) -> None:
    """Add the site whose home page is URL; its feeds and sitemaps are discovered at the first run."""
    path = site_files()[0]
    text = path.read_text(encoding="utf-8") if path.exists() else "sites: []\n"
    known = load_sites([path]) if path.exists() else []
    new = Site.model_construct(name=name or _name(url), home=url)
    entry = f"  - name: {new.name}\n    home: {url}\n"
    emptied = re.sub(r"(?m)^sites:[ \t]*(\[\]|null|~)?[ \t]*(#.*)?$", "sites:", text, count=1)
    added = re.sub(r"(?m)^sites:$", lambda found: f"{found[0]}\n{entry}".rstrip("\n"), emptied, count=1)
    _replace(path, added.rstrip("\n") + "\n", {site.name: site.enabled for site in (*known, new)})
    click.echo(f"{path}: added {new.name}; try ./broadsheet ingest {new.name}")


@sites.command()
@click.argument("name")
def enable(*, name: str) -> None:
    """Crawl this site on its schedule again."""
    _switch(name, to=True)


@sites.command()
@click.argument("name")
def disable(*, name: str) -> None:
    """Take this site off its schedule: only `ingest NAME` still crawls it. What is archived stays."""
    _switch(name, to=False)


def _switch(name: str, *, to: bool) -> None:
    path = site_files()[0]
    known = load_sites([path])
    select_sites([name], known)
    lines = path.read_text(encoding="utf-8").splitlines()
    start = next(
        (
            i
            for i, line in enumerate(lines)
            if re.fullmatch(rf"\s*-?\s*name:\s*[\"']?{re.escape(name)}[\"']?\s*(#.*)?", line)
        ),
        None,
    )
    if start is None:
        raise SiteFileError(f"{path}: {name} is not written as a block; set its enabled key by hand")
    column = lines[start].index("name:")
    end = next(
        (
            i
            for i in range(start + 1, len(lines))
            if re.match(r"\s*[^\s#]", lines[i]) and len(lines[i]) - len(lines[i].lstrip()) < column
        ),
        len(lines),
    )
    kept = [line for line in lines[start + 1 : end] if not re.match(r"\s*enabled:", line)]
    lines[start + 1 : end] = [f"{' ' * column}enabled: {'true' if to else 'false'}", *kept]
    _replace(path, "\n".join(lines) + "\n", {site.name: to if site.name == name else site.enabled for site in known})
    click.echo(f"{path}: {name} {'enabled' if to else 'disabled'}")


def _name(url: str) -> str:
    host = re.sub(r"^https?://(www\.)?", "", url.strip()).split("/")[0].lower()
    return re.sub(r"[^a-z0-9]+", "-", host).strip("-")


def _replace(path: Path, text: str, wanted: dict[str, bool]) -> None:
    """Put `text` in the file's place if it loads and holds just the sites `wanted`, each enabled or not."""
    real = path.resolve()
    trial = real.with_name(f".{real.name}.new")
    try:
        trial.write_text(text, encoding="utf-8")
        found = {site.name: site.enabled for site in load_sites([trial])}
        if found == wanted:
            shutil.copymode(real, trial)
            trial.replace(real)
    except SiteFileError as error:
        raise SiteFileError(error.message.replace(str(trial), str(path))) from error
    finally:
        trial.unlink(missing_ok=True)
    if found != wanted:
        raise SiteFileError(f"{path}: not laid out as a list of blocks below sites:; edit it by hand")
