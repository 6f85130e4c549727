"""Which captured page is no article: fronts, lists, forms, players, walls and errors that answer like pages."""

from __future__ import annotations

import re

from extract.address import Address
from extract.layout import Layout
from extract.phrases import (
    CONSENT,
    CONSENT_STRONG,
    ERROR_TITLE,
    FORM_SEGMENT,
    GALLERY_SEGMENT,
    LEGAL_SEGMENT,
    LEGAL_TITLE,
    LIVE_TITLE,
    LOGIN_TITLE,
    NEWSLETTER_SEGMENT,
    NEWSLETTER_TITLE,
    PAYWALL,
    PRICE,
    ROBOT_TITLE,
    SHOP_SEGMENT,
    VIDEO_SEGMENT,
)  # fmt: skip
from extract.rejection import Reason
from extract.signals import MEDIA_CHARS, PageSignals, read_signals

__all__ = ["PageSignals", "judge_page", "read_signals"]

# a teaser before a paywall; a free article this short is common, so the page must say that it is not free
STUB_CHARS = 700
PROMPT_CHARS = 160  # a longer line is prose
CUT_CHARS = 1500  # a longer teaser ends in the middle of a sentence
FORM_CHARS = 900  # the words around a form; longer is an article with a form below
BRIEF_CHARS = 300  # beside a video; a longer text of a page that says og:article is an article
CAPTION_CHARS = 100  # of a gallery, for each of its first MAX_PICTURES pictures
MAX_PICTURES = 15
WALL_CHARS = 4000  # a consent dialogue
TITLE_CHARS = 90  # the title of an error or a form is short
LABEL_CHARS = 25  # the title of a section is a word or two
MIN_POINTS = 4  # what makes a page a list

_PARTS = re.compile(r"\s[|–—·•»:-]\s")
_CUT = re.compile(r"(?:\.{3}|…|\[…\])\s*$|[^\n]{60}\w\s*$")


def judge_page(page: PageSignals) -> tuple[Reason, str] | None:
    """Return why a page is no article and what was seen, on one line; None where nothing speaks against an article."""
    if page.layout is None:
        return None
    for judge in (_error, _wall, _stub, _form, _legal, _media, _listing):
        if found := judge(page, page.layout):
            return found
    return None


def _names(page: PageSignals) -> list[str]:
    """Return what a page calls itself, and each name's last part: what follows the name of the site."""
    names = (*page.names, *(_PARTS.split(name)[-1] for name in page.names))
    return [name for name in names if 0 < len(name) <= TITLE_CHARS]


def _error(page: PageSignals, layout: Layout) -> tuple[Reason, str] | None:
    names = _names(page)
    is_short = layout.longest_run < CUT_CHARS
    if is_short and page.chars < FORM_CHARS and (said := next(filter(ROBOT_TITLE.match, names), None)):
        return Reason.BLOCKED, f"a check for robots: {said!r}"
    if page.dated and (page.article or not is_short):
        return None
    said = next(filter(ERROR_TITLE.match, names), None)
    if layout.template == "error" and not page.dated:
        return Reason.NOT_FOUND, f"the template of an error: {said or page.names[0]!r}"
    if said and is_short:
        return Reason.NOT_FOUND, f"an error that answers like a page: {said!r}"
    return None


def _wall(page: PageSignals, _layout: Layout) -> tuple[Reason, str] | None:
    if page.chars > WALL_CHARS:
        return None
    text = page.text.lower()
    said = [word for word in CONSENT if word in text]
    asking = sum(len(line) for line in text.splitlines() if any(word in line for word in said))
    if asking <= len(page.text) * 0.3 or len(set(CONSENT_STRONG.findall(text))) < 2:
        return None
    if asking > len(page.text) * 0.5 or any(word in name.lower() for name in _names(page) for word in CONSENT):
        return Reason.CONSENT_WALL, f"{asking} of {len(page.text)} characters ask for consent"
    return None


def _stub(page: PageSignals, _layout: Layout) -> tuple[Reason, str] | None:
    if page.free is False and page.chars < STUB_CHARS:
        return Reason.PAYWALL_STUB, f"{len(page.text)} characters of a page that says it is not free"
    if page.free is True or page.chars > CUT_CHARS:
        return None
    lines = page.text.splitlines()
    asked = next((place for place, line in enumerate(lines) if len(line) < PROMPT_CHARS and PAYWALL.search(line)), None)
    lines = lines[:asked]
    cut = any(map(_CUT.search, lines[-2:]))
    chars = sum(map(len, lines))
    if page.free is False and (cut or asked is not None):
        return Reason.PAYWALL_STUB, f"{chars} characters of a page that says it is not free, cut short"
    if chars < STUB_CHARS and (asked is not None or (cut and PAYWALL.search(page.after))):
        return Reason.PAYWALL_STUB, f"{chars} characters, then a prompt to subscribe"
    return None


def _form(page: PageSignals, layout: Layout) -> tuple[Reason, str] | None:
    if layout.longest_run > FORM_CHARS or (page.dated and page.article):
        return None
    addressed = any(map(FORM_SEGMENT.fullmatch, page.segments[-2:]))
    if (addressed and layout.passwords) or (
        (addressed or layout.passwords) and any(map(LOGIN_TITLE.match, _names(page)))
    ):
        reason = Reason.PAYWALL_STUB if page.redirected else Reason.NOT_AN_ARTICLE
        return reason, f"a login or subscription form: {page.names[0]!r}"
    if page.address is Address.ARTICLE:
        return None
    named = any(map(NEWSLETTER_TITLE.search, _names(page)))
    addressed = any(map(NEWSLETTER_SEGMENT.fullmatch, page.segments))
    if named + addressed + bool(layout.email_fields) >= 2:
        return Reason.NOT_AN_ARTICLE, f"a newsletter's form: {page.names[0]!r}"
    return None


def _legal(page: PageSignals, _layout: Layout) -> tuple[Reason, str] | None:
    addressed = bool(page.segments) and bool(LEGAL_SEGMENT.fullmatch(page.segments[-1]))
    if (addressed and not (page.dated or page.article or "og:article" in page.kinds)) or (
        (addressed or not page.dated) and any(map(LEGAL_TITLE.match, _names(page)))
    ):
        return Reason.NOT_AN_ARTICLE, f"a page about the site: {page.names[0]!r}"
    return None


def _media(page: PageSignals, layout: Layout) -> tuple[Reason, str] | None:
    prose = layout.longest_run
    pictured = any(kind in {"imagegallery", "mediagallery"} for kind in page.kinds)
    pictured = pictured or any(map(GALLERY_SEGMENT.fullmatch, page.segments))
    captions = 0 if page.article else CAPTION_CHARS * min(layout.images, MAX_PICTURES)
    if pictured and layout.images >= 4 and prose < max(MEDIA_CHARS, captions):
        return Reason.NOT_AN_ARTICLE, f"a gallery: {layout.images} pictures, {prose} characters of text"
    if prose > MEDIA_CHARS:
        return None
    video = any(kind == "videoobject" or kind.startswith("og:video") for kind in page.kinds)
    addressed = any(map(VIDEO_SEGMENT.fullmatch, page.segments))
    live = (addressed or layout.players > 0) and not (page.article and page.address is Address.ARTICLE)
    live = live and any(map(LIVE_TITLE.search, _names(page)))
    if (
        live
        or (addressed and (video or layout.players))
        or (video and not page.article and (prose < BRIEF_CHARS or "og:article" not in page.kinds))
    ):
        return Reason.NOT_AN_ARTICLE, f"a video: {prose} characters of text beside {layout.players or 'a'} player"
    is_shop = not page.article and any(map(SHOP_SEGMENT.fullmatch, page.segments))
    if is_shop and (prices := len(PRICE.findall(page.around))) >= 5:
        return Reason.NOT_AN_ARTICLE, f"a list of products: {prices} prices, {prose} characters of text"
    return None


def _listing(page: PageSignals, layout: Layout) -> tuple[Reason, str] | None:
    run = layout.longest_run
    points = {Address.FRONT: 3, Address.LIST: 3, Address.SECTION: 1, Address.ARTICLE: -2}[page.address]
    points += {"list": 3, "article": -4}.get(layout.template, 0)
    points += 3 * page.listing - 3 * page.article - page.dated - page.authored - ("og:article" in page.kinds)
    bare = page.prose * 0.8 <= layout.summaries  # nothing but teasers or labels
    if page.address is Address.SECTION and len(page.names[0]) < LABEL_CHARS:
        points += 1 + 2 * bare
    points += page.address in {Address.FRONT, Address.LIST} and run < MEDIA_CHARS
    if layout.posts >= 3:
        points += 4
    else:
        linked = max(layout.headlines, layout.teasers)
        if linked >= 6 and run < (900 if points >= 3 else 450):
            points += 2 + (linked >= 15) + (layout.teasers >= 5) + bare
        points -= 3 * (run > 900) + 3 * (run > 1500)
    points += layout.echoed * 3 > page.chars
    if points < MIN_POINTS:
        return None
    what = {Address.FRONT: "a front", Address.LIST: "a list"}.get(page.address, "a section")
    return (
        Reason.NOT_AN_ARTICLE,
        f"{what}: {layout.headlines} headlines linked, at most {run} characters of prose between them",
    )
