from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from extract.minhash import BANDS, NUMBERS, SKETCH, Fingerprint, _shingles, copied_share, fingerprints, is_copy
from tests.extract.rewording import DISCLAIMER, EDITS, HARDER, ROOT, corpus_texts, cut, demo_texts, labelled

BRIDGE = (
    "The swing bridge across the harbour opens again on Monday after eleven weeks of repairs. Engineers replaced the "
    "eastern bearing, which had been cracked since the winter storm, and painted the railings. The council paid "
    "eighty thousand crowns more than planned, because the first bearing was delivered in the wrong size."
)
LIBRARY = (
    "From September the public library stays open until ten in the evening on weekdays. Students had collected four "
    "hundred signatures. The librarian hopes that neighbours will get used to lighted windows, and the caretaker "
    "has been promised a second key, a thermos flask and somebody to relieve him on Thursdays."
)
JAPANESE = (
    "港の旋回橋は十一週間の修理を終えて月曜日に再び開通する。技術者は冬の嵐以来ひびが入っていた東側の軸受を交換し、"
    "欄干を塗り直した。最初の軸受の寸法が違っていたため、市議会は予定より八万クローネ多く支払った。"
)
JAPANESE_LIBRARY = (
    "公共図書館は九月から平日の夜十時まで開館する。学生たちは四百人分の署名を集めていた。司書は近所の人々が明るい窓に"
    "慣れることを願っており、管理人には二本目の鍵と魔法瓶、そして木曜日の交代要員が約束されている。"
)
PINNED = (34, 0, 96, 34, [477188254, 1959063655, 2143361354], [505625994, 531420838, 588898743])


QUAKE = (
    "An earthquake of magnitude {} struck {} kilometres off {} at {} local time, the seismological institute said. Its "
    "centre lay {} kilometres below the surface, at {} degrees north and {} degrees east. No damage was reported, and no "
    "tsunami warning was issued by the authorities. Residents of the surrounding villages said that they had felt light "
    "shaking. Earthquakes of this strength are recorded in the region several times a year and seldom cause serious "
    "damage. Aftershocks are possible, the institute said, and people should follow the civil protection service."
)


def of(text: str) -> Fingerprint:
    found = fingerprints([text])[0]
    assert found
    return found


def share(one: str, other: str) -> float:
    return copied_share(of(one), of(other))


def bands_met(one: Fingerprint, other: Fingerprint) -> int:
    return int(np.isin(one.keys, other.keys).sum())


def test_a_fingerprint_is_the_same_on_every_machine_and_in_every_version() -> None:
    found = of(BRIDGE)
    assert (found.shingles, found.level, len(found.keys), len(found.sketch)) == PINNED[:4]
    assert (found.keys[:3].tolist(), found.sketch[:3].tolist()) == PINNED[4:]


def test_a_fingerprint_is_the_same_in_a_process_with_other_hashes_of_strings() -> None:
    code = "import sys; from extract.minhash import *; print(fingerprints([sys.argv[1]])[0].keys.tolist())"
    done = subprocess.run(
        [sys.executable, "-c", code, BRIDGE], cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "7"}, capture_output=True, check=True
    )  # fmt: skip
    assert json.loads(done.stdout) == of(BRIDGE).keys.tolist()


def test_a_text_has_one_fingerprint_whatever_stands_beside_it() -> None:
    alone, beside = of(BRIDGE), fingerprints(["Too short.", LIBRARY, BRIDGE])
    assert beside[0] is None
    assert beside[2]
    assert np.array_equal(beside[2].keys, alone.keys)
    assert np.array_equal(beside[2].sketch, alone.sketch)


def test_a_text_of_few_words_has_none() -> None:
    assert fingerprints(["", "Rain.", "The harbour master was away on Monday.", "的 了 是"]) == [None] * 4


@pytest.mark.parametrize(
    ("text", "other"), [(BRIDGE, LIBRARY), (JAPANESE, JAPANESE_LIBRARY)], ids=["english", "japanese"]
)
def test_the_whole_text_and_half_of_it_are_copies_and_another_report_is_not(text: str, other: str) -> None:
    half = cut(text, 0.5)
    assert share(text, text) == share(half, text) == share(text, half) == 1.0
    assert bands_met(of(half), of(text)) >= 2
    assert share(text, other) < 0.1
    assert bands_met(of(text), of(other)) == 0


def test_blanks_case_and_typography_make_no_difference() -> None:
    assert share(BRIDGE, BRIDGE.upper().replace(" ", "\u00a0 ").replace(".", "…")) == 1.0


def test_a_long_text_is_compared_by_a_sample() -> None:
    text = " ".join(f"harbour{at}" for at in range(2000))
    changed = " ".join(word if at % 10 else f"elsewhere{at}" for at, word in enumerate(text.split()))
    long, copy = of(text), of(changed)
    assert (long.shingles > 1500, long.level > 0) == (True, True)
    assert SKETCH / 3 < len(long.sketch) <= SKETCH
    exact = len(set(_shingles(text)) & set(_shingles(changed))) / long.shingles
    assert copied_share(long, copy) == pytest.approx(exact, abs=0.1)
    assert copied_share(long, of(cut(text, 0.4))) == 1.0  # whose sketch is a larger sample


def test_a_roundup_is_no_copy_of_a_brief_in_it() -> None:
    briefs = list(demo_texts().values())
    assert share(cut(briefs[0], 0.3), "\n".join(briefs[:4])) == 0.0


def test_a_shared_disclaimer_makes_no_copies_of_two_short_reports() -> None:
    one, other = (f"{cut(text, 0.8)}\n{DISCLAIMER}" for text in (BRIDGE, LIBRARY))
    shared = np.isin(of(one).sketch >> 2, of(other).sketch >> 2).mean()
    assert shared > 0.36  # more than a reworded copy has: it is where it stands that tells
    assert share(one, other) == 0.0


def test_reports_of_two_events_from_one_template_are_no_copies() -> None:
    one = QUAKE.format("4.6", "34", "Thornhaven", "10:32", "12.4", "57.51", "20.35")
    other = QUAKE.format("5.1", "87", "Eastmere", "03:15", "31", "58.88", "21.76")
    shared = np.isin(of(one).sketch >> 2, of(other).sketch >> 2).mean()
    assert shared > 0.8  # more than two copies with a fifth of their words changed
    assert share(one, other) == 0.0
    assert share(one, one.replace("4.6", "4.7").replace("12.4", "14")) > 0.9  # corrected by the institute
    assert share(one, one.replace("57.51", "57,51").replace("of magnitude 4.6 ", "")) > 0.9


def test_a_year_is_a_number_that_reports_of_two_events_share() -> None:
    numbers = of(f"{BRIDGE} In 2026, 3 of 1,204 cars by 10:05 and 12026 in 1999, 4.6 or 07 on 2026-11-22.").numbers
    assert numbers.tolist() == [3, 7, 11, 22, 46, 1005, 1204, 12026]


def test_only_the_numbers_that_two_long_tables_can_have_kept_are_compared() -> None:
    table = " ".join(f"harbour{chr(97 + at % 26)} weighbridge{chr(97 + at // 26)} {3 * at}" for at in range(1000, 1200))
    assert len(of(table).numbers) == NUMBERS
    assert share(table, cut(table, 0.9)) == share(table, cut(table, 0.5)) == 1.0


def test_within_one_site_only_a_nearly_identical_text_is_a_copy() -> None:
    assert is_copy(0.5, same_site=False)
    assert not is_copy(0.5, same_site=True)
    assert is_copy(0.9, same_site=True)
    assert not is_copy(0.3, same_site=False)


@pytest.mark.parametrize("texts", [demo_texts, corpus_texts], ids=["own texts", "stored pages"])
def test_each_kind_of_copy_is_found_by_its_original_alone(texts: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(texts)
    made = labelled(texts(), 5, EDITS | HARDER)
    originals = {one.story: of(one.text) for one in made if one.kind == "original"}
    asked, found = Counter[str](), Counter[str]()
    for one, fingerprint in zip(made, fingerprints([one.text for one in made]), strict=True):
        if one.story in originals and one.kind != "original" and fingerprint:
            original = originals[one.story]
            asked[one.kind] += 1
            is_met = bands_met(fingerprint, original) >= 2
            found[one.kind] += is_met and is_copy(copied_share(fingerprint, original), same_site=False)
    recall = {kind: found[kind] / asked[kind] for kind in asked}
    with capsys.disabled():
        print("\n" + ", ".join(f"{kind} {value:.3f}" for kind, value in recall.items()), f"of {asked['cut']} each")  # noqa: T201
    assert min(recall[kind] for kind in EDITS) >= 0.95
    assert len(of(BRIDGE).keys) == BANDS
