"""One news site as data: sites.yaml read, checked and frozen. No Scrapy here: the DAG files read it at every parse."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import yaml
from croniter import croniter
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from extract.url import normalise_url
from spiders.errors import SiteFileError

MAX_SITES_FILE_BYTES = 4 * 2**20  # 10,000 sites are some 2 MiB
_MAY_BE_FOR_EVER = ("keep_raw_days", "keep_days")
_SPAN_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _url(value: str) -> str:
    if any(ord(char) < 33 for char in value):
        raise ValueError("a URL has no blanks")
    try:
        normalise_url(value)
    except ValueError as error:
        raise ValueError(f"{error}; write an absolute http:// or https:// URL") from error
    return value


def _cron(value: str) -> str:
    if value.startswith("@"):
        if value not in {"@hourly", "@daily", "@weekly"}:
            raise ValueError(f"{value!r} is no schedule; write five cron fields, @hourly, @daily or @weekly")
    elif len(value.split()) != 5 or not croniter.is_valid(value):
        raise ValueError(f'{value!r} is no cron; write five fields such as "*/15 * * * *"')
    return value


def _span(value: object) -> timedelta:
    found = re.fullmatch(r"(\d{1,6})([smhd])", str(value))
    if not found:
        raise ValueError(f"{value!r} is no span; write a whole number and s, m, h or d, such as 15m or 7d")
    return timedelta(seconds=int(found[1]) * _SPAN_UNITS[found[2]])


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is no regular expression ({error})") from error
    return value


def _host(value: str) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9._\[\]:-]{1,259}", value):
        raise ValueError(f"{value!r} is no host; write a name without http://, with :port if it is not 80 or 443")
    return value.lower()


_TAKEN = frozenset(("erasing", "open", "probe", "stories"))  # state/NAME/ holds other things (docs/storage.md)
Url = Annotated[str, AfterValidator(_url)]
Span = Annotated[timedelta, BeforeValidator(_span)]


def _site_name(value: str) -> str:
    if value in _TAKEN:
        raise ValueError(f"{value!r} is a folder of the archive's own; call the site otherwise")
    return value


class Site(BaseModel):
    """One news site, an entry of sites.yaml. Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, AfterValidator(_site_name)] = Field(pattern=r"^[a-z0-9-]+$", max_length=100)
    home: Url
    feeds: tuple[Url, ...] = ()
    sitemaps: tuple[Url, ...] = ()
    sections: tuple[Url, ...] = ()
    article_url: Annotated[str, AfterValidator(_pattern)] | None = None
    allow_hosts: tuple[Annotated[str, AfterValidator(_host)], ...] = ()
    language: str | None = Field(default=None, pattern=r"^[a-z]{2}$")
    schedule: Annotated[str, AfterValidator(_cron)] = "*/15 * * * *"
    delay: float = Field(default=2.0, ge=0, le=3600)
    user_agent: str = Field(
        default="Broadsheet/{version} (+https://example.org/contact)",
        min_length=1,
        max_length=300,
        pattern=r"^[\x20-\x7e]+$",
    )
    enabled: bool = True
    # an article is checked again this long after it was first seen; after the last span, never again unasked
    revisit: tuple[Span, ...] = (
        timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(days=1),
        timedelta(days=3), timedelta(days=7), timedelta(days=30),
    )  # fmt: skip
    expect_within: Span = timedelta(days=2)  # no article for this long means that the site changed: the run fails
    max_pages: int = Field(default=5000, ge=1, le=1_000_000)  # pages fetched in one run; the rest waits for the next
    keep_raw_days: int | None = Field(default=None, ge=1, le=100_000)  # captures; None: for ever
    keep_days: int | None = Field(default=None, ge=1, le=100_000)  # articles with all their versions, and captures
    demo: bool = False  # set by the bundled demo newspaper only

    @cached_property
    def home_host(self) -> str:
        """Host of `home`, with its port if one is given, in lower case."""
        return urlsplit(self.home).netloc.lower()

    def is_article_url(self, url: str) -> bool:
        """Return whether `article_url`, if set, matches `url`."""
        return self.article_url is None or re.search(self.article_url, url) is not None


def site_files(env: dict[str, str] | None = None) -> list[Path]:
    """Return the site files in force: BROADSHEET_SITES (default: the launcher's sites.yaml), then a running demo's."""
    env = dict(os.environ) if env is None else env
    root = Path(__file__).resolve().parent.parent
    home = Path(env.get("BROADSHEET_HOME") or root / ".broadsheet").expanduser()
    demo = home / "demo" / "sites.yaml"
    own = Path(env.get("BROADSHEET_SITES") or root / "sites.yaml")
    return [own, demo] if demo.exists() and demo.resolve() != own.resolve() else [own]


def load_sites(paths: Iterable[Path] | None = None) -> list[Site]:
    """Return the sites of `paths` (default `site_files()`), enabled or not, in file order.

    Raises SiteFileError, one line that names file, line, key and fix, at the first thing wrong.
    """
    sites: dict[str, tuple[Site, str]] = {}
    for path in site_files() if paths is None else paths:
        for site, place in _read_file(path):
            if site.name in sites:
                raise SiteFileError(
                    f"{place}: name: {site.name!r} is taken by {sites[site.name][1]}; choose another name"
                )
            sites[site.name] = (site, place)
    return [site for site, _ in sites.values()]


def select_sites(names: Iterable[str], sites: list[Site]) -> list[Site]:
    """Return the sites called `names`, or every enabled one when there are none. An unknown name is a SiteFileError."""
    wanted = list(dict.fromkeys(names))
    if not wanted:
        return [site for site in sites if site.enabled]
    by_name = {site.name: site for site in sites}
    if unknown := [name for name in wanted if name not in by_name]:
        raise SiteFileError(f"no site is called {unknown[0]!r}; ./broadsheet sites list shows the names")
    return [by_name[name] for name in wanted]


def _read_file(path: Path) -> Iterator[tuple[Site, str]]:
    """Yield each site of the file with its place, "path:line"."""
    top = _mapping(_compose(path), str(path))
    for key, (line, _) in top.items():
        if key not in {"defaults", "sites"}:
            raise SiteFileError(f"{path}:{line}: {key}: unknown key; the file has defaults and sites")
    if "sites" not in top:
        raise SiteFileError(f'{path}:1: sites: missing; add "sites:" and a list of sites')
    defaults = _entries(top["defaults"][1], path) if "defaults" in top else {}
    for key, (line, _) in defaults.items():
        if key in {"name", "home", "demo"} or key not in Site.model_fields:
            raise SiteFileError(f"{path}:{line}: {key}: no default can be set for this key")
    line, listed = top["sites"]
    if isinstance(listed, yaml.ScalarNode) and listed.tag.endswith(":null"):
        return
    if not isinstance(listed, yaml.SequenceNode):
        raise SiteFileError(f"{path}:{line}: sites: must be a list; start each site with a dash")
    for item in listed.value:
        place = f"{path}:{item.start_mark.line + 1}"
        yield _build(path, place, defaults | _entries(item, path)), place


def _compose(path: Path) -> yaml.Node:
    try:
        if path.stat().st_size > MAX_SITES_FILE_BYTES:
            raise SiteFileError(f"{path}: larger than {MAX_SITES_FILE_BYTES // 2**20} MiB; split it")
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except OSError as error:
        raise SiteFileError(f"{path}: {error.strerror}; set BROADSHEET_SITES or create it") from error
    except UnicodeDecodeError as error:
        raise SiteFileError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise SiteFileError(f"{path}:{mark.line + 1 if mark else 1}: not YAML: {problem}") from error
    except RecursionError as error:
        raise SiteFileError(f"{path}: nested too deep") from error
    if node is None:
        raise SiteFileError(f'{path}:1: empty; start it with "sites:"')
    return node


def _build(path: Path, place: str, entries: dict[str, tuple[int, Any]]) -> Site:
    try:
        return Site(**{key: value for key, (_, value) in entries.items()})
    except ValidationError as error:
        found = error.errors()
        first = next(
            (one for one in found if one["type"] == "extra_forbidden"), found[0]
        )  # often the misspelt missing key
        key = str(first["loc"][0]) if first["loc"] else "?"
        where = f"{path}:{entries[key][0]}" if key in entries else place
        message = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            message = f"unknown key; known are {', '.join(Site.model_fields)}"
        elif first["type"] == "missing":
            message = "missing; every site needs a name and a home"
        elif first["type"] == "string_pattern_mismatch" and key == "name":
            message = f"{first['input']!r} may have only a-z, 0-9 and -"
        elif first["type"] != "value_error":
            given = first["input"]
            shown = "null" if given is None else repr(str(given)[:80])
            message = f"{_fix(key, first['type'], given) or message} (given: {shown})"
        raise SiteFileError(f"{where}: {key}: {message}") from error


def _fix(key: str, kind: str, given: object) -> str | None:
    """Return what to write instead of `given`, where pydantic's own words say it in terms of Python."""
    if kind == "tuple_type":
        return (
            f"write a list: [{', '.join(given.replace(',', ' ').split())}]"
            if isinstance(given, str)
            else "write a list: [...]"
        )
    if key in _MAY_BE_FOR_EVER:
        return "write a number of days from 1 to 100000, or null: for ever"
    if key == "language":
        return "write two letters of ISO 639-1 such as en, or null: detected"
    return "cannot be null; write a value or leave the key out" if given is None else None


def _mapping(node: yaml.Node, path: str) -> dict[str, tuple[int, yaml.Node]]:
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        raise SiteFileError(f"{path}:{line}: must be a mapping of keys to values")
    found: dict[str, tuple[int, yaml.Node]] = {}
    for key_node, value_node in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in found:
            raise SiteFileError(f"{path}:{line}: {key}: given twice; keep one")
        found[key] = (line, value_node)
    return found


def _entries(node: yaml.Node, path: Path) -> dict[str, tuple[int, Any]]:
    """Return key → (line, value) of one mapping node."""
    return {key: (line, _value(value_node, path)) for key, (line, value_node) in _mapping(node, str(path)).items()}


def _value(node: yaml.Node, path: Path) -> Any:  # noqa: ANN401 - YAML holds anything; Site checks it
    loader = yaml.CSafeLoader("")
    try:
        return loader.construct_document(node)
    except (yaml.YAMLError, ValueError) as error:
        raise SiteFileError(
            f"{path}:{node.start_mark.line + 1}: not a plain value: {str(error).splitlines()[0]}"
        ) from error
    finally:
        loader.dispose()
