"""What the body model sees of each block: numbers only, all from the page itself. Shapes: (blocks, features)."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import re2
from numpy.typing import NDArray

from extract.blocks import MASK_BITS, TAG_BITS, WORD_GROUPS, Block, BlockTree

Floats = NDArray[np.float32]

# What a short line says of itself, in the main languages of news. One signal among many, and the reason given when
# the model drops the line.
PHRASES: Final = {
    "related": (
        r"^(?:\W*)(?:read (?:more|also|next|the full|our)|more (?:on|from|about|news|stories)|see also|"
        r"also read|related|you (?:may|might) (?:also )?(?:like|be interested)|recommended|don'?t miss|"
        r"trending|most (?:read|popular)|continue reading|up next|watch(?: also| now| more)?:|in pictures|"
        r"lire (?:aussi|la suite|plus)|à lire|voir aussi|sur le même|lee (?:también|más|además)|leer más|"
        r"te puede interesar|más (?:sobre|información|noticias)|noticias? relacionad|le(?:ia|r) (?:mais|"
        r"também|tamb)|saiba mais|veja (?:também|mais)|mehr (?:zum|zu|von|lesen)|lesen sie|lies auch|"
        r"weitere |zum thema|auch interessant|leggi anche|per approfondire|potrebbe interessarti|"
        r"lees (?:ook|meer|verder)|meer over|läs (?:mer|också|även)|les (?:også|mer|mere)|læs (?:også|mere)|"
        r"lue (?:myös|lisää)|czytaj (?:też|także|więcej|również)|zobacz (?:też|także|również)|přečtěte|"
        r"čtěte|olvass|kapcsolódó|citeste|citește|devamını|ayrıca|ilgili haber|читайте|читать|смотрите|"
        r"ещё по теме|еще по теме|по теме|по темі|اقرأ|إقرأ|相关|相關|延伸閱讀|関連|あわせて読|관련|baca (?:juga|"
        r"selengkapnya)|simak|xem thêm|أخبار)"
    ),
    "newsletter": (
        r"newsletter|sign up|subscribe|subscription|your inbox|abonn|suscr[ií]|inscri(?:vez|re|va)|"
        r"s'abonner|iscriviti|assine|nieuwsbrief|nyhetsbrev|nyhedsbrev|uutiskirje|biuletyn|odběr|подпис|"
        r"подпиш|підпис|اشترك|订阅|訂閱|購読|구독|berlangganan|push notif|get (?:the|our) (?:latest|best|daily|"
        r"free)|download (?:the|our) app|join (?:us|our)|telegram|whatsapp|google news|unsere app|delivered"
    ),
    "comment": (
        r"\bcomments?\b|leave a reply|your email address will not|required fields|log in to|kommentar|"
        r"commentaire|comentario|comentário|commenti|reacties|komment|комментар|коментар|تعليق|评论|留言|コメント|"
        r"댓글|join the (?:conversation|discussion)"
    ),
    "share": (
        r"^(?:share|teilen|partager|compartir|compartilh|condividi|delen|dela|del|jaa|udostępnij|sdílet|"
        r"paylaş|поделиться|поділитися|شارك|分享|シェア|공유|bagikan|tweet|facebook|twitter|whatsapp|email|e-mail|"
        r"print|copy link|follow)\b|share (?:this|on|via|article)|follow (?:us|me|@)|tweet"
    ),
    "caption": (
        r"^(?:photo|image|picture|foto|bild|imagen|video|file|archiv|grafik|graphic|source|quelle|fuente|"
        r"credit|fotografía|zdroj|fot\.|kép|写真|사진|图|圖|фото)\b.{0,3}[:/©(]|\b(?:getty|reuters|afp|epa|dpa|"
        r"shutterstock|istock|imago|alamy|ap photo|unsplash|pixabay|picture alliance|pa wire|"
        r"anadolu)\b.{0,40}$|courtesy of|\((?:photo|foto|image|bild|ap|afp|reuters)"
    ),
    "copyright": (
        r"©|\(c\) ?\d{4}|copyright|all rights reserved|alle rechte|tous droits|derechos reservados|"
        r"direitos reservados|riproduzione riservata|toate drepturile|wszelkie prawa|все права|版权|版權|転載|"
        r"무단 전재|reproduction"
    ),
    "byline": (
        r"^(?:by|von|par|por|di|da|door|av|af|tekst|text|autor(?:e|a)?|auteur|author|writer|written by|"
        r"words by|reporting by|additional reporting|yazan|автор)\b[: ].{2,80}$|correspondent|\beditor\b|"
        r"reporter|\bis a (?:\w+ )?(?:writer|journalist|author|reporter|columnist|freelance|professor|"
        r"researcher)|follow (?:him|her|them) on|journaliste|redakt|periodista|jornalista"
    ),
    "paywall": (
        r"subscribers? only|for subscribers|already (?:a )?(?:subscriber|member)|log ?in\b|sign in|register|"
        r"premium|unlock|paywall|free trial|réservé aux abonnés|exklusiv für|nur für abonnenten|"
        r"solo (?:para )?suscriptores|jetzt testen|create (?:an )?account|my account"
    ),
    "ad": (
        r"^\W*(?:advert\w*|sponsored|anzeige|werbung|publicit\w+|publicidad\w*|pubblicità|annonce\w*|"
        r"reklam\w*|реклама|إعلان|广告|廣告|広告|광고|iklan|story continues below|continua dopo la pubblicità|"
        r"article continues)|affiliate|commission|promo code|coupon"
    ),
    "consent": (
        r"cookie|privacy policy|terms of (?:use|service)|datenschutz|consent|gdpr|we use |third[- ]party|"
        r"vie privée|privacidad"
    ),
    "date": (
        r"^\W*(?:published|updated|posted|last (?:updated|modified)|first published|stand|aktualisiert|"
        r"veröffentlicht|publié|mis à jour|publicado|actualizado|atualizado|pubblicato|aggiornato|"
        r"gepubliceerd|publicerad|uppdaterad|oppdatert|publisert|opublikowano|дата|опубликовано|tarih|"
        r"filed under)\b|^\W*(?:\w{3,9}\.?,? )?\d{1,2}[./ -](?:\d{1,2}|\w{3,9})\.?,?[./ -]\d{2,4}|"
        r"^\W*\w{3,9}\.? \d{1,2},? \d{4}|^\W*\d{4}[-/年.]\d{1,2}[-/月.]\d{1,2}|^\d{1,2}:\d{2}|\bago\b|"
        r"\bmin(?:ute)?s? (?:read|lesezeit)|lesezeit|read time"
    ),
    "counter": (
        r"^\W*[\d.,]+ ?[km]? ?(?:views?|shares?|comments?|likes?|reads?|votes?|vistas|visualizações|aufrufe|"
        r"просмотр\w*)?\W*$"
    ),
    "navigation": (
        r"^\W*(?:home|top of page|bottom of page|back to top|skip to|menu|search|close|next|previous|prev|"
        r"older|newer|page \d|toggle|show more|load more|view all|see all|click here|nach oben|"
        r"zum seitenanfang|retour|accueil|inicio|volver|scroll|tags?|topics?|categor\w+|filed under|"
        r"posted in|etiquetas|schlagw|themen|mots-clés)\b|[>›»/] ?\w+ ?[>›»/]"
    ),
    "agency": (
        r"^\(?(?:afp|ap|reuters|dpa|ansa|efe|apa|tass|pti|ani|upi|xinhua|kyodo|yonhap|anp|belga|sda|lusa|"
        r"mti|čtk|pap|ritzau|ntb|tt)\)?[.)]?$|^[a-zä-ü]{2,4}(?:/[a-zä-ü]{2,8}){1,4}(?:\s*\(.{2,30}\))?$|"
        r"^\([^()]{2,40}\)$|^-?[A-Z]{2,4}-?$"
    ),
    "player": (
        r"javascript|your browser|browser does not|enable|audio|podcast|listen to|play video|watch live|"
        r"video (?:player|unavailable)|this video|loading|content is not available|externe[rn]? inhalt|"
        r"click to (?:play|view)|swipe|tap to|view gallery|slideshow"
    ),
    "correction": (
        r"^\W*(?:correction|corrected|clarification|editor'?s note|update|note|korrektur|anmerkung|"
        r"correctif|rectificación|fe de errat|nota d|errata|rättelse|this (?:article|story) (?:was|"
        r"has been) (?:amended|updated|corrected))"
    ),
}  # fmt: skip


def _phrase_set() -> re2.Set:
    options = re2.Options()
    options.case_sensitive = False
    options.max_mem = 64 << 20
    found = re2.Set.SearchSet(options)
    for pattern in PHRASES.values():
        found.Add(pattern)
    found.Compile()
    return found


_PHRASES = _phrase_set()  # all patterns in one pass, in time linear in the text
_DENSE = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_TOKENS = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|[^\\W_\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+")
_TERMINAL = (".", "!", "?", "…", "。", "！", "？", "”", '"', "»", "’", "“", "؟", "।", "」")
_TAGS = ("p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "td", "tr", "blockquote", "figcaption", "pre", "section",
         "article", "dt", "dd", "header", "footer", "aside", "form", "button", "body")  # fmt: skip
_TAG_NUMBER = {tag: at for at, tag in enumerate(_TAGS)}
_OUTSIDE = sum(1 << TAG_BITS.index(tag) for tag in ("nav", "footer", "form", "button", "dialog"))
_UPPER, _DIGIT, _SYMBOL = re.compile("[A-ZÀ-ÞА-Я]"), re.compile(r"\d"), re.compile("[|»›•→►©]")
_SHORT = 300  # characters of a block that its phrases are looked for in
_LONG = 600  # a block of more says nothing in phrases
_SAMPLE = 120  # characters whose capitals, digits and symbols are counted
_CLEAR = 15  # a text of fewer characters is found anywhere by chance
MAX_HOPELESS_CHARS = 200
LEVELS = 4  # containers above a block that are looked at


@dataclass(frozen=True, slots=True)
class Signals:
    """What else is known of a page when its blocks are judged.

    `votes`: the lines of trafilatura's reading; `headlines`, `standfirst`: what the metadata say;
    `article_body`: JSON-LD's, "" when there is none.
    """

    votes: tuple[str, ...] = ()
    headlines: tuple[str, ...] = ()
    standfirst: tuple[str, ...] = ()
    article_body: str = ""


def tokens(text: str) -> list[str]:
    """Return the case-folded words of a text; in scripts without blanks each character is one."""
    return _TOKENS.findall(text.casefold())


def squeeze(text: str) -> str:
    """Return the letters and digits of a text alone, case-folded: equal for lines that read the same."""
    return " ".join(_TOKENS.findall(text.casefold()))


def vote_shares(squeezed: list[str], votes: tuple[str, ...]) -> list[float]:
    """Return for each block how much of it is in the other reader's lines, 0 to 1."""
    lines = {squeeze(line) for line in votes}
    joined = "\x00".join(["", *lines, ""])
    shares = []
    known: set[tuple[str, ...]] | None = None
    for text in squeezed:
        if not text:
            shares.append(0.0)
        elif text in lines:
            shares.append(1.0)
        elif len(text) > 24 and text in joined:
            shares.append(0.95)
        elif len(text) > 60:
            if known is None:
                known = {gram for line in lines for gram in _grams(line.split())}
            grams = _grams(text.split())
            shares.append(0.9 * sum(gram in known for gram in grams) / len(grams))
        else:
            shares.append(0.0)
    return shares


def _grams(words: list[str]) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + 4]) for at in range(max(1, len(words) - 3))]


def _overlap(words: set[str], others: list[set[str]]) -> float:
    """Return the largest Jaccard similarity of a block's words to one of the titles'."""
    return max((len(words & other) / len(words | other) for other in others if other), default=0.0)


_RAW = (
    "chars", "link_share", "vote", "tag", "words", "word_chars", "links", "strong_share", "breaks", "terminal",
    "colon", "ellipsis", "starts_lower", "starts_quote", "upper_share", "digit_share", "punctuation", "commas",
    "question", "dense", "symbol", "title", "title_in", "summary", "summary_in", "in_body", "depth", "repeat",
    "at_sign",
)  # fmt: skip
_CHEAP = 4  # of them are known of every block, the others of candidates only


def _size(text: str) -> float:
    """Return the characters of a text; one of a script without blanks says as much as two and a half others."""
    return len(text) if text.isascii() else len(text) + 1.5 * len(_DENSE.findall(text))


def _raw(block: Block) -> list[float]:
    text = block.text
    size = len(text)
    last, first = text[-1], text[0]
    sample = text[:_SAMPLE]
    dense = _size(text) / size - 1
    count = text.count(" ") + 1
    commas = text.count(",")
    return [
        count, size / count, block.links, min(1.0, block.strong_chars / size), block.breaks, last in _TERMINAL,
        last in ":：", last == "…" or text.endswith("..."), first.islower(), first in "\"“„«‘'",
        len(_UPPER.findall(sample)) / len(sample), len(_DIGIT.findall(sample)) / len(sample), (text.count(".") +
        commas) / size, commas, text.count("?"), dense, len(_SYMBOL.findall(sample)),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Features:
    """The numbers of a page's blocks. `candidates`: which blocks are judged at all; `matrix`: a row for each of these.

    `says`: (blocks, len(PHRASES)) which phrases a candidate's short text holds; `votes`, `chars` and
    `squeezed` (texts): of every block.
    """

    candidates: NDArray[np.int64]
    matrix: Floats
    votes: Floats
    chars: Floats
    says: Floats
    squeezed: list[str]


def block_features(page: BlockTree, signals: Signals) -> Features:
    """Return the first stage's features; columns of `matrix` are NAMES.

    Not judged are blocks that trafilatura leaves out too and that are short and links, or in a navigation, footer,
    form or dialog: 70 % of all, which on the development corpus hold 0.3 % of the body's characters.
    """
    blocks = page.blocks
    count = len(blocks)
    if not count:
        none = np.zeros((0, len(NAMES)), np.float32)
        return Features(np.zeros(0, np.int64), none, none[:, 0], none[:, 0], none[:, : len(PHRASES)], [])
    squeezed = [squeeze(block.text) for block in blocks]
    cheap = np.array([
        (_size(block.text), min(1.0, block.link_chars / len(block.text)), vote,
         _TAG_NUMBER.get(page.nodes[block.node].tag, len(_TAGS)))
        for block, vote in zip(blocks, vote_shares(squeezed, signals.votes), strict=True)
    ], np.float32)  # fmt: skip
    chars, links, votes = cheap[:, 0], cheap[:, 1], cheap[:, 2]
    outside = np.array([(page.above[block.node] & _OUTSIDE) != 0 for block in blocks])
    hopeless = (votes < 0.5) & (chars < MAX_HOPELESS_CHARS) & ((links > 0.8) | outside)
    candidates = np.flatnonzero(~hopeless)
    rows, says = _candidate_rows(page, candidates.tolist(), squeezed, signals)
    context = _contexts(page, cheap)[candidates]
    matrix = np.concatenate([cheap[candidates], rows, says[candidates], context, _masks(page, candidates)], axis=1)
    return Features(candidates, matrix, votes, chars, says, squeezed)


def bare_features(page: BlockTree) -> Features:
    """Return what a profile's reading needs of each block: phrases and squeezed texts, but nothing for the forests."""
    count = len(page.blocks)
    says = np.zeros((count, len(PHRASES)), np.float32)
    for at, block in enumerate(page.blocks):
        if len(block.text) < _LONG and (said := _PHRASES.Match(block.text[:_SHORT])):
            says[at, said] = 1
    chars = np.array([len(block.text) for block in page.blocks], np.float32)
    squeezed = [squeeze(block.text) for block in page.blocks]
    return Features(
        np.arange(count), np.zeros((count, 0), np.float32), np.zeros(count, np.float32), chars, says, squeezed
    )


def _candidate_rows(
    page: BlockTree, candidates: list[int], squeezed: list[str], signals: Signals
) -> tuple[Floats, Floats]:
    titles = [squeeze(title) for title in signals.headlines]
    summaries = [squeeze(text) for text in signals.standfirst]
    title_words = [set(text.split()) for text in titles if text]
    summary_words = [set(text.split()) for text in summaries if text]
    body = squeeze(signals.article_body)
    depths = _depths(page)
    seen: dict[str, int] = {}
    rows = []
    says = np.zeros((len(squeezed), len(PHRASES)), np.float32)
    for at in candidates:
        block, text = page.blocks[at], squeezed[at]
        words = set(text.split()) if len(text) < _LONG else set()
        rows.append([
            *_raw(block),
            _overlap(words, title_words) if words else 0.0,
            float(bool(words) and any(text in title or title in text for title in titles if title)),
            _overlap(words, summary_words) if words else 0.0,
            float(len(text) > _CLEAR and any(text in one for one in summaries)),
            (float(text in body) if len(text) > _CLEAR else 0.5) if body else -1.0,
            depths[block.node], seen.get(text, 0), float("@" in block.text or "http" in block.text),
        ])  # fmt: skip
        seen[text] = seen.get(text, 0) + 1
        if len(block.text) < _LONG and (found := _PHRASES.Match(block.text[:_SHORT])):
            says[at, found] = 1
    return np.array(rows, np.float32).reshape(len(candidates), len(_RAW) - _CHEAP), says


def _depths(page: BlockTree) -> list[int]:
    depths: list[int] = []
    for parent in page.parents:
        depths.append(depths[parent] + 1 if parent >= 0 else 0)
    return depths


_CONTEXT = [
    "position", "chars_before", "from_first_vote", "to_last_vote", "voted_near", "since_vote", "until_vote",
    "since_h1", "page_chars", "page_votes", "page_blocks", "signature_blocks", "signature_chars",
    "signature_links", "signature_vote", "tag_vote", "tag_share", *(f"{name}_{shift:+d}" for shift in (-2, -1, 1,
    2) for name in ("chars", "links", "vote", "same", "tag")), *(f"{name}_up{level}" for level in range(1, LEVELS
    + 1) for name in ("chars", "links", "vote", "share", "blocks", "index")),
]  # fmt: skip


def _contexts(page: BlockTree, cheap: Floats) -> Floats:
    count = len(cheap)
    chars, links, vote, tag = cheap.T
    nodes = np.fromiter((block.node for block in page.blocks), np.int64, count)
    at = np.arange(count, dtype=np.float32)
    total = chars.sum()
    voted_chars = chars * vote
    voted_total = max(float(voted_chars.sum()), 1.0)
    voted = np.flatnonzero(vote > 0.5)
    first, last = (voted[0], voted[-1]) if len(voted) else (0, count - 1)
    since, until = _distances(voted, count)
    h1 = np.flatnonzero(tag == _TAG_NUMBER["h1"])
    since_h1 = at - h1[np.maximum(np.searchsorted(h1, at, side="right") - 1, 0)] if len(h1) else np.full(count, -500.0)
    kernel = np.ones(7, np.float32) / 7
    columns = [
        at / count, (np.cumsum(chars) - chars) / total, at - first, last - at,
        np.convolve(vote, kernel, "full")[3 : 3 + count], since, until, np.clip(since_h1, -500, 500),
        np.full(count, np.log1p(total)), np.full(count, np.log1p(voted_total)), np.full(count, np.log1p(count)),
    ]  # fmt: skip
    columns += _groups(page.alike(1), chars, links, vote)
    columns += _groups(tag.astype(np.int64).tolist(), chars, links, vote)[3:]
    columns.append(chars / total)
    columns = _neighbours(columns, nodes, chars, links, vote, tag)
    columns += _containers(page, nodes, chars, links, voted_chars, voted_total)
    return np.stack([np.asarray(column, np.float32) for column in columns], axis=1)


def _distances(marked: NDArray[np.int64], count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how many blocks ago the last marked one was, and after how many the next comes; at most 50."""
    at = np.arange(count)
    if not len(marked):
        return np.full(count, 50.0), np.full(count, 50.0)
    before = np.searchsorted(marked, at, side="right") - 1
    after = np.searchsorted(marked, at, side="left")
    since = np.where(before >= 0, at - marked[np.maximum(before, 0)], 50)
    until = np.where(after < len(marked), marked[np.minimum(after, len(marked) - 1)] - at, 50)
    return np.minimum(since, 50).astype(np.float64), np.minimum(until, 50).astype(np.float64)


def _groups(keys: Sequence[Hashable], chars: Floats, links: Floats, vote: Floats) -> list[Floats]:
    """Return of the blocks that share a key: how many, their mean size, link share and vote (weighted by size)."""
    numbers: dict[Hashable, int] = {}
    index = np.array([numbers.setdefault(key, len(numbers)) for key in keys])
    sizes = np.bincount(index)
    weight = np.maximum(np.bincount(index, chars), 1)
    return [
        np.log1p(sizes)[index], np.log1p(weight / sizes)[index], (np.bincount(index, chars * links) / weight)[index],
        (np.bincount(index, chars * vote) / weight)[index],
    ]  # fmt: skip


def _neighbours(
    columns: list[Floats], nodes: NDArray[np.int64], chars: Floats, links: Floats, vote: Floats, tag: Floats
) -> list[Floats]:
    for shift in (-2, -1, 1, 2):
        columns += [_shift(np.log1p(chars), shift), _shift(links, shift), _shift(vote, shift),
                    _shift(nodes.astype(np.float32), shift) - nodes, _shift(tag, shift)]  # fmt: skip
    return columns


def _shift(values: Floats, shift: int) -> Floats:
    out = np.full(len(values), -1, np.float32)
    if shift < 0:
        out[-shift:] = values[:shift]
    else:
        out[:-shift] = values[shift:]
    return out


def _containers(
    page: BlockTree, nodes: NDArray[np.int64], chars: Floats, links: Floats, voted: Floats, voted_total: float
) -> list[Floats]:
    """Return what the elements above each block hold: size, link share, vote, share of all votes, blocks, index."""
    starts = np.searchsorted(nodes, np.arange(len(page.nodes)))
    ends = np.searchsorted(nodes, np.asarray(page.ends))
    # blocks come in the order of their nodes only roughly (text after a child belongs to the parent): sort by node
    order = np.argsort(nodes, kind="stable")
    ranked = nodes[order]
    starts = np.searchsorted(ranked, np.arange(len(page.nodes)))
    ends = np.searchsorted(ranked, np.asarray(page.ends))
    sums = [np.concatenate([[0.0], np.cumsum(values[order])]) for values in (chars, chars * links, voted)]
    node_chars, node_links, node_voted = (one[ends] - one[starts] for one in sums)
    parents = np.asarray(page.parents)
    columns: list[Floats] = []
    at = np.arange(len(nodes))
    up = nodes
    for _ in range(LEVELS):
        up = np.where(parents[up] >= 0, parents[up], up)
        size = np.maximum(node_chars[up], 1)
        inside = ends[up] - starts[up]
        columns += [np.log1p(size), node_links[up] / size, node_voted[up] / size, node_voted[up] / voted_total,
                    np.log1p(inside), (at - starts[up]) / np.maximum(inside, 1)]  # fmt: skip
    return columns


def _masks(page: BlockTree, candidates: NDArray[np.int64]) -> Floats:
    """Return the bits of each block's element, of it and two above, and of all above, as 0 and 1."""
    nodes = [page.blocks[at].node for at in candidates.tolist()]
    own = [page.own[node] for node in nodes]
    near = [page.bits_around(node, 2) for node in nodes]
    above = [page.above[node] for node in nodes]
    stacked = np.array([own, near, above], np.int64)
    unpacked = (stacked[:, :, None] >> np.arange(MASK_BITS)) & 1
    return unpacked.transpose(1, 0, 2).reshape(len(own), -1).astype(np.float32)


_BIT_NAMES = [*(f"tag_{tag}" for tag in TAG_BITS), *WORD_GROUPS, "hidden"]
NAMES: Final = (
    *_RAW, *(f"says_{name}" for name in PHRASES), *_CONTEXT,
    *(f"{where}_{name}" for where in ("own", "near", "above") for name in _BIT_NAMES),
)  # fmt: skip
