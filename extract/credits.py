"""Lines that are a picture's caption or say whose it is, by their words alone."""
# ruff: noqa: RUF001 - in their own letters, some of which are wide

from __future__ import annotations

import re
from typing import Final

MAX_CREDIT_CHARS = 120
_PICTURE = (
    r"(?:(?:image|photo(?:graph)?|picture|pic|foto(?:graf[ií]a)?|bild(?:er)?|imagen|imagem|crédits? photo|kép|zdjęcie|"
    r"фото|снимок|写真|画像|図|사진|그림|图片|图|圖)s?|fot\.)"
)
_OLD = (
    r"(?:file (?:photo|image|picture|pic)|represent(?:ational|ative) image|(?:symbol|archiv)(?:bild|foto)|"
    r"image d['’]illustration|photo d['’](?:archives?|illustration)|(?:foto|imagen) de archivo|foto d['’]archivio|"
    r"arkiv(?:bild|foto)|archieffoto|zdjęcie ilustracyjne|ilustrační (?:foto|snímek)|illusztráció|архивное фото|"
    r"фото из архива|資料写真|자료 ?사진|资料图|資料圖)"
)
# "Pictured from left…"; what ends with whose it is, or that it is an old one
CAPTION: Final = (
    r"pictured(?: at the (?:back|front|top|bottom))?,? ?(?:from )?(?:the )?"
    r"(?:left|right|above|below|here|cent(?:re|er))(?:,? (?:is|are|was|were|with)\b|[,:;]).{0,280}|"
    r".{2,250}\((?:l ?(?:-|to) ?r|from left(?: to right)?)\).{0,250}|"
    r".{4,280}[(\[（]" + _PICTURE + r"(?: (?:credits?|source|courtesy|quelle|by|via))?"
    r"(?: ?[:：/] ?| by | via | courtesy )[^()\[\]（）]{2,80}[)\]）]\W*|"
    r".{10,280}[(\[](?:fot\.|foto) [^()\[\]]{2,80}[)\]]\W*|"
    r".{10,280}\((?:[^()]{1,60}(?:/| via ))?"
    r"(?:ap photo|getty images?|picture alliance|shutterstock)(?:/[^()]{1,60}| via [^()]{1,40})?\)\W*|"
    r".{10,280}\((?:nasa|esa|epa-efe)/[^()]{1,60}\)\W*|"
    r".{5,280}[(\[（]" + _OLD + r"(?: ?[:：/] ?[^()]{2,60})?[)\]）]\W*"
)
# "Photo credit: …" whatever follows, "Photo: Anna Berg, Coast Pictures" only what may be names
_CREDIT = re.compile(
    r"(?:image|photo(?:graph)?|picture|foto|fotograf[ií]a|bild(?:er)?|imagen)s?"
    r"(?:(?: (?:credits?|source|courtesy|by|quelle|via))+\s*[:©]\s*.{2,90}|"
    r"\s*[:©]\s*(?=.*(?-i:[A-ZÀ-ÞА-Я]))(?!.*[?!\d])(?:\S++\s*+){1,7})",
    re.IGNORECASE,
)


def is_credit(text: str) -> bool:
    """Whether a line says whose a picture is, and no more."""
    return len(text) <= MAX_CREDIT_CHARS and bool(_CREDIT.fullmatch(text))
