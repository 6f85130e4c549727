"""What a short line says of itself, in the main languages of news: one signal among many, and a reason to name."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from extract.pattern_set import pattern_set

SHORT = 300  # characters of a block that its phrases are looked for in
LONG = 600  # a block of more says nothing in phrases

PHRASES: Final = {
    "related": (
        r"^(?:\W*)(?:read (?:more|also|next|the full|our)|more (?:on|from|about|news|stories)|see also|"
        r"also read|related|you (?:may|might) (?:also )?(?:like|be interested)|recommended|don'?t miss|"
        r"trending|most (?:read|popular)|continue reading|up next|watch(?: also| now| more)?:|in pictures|"
        r"lire (?:aussi|la suite|plus)|à lire|voir aussi|sur le même|lee (?:también|más|además)|leer más|"
        r"te puede interesar|más (?:sobre|información|noticias)|noticias? relacionad|le(?:ia|r) (?:mais|"
        r"também|tamb)|saiba mais|veja (?:também|mais)|mehr (?:zum|zu|von|lesen)|lesen sie|lies auch|"
        r"weitere |zum thema|auch interessant|leggi anche|per approfondire|potrebbe interessarti|"
        r"lees (?:ook|meer|verder)|meer over|läs (?:mer|också|även)|les (?:også|mer|mere)|læs (?:også|mere)|"
        r"lue (?:myös|lisää)|czytaj (?:też|także|więcej|również)|zobacz (?:też|także|również)|přečtěte|"
        r"čtěte|olvass|kapcsolódó|citeste|citește|devamını|ayrıca|ilgili haber|читайте|читать|смотрите|"
        r"ещё по теме|еще по теме|по теме|по темі|اقرأ|إقرأ|相关|相關|延伸閱讀|関連|あわせて読|관련|baca (?:juga|"
        r"selengkapnya)|simak|xem thêm|أخبار)"
    ),
    "newsletter": (
        r"newsletter|sign up|subscribe|subscription|your inbox|abonn|suscr[ií]|inscri(?:vez|re|va)|"
        r"s'abonner|iscriviti|assine|nieuwsbrief|nyhetsbrev|nyhedsbrev|uutiskirje|biuletyn|odběr|подпис|"
        r"подпиш|підпис|اشترك|订阅|訂閱|購読|구독|berlangganan|push notif|get (?:the|our) (?:latest|best|daily|"
        r"free)|download (?:the|our) app|join (?:us|our)|telegram|whatsapp|google news|unsere app|delivered"
    ),
    "comment": (
        r"\bcomments?\b|leave a reply|your email address will not|required fields|log in to|kommentar|"
        r"commentaire|comentario|comentário|commenti|reacties|komment|комментар|коментар|تعليق|评论|留言|コメント|"
        r"댓글|join the (?:conversation|discussion)"
    ),
    "share": (
        r"^(?:share|teilen|partager|compartir|compartilh|condividi|delen|dela|del|jaa|udostępnij|sdílet|"
        r"paylaş|поделиться|поділитися|شارك|分享|シェア|공유|bagikan|tweet|facebook|twitter|whatsapp|email|e-mail|"
        r"print|copy link|follow)(?:\W|$)|share (?:this|on|via|article)|follow (?:us|me|@)|tweet"
    ),
    "caption": (
        r"^(?:photo|image|picture|foto|bild|imagen|video|file|archiv|grafik|graphic|source|quelle|fuente|"
        r"credit|fotografía|zdroj|fot\.|kép|写真|사진|图|圖|фото)(?:\W.{0,2})?[:/©(]|\b(?:getty|reuters|afp|epa|dpa|"
        r"shutterstock|istock|imago|alamy|ap photo|unsplash|pixabay|picture alliance|pa wire|"
        r"anadolu)\b.{0,40}$|courtesy of|\((?:photo|foto|image|bild|ap|afp|reuters)"
    ),
    "copyright": (
        r"©|\(c\) ?\d{4}|copyright|all rights reserved|alle rechte|tous droits|derechos reservados|"
        r"direitos reservados|riproduzione riservata|toate drepturile|wszelkie prawa|все права|版权|版權|転載|"
        r"무단 전재|reproduction"
    ),
    "byline": (
        r"^(?:by|von|par|por|di|da|door|av|af|tekst|text|autor(?:e|a)?|auteur|author|writer|written by|"
        r"words by|reporting by|additional reporting|yazan|автор)[: ].{2,80}$|correspondent|\beditor\b|"
        r"reporter|\bis a (?:\w+ )?(?:writer|journalist|author|reporter|columnist|freelance|professor|"
        r"researcher)|follow (?:him|her|them) on|journaliste|redakt|periodista|jornalista"
    ),
    "paywall": (
        r"subscribers? only|for subscribers|already (?:a )?(?:subscriber|member)|log ?in\b|sign in|register|"
        r"premium|unlock|paywall|free trial|réservé aux abonnés|exklusiv für|nur für abonnenten|"
        r"solo (?:para )?suscriptores|jetzt testen|create (?:an )?account|my account"
    ),
    "ad": (
        r"^\W*(?:advert\w*|sponsored|anzeige|werbung|publicit\w+|publicidad\w*|pubblicità|annonce\w*|"
        r"reklam\w*|реклама|إعلان|广告|廣告|広告|광고|iklan|story continues below|continua dopo la pubblicità|"
        r"article continues)|affiliate|commission|promo code|coupon"
    ),
    "consent": (
        r"cookie|privacy policy|terms of (?:use|service)|datenschutz|consent|gdpr|we use |third[- ]party|"
        r"vie privée|privacidad"
    ),
    "date": (
        r"^\W*(?:published|updated|posted|last (?:updated|modified)|first published|stand|aktualisiert|"
        r"veröffentlicht|publié|mis à jour|publicado|actualizado|atualizado|pubblicato|aggiornato|"
        r"gepubliceerd|publicerad|uppdaterad|oppdatert|publisert|opublikowano|дата|опубликовано|tarih|"
        r"filed under)(?:\W|$)|^\W*(?:\w{3,9}\.?,? )?\d{1,2}[./ -](?:\d{1,2}|\w{3,9})\.?,?[./ -]\d{2,4}|"
        r"^\W*\w{3,9}\.? \d{1,2},? \d{4}|^\W*\d{4}[-/年.]\d{1,2}[-/月.]\d{1,2}|^\d{1,2}:\d{2}|\bago\b|"
        r"\bmin(?:ute)?s? (?:read|lesezeit)|lesezeit|read time"
    ),
    "counter": (
        r"^\W*[\d.,]+ ?[km]? ?(?:views?|shares?|comments?|likes?|reads?|votes?|vistas|visualizações|aufrufe|"
        r"просмотр\w*)?\W*$"
    ),
    "navigation": (
        r"^\W*(?:home|top of page|bottom of page|back to top|skip to|menu|search|close|next|previous|prev|"
        r"older|newer|page \d|toggle|show more|load more|view all|see all|click here|nach oben|"
        r"zum seitenanfang|retour|accueil|inicio|volver|scroll|tags?|topics?|categor\w+|filed under|"
        r"posted in|etiquetas|schlagw|themen|mots-clés)(?:\W|$)|[>›»/] ?\w+ ?[>›»/]"
    ),
    "agency": (
        r"^\(?(?:afp|ap|reuters|dpa|ansa|efe|apa|tass|pti|ani|upi|xinhua|kyodo|yonhap|anp|belga|sda|lusa|"
        r"mti|čtk|pap|ritzau|ntb|tt)\)?[.)]?$|^[a-zä-ü]{2,4}(?:/[a-zä-ü]{2,8}){1,4}(?:\s*\(.{2,30}\))?$|"
        r"^\([^()]{2,40}\)$|^-?[A-Z]{2,4}-?$"
    ),
    "player": (
        r"javascript|your browser|browser does not|enable|audio|podcast|listen to|play video|watch live|"
        r"video (?:player|unavailable)|this video|loading|content is not available|externe[rn]? inhalt|"
        r"click to (?:play|view)|swipe|tap to|view gallery|slideshow"
    ),
    "correction": (
        r"^\W*(?:correction|corrected|clarification|editor'?s note|update|note|korrektur|anmerkung|"
        r"correctif|rectificación|fe de errat|nota d|errata|rättelse|this (?:article|story) (?:was|"
        r"has been) (?:amended|updated|corrected))"
    ),
}  # fmt: skip


_PHRASES = pattern_set(PHRASES.values())


def phrases_in(text: str) -> tuple[int, ...]:
    """Return which of PHRASES a block's text holds, by their place in order; none of a long one's."""
    return _phrases(text[:SHORT]) if len(text) < LONG else ()


@lru_cache(maxsize=4096)
def _phrases(text: str) -> tuple[int, ...]:
    return tuple(sorted(_PHRASES.Match(text) or ()))
