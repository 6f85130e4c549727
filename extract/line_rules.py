"""Why a passage of the article's region is not in its text, and the lines that never are, whatever the model says."""

from __future__ import annotations

import re
from enum import StrEnum
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
_READ_MORE = (
    r"read (?:more|also|next)|see (?:also|more)|also read|related(?: (?:articles?|stories|story|news|posts?|"
    r"links?|content|coverage|reading|topics?))?|recommended(?: (?:reading|articles|stories|for you))?|"
    r"don['’]t miss|(?:you )?(?:may|might) also (?:like|be interested in)|you (?:may|might) (?:also )?like|"
    r"more on this(?: (?:story|topic))?|more from .{2,40}|mehr zum thema|lesen sie auch|lies auch|"
    r"auch interessant|das könnte sie auch interessieren|(?:à )?lire aussi|sur le même (?:sujet|thème)|"
    r"lee (?:también|además)|te puede interesar|noticias relacionadas|leia (?:também|mais)|veja também|"
    r"leggi anche|potrebbe interessarti|lees ook|läs (?:mer|också|även)|les også|læs også|lue myös|czytaj (?:też|"
    r"także|również|więcej)|zobacz (?:też|także|również)|přečtěte si také|čtěte také|kapcsolódó cikkek|citește și|"
    r"ayrıca okuyun|читайте (?:также|ещё|еще|по теме)|читайте також|اقرأ أيضا|"
    r"baca juga|관련 ?기사|関連記事|相关阅读|相关新闻|延伸閱讀"
)
# a whole line that is never text
LINES: Final = (
    (
        Removal.RELATED_LINK,
        (r"\W*(?:" + _READ_MORE + r")\W*(?:[:：|–—>»-]\s*.*)?"),
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
            r"(?:for|check out) .{0,150}(?:, | by )sign(?:ing)? up (?:for|to) our .{0,40}newsletters?\W*"
        ),
    ),
    (
        Removal.COPYRIGHT,
        (
            r"(?:©|\(c\) ?\d{4}|copyright(?:\W*(?:©|\(c\)|\d{4})|:| by\b)).{0,160}|"
            r"copyright(?:(?: \w+){1,4},? \d{4})?\W*|.{0,80}\ball rights reserved\W*"
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
    if len(text) > MAX_LINE_CHARS or not _SUSPECT.Match(text if text.isascii() else text.translate(_DOTTED)):
        return None
    return next((reason for reason, pattern in _LINE_RULES if pattern.fullmatch(text)), None)
