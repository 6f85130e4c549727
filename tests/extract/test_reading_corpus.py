"""What must hold on every stored page: each visible word of the region is in `text` or in `removed`, with its reason."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import pytest

from extract.article import Article
from extract.capture import Capture
from extract.dom import parse_html
from extract.encoding import decode_text
from extract.learning import read_site, settle
from extract.line_rules import Removal
from extract.metadata import read_metadata
from extract.read import page_signals, read_article
from extract.rejection import Rejection
from extract.waiting import waiting_article
from tests.extract.corpus import stored_body, stored_index
from tests.extract.page import capture
from tests.extract.visible import at_path, whole_region

SETS = ("aeb", "feval", "fres", "newspaper4k", "readability", "traf")


@cache
def stored_pages(name: str) -> list[tuple[str, str, Capture]]:
    """Site, id and capture of every page of a set; skips the test where they are not at hand."""
    pages = [page for page in stored_index() if page["set"] == name]
    return [(page["site"], page["id"], capture(stored_body(page), page["url"])) for page in pages]


def misread(given: Capture, found: Article | Rejection) -> list[str]:
    """What is wrong with a reading; a rejection has nothing to account for."""
    if isinstance(found, Rejection):
        return []
    wrong = sorted({span.reason for span in found.removed if not known(span.reason)})
    root = parse_html(decode_text(given.body, given.header("Content-Type"))).root
    places = [span.where for span in found.removed]
    if any("#" in place for place in places):  # in HTML that waits in a script
        waiting = waiting_article(root, page_signals(read_metadata(root, given)))
        assert waiting is not None
        root, places = waiting.document.root, [place.removeprefix(f"{waiting.where}#") for place in places]
    if whole_region(root, found.text, [span.text for span in found.removed]) is None:
        wrong.append("text and removed are not what is visible in any element")
    if lost := [place for place in places if at_path(root, place) is None]:
        wrong.append(f"no such element: {lost[:3]}")
    return wrong


def known(reason: str) -> bool:
    """Whether a reason is of the closed list; site_chrome tells the pages too."""
    name, _, seen = reason.partition(": ")
    return name in set(Removal) and bool(seen) == (name == Removal.SITE_CHROME)


@pytest.mark.parametrize("name", SETS)
def test_every_visible_word_of_a_stored_page_is_kept_or_removed_with_a_reason(name: str) -> None:
    pages = stored_pages(name)
    wrong = {page_id: misread(given, read_article(given)) for _, page_id, given in pages}
    assert {page_id: found for page_id, found in wrong.items() if found} == {}
    assert len(pages) > 10


@pytest.mark.parametrize("name", ["feval", "fres"])
def test_so_it_is_when_other_pages_of_the_site_have_taught(name: str) -> None:
    sites: dict[str, list[tuple[str, Capture]]] = defaultdict(list)
    for site, page_id, given in stored_pages(name):
        sites[site].append((page_id, given))
    wrong = {}
    for pages in sites.values():
        if len(pages) >= 3:
            captures = [given for _, given in pages]
            profile = settle(captures)
            for (page_id, given), found in zip(pages, read_site(captures), strict=True):
                wrong[page_id] = [*misread(given, found), *misread(given, read_article(given, profile))]
    assert {page_id: found for page_id, found in wrong.items() if found} == {}
    assert wrong
