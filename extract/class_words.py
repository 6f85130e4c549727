"""What elements say of themselves: the words that page themes write in their classes, as bits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

import re2

from extract.hidden import is_hidden

# Elements that say what they hold. A block carries a bit for each of its ancestors' tags…
TAG_BITS: Final = (
    "article", "main", "aside", "nav", "footer", "header", "figure", "figcaption", "form", "ul", "ol", "table",
    "blockquote", "section", "button", "details", "dl", "pre", "address", "dialog", "a", "h1", "h2", "h3", "p",
)  # fmt: skip
# …and one for each word group found in their class, id, role, itemprop or test id: the words that page themes use,
# in the main languages of news; no site's own. Patterns are searched in each word (articleBody and article-body are
# "article" and "body"), phrases are two words in a row.
WORD_GROUPS: Final = {
    "body": r"body|paragraph|cuerpo|corpo|corps|fliess|texto|wysiwyg|formatted|prose|richtext|^rte$",
    "article": r"article|^story|entry|^post|noticia|artik|beitrag|^news|detail",
    "content": r"content|^main|^text|copy|^page$",
    "related": r"relat|recommend|^more$|^mehr|^lire$|relacionad|correlat|verwandt|teaser|outbrain|taboola|popular|"
               r"trend|latest|^see$|also|suggest|similar|^next|veja|leia|promo|readmore|crosslink|interlink|linkbox|"
               r"linklist|^most$|^thema",
    "newsletter": r"newsletter|subscri|signup|optin|^abo$|^abonn|mailing|mailchimp|mc4wp|^cta|member|donat|support",
    "share": r"^shar(?:e|ing)|social|follow|addthis|addtoany|whatsapp|teilen|partag|compart|toolbar|tools|^actions?$",
    "comment": r"comment|yorum|disqus|respond|discuss|kommentar|coment|reply|forum|^reader",
    "author": r"author|byline|^bio|writer|contributor|profile|autor|auteur|creator|signature|journalist|people",
    "caption": r"caption|credit|legend|bildunter|didascal|^pie$",
    "media": r"figure|image|^img|photo|picture|galler|slideshow|video|player|carousel|slider|media|^foto|^bild",
    "nav": r"^nav|menu|breadcrumb|paginat|pager|^toc$|^tabs?$|masthead|topbar|^skip",
    "header": r"header|^head$|^hero|intro|^top$",
    "footer": r"foot|copyright|legal|disclaimer|imprint|bottom|colophon",
    "sidebar": r"side|aside|widget|^rail|^right$|secondary|^modul|complement|^col(?:umn)?$",
    "ad": r"^ads?$|advert|sponsor|banner|anzeige|publicid|werbung|^dfp|commerc|affiliat|shop|product|^deal|^buy|price",
    "tags": r"^tags?$|topic|keyword|categor|label|kicker|eyebrow|rubri|overline|dachzeile|taxonom|section",
    "date": r"date|^time|^meta|publish|datum|fecha|posted",
    "summary": r"summary|^lead|standfirst|^dek$|^deck|subtitle|subhead|chapo|excerpt|abstract|descri|entradilla|"
               r"sumario|ingress|vorspann|perex|bajada|strap|snippet|synopsis|^sub$|^lede$",
    "title": r"title|headline|heading|^titre|titulo|^titel",
    "paywall": r"paywall|premium|piano|subscriber|regwall|^meter|locked|poool|login|register|restrict|^gate",
    "embed": r"tweet|twitter|instagram|facebook|tiktok|youtube|embed|iframe|bluesky|telegram",
    "live": r"^live|ticker|timeline|update|liveblog",
    "box": r"box|^fact|inset|callout|pullquote|kasten|highlight|^card|keypoint|panel|^notes?$|^info",
    "consent": r"cookie|consent|gdpr|privacy|onetrust|didomi|optanon|usercentrics",
    "unseen": r"^sr$|visually|screenreader|hidden|^a11y|noprint|^hide|invisible|modal|popup|overlay|^print$",
    "list": r"list|^links?$|^items?$|^grid|^feed|archive|stream|^loop|river|collection|listing",
    "quote": r"quote|zitat|^cita",
}  # fmt: skip
_PHRASES: Final = {
    "related": "read-more read-also read-next you-may also-like most-read most-viewed lire-aussi zum-thema in-line "
               "inline-link internal-link link-box link-list leia-mais mas-sobre up-next",
    "newsletter": "sign-up opt-in call-to",
    "body": "post-content entry-content article-text story-text main-text post-text",
    "sidebar": "right-rail right-column",
    "summary": "sub-title sub-head sub-headline sous-titre",
    "unseen": "screen-reader sr-only",
    "caption": "img-desc image-text photo-text image-description",
}  # fmt: skip
_GROUP_BIT: Final = {name: 1 << at for at, name in enumerate(WORD_GROUPS, len(TAG_BITS))}
_PHRASE_BITS: Final = {phrase: _GROUP_BIT[name] for name, phrases in _PHRASES.items() for phrase in phrases.split()}
_WORDS = re.compile(r"[A-Z]?[a-z]{2,24}|[A-Z]{2,24}|[^\W\d_a-zA-Z]{2,24}")
MAX_ID_WORDS = 5  # an id of more is the page's headline: words of the news, not of the theme
_NAMED = ("class", "id", "role", "itemprop", "data-component", "data-testid", "data-type", "aria-label")
HIDDEN_BIT: Final = len(TAG_BITS) + len(WORD_GROUPS)  # style or attribute says that it is not shown
MASK_BITS: Final = HIDDEN_BIT + 1
_TAG_BIT: Final = {tag: 1 << at for at, tag in enumerate(TAG_BITS)}


def bit_mask(names: Iterable[str]) -> int:
    """Return the bits of tags and word groups of these names; some names are both."""
    wanted = set(names)
    return sum(1 << at for at, name in enumerate([*TAG_BITS, *WORD_GROUPS]) if name in wanted)


def tag_mask(tags: Iterable[str]) -> int:
    """Return the bits of tags alone."""
    return sum(_TAG_BIT[tag] for tag in tags)


def _group_set() -> re2.Set:
    found = re2.Set.SearchSet()
    for pattern in WORD_GROUPS.values():
        found.Add(pattern)
    found.Compile()
    return found


_GROUPS = _group_set()  # all groups in one pass


@lru_cache(maxsize=65_536)
def _word_bits(word: str) -> int:
    return sum(1 << at + len(TAG_BITS) for at in _GROUPS.Match(word) or ())


@lru_cache(maxsize=16_384)
def _bits(named: str) -> int:
    bits = 0
    before = ""
    for word in map(str.lower, _WORDS.findall(named)):
        bits |= _word_bits(word) | _PHRASE_BITS.get(f"{before}-{word}", 0)
        before = word
    return bits


def element_bits(tag: str, said: Mapping[str, str | None]) -> int:
    """Return the bits of an element: its tag, the words of its names, and whether it is styled away."""
    named = [(name, value[:200]) for name in _NAMED if (value := said.get(name))]
    bits = _TAG_BIT.get(tag, 0) | _bits(" ".join(value for name, value in named if name != "id" or _is_name(value)))
    return bits | 1 << HIDDEN_BIT if is_hidden(said) else bits


@lru_cache(maxsize=4096)
def _is_name(written: str) -> bool:
    """Whether an id names what the element is for; others are made of a headline's words."""
    return len(_WORDS.findall(written)) <= MAX_ID_WORDS


def plain_bits(tag: str, classes: str | None) -> int:
    """Return the bits of an element that has no attribute but its class: three of four elements."""
    bits = _TAG_BIT.get(tag, 0)
    return bits | _bits(classes[:200]) if classes else bits
