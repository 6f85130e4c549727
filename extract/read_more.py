"""What other stories are announced by, in the languages of the press: "Read more", "À lire aussi"."""

from __future__ import annotations

import re
from typing import Final

_OPEN: Final = r"more from .{2,40}|"  # takes whatever follows
READ_MORE: Final = (
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
CLOSED: Final = READ_MORE.replace(_OPEN, "")
_LABEL = re.compile(r"\W*(?:" + CLOSED + r")(?!\w)", re.IGNORECASE)


def begins_with_label(text: str) -> bool:
    """Whether a line begins with such a label, whatever follows."""
    return bool(_LABEL.match(text))
