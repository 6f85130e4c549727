"""When an article was published and changed: as marked up, else as its URL, its feed or its dateline says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from extract.capture import Capture
from extract.dates import MAX_DATE_CHARS, find_dates, past_date, plausible, url_date
from extract.dom import Element, ancestors, text_before, text_within
from extract.jsonld import JsonLdArticle
from extract.markup import Markup, Said, property_text
from extract.shown import MAX_TEXT_CHARS, Shown, visible_text

_PUBLISHED = (
    "article:published_time", "og:article:published_time", "og:published_time", "article:published", "datepublished",
    "article.published", "parsely-pub-date", "sailthru.date", "publish-date", "publish_date", "publishdate",
    "published",
    "publication_date", "publicationdate", "pubdate", "pub_date", "article_date_original", "articlepublisheddate",
    "og:pubdate", "originalpublicationdate", "bi3dpubdate", "shareaholic:article_published_time", "rnews:datepublished",
    "dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date.created", "dcterms.date", "dc.date",
    "dcterms.available", "citation_publication_date", "citation_online_date", "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime",
    "date.issued", "displaydate", "created", "date.created", "date",
)  # fmt: skip
_MODIFIED = (
    "article:modified_time", "og:article:modified_time", "og:updated_time", "datemodified", "last-modified", "modified",
    "dcterms.modified", "dc.date.modified", "article_date_updated", "lastmod", "revised",
)  # fmt: skip
_PUBLISHED_CLASS = re.compile(r"publi|pubdate|entry-date|post-date|created|dt-issued", re.IGNORECASE)
_MODIFIED_WORD = re.compile(
    r"modif|updat|aktualis|bearbeit|geänder|letzte|\bstand\b|mis à jour|màj|actualiz|atualiz|aggiorn|bijgewerkt|"
    r"gewijzigd|uppdater|opdater|oppdater|päivitetty|güncelle|обновл|zaktualizow|edited|revis|更新",
    re.IGNORECASE,
)
_NO_DATELINE = re.compile(
    r"©|\(c\)\s|copyright|all rights|comment|kommentar|retrieved|accessed|abgerufen|\bjoined\b|born|"
    r"geboren|since|\bseit\b",
    re.IGNORECASE,
)
_DATE_CLASS = re.compile(
    r"date(?!pick|-pick|base)|datum|dato\b|data(?:-|_)?(?:pub|hora)|\bdata\b|fecha|tarih|publish|pubdate|posted|timestamp|"
    r"time(?!r|line)|info|meta|byline|dateline|release|created|submitted|kiedy|paiva|erstellt",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d(?:(?:(?<=1)9|(?<=2)0)\d\d|\d?[./]\s?\d{1,2}[./]\s?\d\d(?!\d))")
MAX_LINE_CHARS = 120  # a longer text with a date in it is a sentence
NEXT_TEXTS = 4  # this near, a date is the headline's whatever the class names say
MAX_DATED = 300  # texts with a date in them; a page with more is a list
NEAR_TEXTS = 14  # pieces of text between a headline and its dateline: kicker, standfirst, byline, share links


def read_published(
    shown: Shown, marks: Markup, found: JsonLdArticle, capture: Capture
) -> tuple[datetime | None, str | None]:
    """Return when the article was published and which source says so (json-ld, meta, time, url, feed, sitemap).

    A dateline that a reader sees counts as "time". Of several dates that nothing tells apart, none is taken.
    """
    return next(_sources(shown, marks, found, capture), (None, None))


def _sources(shown: Shown, marks: Markup, found: JsonLdArticle, capture: Capture) -> Iterator[tuple[datetime, str]]:
    yield from ((moment, "json-ld") for moment in _plausible([found.published], capture))
    yield from ((moment, "meta") for moment in _plausible(marks.all(_PUBLISHED), capture))
    yield from ((moment, "time") for moment in _marked_times(shown, marks, capture))
    if moment := plausible(url_date(capture.url), capture.captured_at):
        yield moment, "url"
    if moment := plausible(capture.hints.published_at, capture.captured_at):
        yield moment, "sitemap" if capture.hints.source == "sitemap" else "feed"
    yield from ((moment, "time") for moment in _dateline(shown, marks, capture))


def read_modified(
    marks: Markup, found: JsonLdArticle, capture: Capture, published_at: datetime | None
) -> datetime | None:
    """Return when the article was last changed; None before it was published: a template's constant."""
    written = [found.modified, *marks.all(_MODIFIED), *marks.property_texts(("datemodified",))]
    written += [
        said.get("datetime")
        for said in (time.attributes for time in marks.times)
        if _MODIFIED_WORD.search(said.get("class") or "") and not _is_published(said)
    ]
    hinted = plausible(capture.hints.modified_at, capture.captured_at)
    moment = next(_plausible(written, capture), None) or hinted
    return None if moment and published_at and moment < published_at else moment


def _plausible(written: Iterable[str | None], capture: Capture) -> Iterator[datetime]:
    for value in written:
        if moment := past_date(value, capture.captured_at):
            yield moment


def _is_published(said: Said) -> bool:
    return "pubdate" in said or bool(_PUBLISHED_CLASS.search(f"{said.get('itemprop')} {said.get('class')}"))


def _marked_times(shown: Shown, marks: Markup, capture: Capture) -> Iterator[datetime]:
    """Yield datePublished of microdata, then <time> elements marked as published, after the headline, and the rest."""
    properties = (marks.properties.get(name, ()) for name in ("datepublished", "datecreated"))
    for element in [element for elements in properties for element in elements if not shown.is_beside(element)]:
        yield from _plausible([property_text(element), visible_text(element)[:MAX_DATE_CHARS]], capture)
    times = [
        (time, said, is_published)
        for time in marks.times
        for said in [time.attributes]
        for is_published in [_is_published(said)]
        if not shown.is_beside(time) and (is_published or not _is_modified(time, said))
    ]
    after = _following(shown, [time for time, *_ in times])
    for time, said, _ in sorted(times, key=lambda entry: (not entry[2], bool(after) and entry[0].mem_id not in after)):
        yield from _plausible([said.get("datetime"), visible_text(time)[:MAX_DATE_CHARS]], capture)
    hentry = (mark.attrs.get("title") for mark in shown.root.css("abbr[class*=published],span[class*=published]"))
    yield from _plausible(hentry, capture)


def _following(shown: Shown, times: list[Element]) -> set[int]:
    """Return which of the times, by `mem_id`, stand after the headline; none where there is nothing to choose."""
    if shown.heading is None or len(times) < 2:
        return set()
    headline = shown.heading.mem_id
    order = [element.mem_id for element in shown.root.css(f"time,{shown.heading.tag}")]
    return set(order[order.index(headline) :]) & {time.mem_id for time in times}


def _is_modified(time: Element, said: Said) -> bool:
    context = f"{said.get('itemprop')} {said.get('class')} {text_before(time)[-40:]} {text_within(time)}"
    return bool(_MODIFIED_WORD.search(context))


def _dateline(shown: Shown, marks: Markup, capture: Capture) -> Iterator[datetime]:
    """Yield the date in a short line near the headline, else the one day that lines of a date's class agree on."""
    language = next(iter(marks.languages), None)
    position = shown.start
    near: list[tuple[int, datetime]] = []
    classed: list[datetime] = []
    dated = (
        (number, place, text)
        for number, (place, text) in enumerate(shown.texts)
        if _DIGITS.search(text[:MAX_TEXT_CHARS])
    )
    for number, place, text in islice(dated, MAX_DATED):
        line = " ".join(text[:MAX_TEXT_CHARS].split())
        moment = _first_date(line, language, capture) if len(line) <= MAX_LINE_CHARS else None
        if moment is None or _NO_DATELINE.search(line):
            continue
        distance = number - position if position is not None else NEAR_TEXTS + 1
        by_class = any(_is_dated(element.attributes) for element in (place, *islice(ancestors(place), 1)))
        is_near = -NEAR_TEXTS // 2 <= distance <= NEAR_TEXTS
        if not (is_near or by_class) or (abs(distance) > NEXT_TEXTS and shown.is_beside(place)):
            continue
        if is_near:
            near.append((abs(distance) + (0 if by_class else NEAR_TEXTS), moment))
        else:
            classed.append(moment)
    if near:
        yield min(near)[1]
    elif len({moment.date() for moment in classed}) == 1:
        yield classed[0]


def _is_dated(said: Said) -> bool:
    return bool(_DATE_CLASS.search(f"{said.get('class') or ''} {said.get('id') or ''}"))


def _first_date(text: str, language: str | None, capture: Capture) -> datetime | None:
    """Return the first date of a short line that is not said to be that of a change."""
    for start, moment in sorted(find_dates(text, language)):
        if not _MODIFIED_WORD.search(text[max(0, start - 30) : start]) and plausible(moment, capture.captured_at):
            return moment
    return None
