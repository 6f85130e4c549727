"""Every key in the bucket (DESIGN section 7), below the prefix. Keys are made here and nowhere else."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

ARTICLES = "tables/articles"
REJECTIONS = "tables/rejections"
STORIES = "tables/stories"
STAGED = "staged/"
STORY_HEAD = "state/stories/head.parquet"  # which versions the story window holds, and where; replaced with If-Match
STORY_DAYS = "state/stories/days/"  # their keys and sketches
HEADS = "state/heads.parquet"  # a cache of the articles table, rebuilt when it is not of the table's version
READY = "state/ready"  # written at each start of the embedded server
PROBE = "state/probe/"  # written and deleted by storage.probe
OPEN_RUNS = "state/open/"  # runs begun and not staged yet
PROOF = "proof/"  # a Merkle root a day
TABLE_NOTES = "state/tables.json.gz"  # what verify has seen of the tables' files
ERASED = "erased/"  # what was taken out on purpose, and what stands in its place
RETENTION = "erased/retention.json"  # what went by age, by site
TOMBSTONES = "state/erased.json"  # ids of erased articles: a publisher reads them before each commit
ERASING = "state/erasing.json"  # who erases now
WANTED = "state/erasing/"  # what erasures that wait for runs still look for

_SITE = re.compile(r"[a-z0-9-]{1,100}")
_RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")
_MANIFEST_KEY = re.compile(rf"runs/({_SITE.pattern})/({_RUN.pattern})\.json")
_PART_KEY = re.compile(
    rf"runs/({_SITE.pattern})/({_RUN.pattern})\.(?:parts/\d{{3,}}\.parquet|lessons/\d{{3,}}\.json\.gz)"
)
_RAW_KEY = re.compile(rf"raw/({_SITE.pattern})/\d{{4}}/\d\d/\d\d/({_RUN.pattern})-\d{{3,}}\.(?:warc\.gz|cdxj)")
_STAGED_KEY = re.compile(rf"staged/({_SITE.pattern})/({_RUN.pattern})\.parquet")


def segment_key(site: str, run_id: str, number: int, day: date) -> str:
    """Return the key of a WARC segment; `day` is the UTC day it was opened."""
    return f"{raw_prefix(site)}{day:%Y/%m/%d}/{_run(run_id)}-{number:03d}.warc.gz"


def index_key(segment: str) -> str:
    """Return the key of the CDXJ beside a WARC segment."""
    return segment.removesuffix(".warc.gz") + ".cdxj"


def raw_prefix(site: str) -> str:
    """Return the prefix of a site's WARC segments."""
    return f"raw/{_site(site)}/"


def raw_day_prefix(site: str, day: date) -> str:
    """Return the prefix of a site's WARC segments of one UTC day."""
    return f"{raw_prefix(site)}{day:%Y/%m/%d}/"


def manifest_key(site: str, run_id: str) -> str:
    """Return the key of a run's manifest."""
    return f"runs/{_site(site)}/{_run(run_id)}.json"


def parts_prefix(site: str, run_id: str) -> str:
    """Return the prefix of a run's extracted parts, numbered like its segments."""
    return f"runs/{_site(site)}/{_run(run_id)}.parts/"


def part_key(site: str, run_id: str, number: int) -> str:
    """Return the key of the extracted outcomes of a run's segment `number`."""
    return f"{parts_prefix(site, run_id)}{number:03d}.parquet"


def lessons_prefix(site: str, run_id: str) -> str:
    """Return the prefix of what a run's parts taught of the site, numbered like its segments."""
    return f"runs/{_site(site)}/{_run(run_id)}.lessons/"


def lessons_key(site: str, run_id: str, number: int) -> str:
    """Return the key of what reading a run's segment `number` taught of the site."""
    return f"{lessons_prefix(site, run_id)}{number:03d}.json.gz"


def staged_key(site: str, run_id: str) -> str:
    """Return the key of a run's articles and rejections that wait for publish."""
    return f"{STAGED}{_site(site)}/{_run(run_id)}.parquet"


def staged_run(key: str) -> tuple[str, str] | None:
    """Return (site, run id) of a staged file's key, or None for any other key."""
    found = _STAGED_KEY.fullmatch(key)
    return (found[1], found[2]) if found else None


def frontier_key(site: str) -> str:
    """Return the key of a site's frontier."""
    return f"state/{_site(site)}/frontier.json.gz"


def newest_key(site: str) -> str:
    """Return the key of the copy of a site's newest manifest, the end of its chain."""
    return f"state/{_site(site)}/newest.json"


def reextracted_prefix(site: str) -> str:
    """Return the prefix of what re-extractions noted of a site."""
    return f"state/{_site(site)}/reextracted/"


def reextracted_key(site: str, month: date) -> str:
    """Return the key of what re-extractions noted of a site's captures of one month; `month` is any day of it."""
    return f"{reextracted_prefix(site)}{month:%Y-%m}.json"


def proof_key(day: date) -> str:
    """Return the key of a day's Merkle root."""
    return f"{PROOF}{day:%Y-%m-%d}.json"


def profile_key(site: str) -> str:
    """Return the key of a site's learned profile, the one in force."""
    return f"state/{_site(site)}/profile.json.gz"


def earlier_profiles_prefix(site: str) -> str:
    """Return the prefix of the profiles that a site had before."""
    return f"state/{_site(site)}/profiles/"


def earlier_profile_key(site: str, profile_id: str) -> str:
    """Return the key of a profile that a site had before."""
    return f"{earlier_profiles_prefix(site)}{profile_id}.json.gz"


def erasure_key(name: str) -> str:
    """Return the key of an erasure; names are run ids, so that they sort by time."""
    return f"{ERASED}{_run(name)}.json"


def wanted_key(name: str) -> str:
    """Return the key of what an erasure that waits for runs still looks for."""
    return f"{WANTED}{_run(name)}.json"


def table_day_prefix(table: str, day: date) -> str:
    """Return the prefix of the data files of one partition of the table at key `table`."""
    return f"{table}/captured_day={day:%Y-%m-%d}/"


def raw_day(key: str) -> date | None:
    """Return the day in the key of a WARC segment or its index, None for any other key."""
    return date(*map(int, key.split("/")[2:5])) if _RAW_KEY.fullmatch(key) else None


def manifest_run(key: str) -> tuple[str, str] | None:
    """Return (site, run id) of a manifest's key, or None for any other key."""
    found = _MANIFEST_KEY.fullmatch(key)
    return (found[1], found[2]) if found else None


def part_run(key: str) -> tuple[str, str] | None:
    """Return (site, run id) of the key of an extracted part or its lessons, or None for any other key."""
    found = _PART_KEY.fullmatch(key)
    return (found[1], found[2]) if found else None


def raw_run(key: str) -> tuple[str, str] | None:
    """Return (site, run id) of the key of a WARC segment or its index, or None for any other key."""
    found = _RAW_KEY.fullmatch(key)
    return (found[1], found[2]) if found else None


def is_site(name: str) -> bool:
    """Return whether `name` can be a site's folder."""
    return _SITE.fullmatch(name) is not None


def story_day_key(day: date, name: str, part: str) -> str:
    """Return the key of a `part` of the story window's day; `name` is GENERATION-TOKEN of the run that wrote it."""
    return f"{STORY_DAYS}{day:%Y-%m-%d}/{name}.{part}.parquet"


def story_day_generation(key: str) -> int:
    """Return the generation in a `story_day_key`."""
    return int(key.rpartition("/")[2][:8])


def run_started(run_id: str) -> datetime:
    """Return the aware UTC time in a run id."""
    return datetime.strptime(_run(run_id)[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _site(site: str) -> str:
    if not _SITE.fullmatch(site):
        raise ValueError(f"{site!r} is no site name: a-z, 0-9 and -, at most 100")
    return site


def _run(run_id: str) -> str:
    if not _RUN.fullmatch(run_id):
        raise ValueError(f"{run_id!r} is no run id: YYYYMMDDTHHMMSSZ-xxxxxx")
    return run_id
