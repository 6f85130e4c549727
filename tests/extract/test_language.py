from __future__ import annotations

import pytest

from extract.language import article_language, detect_language, language_code

GERMAN = (
    "Die Hafenbrücke ist seit Dienstag wieder offen, und die ersten Lastwagen fuhren noch vor Sonnenaufgang hinüber. "
    "Elf Wochen lang hatten Arbeiter die Lager unter der Fahrbahn getauscht, die im trockenen Sommer gerissen waren. "
)


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en-GB", "en"), ("pt_BR", "pt"), ("DE", "de"), ("zh-Hant-TW", "zh"), (" fr ", "fr"), ("eng", "en"), ("ger", "de"), ("de, en", "de"),
        ("English", "en"), ("Deutsch", "de"), ("nb-NO", "no"), ("iw", "he"), ("in-ID", "id"),
        ("x-default", None), ("mul", None), ("und", None), ("", None), (None, None), ("{{lang}}", None), ("sprache", None),
    ],
)  # fmt: skip
def test_a_language_tag_gives_its_iso_639_1_code(tag: str | None, code: str | None) -> None:
    assert language_code(tag) == code


def test_a_language_is_detected_in_enough_text_only() -> None:
    assert detect_language(GERMAN) == "de"
    assert detect_language(GERMAN[:100]) is None


def test_a_templates_english_gives_way_to_the_text() -> None:
    english = (
        "The harbour bridge is open again, and the first lorries crossed it on Tuesday before the sun was up. " * 3
    )
    assert article_language("en", GERMAN) == "de"
    assert article_language("en", english) == "en"
    assert article_language("fr", GERMAN) == "fr"  # a language that somebody chose
    assert article_language(None, GERMAN) == "de"
    assert article_language("en", GERMAN[:100]) == "en"


def test_a_detector_that_is_not_sure_does_not_overrule_what_is_declared() -> None:
    scores = "Quist 6-4 6-3, Okri 7-5 6-2, Troll 6-1 6-0, Lens 3-6 7-6 6-4, Marlow 6-3 6-4, Adair 7-6 6-7 6-4. " * 4
    assert detect_language(scores) != "en"
    assert article_language("en", scores) == "en"
