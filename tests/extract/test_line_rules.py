# ruff: noqa: RUF001 - lines as sites write them
from __future__ import annotations

import re

import pytest

from extract.line_rules import LINES, Removal, line_reason


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        (Removal.RELATED_LINK, "Lesen Sie auch: Die Fähre fährt wieder"), (Removal.RELATED_LINK, "Читайте также"),
        (Removal.RELATED_LINK, "À LIRE AUSSIRetards : quels droits ?"), (Removal.RELATED_LINK, "Read moreThe ferry sails again"),
        (Removal.RELATED_LINK, "Читайте такжеПаром снова ходит"), (Removal.RELATED_LINK, "AYRICA OKUYUN"), (Removal.AD, "ADVERTİSEMENT"), (Removal.RELATED_LINK, "Read more \u0345"),
        (Removal.RELATED_LINK, "Must read: The ferry sails again at last"), (Removal.NAVIGATION, "↑ Back to top"),
        (Removal.COUNTER, "1.234 просмотра"), (Removal.COUNTER, "١٢ views"), (Removal.COUNTER, "Post views: 12"),
        (Removal.COUNTER, "12 people are reading this"), (Removal.DATELINE_REPEAT, "há 3 horas"),
        (Removal.DATELINE_REPEAT, "Mis à jour le 3 août 2026 à 14h05"), (Removal.COMMENTS, "12 comments"),
        (Removal.NEWSLETTER, "Sign up for our morning briefing"), (Removal.COPYRIGHT, "© 2026 Überlandpost"),
        (Removal.COPYRIGHT, "Überlandpost, all rights reserved."), (Removal.SHARE, "SHARE • tweet • WhatsApp"),
        (Removal.RELATED_LINK, "İLGİLİ HABER"), (Removal.RELATED_LINK, "اقرأ أيضًا: عودة العبارة"),
        (Removal.RELATED_LINK, "【関連記事】渡し船が再開"), (Removal.RELATED_LINK, "[관련기사] 나룻배 다시 운항"),
        (Removal.RELATED_LINK, "यह भी पढ़ें: नाव फिर चली"), (Removal.RELATED_LINK, "Διαβάστε επίσης: Το πλοίο"),
        (Removal.RELATED_LINK, "อ่านเพิ่มเติม"), (Removal.RELATED_LINK, "Przeczytaj również: Prom wraca"),
        (Removal.NEWSLETTER, "Síguenos en nuestro canal de WhatsApp"), (Removal.BYLINE, "责任编辑：王小明"),
        (Removal.NEWSLETTER, "Подписывайтесь на наш Telegram-канал"), (Removal.COPYRIGHT, "ⓒ 뉴스 © 무단전재 및 재배포 금지"),
        (Removal.NEWSLETTER, "Thanks for reading Tide Lines! Subscribe for free to get new posts."),
        (Removal.NEWSLETTER, "Support local journalism. Subscribe today."), (Removal.AD, "Publicité"), (Removal.AD, "$$AD_1$$"), (Removal.AD, "{{ad.text}}"), (Removal.AD, "{{ reklama-été }}"),
    ],
)  # fmt: skip
def test_a_line_of_each_rule_is_told(reason: Removal, line: str) -> None:
    assert line_reason(line) == reason


@pytest.mark.parametrize(
    "line",
    [
        "More from Brussels, where Anna Berg met the ministers of the coast on Thursday",
        "RELATEDNESS OF LANGUAGES",
        "Read more books, Mr Marsh said",
        "Recommendedly Ltd",
    ],
)
def test_a_line_that_only_begins_like_one_is_text(line: str) -> None:
    assert line_reason(line) is None


def test_all_rules_can_be_asked_at_once() -> None:
    """The other library that does so has no classes of letters inside of brackets."""
    assert not [pattern for _, pattern in LINES if re.search(r"\[[^\]]*\\[wWb]", pattern)]
