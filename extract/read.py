"""From a capture to an Article or a Rejection: the room's one entrance."""

from __future__ import annotations

import hashlib
import re
from http import HTTPStatus
from urllib.parse import urlsplit

from extract.article import Article, Extraction
from extract.body import ENGINE, ENGINE_VERSION, NoTreeError, parse_html, read_body
from extract.capture import Capture
from extract.encoding import BadEncodingError, decode_payload, decode_text
from extract.language import detect_language
from extract.metadata import Metadata, read_metadata
from extract.rejection import Reason, Rejection
from extract.rights import read_rights
from extract.url import article_id

MIN_BODY_CHARS = 120  # the shortest news brief of the development corpus has 140
MIN_DENSE_CHARS = 50  # in scripts without blanks a character says more
STUB_CHARS = (
    700  # a teaser before a paywall; a free article this short is common, so the page must say that it is not free
)
_DENSE = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_HTML_TYPES = {
    "",
    "text/html",
    "application/xhtml+xml",
    "text/plain",
    "application/xml",
    "text/xml",
    "application/octet-stream",
}
_CONSENT = re.compile(
    r"(?:^|\.)(?:consent|guce|cmp|privacy)\.|/(?:consent|cookie-?wall|privacy-?wall)(?:/|\?|$)", re.IGNORECASE
)
_STATUS_REASONS = {
    HTTPStatus.NOT_FOUND: Reason.NOT_FOUND, HTTPStatus.GONE: Reason.GONE, HTTPStatus.UNAUTHORIZED: Reason.BLOCKED,
    HTTPStatus.FORBIDDEN: Reason.BLOCKED, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: Reason.BLOCKED,
    HTTPStatus.TOO_MANY_REQUESTS: Reason.BLOCKED, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS: Reason.BLOCKED,
}  # fmt: skip


def read_article(capture: Capture) -> Article | Rejection:
    """Return the article on a captured page, or why there is none.

    Pure: the same capture gives the same result on any day and in any process, so the latest date
    allowed comes from the capture and nothing is remembered between calls. A page that says noarchive
    is read like any other: whether it may be kept was decided when it was fetched.
    """
    if reason := _refused(capture):
        return _rejection(capture, *reason)
    try:
        html = decode_payload(capture.body, capture.header("Content-Encoding"))
        tree = parse_html(decode_text(html, capture.header("Content-Type")))
        metadata = read_metadata(tree, capture)
        rights = read_rights(capture.headers, tree)
        text = read_body(tree, capture.final_url)
    except BadEncodingError as error:
        return _rejection(capture, Reason.BAD_ENCODING, str(error))
    except NoTreeError as error:
        return _rejection(capture, Reason.NOT_HTML if html.strip() else Reason.EMPTY, str(error))
    except RecursionError:
        return _rejection(capture, Reason.EXTRACTION_ERROR, "nested too deep for the extractor")
    if reason := _no_article(metadata, text):
        return _rejection(capture, *reason)
    return _article(capture, metadata, text, rights)


def _refused(capture: Capture) -> tuple[Reason, str] | None:
    if capture.status != HTTPStatus.OK:
        reason = _STATUS_REASONS.get(HTTPStatus(capture.status)) if capture.status in set(HTTPStatus) else None
        if reason is None:
            reason = Reason.SERVER_ERROR if capture.status >= HTTPStatus.INTERNAL_SERVER_ERROR else Reason.HTTP_ERROR
        return reason, f"HTTP {capture.status}"
    media_type = (capture.header("Content-Type") or "").partition(";")[0].strip().lower()
    if media_type not in _HTML_TYPES:
        return Reason.NOT_HTML, f"Content-Type {media_type[:80]}"
    if (
        _CONSENT.search(f"{urlsplit(capture.final_url).netloc}{urlsplit(capture.final_url).path}")
        and capture.final_url != capture.url
    ):
        return Reason.CONSENT_WALL, f"answered by {capture.final_url[:200]}"
    return None


def _no_article(metadata: Metadata, text: str) -> tuple[Reason, str] | None:
    shortest = MIN_DENSE_CHARS if _DENSE.search(text) else MIN_BODY_CHARS
    if metadata.free is False and len(text) < STUB_CHARS:
        return Reason.PAYWALL_STUB, f"{len(text)} characters of a page that says it is not free"
    if not text:
        return Reason.NOT_AN_ARTICLE, "no body found"
    if len(text) < shortest:
        return Reason.NOT_AN_ARTICLE, f"body of {len(text)} characters, under {shortest}"
    if not metadata.title:
        return Reason.NOT_AN_ARTICLE, "no title found"
    return None


def _article(capture: Capture, metadata: Metadata, text: str, rights: tuple[str, ...]) -> Article:
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
        language=metadata.language or detect_language(text),
        section=metadata.section,
        tags=metadata.tags,
        description=metadata.description,
        image=metadata.image,
        text=text,
        word_count=len(_DENSE.findall(text)) + len(_DENSE.sub(" ", text).split()),
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        rights=rights,
        extraction=Extraction(engine=ENGINE, version=ENGINE_VERSION),
        capture=capture.record,
    )


def _rejection(capture: Capture, reason: Reason, detail: str) -> Rejection:
    return Rejection(
        site=capture.site,
        url=capture.url,
        captured_at=capture.captured_at,
        reason=reason,
        detail=detail,
        capture=capture.record,
    )
