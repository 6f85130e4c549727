"""How a page lies: what its template calls itself, which headlines it links, and how much prose stands between them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import urlsplit

from lxml.etree import XPath
from lxml.html import HtmlElement

HEADLINE_CHARS = 25  # a link this long is a headline, a shorter one a label
PROSE_CHARS = 60  # a paragraph this long is prose, a shorter one a label
POST_CHARS = 400  # prose below a linked heading: longer than a teaser's summary
SHORT_CHARS = 1200  # with less prose, a page may be a form, a wall or a player
MAX_BODY = 20_000  # characters of the body that are looked for in the tree
MAX_ELEMENTS = 50_000  # of a page that are looked at; no page of the development corpus has more
MAX_WORDS = 2_000  # characters of an attribute

_START = 30  # characters by which a paragraph of the tree is known in the body
_HEADINGS = {"h1", "h2", "h3", "h4", "h5"}
_PLAYER = re.compile(
    r"youtube|youtu\.be|vimeo|dailymotion|twitch|jwplayer|brightcove|player|video|embed/live|stream", re.IGNORECASE
)
_TEXT = XPath("substring(string(), 1, 3000)", smart_strings=False)
_ARTICLE_TEMPLATE = re.compile(
    r"(?:single(?:-(?:post|article|format|news|blog)\S*)?|singular|postid-\d+|post-template(?:-\S+)?|"
    r"(?:page-)?(?:node-)?type-+(?:\w+-)?(?:article|news|story|post|blog)s?|"
    r"(?:view|is)-(?:item|article|post)|item-view|article(?:-?page|-template\S*|-detail)?|(?:page|template|"
    r"content|view|pagetype|page-type|page_type)[-_]*(?:article|story|post|recipe|blogpost)|"
    r"(?:article|story|post|recipe)[-_](?:template|page|detail|view)|node-\d+|page-node-\d+|hs-blog-post|"
    r"storypage|articlepage|newsarticle)",
    re.IGNORECASE,
)
_LIST_TEMPLATE = re.compile(
    r"(?:home|front|(?:is-|page-|path-|page-type-)?(?:front-?page|homepage|front|home)|archive|category|tag|"
    r"author|search(?:-(?:results?|no-results))?|date|paged|"
    r"tax(?:onomy)?-\S+|term-\d+|post-type-archive\S*|(?:home|index|tag|author|category|archive|search|blog)-template|"
    r"view-(?:categor(?:y|ies)|featured|list|tag|search)|page-(?:taxonomy|views|search)\S*|path-(?:taxonomy|"
    r"search|tags?)\S*|page-vocabulary\S*|"
    r"(?:page|template|content|view|pagetype|page-type|page_type)[-_]+(?:section(?:-?front)?|front(?:page)?|"
    r"home(?:page)?|index|landing|list(?:ing)?|categor(?:y|ies)|tags?|topics?|authors?|search|archive|"
    r"collection|channel|hub)|"
    r"(?:section|category|tag|topic|author|search|archive|index|listing|channel|collection|hub)[-_]?(?:page|"
    r"front|view|landing|index|listing|results?)|"
    r"hs-blog-listing|woocommerce-shop|tax-product_cat|sectionfront|frontpage|homepage|sectionpage|index)",
    re.IGNORECASE,
)
_ERROR_TEMPLATE = re.compile(
    r"(?:error|page|is|http)?-?_?404(?:-?page|-template)?|error-?404|not-?found|page-?not-?found|error-?page|"
    r"page-?error",
    re.IGNORECASE,
)
_TEMPLATE_ATTRIBUTES = (
    "class",
    "id",
    "data-page-type",
    "data-pagetype",
    "data-type",
    "data-template",
    "data-content-type",
    "data-view",
)
_TEMPLATE_METAS = {
    "parsely-type", "cxenseparse:pageclass", "cxenseparse:articletype", "pagetype", "page-type", "page_type",
    "page.type", "contenttype", "content-type", "content_type", "og:page_type", "template", "sailthru.type",
}  # fmt: skip


@dataclass(slots=True)
class Layout:
    """How a page's links and its body's prose lie. Lengths are in characters; one of a dense script counts twice."""

    template: str = ""  # "article", "list" or "error": what the body's classes or a meta of the page's type say
    headings: list[str] = field(default_factory=list)  # its title as it stands and its h1
    headlines: int = 0  # other pages of the site that a block of HEADLINE_CHARS and more links
    teasers: int = 0  # of these, followed by a summary
    summaries: int = 0  # the prose of these
    posts: int = 0  # of these, a linked heading followed by POST_CHARS of prose and more
    longest_run: int = 0  # most prose between two of these
    prose: int = 0
    echoed: int = 0  # the body's lines that are such links
    images: int = 0
    players: int = 0
    passwords: int = 0
    email_fields: int = 0


def read_layout(tree: HtmlElement, url: str, text: str, weight: int) -> Layout:
    """Return how the page at `url` lies; `text` is its body as read, a character of which counts `weight` times."""
    text = text[:MAX_BODY]
    wanted = sum(len(line) for line in text.splitlines() if len(line) * weight > PROSE_CHARS) * weight
    return _Walk(url, text, weight).over(tree, wanted)


def _text(element: HtmlElement) -> str:
    return str(_TEXT(element))


class _Walk:
    """One pass over a tree, in document order."""

    def __init__(self, url: str, text: str, weight: int) -> None:
        parts = urlsplit(url)
        self.path = parts.path.rstrip("/")
        self.site = ".".join((parts.hostname or "").split(".")[-2:])
        self.text, self.weight = text, weight
        self.found = Layout()
        self.links: dict[str, None] = {}
        self.last = ""  # the headline before the present run
        self.heading = False  # it is in a heading
        self.run = 0

    def over(self, tree: HtmlElement, wanted: int) -> Layout:
        """Return the layout; `wanted` is the length of the body's prose."""
        steps = {
            "a": self.link, "p": self.paragraph, "h1": self.title, "title": self.title,
            "body": self.body, "html": self.body, "meta": self.meta,
        }  # fmt: skip
        for element in islice(tree.iter(*steps), MAX_ELEMENTS):
            steps[element.tag](element)
        self.close()
        found = self.found
        if found.prose < wanted / 2:
            self.everywhere(tree)
        if (missed := wanted - found.prose - found.echoed) > wanted / 2:  # the reader joined or mended it
            found.longest_run = max(found.longest_run, missed)
        found.headlines = len(self.links)
        if found.longest_run < SHORT_CHARS:
            self.furniture(tree)
        return found

    def everywhere(self, tree: HtmlElement) -> None:
        """Count the prose again: it stands outside of <p>, in div, td or after br."""
        self.links, self.last, self.run, found = {}, "", 0, self.found
        found.prose = found.longest_run = found.summaries = found.teasers = found.posts = found.echoed = 0
        for element in islice(tree.iter(), MAX_ELEMENTS):
            if element.tag == "a":
                self.link(element)
            elif element.tag == "p":
                self.paragraph(element)
            elif isinstance(element.tag, str):
                self.prose(element.text)
            self.prose(element.tail)
        self.close()

    def link(self, element: HtmlElement) -> None:
        href = element.get("href")
        if not href or href[0] == "#":
            return
        text = " ".join((_text(element) if len(element) else element.text or "").split())
        text = text or element.get("aria-label") or ""
        if len(text) * self.weight < HEADLINE_CHARS / 2 or not self.alone(element):
            return
        parent = element.getparent()
        heading = parent is not None and (parent.tag in _HEADINGS or any(child.tag in _HEADINGS for child in element))
        if (not heading and len(text) * self.weight < HEADLINE_CHARS) or not self.leads_on(href):
            return
        self.found.echoed += len(text) * self.weight if text[:_START] in self.text else 0
        if href == self.last:
            return
        self.close()
        self.links[href] = None
        self.last, self.heading = href, heading

    @staticmethod
    def alone(element: HtmlElement) -> bool:
        """Tell whether a link is a block of its own, no part of a sentence."""
        if (tail := element.tail) and len(tail.strip()) > 3:
            return False
        before = element.getprevious()
        parent = element.getparent()
        said = before.tail if before is not None else parent.text if parent is not None else None
        return not (said and len(said.strip()) > 3)

    def leads_on(self, href: str) -> bool:
        """Tell whether a link leads to another page of the site."""
        if "//" in href[:8]:
            host, _, path = href.split("//", 1)[1].partition("/")
            if not host.partition(":")[0].endswith(self.site):
                return False
            path = "/" + path
        elif ":" in href[:12]:
            return False  # mailto, javascript, tel
        else:
            path = href
        return path.split("#", 1)[0].rstrip("/") not in {self.path, ""}

    def paragraph(self, element: HtmlElement) -> None:
        self.prose(_text(element))

    def prose(self, text: str | None) -> None:
        if text and len(text) * self.weight > PROSE_CHARS:
            line = " ".join(text.split())
            if line[:_START] in self.text and "cookie" not in line.lower():
                self.run += len(line) * self.weight
                self.found.prose += len(line) * self.weight

    def close(self) -> None:
        """End a run of prose."""
        found = self.found
        found.longest_run = max(found.longest_run, self.run)
        if self.last and self.run:
            if self.run < POST_CHARS:
                found.teasers += 1
                found.summaries += self.run
            elif self.heading:
                found.posts += 1
        self.run = 0

    def title(self, element: HtmlElement) -> None:
        parent = element.getparent()
        if element.tag == "title" and (parent is None or parent.tag != "head"):
            return  # of a drawing
        if text := " ".join(_text(element).split()):
            self.found.headings.append(text)

    def body(self, element: HtmlElement) -> None:
        for name in _TEMPLATE_ATTRIBUTES:
            self.declared((element.get(name) or "")[:MAX_WORDS].split())

    def meta(self, element: HtmlElement) -> None:
        name = element.get("name") or element.get("property") or ""
        if name.lower() in _TEMPLATE_METAS:
            self.declared(["page-" + "-".join((element.get("content") or "")[:MAX_WORDS].split())])

    def declared(self, words: Iterable[str]) -> None:
        """Note what the page's template calls itself: an error above all, an article before a list."""
        for word in words:
            if _ERROR_TEMPLATE.fullmatch(word):
                self.found.template = "error"
            elif _ARTICLE_TEMPLATE.fullmatch(word):
                self.found.template = self.found.template if self.found.template == "error" else "article"
            elif _LIST_TEMPLATE.fullmatch(word):
                self.found.template = self.found.template or "list"

    def furniture(self, tree: HtmlElement) -> None:
        """Count what stands where a page has little prose."""
        found = self.found
        for element in islice(tree.iter("img", "input", "video", "iframe"), MAX_ELEMENTS):
            if element.tag == "img":
                found.images += 1
            elif element.tag == "input":
                kind = (element.get("type") or "").lower()
                found.passwords += kind == "password"
                found.email_fields += kind == "email" or "mail" in (element.get("name") or "").lower()
            else:
                source = element.get("src") or element.get("data-src") or ""
                found.players += element.tag == "video" or bool(_PLAYER.search(source))
