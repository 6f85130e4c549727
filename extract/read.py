"""From a capture to an Article or a Rejection: the room's one entrance."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from extract.absence import absence, missing
from extract.address import Address
from extract.adjust import adjust
from extract.article import Article, Extraction, RemovedSpan
from extract.blocks import BlockTree
from extract.body import ENGINE, ENGINE_VERSION, Judged, keeps, read_body
from extract.capture import Capture
from extract.completed import completed, find_standfirst, subheads
from extract.confidence import confidence, signs
from extract.dom import Document, Element, NoTreeError, parse_html
from extract.encoding import BadEncodingError, InflatesTooFarError, decode_payload, text_in_utf8
from extract.features import Features, Signals
from extract.kind import judge_page, read_signals
from extract.language import DENSE, article_language
from extract.metadata import Metadata, read_metadata
from extract.profile import Evidence, Profile, gather
from extract.rejection import Reason, Rejection
from extract.removal import refuse_lines, removed_spans
from extract.settled import is_sample, read_settled
from extract.shapes import shapes
from extract.signals import PageSignals, declares_article
from extract.url import article_id
from extract.waiting import waiting_article

MIN_BODY_CHARS = 120  # the shortest news brief of the development corpus has 140
MIN_DENSE_CHARS = 50  # in scripts without blanks a character says more
PERHAPS = 0.2  # of a heading between two paragraphs: enough for a subhead
READER: Final = 13  # goes up when the same capture and profile would give another text
_XHTML = "application/xhtml+xml"
_HTML_TYPES = {
    "",
    "text/html",
    _XHTML,
    "text/plain",
    "application/xml",
    "text/xml",
    "application/octet-stream",
}
_CONSENT = re.compile(
    r"(?:^|\.)(?:consent|guce|cmp|privacy)\.|/(?:consent|cookie-?wall|privacy-?wall)(?:/|\?|$)", re.IGNORECASE
)
_STATUS_REASONS = {
    HTTPStatus.GONE: Reason.GONE, HTTPStatus.UNAUTHORIZED: Reason.BLOCKED, HTTPStatus.FORBIDDEN: Reason.BLOCKED,
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: Reason.BLOCKED, HTTPStatus.TOO_MANY_REQUESTS: Reason.BLOCKED,
    HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS: Reason.BLOCKED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of a capture, and what it teaches of its site: nothing, if it is no article or the profile read it."""

    outcome: Article | Rejection
    evidence: Evidence | None = None
    signs: NDArray[np.float64] | None = None  # of the confidence; None unless read in full


@dataclass(frozen=True, slots=True)
class _Text:
    """The text of a page with what was removed from its region."""

    text: str
    removed: tuple[RemovedSpan, ...]
    confidence: float
    evidence: Evidence | None = None
    signs: NDArray[np.float64] | None = None


def read_article(capture: Capture, profile: Profile | None = None) -> Article | Rejection:
    """Return the article on a captured page, or why there is none; `profile` is what its site has taught so far.

    Pure: the same capture and profile give the same result on any day and in any process, so the latest date
    allowed comes from the capture and nothing is remembered between calls. A page that says noarchive is read like
    any other: whether it may be kept was decided when it was fetched.
    """
    return _read(capture, profile, teaches=False).outcome


def read_page(capture: Capture, profile: Profile | None = None) -> Reading:
    """Return what `read_article` does, with what the page teaches of its site."""
    return _read(capture, profile, teaches=True)


def _read(capture: Capture, profile: Profile | None, *, teaches: bool) -> Reading:
    if reason := _refused(capture):
        return Reading(_rejection(capture, *reason))
    try:
        html = decode_payload(capture.body, capture.header("Content-Encoding"))
        declared = capture.header("Content-Type")
        document = parse_html(text_in_utf8(html, declared), is_xml=_media_type(capture) == _XHTML)
        root = document.root
        metadata = read_metadata(root, capture)
        signals = page_signals(metadata)
        found = _read_text(document, capture, signals, profile, teaches=teaches)
        page = read_signals(root, capture, metadata, found.text)
        if _no_article(metadata, found.text) and (waiting := _read_waiting(root, capture, metadata, signals, page)):
            found, profile = waiting, None
            page = read_signals(root, capture, metadata, found.text)
        reason = judge_page(page) or _no_article(metadata, found.text)
        reason = absence(capture, page, reason) or reason
    except BadEncodingError as error:
        fault = Reason.TOO_LARGE if isinstance(error, InflatesTooFarError) else Reason.BAD_ENCODING
        return Reading(_rejection(capture, fault, str(error)))
    except NoTreeError as error:
        return Reading(_rejection(capture, Reason.NOT_HTML if html.strip() else Reason.EMPTY, str(error)))
    except RecursionError:
        return Reading(_rejection(capture, Reason.EXTRACTION_ERROR, "nested too deep for the extractor"))
    if reason:
        return Reading(_rejection(capture, *reason), signs=found.signs)
    return Reading(_article(capture, metadata, found, profile), found.evidence, found.signs)


def _media_type(capture: Capture) -> str:
    return (capture.header("Content-Type") or "").partition(";")[0].strip().lower()


def page_signals(metadata: Metadata) -> Signals:
    """Return what the metadata say that helps to judge the body's blocks."""
    headlines = metadata.headlines or ((metadata.title,) if metadata.title else ())
    return Signals(
        headlines,
        metadata.standfirst,
        metadata.article_body or "",
        metadata.authors,
        metadata.posts,
        metadata.passages,
    )


def _read_text(
    document: Document, capture: Capture, signals: Signals, profile: Profile | None, *, teaches: bool
) -> _Text:
    if (
        profile
        and profile.settled
        and not is_sample(capture.body)
        and (settled := read_settled(document.root, profile, signals, article_id(capture.url)))
    ):
        kept = np.flatnonzero(settled.kept).tolist()
        return _cleaned(settled.page, kept, settled.found, signals, settled.chrome, settled.sure)
    judged = read_body(document, capture.final_url, signals)
    page, found, probability = judged.page, judged.features, judged.probability
    if not page.blocks:
        return _Text("", (), 0.0)
    article = article_id(capture.url)
    placed = shapes(page, found.candidates.tolist()) if teaches or profile else {}
    evidence = gather(article, page, placed, _taught(judged, signals)) if teaches else None
    chrome: dict[int, str] = {}
    if profile:
        probability, chrome = adjust(profile, page, placed, probability, article)
    chosen = keeps(probability, found)
    values = signs(judged, chosen, probability)
    kept = _with_subheads(page, chosen, probability)
    cleaned = _cleaned(page, kept, found, signals, chrome, confidence(values))
    return _Text(cleaned.text, cleaned.removed, cleaned.confidence, evidence, values)


def _with_subheads(page: BlockTree, chosen: NDArray[np.bool_], probability: NDArray[np.float64]) -> list[int]:
    kept = np.flatnonzero(chosen).tolist()
    perhaps = set(np.flatnonzero(probability >= PERHAPS).tolist()) - set(kept)
    return sorted([*kept, *subheads(page, kept, perhaps)])


def _taught(judged: Judged, signals: Signals) -> NDArray[np.bool_]:
    """Return the blocks that teach the site's profile what text looks like: what comes in anyway is of them."""
    kept = _with_subheads(judged.page, judged.kept, judged.probability)
    standfirst = find_standfirst(judged.page, kept, judged.features, signals)
    taught = judged.kept.copy()
    taught[[*kept, *([] if standfirst is None else [standfirst])]] = True
    return taught


def _read_waiting(
    root: Element, capture: Capture, metadata: Metadata, signals: Signals, page: PageSignals
) -> _Text | None:
    """Return the text that waits in a script of an article's page; None if none does.

    Its date or its address has to say that the page is no section. The text teaches nothing of the site's pages: it
    stands on none of them.
    """
    if not declares_article(page.kinds) or not (page.dated or page.address is Address.ARTICLE):
        return None
    if (waiting := waiting_article(root, signals)) is None:
        return None
    found = _read_text(waiting.document, capture, signals, None, teaches=False)
    if _no_article(metadata, found.text):
        return None
    removed = tuple(replace(span, where=f"{waiting.where}#{span.where}") for span in found.removed)
    return replace(found, removed=removed)


def _cleaned(
    page: BlockTree, kept: list[int], found: Features, signals: Signals, chrome: dict[int, str], sure: float
) -> _Text:
    kept = completed(page, kept, found, signals, chrome)
    refused = refuse_lines(page, kept, found, signals)
    text = [at for at in kept if at not in refused]
    removed = removed_spans(page, text, found, chrome | refused, signals)
    return _Text("\n".join(page.blocks[at].text for at in text), removed, round(sure, 3))


def _refused(capture: Capture) -> tuple[Reason, str] | None:
    if capture.status == HTTPStatus.NOT_FOUND:
        return missing(capture, "HTTP 404")
    if capture.status not in {HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION}:
        reason = _STATUS_REASONS.get(HTTPStatus(capture.status)) if capture.status in set(HTTPStatus) else None
        if reason is None:
            reason = Reason.SERVER_ERROR if capture.status >= HTTPStatus.INTERNAL_SERVER_ERROR else Reason.HTTP_ERROR
        return reason, f"HTTP {capture.status}"
    if capture.truncated:  # half an article would be an edit that nobody made
        reason = Reason.TOO_LARGE if capture.truncated == "length" else Reason.TRUNCATED
        return reason, f"cut off after {len(capture.body)} bytes ({capture.truncated})"
    media_type = _media_type(capture)
    if media_type not in _HTML_TYPES:
        return Reason.NOT_HTML, f"Content-Type {media_type[:80]}"
    if capture.final_url != capture.url and _CONSENT.search("".join(urlsplit(capture.final_url)[1:3])):
        return Reason.CONSENT_WALL, f"answered by {capture.final_url[:200]}"
    return None


def _no_article(metadata: Metadata, text: str) -> tuple[Reason, str] | None:
    if not text:
        return Reason.NOT_AN_ARTICLE, "no body found"
    if len(text) < MIN_BODY_CHARS:
        shortest = MIN_DENSE_CHARS if DENSE.search(text) else MIN_BODY_CHARS
        if len(text) < shortest:
            return Reason.NOT_AN_ARTICLE, f"body of {len(text)} characters, under {shortest}"
    if not metadata.title:
        return Reason.NOT_AN_ARTICLE, "no title found"
    return None


def _article(capture: Capture, metadata: Metadata, found: _Text, profile: Profile | None) -> Article:
    text = found.text
    return Article(
        article_id=article_id(capture.url),
        site=capture.site,
        url=capture.url,
        canonical_url=metadata.canonical_url,
        title=metadata.title,
        authors=metadata.authors,
        published_at=metadata.published_at,
        modified_at=metadata.modified_at,
        published_source=metadata.published_source,
        captured_at=capture.captured_at,
        language=article_language(metadata.language, text),
        section=metadata.section,
        tags=metadata.tags,
        description=metadata.description,
        image=metadata.image,
        text=text,
        word_count=_count_words(text),
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        rights=metadata.rights,
        extraction=Extraction(
            engine=ENGINE,
            version=f"{ENGINE_VERSION}+broadsheet.{READER}",
            profile=profile.id if profile else None,
            confidence=found.confidence,
        ),
        removed=found.removed,
        capture=capture.record,
    )


def _count_words(text: str) -> int:
    """Return the words of a text whose lines have single blanks alone; a character of a dense script is one."""
    if text.isascii() or not DENSE.search(text):
        return text.count(" ") + text.count("\n") + 1
    return len(DENSE.findall(text)) + len(DENSE.sub(" ", text).split())


def _rejection(capture: Capture, reason: Reason, detail: str) -> Rejection:
    return Rejection(
        site=capture.site,
        url=capture.url,
        captured_at=capture.captured_at,
        reason=reason,
        detail=detail,
        capture=capture.record,
    )
