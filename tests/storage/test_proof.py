"""The daily Merkle root."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import textwrap
from datetime import date, timedelta
from pathlib import Path

import pytest

from storage import layout
from storage.client import Store
from storage.merkle import merkle_root
from storage.proof import Proof
from tests.storage.archiving import NOW, Newsroom
from tests.storage.making import run_id
from tests.storage.test_verify import found, verify

LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [  # Certificate Transparency's own test vectors
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.fixture
def newsroom(store: Store, tmp_path: Path) -> Newsroom:
    """Three days of one run each, every day with its root."""
    room = Newsroom(store, tmp_path)
    for day in (0, 1, 2):
        room.run(1440 * day + 1, {f"a{day}": f"Story {day}."})
        assert found(store, now=NOW + timedelta(days=day)) == []
    return room


def proof(store: Store, day: int) -> Proof:
    key = layout.proof_key(NOW.date() + timedelta(days=day))
    return Proof.from_json(store.get(key).body, key)


def key(day: int) -> str:
    return layout.proof_key(NOW.date() + timedelta(days=day))


def test_the_root_is_that_of_rfc_9162() -> None:
    leaves = [bytes.fromhex(leaf) for leaf in LEAVES]
    assert [merkle_root(leaves[:count]).hex() for count in range(1, 9)] == ROOTS


def test_a_days_root_stands_on_the_newest_manifests_and_on_the_day_before(newsroom: Newsroom) -> None:
    first, second = proof(newsroom.store, 0), proof(newsroom.store, 1)
    manifest = newsroom.store.get(layout.manifest_key("times", run_id(1441))).body
    assert first.previous is None
    assert second.previous == (first.day, first.root)
    lines = [
        f"2026-11-24 2026-11-24T03:00:00+00:00 2026-11-23 {first.root}",
        f"times/{run_id(1441)} {hashlib.sha256(manifest).hexdigest()}",
    ]
    assert second.root == merkle_root([line.encode() for line in lines]).hex()
    assert verify(newsroom.store, now=NOW + timedelta(days=2)).proof == proof(newsroom.store, 2)


def test_a_days_root_is_written_once(newsroom: Newsroom) -> None:
    before = newsroom.store.get(key(2)).body
    newsroom.run(3000, {"late": "Late."})
    assert found(newsroom.store, now=NOW + timedelta(days=2, hours=5)) == []
    assert newsroom.store.get(key(2)).body == before


@pytest.mark.parametrize(("day", "field"), [(0, "root"), (1, "at"), (2, "leaf")])
def test_an_altered_proof_is_named(newsroom: Newsroom, day: int, field: str) -> None:
    told = json.loads(newsroom.store.get(key(day)).body)
    changed = {"root": {"root": "0" * 64}, "at": {"at": "2026-11-22T03:00:00+00:00"}, "leaf": {"leaves": []}}
    newsroom.store.put(key(day), json.dumps(told | changed[field], indent=1).encode())
    assert f"{key(day)}: altered: its root is not that of its leaves" in found(newsroom.store)


def test_a_proof_with_a_byte_too_much_is_named(newsroom: Newsroom) -> None:
    newsroom.store.put(key(1), newsroom.store.get(key(1)).body + b" ")
    assert found(newsroom.store) == [f"{key(1)}: altered: not as it was written"]


@pytest.mark.parametrize("day", [0, 1])
def test_a_dropped_or_damaged_proof_is_named(newsroom: Newsroom, day: int) -> None:
    newsroom.store.delete([key(day)])
    later = NOW + timedelta(days=2)
    (said,) = found(newsroom.store, now=later)
    assert said.startswith(f"{key(day)}: missing or altered: {key(day + 1)} carries its root")
    newsroom.store.put(key(day), b"{}")
    assert {said.split(":")[0] for said in found(newsroom.store, now=later)} == {key(day)}
    newsroom.store.put(key(2), b"{}")
    assert {said.split(":")[0] for said in found(newsroom.store, now=later)} >= {key(2)}


def test_a_root_that_was_kept_elsewhere_shows_a_history_written_anew(newsroom: Newsroom) -> None:
    """Somebody who may write everything makes a manifest, the chain's end and the proof fit each other."""
    store, root = newsroom.store, proof(newsroom.store, 2).root
    manifest = layout.manifest_key("times", run_id(2881))
    forged = store.get(manifest).body.replace(b'"discovered": 1', b'"discovered":  1')
    store.put(manifest, forged)
    store.put(layout.newest_key("times"), forged)
    now = NOW + timedelta(days=2)
    assert found(store, now=now) == [f"{manifest}: altered: its sha256 is not the one that {key(2)} has"]
    store.delete([key(2)])
    assert found(store, now=now) == []  # and so it writes a new root for that day
    assert found(store, now=now, kept={now.date(): root}) == [f"{key(2)}: altered: its root is not the one you kept"]
    assert found(store, now=now, kept={date(2026, 1, 1): root})[0].startswith("proof/2026-01-01.json: missing")


def test_a_dropped_site_is_named_by_the_proof_alone(newsroom: Newsroom) -> None:
    keys = [one.key for prefix in ("raw/", "runs/", "state/", "tables/") for one in newsroom.store.list(prefix)]
    newsroom.store.delete(keys)
    said = found(newsroom.store, now=NOW + timedelta(days=2))
    assert {one.split(":")[0] for one in said} == {
        layout.manifest_key("times", run_id(1440 * day + 1)) for day in range(3)
    }


def test_the_documentation_says_how_to_compute_a_root(newsroom: Newsroom, tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "verify.md").read_text()
    code = textwrap.dedent(text[text.index("    import hashlib") : text.index("Whoever may write everything")])
    (tmp_path / "2026-11-22.json").write_bytes(newsroom.store.get(key(2)).body)
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    (tmp_path / "2026-11-22.json").write_bytes(newsroom.store.get(key(2)).body.replace(b"T03:", b"T04:"))
    with pytest.raises(subprocess.CalledProcessError):
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, stderr=subprocess.DEVNULL)
