"""The names in a byline: without "By", roles, addresses, dates and the words that templates put in their place."""
# ruff: noqa: RUF001 - full-width punctuation is what Chinese, Japanese and Korean bylines are written with

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from extract.months import month_number
from extract.title import clean_text, squeeze

MAX_NAME, MAX_AUTHORS = 80, 50  # characters, and a count
MAX_ENTRY = 2000
_BY_WORDS = (
    r"(?:geschrieben|verfasst|veröffentlicht|gepostet|(?:ein )?beitrag|text|kommentar|interview) von|"
    r"(?:written|posted|published|reported|story|words|post author) by|post author|"
    r"(?:publié|écrit|rédigé|propos recueillis) par|(?:escrito|publicado|redactado) por|scritto da|pubblicato da|"
    r"a cura di|geschreven door|skrevet av|skrevet af|by|von|vom|par|por|di|da|door|av|af|przez|"
    r"autor(?:in|ka|en|es|a|e)?|auteur(?:e|s)?|autore|authors?|textes?|text|redaktion|redactie|redacción|redação|foto|"
    r"yazar|yazan|автор|автори|szerző|kirjoittaja|skribent|forfatter|journaliste?|reporter|penulis|oleh|"
    r"بقلم|작성자|글|文|記者|记者|责编|責編|编辑|編輯|责任编辑|作者|来源"
)
BYLINE = re.compile(rf"^[\s(（\[–—-]*(?:{_BY_WORDS})(?:\s*[:：/／]\s*|\s+)", re.IGNORECASE)
_SPLIT = re.compile(
    r"\s*(?:;|\||\s[-–—]\s|、|，|/(?=\s)|(?<=\s)/|\s[•·●]\s|\n|,(?!\s*(?:jr|sr|md|phd|ii|iii|esq)\b)\s*"
    r"|\s(?:and|und|et|y|e|&|og|och|ve|и|та|i|ja|şi|și|và|dan|kai|και)\s)\s*",
    re.IGNORECASE,
)
_SHORT_AND = re.compile(r"\s+(?:en|a|u)\s+")  # Dutch, Czech, Croatian; words of other sorts elsewhere
_PARENTHESES = re.compile(r"\s*[(\[（][^)\]）]{0,80}[)\]）]")
_LOOSE_AND = re.compile(r"^(?:and|und|et|og|och|&)\s+|\s+(?:and|AND|und|UND|et|y|e|en|og|och|&)$")  # "Anna E" is a name
_ADDRESS = re.compile(r"\S+@\S+\.\S+|(?<!\w)@\w+|https?://\S+|www\.\S+", re.IGNORECASE)
_DOMAIN = re.compile(r"^(?:[\w-]+\.)+[a-z]{2,8}(?:/\w{1,5})?$", re.IGNORECASE)
_AFTER_NAME = re.compile(
    r"\s+(?:for|für|pour|per|para)\s+(?:the\s+)?\S*(?:\.com|online|mail|daily|news|post|times|magazin|zeitung).*$"
    r"|\s*[,·]?\s+(?:stand:?\s|\d{1,2}[./: ]|(?:on|am|um|le|el|il|op)\s+\d).*$|\s+stand$|\s+in\s+\S+(?:\s\S+)?$"
    r"|\s*(?:记者|記者|기자|특파원|선임기자|논설위원)\s*$"
    r"|\s+(?:tiempo de lectura|updated|published|aktualisiert|publicado|follow|read more|min(?:uten)? lesezeit)\b.*$",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\b(?:reporter|editors?|correspondent|writer|journalist|contributor|columnist|producer|photographer|staff|"
    r"redakteur(?:in)?|reporterin|korrespondent(?:in)?|volontär(?:in)?|chefredakteur(?:in)?|ressortleiter(?:in)?|autorin|"
    r"journaliste|correspondante?|rédact\w+|redactora?|periodista|corresponsal|editora?|giornalista|redattore|professor|"
    r"profesor\w*|director|manager|analyst|minister|president|head of|chief|senior|managing|publisher|freelance)\b",
    re.IGNORECASE,
)
_TRAILING_ROLE = re.compile(
    r"(?:\s+(?:(?:chef|sport|politik|wirtschafts)?redakteur(?:in)?|volontär(?:in)?|reporter(?:in)?|editor|correspondent|"
    r"journaliste?|korrespondent(?:in)?|writer|periodista|staff|senior|chief|political|contributor))+$",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"\d{3}|^\d|^(?:admin|administrator|wordpress\s?admin|editor|staff|redaktion|redacción|redaccion|rédaction|redazione|"
    r"redactie|unknown|none|null|undefined|anonymous|no author|n/?a|default|user|root|webmaster|super user|name|guest|"
    r"gast|autor|author|auteurs?|autoren|authors|by|von|agencies|agenturen|agencias?|newsroom|news|nachrichten|team|"
    r"online|web|home|profile?|contact|kontakt|e-?mail|twitter|facebook|instagram|linkedin|bluesky|x|rss|follow|"
    r"veröffentlicht|published|publié|publicado|stand|aktualisiert|updated|posted|all posts|advertisement|anzeige|"
    r"getty images|shutterstock|m\.?s|m\.?a|b\.?a|b\.?sc|m\.?sc|mph|mba|jd|rdn?|rn|cpt|cscs|psyd|d\.?o)$|"
    r"^(?:image|bild|foto|photo|picture|credit|©|copyright|view|read|show|more|mehr|"
    r"zum|alle|all|sign|log|subscribe|share)\b",
    re.IGNORECASE,
)
_PARTICLES = frozenset(
    ("de", "del", "della", "di", "da", "dos", "das", "do", "du", "des", "la", "le", "les", "van", "von", "der",
     "den", "ter", "ten", "te", "vom", "zu", "zum", "zur", "zer", "el", "al", "bin", "ibn", "ben", "bint", "af",
     "av", "und", "y", "e", "i", "of", "the", "san", "st", "dr", "prof", "a", "d", "l", "o", "ní", "mac", "mc", "na",
     "ya", "wa", "ka", "bar", "abu", "um")
)  # fmt: skip
_DENSE_NAME = re.compile(r"^[\u3400-\u9fff\uac00-\ud7af]{2,4}$")


def clean_authors(names: Iterable[str], own: AbstractSet[str] = frozenset()) -> tuple[str, ...]:
    """Return the people or desks in `names`: split, without "By", roles, addresses and numbers; each once, in order.

    `own` are the site's names (`site_keys`): one of them is never split, and what follows it is its address.
    """
    found: dict[str, str] = {}
    for entry in names:
        people = _people(entry[:MAX_ENTRY], own)
        full = any(" " in name for name in people)
        for name in people:
            if not (full and name.islower()):
                found.setdefault(squeeze(name), name)
    return tuple(found.values())[:MAX_AUTHORS]


def given_name_first(name: str) -> str:
    """Return "Quist, Ada", the name of one person, as "Ada Quist"; anything else, such as two full names, as it is."""
    surname, _, given = map(str.strip, name.partition(","))
    last = [word for word in surname.split() if word not in _PARTICLES]
    if len(last) != 1 or not last[0][0].isupper() or not _is_capitalised(given):
        return name
    return f"{given} {surname}" if clean_authors([name]) == (surname, given) else name  # neither is a role or a desk


def _is_capitalised(word: str) -> bool:
    """Whether `word` is one and written as a name is; an agency's ("AFP") is not."""
    return word.istitle() and re.sub(r"[-.'’]", "", word).isalpha()


def _people(entry: str, own: AbstractSet[str]) -> list[str]:
    if squeeze(entry) in own:
        return [clean_text(entry, MAX_NAME) or ""]
    parts = [name for part in _parts(entry) if (name := _clean_name(part))]
    if parts and squeeze(parts[0]) in own and squeeze(entry).startswith(squeeze(parts[0])):
        return parts[:1]
    named = [name for name in parts if is_name_like(name)]
    return [name for name in named if not _ROLE.search(name)] or named or parts[:1]


def _parts(entry: str) -> Iterator[str]:
    text = clean_text(entry, MAX_ENTRY) or ""
    text = text[1:-1] if text[:1] in "(（[" and text[-1:] in ")）]" else text
    if text.startswith("@") and " " in text and all(map(_is_capitalised, text[1:].split())):
        text = text[1:]  # "@Ada Quist" is no handle
    text = _ADDRESS.sub(" ", _PARENTHESES.sub(" ", text))
    for part in _SPLIT.split(_strip_by(text)):
        halves = _SHORT_AND.split(part)
        if len(halves) > 1 and all(" " in half and is_name_like(half) for half in halves):
            yield from halves
        else:
            yield part


def _strip_by(text: str) -> str:
    while (found := BYLINE.match(text)) and found.end() < len(text):
        text = text[found.end() :]
    return text


def _clean_name(part: str) -> str | None:
    bare = _strip_by(_LOOSE_AND.sub("", part.strip(" ,;:|-–—•·*/")))
    name = _strip_by(_AFTER_NAME.sub("", bare).strip(" ,;:|-–—•·*/")).strip(" .:")
    if any(map(str.isdigit, name)) and any(month_number(word) for word in name.split()):
        return None
    shorter = _TRAILING_ROLE.sub("", name)
    name = shorter if " " in shorter else name
    if part.rstrip().endswith(".") and re.search(r"\b(?:[A-ZÄÖÜ]|[JS]r)$", name):
        name += "."
    return name if 1 < len(name) < MAX_NAME and not _NO_NAME.search(name) and any(map(str.isalpha, name)) else None


def is_name_like(name: str) -> bool:
    """Whether `name` is written as names are: few words, capitalised but for particles; no site's address."""
    words = name.split()
    if len(words) > 7 or _DOMAIN.match(name):
        return False
    return len(words) == 1 or all(
        not word[:1].islower() or word.strip(".'’") in _PARTICLES or word[1:2].isupper() or word[1:2] in "'’"
        for word in words
    )


def is_person(name: str) -> bool:
    """Whether `name` reads as a person's: two to six words, or a few characters of a script without blanks."""
    return is_name_like(name) and (1 < len(name.split()) <= 6 or bool(_DENSE_NAME.match(name)))


def is_site(name: str, own: AbstractSet[str]) -> bool:
    """Whether `name` is the site's own: "Courier", "courier.example", "courier.example/ab"."""
    return squeeze(name) in own or bool(_DOMAIN.match(name) and squeeze(name.partition("/")[0]) in own)
