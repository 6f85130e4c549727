"""What a page shows of its kind: its address, what it declares, and how its links and its prose lie."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import urlsplit

from extract.address import Address, read_address
from extract.capture import Capture
from extract.dom import UNSEEN, Element, text_from
from extract.layout import MAX_NODES, PROSE_CHARS, SHORT_CHARS, Layout, read_layout
from extract.metadata import Metadata

PLAIN_CHARS = 1500  # prose of a page that its address and its mark-up call an article: it is not walked
MEDIA_CHARS = 600  # what stands below a player or a gallery
MAX_AROUND = 20_000  # characters of the words around a short body
AFTER_CHARS = 500  # a prompt to subscribe stands right below what it cuts
DENSE_WEIGHT = 2  # in scripts without blanks a character says more

_DENSE = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_END = 30  # characters by which the body's end is known among the words around it
ARTICLE_KIND = re.compile(
    r"(?:\w*article|blogposting|(?!job)\w*posting|report|recipe|review|claimreview|howto|qapage|question|mediareview)"
)
LIST_KIND = re.compile(
    r"(?:collectionpage|searchresultspage|itemlist|profilepage|aboutpage|contactpage|checkoutpage|offercatalog|"
    r"medi(?:a|um)gallery|og:profile|og:product\.group)"
)


@dataclass(frozen=True, slots=True)
class PageSignals:
    """What tells an article from every other page; made by `read_signals`."""

    address: Address
    segments: tuple[str, ...]  # of the path that answered, in lower case
    redirected: bool  # another path answered than the one asked for
    kinds: tuple[str, ...]  # JSON-LD types and og:type
    names: tuple[str, ...]  # what the page calls itself: the title first, then every other candidate and its h1
    dated: bool
    authored: bool
    free: bool | None
    text: str = field(repr=False)
    chars: int  # of the text; one of a dense script counts twice
    prose: int  # of these, in lines of PROSE_CHARS and more
    layout: Layout | None  # None where address, mark-up and prose alike say that this is an article
    around: str = field(
        repr=False
    )  # the page's visible words; "" unless it has little prose, as long as it may be a stub
    after: str = field(repr=False)  # of these, what follows the body

    @property
    def article(self) -> bool:
        """The page's JSON-LD declares an article; og:type says so of many a section."""
        return any(map(ARTICLE_KIND.fullmatch, self.kinds))

    @property
    def listing(self) -> bool:
        """The page declares itself a list of pages."""
        return any(map(LIST_KIND.fullmatch, self.kinds))


def declares_article(kinds: tuple[str, ...]) -> bool:
    """Whether a page calls itself an article, in JSON-LD or by og:type; the latter says so of many a section."""
    return "og:article" in kinds or any(map(ARTICLE_KIND.fullmatch, kinds))


def read_signals(root: Element, capture: Capture, metadata: Metadata, text: str) -> PageSignals:
    """Return what `judge_page` looks at; `text` is the body as read, one paragraph a line. The tree is not changed."""
    url = urlsplit(capture.final_url)
    address, segments = read_address(capture.final_url)
    kinds = metadata.kinds
    dated = metadata.published_source in {"json-ld", "meta"}  # a list has a <time> for each of its teasers
    weight = DENSE_WEIGHT if _DENSE.search(text[:400] or metadata.title) else 1
    prose = sum(len(line) for line in text.splitlines() if len(line) * weight > PROSE_CHARS) * weight
    declared = declares_article(kinds) and not any(map(LIST_KIND.fullmatch, kinds))
    if prose > PLAIN_CHARS and address is Address.ARTICLE and dated and declared:
        layout = None
    else:
        layout = read_layout(root, capture.final_url, text, weight)
    is_short = layout is not None and min(len(text) * weight, layout.longest_run) < SHORT_CHARS
    is_open = layout is not None and metadata.free is True and layout.longest_run > MEDIA_CHARS
    around = _around(root) if is_short and not is_open else ""
    return PageSignals(
        address=address,
        segments=segments,
        redirected=urlsplit(capture.url).path.rstrip("/") != url.path.rstrip("/"),
        kinds=kinds,
        names=tuple(dict.fromkeys((metadata.title, *metadata.headlines, *(layout.headings if layout else ())))),
        dated=dated,
        authored=bool(metadata.authors),
        free=metadata.free,
        text=text,
        chars=len(text) * weight,
        prose=prose,
        layout=layout,
        around=around,
        after=_after(around, text),
    )


def _around(root: Element) -> str:
    """Return the page's visible words, in the order of the page."""
    lines: list[str] = []
    left = MAX_AROUND
    for node in islice(root.traverse(include_text=True), MAX_NODES):
        if node.is_element_node or (above := node.parent) is None or above.tag in UNSEEN:
            continue
        if line := " ".join(text_from(node).split()):
            lines.append(line)
            left -= len(line) + 1
            if left < 0:
                break
    return " ".join(lines)[:MAX_AROUND]


def _after(around: str, text: str) -> str:
    """Return the first AFTER_CHARS that follow the body's last line among the visible words."""
    end = text.rstrip()[-_END:].rpartition("\n")[2]
    place = around.rfind(end) if end else -1
    return around[place + len(end) :][:AFTER_CHARS] if place >= 0 else ""
