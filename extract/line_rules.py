"""Why a passage of the article's region is not in its text, and the lines that never are, whatever the model says."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final

from extract.age import AGE
from extract.pattern_set import pattern_set


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
MAX_CREDIT_CHARS = 120
_OPEN = r"more from .{2,40}|"  # takes whatever follows
_READ_MORE = (
    r"read (?:more|also|next)|see (?:also|more)|also read|related(?: (?:articles?|stories|story|news|posts?|"
    r"links?|content|coverage|reading|topics?))?|recommended(?: (?:reading|articles|stories|for you))?|"
    r"don['’]t miss|(?:you )?(?:may|might) also (?:like|be interested in)|you (?:may|might) (?:also )?like|"
    r"more on this(?: (?:story|topic))?|" + _OPEN + r"mehr zum thema|lesen sie auch|lies auch|"
    r"auch interessant|das könnte sie auch interessieren|(?:[àa] )?(?:lire|voir|écouter) (?:aussi|également)|"
    r"sur le même (?:sujet|thème)|le(?:e|a|er) (?:también|además|más)|(?:sigue|siga) leyendo|"
    r"te (?:puede|podría) interesar|noticias relacionadas|leia (?:também|mais)|veja também|"
    r"leggi anche|potrebbe interessarti|lees ook|läs (?:mer|också|även)|les også|læs også|lue myös|"
    r"(?:prze)?czytaj (?:też|także|również|więcej)|zobacz (?:też|także|również)|"
    r"přečtěte si(?: také)?|čtěte (?:také|též)|mohlo by vás zajímat|kapcsolódó cikkek|citește și|"
    r"ayrıca (?:okuyun|bkz)|ilgili haber(?:ler)?|(?:bunlar da |bu da )?ilginizi çekebilir|"
    r"(?:читайте|читать|смотрите) (?:также|ещё|еще|по теме)|(?:материалы?|ещё|еще) по теме|"
    r"(?:читайте|читати|дивіться) також|διαβάστε (?:επίσης|ακόμη|ακόμα)|δείτε (?:επίσης|ακόμη|ακόμα)|"
    r"[إا]قرأ (?:أيض[اًـ]{1,3}|المزيد|كذلك)|شاهد أيض[اًـ]{1,3}|קראו (?:גם|עוד)|לקריאה נוספת|"
    r"(?:بیشتر|همچنین) بخوانید|(?:یہ بھی|مزید) پڑھیں|(?:यह|ये) भी (?:पढ़ें|पढ़ें|देखें)|संबंधित खबरें|"
    r"আরও (?:পড়ুন|পড়ুন|দেখুন)|(?:இதையும்|மேலும்) படிக்க(?:வும்)?|อ่าน(?:เพิ่มเติม|ต่อ|ข่าวที่เกี่ยวข้อง)|ข่าวที่เกี่ยวข้อง|"
    r"(?:xem|đọc) thêm|soma (?:pia|zaidi)|baca (?:juga|selengkapnya)|simak juga|lihat juga|"
    r"관련 ?(?:기사|뉴스)|関連(?:記事|ニュース)|(?:あわせ|合わせ|併せ)て読みたい|相关(?:阅读|新闻|报道)|"
    r"(?:延伸|推薦)閱讀|延伸阅读"
)
# a whole line that is never text
LINES: Final = (
    (
        Removal.RELATED_LINK,
        (r"\W*(?:" + _READ_MORE + r")\W*(?:[:：|–—>»】\]）-]\s*.*)?"),  # noqa: RUF001 - full-width
    ),
    (
        Removal.RELATED_LINK,
        (
            r"\W*(?:" + _READ_MORE.replace(_OPEN, "") + r")(?-i:[A-ZÀ-ÖØ-ÞА-ЯІЇЄ][a-zß-öø-ÿа-яіїє]).*"
        ),  # a label on the link without a blank
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
        (r"(?:watch|listen|must read|trending|up next)(?: now)?\s*[:|]\s*.{15,}"),
    ),
    (
        Removal.NAVIGATION,
        (
            r"\W*(?:top of (?:the )?page|bottom of (?:the )?page|back to (?:the )?top(?: button)?|scroll to top|"
            r"skip to (?:main )?content|nach oben|zum seitenanfang|retour en haut|haut de page|volver arriba|"
            r"torna su|terug naar boven|close|menu|home\s*[>›»/].{0,200}|previous (?:article|post|story).{0,150}|"
            r"next (?:article|post|story).{0,150})\W*"
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
            r"(?: (?:(?:this|the)(?: (?:article|story|page|video|post))?|it|right now|now|today)){0,3}\W*"
        ),
    ),
    (Removal.DATELINE_REPEAT, AGE),
    (
        Removal.COMMENTS,
        (
            r"\W*(?:leave a (?:reply|comment)|cancel reply|post (?:a )?comment|"
            r"your email address will not be published|required fields are marked|comments (?:are )?closed|"
            r"join the (?:conversation|discussion)|kommentare? (?:schreiben|verfassen)|laisser un commentaire|"
            r"deja un comentario|deixe um comentário|lascia un commento|(?:view|show|load) (?:all )?"
            r"(?:\d+ )?comments?)\b.{0,120}|"
            r"\W*[\d.,]+ comments?(?: (?:so far|on this (?:article|story)|add (?:a|your) comment))?\W*|"
            r"(?:(?:do you have|have you got|got|have) an? (?:story|news tip|tip)\b.{0,60}\?|"
            r"get in touch with (?:our|us)\b).{0,120}(?:\be-?mail|\b(?:call|contact) us|\bwrite to|\bwhatsapp|@)"
            r".{0,120}"
        ),
    ),
    (
        Removal.NEWSLETTER,
        (
            r"\W*(?:sign up|subscribe|register|get) (?:for|to|now|here|our|the) ?.{0,80}(?:newsletter|inbox|"
            r"briefing|e-?mail|alerts)\b.{0,120}|"
            r"\W*(?:abonnez-vous|inscrivez-vous|abonnieren?|suscríbete|assine|iscriviti|meld je aan|подпишитесь|"
            r"подписывайтесь|підписуйтесь|síguenos|suivez-nous|seguici|siga-nos|siga o|follow us|join our|"
            r"folgen sie uns|ακολουθήστε|تابعوا|تابعونا|takip edin|ikuti kami|mời bạn đọc theo dõi)\b.{0,120}"
            r"(?:newsletter|nieuwsbrief|lettre|whatsapp|telegram|instagram|facebook|youtube|google news|twitter|"
            r"viber|канал).{0,120}|"
            r"thanks for reading .{1,80}subscribe\b.{0,120}|.{0,160}\bsubscribe (?:today|now|here)\W*|"
            r"(?:for|check out) .{0,150}(?:, | by )sign(?:ing)? up (?:for|to) our .{0,40}newsletters?\W*"
        ),
    ),
    (
        Removal.BYLINE,
        (
            r"\W*(?:责任编辑|責任編輯|责编|責編|编辑|編輯|penulis|redaktur) ?[:：] ?.{2,30}|"
            r"[가-힣]{2,4} ?(?:기자|특파원|인턴기자) ?[a-z0-9_.]{2,30}@[a-z0-9.-]{4,40}"
        ),
    ),
    (
        Removal.COPYRIGHT,
        (
            r"(?:©|\(c\) ?\d{4}|copyright(?:\W*(?:©|\(c\)|\d{4})|:| by\b)).{0,160}|"
            r"copyright(?:(?: \w+){1,4},? \d{4})?\W*|.{0,80}\ball rights reserved\W*|"
            r".{0,20}©.{0,60}(?:무단|금지).{0,20}|\W*(?:無断転載|無断複製|禁.{0,2}転載).{0,20}"
        ),
    ),
    (
        Removal.SHARE,
        (
            r"\W*(?:share (?:this|on|via|the (?:article|story|page|post|news))\b.{0,60}|"
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
            r"(?:article|story) continues (?:below|after)(?: (?:this )?ad\w*)?)\W*"
        ),
    ),
)
# "Photo credit: …" whatever follows, "Photo: Anna Berg, Coast Pictures" only what may be names
_CREDIT = re.compile(
    r"(?:image|photo(?:graph)?|picture|foto|fotograf[ií]a|bild(?:er)?|imagen)s?"
    r"(?:(?: (?:credits?|source|courtesy|by|quelle|via))+\s*[:©]\s*.{2,90}|"
    r"\s*[:©]\s*(?=.*(?-i:[A-ZÀ-ÞА-Я]))(?!.*[?!\d])(?:\S++\s*+){1,7})",
    re.IGNORECASE,
)
_LINE_RULES = tuple((reason, re.compile(pattern, re.IGNORECASE)) for reason, pattern in LINES)
# All rules are asked at once first, which has to let through whatever one of them matches: so without \b, and with the
# dotless i as the other, which Python takes for the same
_DOTTED: Final = {ord("İ"): "i", ord("ı"): "i"}
_SUSPECT = pattern_set(
    (pattern.replace(r"\d", r"\p{Nd}").replace(r"\b", "").replace("ı", "i") for _, pattern in LINES), whole=True
)


def is_credit(text: str) -> bool:
    """Whether a line says whose a picture is, and no more."""
    return len(text) <= MAX_CREDIT_CHARS and bool(_CREDIT.fullmatch(text))


def line_reason(text: str) -> Removal | None:
    """Return why a line, with single blanks in it, is never text; None for any other."""
    return _line_reason(text) if len(text) <= MAX_LINE_CHARS else None


@lru_cache(maxsize=4096)
def _line_reason(text: str) -> Removal | None:
    if not _SUSPECT.Match(text if text.isascii() else text.translate(_DOTTED)):
        return None
    return next((reason for reason, pattern in _LINE_RULES if pattern.fullmatch(text)), None)
