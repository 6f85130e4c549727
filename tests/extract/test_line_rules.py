from __future__ import annotations

import re

import pytest

from extract.line_rules import LINES, Removal, line_reason


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        (Removal.RELATED_LINK, "Lesen Sie auch: Die Fähre fährt wieder"), (Removal.RELATED_LINK, "Читайте также"),
        (Removal.RELATED_LINK, "AYRICA OKUYUN"), (Removal.AD, "ADVERTİSEMENT"), (Removal.RELATED_LINK, "Read more \u0345"),
        (Removal.RELATED_LINK, "Must read: The ferry sails again at last"), (Removal.NAVIGATION, "↑ Back to top"),
        (Removal.COUNTER, "1.234 просмотра"), (Removal.COUNTER, "١٢ views"), (Removal.COUNTER, "Post views: 12"),
        (Removal.COUNTER, "12 people are reading this"), (Removal.DATELINE_REPEAT, "há 3 horas"),
        (Removal.DATELINE_REPEAT, "Mis à jour le 3 août 2026 à 14h05"), (Removal.COMMENTS, "12 comments"),
        (Removal.NEWSLETTER, "Sign up for our morning briefing"), (Removal.COPYRIGHT, "© 2026 Überlandpost"),
        (Removal.COPYRIGHT, "Überlandpost, all rights reserved."), (Removal.SHARE, "SHARE • tweet • WhatsApp"),
        (Removal.AD, "Publicité"), (Removal.AD, "$$AD_1$$"), (Removal.AD, "{{ad.text}}"), (Removal.AD, "{{ reklama-été }}"),
    ],
)  # fmt: skip
def test_a_line_of_each_rule_is_told(reason: Removal, line: str) -> None:
    assert line_reason(line) == reason


def test_all_rules_can_be_asked_at_once() -> None:
    """The other library that does so has no classes of letters inside of brackets."""
    assert not [pattern for _, pattern in LINES if re.search(r"\[[^\]]*\\[wWb]", pattern)]
