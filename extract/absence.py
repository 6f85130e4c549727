"""Whether an article that was there is missing now: a page that answers well may still be none of its own."""

from __future__ import annotations

from extract.address import Address, read_address
from extract.capture import Capture
from extract.rejection import Reason
from extract.signals import PageSignals


def absence(capture: Capture, page: PageSignals, reason: tuple[Reason, str] | None) -> tuple[Reason, str] | None:
    """Return that the page of a capture is missing, and how that shows; None when it does not.

    `reason` is why the page is no article, None if it is one. Beyond an error in its own words, a page is missing only
    where an article was read from it before: its address now leads to another article, the front or a section, or it
    shows what a made-up address of its host gets. But for the first, a page that dates itself as an article is one,
    whatever else is said of it.
    """
    if reason and reason[0] is Reason.NOT_FOUND:
        return missing(capture, reason[1])
    if capture.past.is_article and capture.past.is_moved:
        return missing(capture, f"redirected to another article, {capture.final_url[:200]}")
    if not capture.past.is_article or (page.dated and page.article):
        return None
    is_moved = page.redirected or read_address(capture.url)[0] is not page.address
    if is_moved and (
        page.address in {Address.FRONT, Address.LIST} or (page.address is Address.SECTION and _is_none(reason))
    ):
        return missing(capture, f"redirected to {capture.final_url[:200]}")
    if capture.past.is_void:
        return missing(capture, "a made-up address gets the same page")
    return None


def missing(capture: Capture, detail: str) -> tuple[Reason, str]:
    """Return what a missing page is: `not_found` at the first look, `gone` at the next: one may be a hiccup."""
    return (Reason.GONE if capture.past.missed else Reason.NOT_FOUND), detail


def _is_none(reason: tuple[Reason, str] | None) -> bool:
    return reason is not None and reason[0] is Reason.NOT_AN_ARTICLE
