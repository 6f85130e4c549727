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
        (Removal.RELATED_LINK, "Ayrıca okuyun: İstanbul'da vapur yine kalktı"),
        (Removal.RELATED_LINK, "MORE : The ferry sails again"), (Removal.RELATED_LINK, "More ferries: https://ferry.example/all"),
        (Removal.RELATED_LINK, "Alles zur Fähre finden Sie hier in unserem Newsblog."),
        (Removal.CAPTION, "Pictured from left, are Anna Berg, Jon Hale and the mayor."),
        (Removal.CAPTION, "The mayor opened the quay on Monday (Image: Coast Pictures)"),
        (Removal.CAPTION, "Die Fähre im Hafen. (Foto: Anna Berg/dpa)"), (Removal.CAPTION, "Le bac à quai (crédits photo : A. Berg)"),
        (Removal.CAPTION, "渡し船が再開した（写真：海岸通信）"), (Removal.CAPTION, "Anna Berg and Jon Hale (L-R) on the quay"),
        (Removal.CAPTION, "The ferry at dawn. (Anna Berg/AP Photo)"), (Removal.CAPTION, "Die Fähre legt ab. (Archivbild)"),
        (Removal.COPYRIGHT, "Die Fähre am Kai © Küstenbild"),
        (Removal.AGENCY_SIGNOFF, "(Quelle: APA/sda/dpa)"), (Removal.AGENCY_SIGNOFF, "Source: Reuters and AFP"),
        (Removal.AGENCY_SIGNOFF, "(Reporting by Anna Berg; editing by Jon Hale)"),
        (Removal.AGENCY_SIGNOFF, "Reporting by Anna Berg, with reporting by Jon Hale, editing by Ida Marsh."),
        (Removal.AGENCY_SIGNOFF, "(With inputs from agencies)"), (Removal.AGENCY_SIGNOFF, "Sendung: Hafenradio, 24.04.2026, 15:10 Uhr"),
        (Removal.BYLINE, "by Anna Berg Monday, November 16, 2026"), (Removal.DATELINE_REPEAT, "17:41 JST, October 13, 2026"),
        (Removal.NEWSLETTER, "Follow Coast News on Twitter and Facebook for the latest updates."),
        (Removal.NEWSLETTER, "There is more where that came from. Sign up for our free daily newsletter."),
        (Removal.NEWSLETTER, "Der Küsten-Newsletter informiert Sie jeden Morgen."), (Removal.NEWSLETTER, "Suivez La Côte sur Instagram"),
        (Removal.CONSENT, "I would like to be emailed about offers. Read our privacy notice"),
        (Removal.CONSENT, "By signing up, you agree to our Terms of Use and Privacy Policy."),
        (Removal.CONSENT, "Ich bin damit einverstanden, dass mir externe Inhalte angezeigt werden."),
        (Removal.PAYWALL_PROMPT, "Already a subscriber? Log in"), (Removal.PAYWALL_PROMPT, "Support independent journalism"),
        (Removal.PAYWALL_PROMPT, "有料会員になると記事の続きをお読みいただけます。"), (Removal.SHARE, "Tides wait for nobody.Click To Tweet"),
        (Removal.COUNTER, "Lesezeit: 3 Min."), (Removal.COUNTER, "6 minute read"), (Removal.COUNTER, "Temps de lecture : 4 min"),
        (Removal.COMMENTS, "Schreiben Sie einen Kommentar"), (Removal.COMMENTS, "Ваш адрес email не будет опубликован."),
        (Removal.PLAYER, "Listen to this article 5 min"), (Removal.PLAYER, "Your browser does not support the audio element."),
        (Removal.AD, "ANNONCE"), (Removal.AD, "Lees verder onder de advertentie"), (Removal.AD, "Download our new app today!"),
        (Removal.COMMENTS, "Do you know more of it? Write to tips@ferry.example"), (Removal.COMMENTS, "Heb je een tip? Bel ons"),
        (Removal.COMMENTS, "Нашли ошибку? Выделите её и нажмите Ctrl+Enter"), (Removal.COMMENTS, "▶ 제보하기 카카오톡"),
        (Removal.COMMENTS, "מצאתם טעות בכתבה? דווחו לנו"), (Removal.COMMENTS, "Vote now in our ferry poll"),
        (Removal.NEWSLETTER, "扫描二维码关注江岸日报"), (Removal.NEWSLETTER, "Mari bergabung di Grup Telegram kami."),
        (Removal.BYLINE, "Jon Hale contributed to this report."), (Removal.BYLINE, "Editor: Agus Wibowo"),
        (Removal.BYLINE, "Ada Quist O'Hara2 March 2026 21:28"),
        (Removal.AGENCY_SIGNOFF, "انتهای پیام/"), (Removal.SHARE, "Версия для печати"), (Removal.RELATED_LINK, "Haberin devamı için tıklayınız"),
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
        "More than 40 ferries sailed on Monday: none of them was late.",
        "Follow these steps, shared on Twitter, to board the ferry.",
        "The ferry (pictured) sails again on Monday.",
        "The image (a photo by a reader) was shown in court, where the judge called it proof.",
        "Source: the harbour's own figures for 2026",
        "Author: the ferry would have sailed in any case.",
        "Did he write at all? He did, from tides@ferry.example, and asked the harbour for its figures.",
        "What now? asked @annaberg.",
        "How do I apply? Send the form to grants@council.example by 3 May.",
        "Fehler melden die Piloten inzwischen ohne Angst.",
        "Haben Sie einen Fehler gemacht?",
        "Нашли ошибку в чертежах только через три года.",
        "¿Has visto un error así en un Mundial?",
        "Comments closed on 3 May with 1,200 objections to the quarry.",
        "Register for alerts at the town hall; the siren alone is not enough.",
        "Get to the station early: the e-mail with the ticket is not enough.",
        "Folgen Sie den Hinweisen der Polizei auf Twitter, rät der Landrat.",
        "Join our union, the couriers wrote on Telegram, and within a week nine hundred had.",
        "The opposition asked readers to subscribe now.",
        "居民扫描二维码即可领取口粮。",
        "Pictured above the fireplace in 1911, the sword has been missing ever since.",
        "The rover sent back its first colour panorama on Sunday (NASA).",
        "Recommended: two doses, four weeks apart.",
        "Listen: I was nineteen, I had no money and I said yes.",
        "Writing by hand helps children to remember; writing by keyboard does not.",
        "Reporter: Why Now?",
        "The dry spring contributed to this report's bleak tone.",
        "Harbour Stadium, 2 March 2026, 21:28",
        "Nobody will ever read our privacy policy.",
        "By signing up 400 new teachers a year, the ministry hopes to improve conditions in rural schools.",
        "Nach dem Urteil dürfen externe Inhalte erst geladen werden, wenn der Nutzer zustimmt.",
        "To watch this video you would need nine hours and a strong stomach.",
        "You've reached your limit, my coach told me.",
        "Donate now, regret later: how a fake charity fooled a village.",
        "Share the story, not the picture, is the advice of the charity.",
        "Try our new parking app, the mayor said, and two thousand people did.",
        "Previous post holders had resigned within a year.",
        "Home / office working has become the norm.",
        "Vor 30 Jahren",
        "Copyright: the term now runs for seventy years after the author's death.",
        "Who would sail in such weather? Nobody, says the harbour.",
        "He asked readers to sign up for the newsletter, and nobody did.",
        "Reporting by the coast guard shows that tides have risen.",
        "Download the app, log in and choose the ferry.",
        "It took the ferry 5 minutes to read the tide.",
        "She said that the © sign was missing from the map, and that the coast guard would have to print it again.",
    ],
)
def test_a_line_that_only_begins_like_one_is_text(line: str) -> None:
    assert line_reason(line) is None


def test_all_rules_can_be_asked_at_once() -> None:
    """The other library that does so has no classes of letters inside of brackets."""
    assert not [pattern for _, pattern in LINES if re.search(r"\[[^\]]*\\[wWb]", pattern)]
