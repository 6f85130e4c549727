"""How a page lies: what its template calls itself, which headlines it links, and how much prose stands between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import urlsplit

from extract.dom import Element, children, text_after, text_before, text_from

HEADLINE_CHARS = 25  # a link this long is a headline, a shorter one a label
PROSE_CHARS = 60  # a paragraph this long is prose, a shorter one a label
POST_CHARS = 400  # prose below a linked heading: longer than a teaser's summary
SHORT_CHARS = 1200  # with less prose, a page may be a form, a wall or a player
MAX_BODY = 20_000  # characters of the body that are looked for in the tree
MAX_NODES = 100_000  # of a page that are looked at; no page of the development corpus has more
MAX_READ = 2_000_000  # nodes and characters in links and paragraphs, counted in each that holds them
MAX_TEXT = 3_000  # characters of a link or a paragraph
MAX_WORDS = 2_000  # characters of an attribute

_START = 30  # characters by which a paragraph of the tree is known in the body
_HEADINGS = {"h1", "h2", "h3", "h4", "h5"}
_PLAYER = re.compile(
    r"youtube|youtu\.be|vimeo|dailymotion|twitch|jwplayer|brightcove|player|video|embed/live|stream", re.IGNORECASE
)
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


def read_layout(root: Element, url: str, text: str, weight: int) -> Layout:
    """Return how the page at `url` lies; `text` is its body as read, a character of which counts `weight` times."""
    text = text[:MAX_BODY]
    wanted = sum(len(line) for line in text.splitlines() if len(line) * weight > PROSE_CHARS) * weight
    return _Walk(url, text, weight).over(root, wanted)


def _is_heading(link: Element) -> bool:
    """Whether a link is in a heading, or holds one."""
    above = link.parent
    return (above is not None and above.tag in _HEADINGS) or any(child.tag in _HEADINGS for child in children(link))


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
        self.headline: Element | None = None  # its link
        self.run = 0
        self.left = MAX_READ

    def over(self, root: Element, wanted: int) -> Layout:
        """Return the layout; `wanted` is the length of the body's prose."""
        pieces: list[Element] = []
        steps: dict[str | None, Callable[[Element], None]] = {
            "a": self.link, "p": self.paragraph, "h1": self.title, "title": self.title, "body": self.body,
            "html": self.body, "meta": self.meta, **dict.fromkeys(("img", "input", "video", "iframe"), pieces.append),
        }  # fmt: skip
        for element in islice(root.traverse(), MAX_NODES):
            if step := steps.get(element.tag):
                step(element)
        self.close()
        found = self.found
        if found.prose < wanted / 2:
            self.everywhere(root)
        if (missed := wanted - found.prose - found.echoed) > wanted / 2:  # the reader joined or mended it
            found.longest_run = max(found.longest_run, missed)
        found.headlines = len(self.links)
        if found.longest_run < SHORT_CHARS:
            self.furniture(pieces)
        return found

    def everywhere(self, root: Element) -> None:
        """Count the prose again: it stands outside of <p>, in div, td or after br."""
        self.links, self.last, self.run, found = {}, "", 0, self.found
        found.prose = found.longest_run = found.summaries = found.teasers = found.posts = found.echoed = 0
        for node in islice(root.traverse(include_text=True), MAX_NODES):
            if not node.is_element_node:
                self.loose(node, text_from(node))
            elif (tag := node.tag) == "a":
                self.link(node)
            elif tag == "p":
                self.paragraph(node)
        self.close()

    def loose(self, node: Element, text: str) -> None:
        """Count a text that `node` begins, unless a link or a paragraph begins with it: that is counted as a whole."""
        if len(text) * self.weight > PROSE_CHARS:
            parent = node.parent
            if node.prev is not None or parent is None or parent.tag not in {"a", "p"}:
                self.prose(text)

    def read(self, element: Element) -> str:
        """Return the beginning of an element's text; "" once MAX_READ is used up: one may hold another many times."""
        first = element.first_child
        if first is None:
            return ""
        if first.next is None and first.is_text_node:
            return (first.text_content or "")[:MAX_TEXT]
        texts = [node.text_content or "" for node in islice(element.traverse(include_text=True), max(0, self.left))]
        text = "".join(texts)
        self.left -= len(texts) + len(text)
        return text[:MAX_TEXT]

    def link(self, element: Element) -> None:
        href = element.attrs.get("href")
        if not href or href[0] == "#":
            return
        text = " ".join(self.read(element).split()) or element.attrs.get("aria-label") or ""
        if len(text) * self.weight < HEADLINE_CHARS / 2 or not self.alone(element):
            return
        if not self.leads_on(href) or (len(text) * self.weight < HEADLINE_CHARS and not _is_heading(element)):
            return
        self.found.echoed += len(text) * self.weight if text[:_START] in self.text else 0
        if href == self.last:
            return
        self.close()
        self.links[href] = None
        self.last, self.headline = href, element

    @staticmethod
    def alone(element: Element) -> bool:
        """Tell whether a link is a block of its own, no part of a sentence."""
        return len(text_after(element).strip()) <= 3 and len(text_before(element).strip()) <= 3

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
        return path.partition("#")[0].rstrip("/") not in ("", self.path)

    def paragraph(self, element: Element) -> None:
        self.prose(self.read(element))

    def prose(self, text: str) -> None:
        if len(text) * self.weight > PROSE_CHARS:
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
            elif self.headline is not None and _is_heading(self.headline):
                found.posts += 1
        self.run = 0

    def title(self, element: Element) -> None:
        parent = element.parent
        if element.tag == "title" and (parent is None or parent.tag not in {"head", "body"}):
            return  # of a drawing
        if text := " ".join(self.read(element).split()):
            self.found.headings.append(text)

    def body(self, element: Element) -> None:
        said = element.attributes
        for name in _TEMPLATE_ATTRIBUTES:
            self.declared((said.get(name) or "")[:MAX_WORDS].split())

    def meta(self, element: Element) -> None:
        said = element.attrs
        name = said.get("name") or said.get("property") or ""
        if name.lower() in _TEMPLATE_METAS:
            self.declared(["page-" + "-".join((said.get("content") or "")[:MAX_WORDS].split())])

    def declared(self, words: Iterable[str]) -> None:
        """Note what the page's template calls itself: an error above all, an article before a list."""
        for word in words:
            if _ERROR_TEMPLATE.fullmatch(word):
                self.found.template = "error"
            elif _ARTICLE_TEMPLATE.fullmatch(word):
                self.found.template = self.found.template if self.found.template == "error" else "article"
            elif _LIST_TEMPLATE.fullmatch(word):
                self.found.template = self.found.template or "list"

    def furniture(self, pieces: Iterable[Element]) -> None:
        """Count what stands where a page has little prose."""
        found = self.found
        for element in pieces:
            tag, said = element.tag, element.attrs
            if tag == "img":
                found.images += 1
            elif tag == "input":
                kind = (said.get("type") or "").lower()
                found.passwords += kind == "password"
                found.email_fields += kind == "email" or "mail" in (said.get("name") or "").lower()
            else:
                source = said.get("src") or said.get("data-src") or ""
                found.players += tag == "video" or bool(_PLAYER.search(source))
