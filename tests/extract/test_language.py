from __future__ import annotations

import pytest

from extract.language import detect_language, language_code

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
