"""Why a passage of the article's region is not in its text, and the lines that never are, whatever the model says."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final

from extract.age import AGE, MONTH
from extract.appeals import COMMENTS, NEWSLETTER, PAYWALL_PROMPT
from extract.credits import CAPTION
from extract.pattern_set import pattern_set
from extract.read_more import CLOSED, READ_MORE


class Removal(StrEnum):
    """Why a visible passage of the article's region is not in the text. The values are part of the table's contract."""

    SITE_CHROME = "site_chrome"  # the same text stands on other pages of the site; followed by ": seen on k of n pages"
    RELATED_LINK = "related_link"
    NEWSLETTER = "newsletter"
    CAPTION = "caption"
    CREDIT = "credit"
    BYLINE = "byline"
    DATELINE_REPEAT = "dateline_repeat"  # the page's date and time, kept as metadata
    SHARE = "share"
    COMMENTS = "comments"
    PAYWALL_PROMPT = "paywall_prompt"
    CONSENT = "consent"
    AD = "ad"
    NAVIGATION = "navigation"
    HEADLINE_REPEAT = "headline_repeat"  # the title, kept as metadata
    REPEAT = "repeat"  # the standfirst again, or a passage twice in a row
    AGENCY_SIGNOFF = "agency_signoff"
    COUNTER = "counter"
    COPYRIGHT = "copyright"
    PLAYER = "player"
    TAGS = "tags"
    LOW_SCORE = "low_score"  # nothing but the model speaks against it


MAX_LINE_CHARS = 300  # no prompt is longer
_AGENCY = (
    r"(?:dpa|afp|apa|sda|reuters|ap|efe|ansa|xinhua|ritzau|ntb|tt|pap|čtk|anp|belga|lusa|kna|epd|sid|pti|ani|ians|"
    r"aa|dha|iha)"
)
_NO_LOWER = r"(?-i:[^\sa-zß-öø-ÿа-яіїє])"  # as a headline begins
_MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
# a whole line that is never text
LINES: Final = (
    (
        Removal.RELATED_LINK,
        (r"\W*(?:" + READ_MORE + r")\W*(?:[:：|–—>»】\]）-]\s*" + _NO_LOWER + r".*)?"),  # noqa: RUF001 - full-width
    ),
    (
        Removal.RELATED_LINK,
        (r"\W*(?:" + CLOSED + r")(?-i:[A-ZÀ-ÖØ-ÞА-ЯІЇЄ][a-zß-öø-ÿа-яіїє]).*"),  # a label on the link without a blank
    ),
    (
        Removal.RELATED_LINK,
        (
            r"for more (?:stories|news|articles) (?:like this|from|on|about)\b.{0,80}[,:] "
            r"(?:check out|check|visit|see|follow|click on|go to|read) our\b.{0,100}"
        ),
    ),
    (
        Removal.RELATED_LINK,
        (
            r"(?:watch|listen|must read|trending|up next)(?: now)?\s*[:|]\s*" + _NO_LOWER + r".{14,}[^.]|"
            r"\W*more\s?[:|]\s*" + _NO_LOWER + r".{9,}[^.]|\W*more .{2,60}[:;,]? ?https?://\S{4,}.{0,120}|"
            r".{0,200}\b(?:finden|lesen) sie\b.{0,60}\bin unserem (?:news|live)[ -]?(?:blog|ticker)\W*|"
            r".{0,60}\b(?:devamı|detaylar|ayrıntılar|haber) için tıklayın(?:ız)?\W*"
        ),
    ),
    (Removal.CAPTION, CAPTION),
    (
        Removal.AGENCY_SIGNOFF,
        (
            r"\(?(?:quelle|source|fuente|fonte|bron|zdroj|källa|kilde|źródło|kaynak)n? ?: ?"
            + _AGENCY
            + r"(?:(?:[/, ]+(?:und |and |et |y |e )?)"
            + _AGENCY
            + r")*\)?\W*|"
            r"\W*(?:additional )?(?:reporting|writing|editing|compiled|edited) by (?-i:[A-ZÀ-Þ]).{2,250}[;,.] ?"
            r"(?:with )?(?:additional )?(?:reporting|writing|editing|compiled|edited) by (?-i:[A-ZÀ-Þ]).{2,120}|"
            r"\((?:additional )?(?:reporting|writing|editing|compiled) by (?-i:[A-ZÀ-Þ])[^()]{2,250}\)\W*|"
            r"\((?:with (?:inputs?|reporting) from|com informações|con información de|mit (?:material|informationen))\b"
            r"[^()]{2,80}\)\W*|"
            r"\W*انتهای پیام.{0,12}|(?:sendung|quelle): .{3,100}\d{4}.{0,6}\d{1,2}[:.]\d{2} uhr\W*"
        ),
    ),
    (
        Removal.NAVIGATION,
        (
            r"\W*(?:top of (?:the )?page|bottom of (?:the )?page|back to (?:the )?top(?: button)?|scroll to top|"
            r"skip to (?:main )?content|nach oben|zum seitenanfang|retour en haut|haut de page|volver arriba|"
            r"torna su|terug naar boven|close|menu|home\s*[>›»].{0,200}|home\s*/\s*(?-i:[A-Z0-9]).{0,200}|"
            r"(?:previous|next) (?:article|post|story)(?:\s*[:›»>→|-].{0,150})?)\W*"
        ),
    ),
    (
        Removal.COUNTER,
        (
            r"\W*[\d.,]+\s?[km]?\s?(?:views?|shares?|likes?|reads?|claps?|aufrufe|vues?|visualiza\w+|vistas|"
            r"просмотр\w*)\W*|\W*(?:post )?(?:views?|shares|reads|hits|aufrufe|vues)\s*:\s*[\d.,]+\s?[km]?\W*"
        ),
    ),
    (
        Removal.COUNTER,
        (
            r"\W*(?:viewed|read|shared|watched)(?: by)? [\d.,]+\s?[km]? (?:times|people|readers)\W*|"
            r"\W*[\d.,]+\s?[km]? (?:people|readers|users|others)(?: (?:are|have|were))? (?:reading|read|viewing|viewed|"
            r"watching|watched|online)"
            r"(?: (?:(?:this|the)(?: (?:article|story|page|video|post))?|it|right now|now|today)){0,3}\W*|"
            r"\W*(?:reading time|read time|lesezeit|lesedauer|temps de lecture|tiempo de lectura|tempo d[ei] lett?ura|"
            r"leestijd|lästid|lesetid|læsetid|czas czytania|время чтения|час читання)\W{0,3}"
            r"(?:ca\.? ?|env\. ?|~ ?|etwa )?\d{1,3} ?(?:\w{1,8}\.?)?\W*|"
            r"\W*\d{1,3}[ -]?min(?:ute)?[sn]?\.?,?(?: of)?[ -]?(?:read(?:ing)?(?: time)?|de lecture|lesezeit|"
            r"de lectura|di lettura|de leitura|leestijd|lästid|lesetid)\W*"
        ),
    ),
    (
        Removal.DATELINE_REPEAT,
        AGE + r"|\d{1,2}:\d{2}(?: ?[ap]\.?m\.?)? (?-i:[A-Z]{2,4}),? " + _MONTH + r" \d{1,2},? \d{4}",
    ),
    (Removal.COMMENTS, COMMENTS),
    (Removal.NEWSLETTER, NEWSLETTER),
    (
        Removal.BYLINE,
        (
            r"\W*(?:责任编辑|責任編輯|责编|責編|编辑|編輯|penulis|redaktur) ?[:：] ?.{2,30}|"
            r"[가-힣]{2,4} ?(?:기자|특파원|인턴기자) ?[a-z0-9_.]{2,30}@[a-z0-9.-]{4,40}|"
            r"by (?:(?-i:[A-ZÀ-Þ])\S+ ){2,4}\W{0,3}(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?"
            + _MONTH
            + r" \d{1,2},? \d{4}|(?-i:[A-ZÀ-Þ])[^.!?:;\d]{3,60}(?-i:[a-zß-ÿ])\d{1,2} (?:"
            + MONTH
            + r") \d{4},? \d{1,2}[:.]\d{2}|"  # of a live blog's post, without a blank between two elements
            r"(?-i:[A-ZÀ-Þ]).{3,200} contributed (?:to this (?:report|story|article)|(?:additional )?reporting)"
            r"(?:[.,;:].{0,60})?|"
            r"(?:editor|pewarta|muhabir|автор|редактор|autor(?:in|a)?|auteur|author) ?: ?"
            r"(?:(?-i:[A-ZÀ-ÞА-ЯІЇЄ])[^\s!?]{0,20}\s){1,3}(?-i:[A-ZÀ-ÞА-ЯІЇЄ])[^\s!?]{0,20}"
        ),
    ),
    (
        Removal.COPYRIGHT,
        (
            r"(?:©|\(c\) ?\d{4}|copyright(?:\W*(?:©|\(c\)|\d{4})|(?::| by) ?" + _NO_LOWER + r")).{0,160}|"
            r"copyright(?:(?: \w+){1,4},? \d{4})?\W*|.{0,80}\ball rights reserved\W*|"
            r".{10,250}[\s)|•·-]©\s?[^.?!©]{2,60}|.{0,20}©.{0,60}(?:무단|금지).{0,20}|\W*(?:無断転載|無断複製|禁.{0,2}転載).{0,20}"
        ),
    ),
    (
        Removal.CONSENT,
        (
            r"(?:.{0,280}[.!?] )?(?-i:Read|See) our privacy (?:policy|notice)\W*|"
            r"\W*by (?:signing up|subscribing|registering|submitting)(?: [^,.]{0,60})?,? (?:you|i|we)\b.{0,200}"
            r"(?:privacy|terms|conditions|consent).{0,120}|"
            r"\W*(?:mit (?:der|meiner|ihrer) (?:anmeldung|registrierung)|en vous (?:inscrivant|abonnant)|"
            r"al (?:suscribir|registrar)\w+)\b.{0,60}(?:stimm|akzeptier|erklär|willig|accept|acept).{0,200}|"
            r"\W*externe[nr]? inhalte? (?:anzeigen|laden|aktivieren)\W*|"
            r".{0,40}\b(?:an dieser stelle find|(?:ich bin )?(?:damit )?einverstanden, dass mir).{0,120}"
            r"\bexterne[nr]? inhalt.{0,250}"
        ),
    ),
    (
        Removal.PLAYER,
        (
            r"\W*(?:your browser does(?: not|n['’]t) support\b.{0,120}|"
            r"to (?:view|watch|play) this (?:video|content|media)\b.{0,40}"
            r"(?:please|enable|javascript|browser|cookies)\b.{0,160}|"
            r"listen to (?:this |the )?(?:article|story)(?:\W.{0,20})?|"
            r"(?:this )?(?:video|media|content) (?:can ?not|could not|is not|isn['’]t) "
            r"(?:be (?:played|loaded)|available|supported)(?: in your (?:country|region|browser)\b.{0,60})?|"
            r"(?:diesen )?artikel (?:an)?hören|"
            r"(?:der )?artikel zum anhören|écouter (?:cet |l['’])article\b.{0,20}|"
            r"escuchar? (?:este |el )?artículo\b.{0,20}|ouvir (?:este |o )?artigo\b.{0,20}|"
            r"ascolta (?:questo |l['’])articolo\b.{0,20}|"
            r"(?:please )?(?:enable|turn on) javascript\b.{0,120}|"
            r"javascript is (?:disabled|required)(?: (?:in|for|to)\b.{0,100})?)\W*"
        ),
    ),
    (Removal.PAYWALL_PROMPT, PAYWALL_PROMPT),
    (
        Removal.SHARE,
        (
            r".{0,280}click to tweet\W*|\W*(?:версия для печати|print this (?:page|article|story)|druckversion|"
            r"version imprimable|versión para imprimir|versione stampabile)\b.{0,80}|"
            r"\W*(?:share (?:this|on|via|the (?:article|story|page|post|news))"
            r"(?:\W+(?:article|story|post|page|news|video|on|via|by|with|to|and|or|your|friends|others|social media|"
            r"facebook|twitter|x|whatsapp|linkedin|e-?mail|reddit|telegram|pinterest|link|copy|now)){0,8}|"
            r"(?:share|tweet|facebook|twitter|whatsapp|e-?mail|print|linkedin|copy link)"
            r"(?:\W+(?:share|tweet|facebook|twitter|whatsapp|e-?mail|print|linkedin|copy link|"
            r"x|reddit|telegram|pinterest))*)\W*"
        ),
    ),
    (
        Removal.AD,
        (
            r"\W*(?:advertise?ments?|sponsored(?: content)?|anzeige|werbung|publicité|publicidad|pubblicità|"
            r"advertentie|reklama?|реклама|\$\$\w+\$\$|\{\{(?:\w|[ .-])+\}\}|"
            r"(?:article|story) continues (?:below|after)(?: (?:this )?ad\w*)?|annon(?:ce|s|ser)|iklan|mainos|inzerce|"
            r"hirdetés|оголошення|διαφήμιση|विज्ञापन|إعلان|광고|広告|廣告|广告|quảng cáo|โฆษณา|sponsored by.{0,40}|"
            r"(?:(?:advertisement|ad|story|article)\W+)?scroll to continue.{0,30}|"
            r"l['’]article continue après (?:la publicité|cette annonce)|"
            r"(?:lesen sie weiter|(?:der )?artikel geht)\b.{0,30}\b(?:nach|unter) der (?:anzeige|werbung)\b.{0,20}|"
            r"continúa (?:leyendo )?(?:después|tras) (?:de )?la publicidad|"
            r"(?:lees verder|artikel gaat verder|tekst gaat verder)\b.{0,30}onder de (?:advertentie|foto|video)|"
            r"artik(?:kelen|eln|len) forts\w+ (?:under|efter|etter) annon\w+|"
            r"continua (?:dopo la pubblicità|(?:após|depois d)a publicidade)|"
            r"(?:download|get|install|try) our (?:new |free )?[^,]{0,40}\bapp\b[^,]{0,80})\W*"
        ),
    ),
)
_LINE_RULES = tuple((reason, re.compile(pattern, re.IGNORECASE)) for reason, pattern in LINES)
# All rules are asked at once first, which has to let through whatever one of them matches: so without \b, with the
# dotless i as the other, which Python takes for the same, and without counting, for which states multiply
_DOTTED: Final = {ord("İ"): "i", ord("ı"): "i"}
_COUNTED = re.compile(r"(\.|\[[^\[\]]*\])\{\d+,\d+\}")


def _lenient(pattern: str) -> str:
    return _COUNTED.sub(
        r"\1*", pattern.replace(_NO_LOWER, ".").replace(r"\d", r"\p{Nd}").replace(r"\b", "").replace("ı", "i")
    )


_SUSPECT = pattern_set((_lenient(pattern) for _, pattern in LINES), whole=True)


def line_reason(text: str) -> Removal | None:
    """Return why a line, with single blanks in it, is never text; None for any other."""
    return _line_reason(text) if len(text) <= MAX_LINE_CHARS else None


@lru_cache(maxsize=4096)
def _line_reason(text: str) -> Removal | None:
    if not _SUSPECT.Match(text if text.isascii() else text.translate(_DOTTED)):
        return None
    return next((reason for reason, pattern in _LINE_RULES if pattern.fullmatch(text)), None)
