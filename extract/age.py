"""Lines that say how old a page is, or when it was updated: another at each visit, and never text."""
# ruff: noqa: RUF001 - in their own letters

from __future__ import annotations

from typing import Final

from extract.months import LANGUAGES

_SAID = (
    r"(?:(?:first |last |originally )?(?:updated|published|posted|modified|edited|added|created)(?: (?:on|at))?|"
    r"(?:zuletzt )?(?:aktualisiert|veröffentlicht|geändert|erschienen)(?: am)?|stand|"
    r"(?:mis à jour|publié|modifié)(?: le)?|(?:última )?(?:actualizado|actualización|publicado|atualizado|atualização)"
    r"(?: el| em)?|(?:ultimo )?(?:aggiornamento|aggiornato|pubblicato)(?: il)?|(?:laatst )?(?:bijgewerkt|gepubliceerd)"
    r"(?: op)?|(?:senast )?(?:uppdaterad|publicerad)|(?:sist )?(?:oppdatert|publisert)|"
    r"(?:sidst )?(?:opdateret|publiceret)|(?:ostatnia )?(?:aktualizacja|opublikowano)|"
    r"обновлено|опубликовано|оновлено|更新|发布|公開)"
)
_COUNT = (
    r"(?:about |almost |over |circa |ca\.? |etwa |environ |hace |há |для )?(?:\d{1,4}|an?|one|ein(?:er|em)?|une?|una?)"
)
_SHORT = (
    r"(?:s|m|h|d|sec(?:ond)?s?|min(?:ute)?s?|hrs?|hours?|days?|weeks?|months?|sekunden?|minuten?|stunden?|tag(?:en?)?|"
    r"wochen?|monat(?:en?)?|secondes?|heures?|jours?|semaines?|mois|segundos?|minutos?|horas?|días?|dias?|"
    r"semanas?|mes(?:es)?|secondi|minut[oi]|or[ae]|giorn[oi]|settiman[ae]|mes[ei]|uur|dag(?:en)?|"
    r"we(?:ek|ken)|timm(?:e|ar)|dagar|timer?|dager?|minut(?:er|ter|ę|y)?|godzin[aęy]?|dni|dzień|минут[уы]?|час(?:а|ов)?|"
    r"день|дня|дней|годин[иу]?|хвилин[иу]?)"
)
_UNIT = rf"(?:{_SHORT}|years?|jahr(?:en?)?|ans?|años?|anos?|ann[oi])"


def _ago(unit: str) -> str:
    return (
        rf"{_COUNT}\s?{unit}(?:,? (?:and )?\d{{1,2}}\s?{unit})? (?:ago|fa|geleden|sedan|siden|sitten|temu|назад|тому)|"
        rf"(?:vor|il y a|hace|há|acum|för) {_COUNT}\s?{unit}(?: sedan)?|"
        r"\d{1,3}\s?(?:分|時間|日|小时|分钟|小時|分鐘|天)\s?前|\d{1,3}\s?(?:시간|분|일)\s?전|"
        r"just now|a (?:moment|few (?:seconds|minutes|hours)) ago"
    )


MONTH = "|".join(sorted({name for names in LANGUAGES.values() for name in names}, key=len, reverse=True))
# a date and a time of day, in whatever order: nothing but numbers, months, weekdays, zones and the words between
_PART = (
    rf"(?:\d{{1,4}}(?:st|nd|rd|th|er|º|h|am|pm)?|\d{{1,2}}h\d\d|\d{{4}}-\d\d-\d\dt[\d:.+]{{4,20}}z?|\d{{4}}年\d{{1,2}}月\d{{1,2}}日|"
    rf"{MONTH}|(?:mon|tues?|wed(?:nes)?|thur?s?|fri|satur?|sun)(?:day)?|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|"
    r"am|pm|a\.m|p\.m|gmt|utc|[bcemp]e?[sd]?t|uhr|at|um|de|of|à|às|a|las|alle|ore|kl|h|года|в|today|yesterday|heute|gestern)"
)
_STAMP = rf"{_PART}(?:[\s.,:/|·•–—-]{{1,3}}{_PART}){{0,11}}"
AGE: Final = (
    # "ten years ago", with nothing else, may be a subhead
    rf"\W*(?:{_SAID}\W{{0,3}}(?:{_ago(_UNIT)}|{_STAMP})|{_ago(_SHORT)})(?:\W{{1,3}}(?:by|von|par|por|di|door|av|af)\W.{{2,60}})?\W*"
)
