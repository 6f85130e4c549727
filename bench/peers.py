"""Other extractors, each as its users call it. Runs in the peers' environment, trafilatura also in ours.

Libraries that want characters get the page decoded by `_decoded`; that is part of their time.
"""

from __future__ import annotations

from functools import partial

from bench.reading import Reader, Reading, StoredPage, page_by_page, serve


def trafilatura(*, fast: bool = False, favor_precision: bool = False, favor_recall: bool = False) -> Reader:
    """With metadata and without readers' comments, as Broadsheet reads."""
    from trafilatura import bare_extraction  # noqa: PLC0415 - each peer is loaded when it is asked for
    from trafilatura.settings import Document  # noqa: PLC0415

    def read(page: StoredPage) -> Reading:
        found = bare_extraction(
            page.body,
            url=page.url,
            fast=fast,
            favor_precision=favor_precision,
            favor_recall=favor_recall,
            include_comments=False,
            with_metadata=True,
        )
        if not isinstance(found, Document):
            return Reading(failure="no document")
        authors = tuple(name.strip() for name in (found.author or "").split(";") if name.strip())
        return Reading(found.text or "", found.title, authors, found.date)

    return read


def resiliparse() -> Reader:
    """Its main-content reader; it gives no metadata."""
    from resiliparse.extract.html2text import extract_plain_text  # noqa: PLC0415
    from resiliparse.parse.html import HTMLTree  # noqa: PLC0415

    def read(page: StoredPage) -> Reading:
        tree = HTMLTree.parse(_decoded(page.body))
        return Reading(extract_plain_text(tree, main_content=True, alt_texts=False, list_bullets=False, comments=False))

    return read


def newspaper4k() -> Reader:
    """The page is given, nothing is downloaded."""
    from newspaper import Article  # noqa: PLC0415

    _need_no_sentences()

    def read(page: StoredPage) -> Reading:
        article = Article(page.url, fetch_images=False)
        article.download(input_html=_decoded(page.body))
        article.parse()
        return Reading(article.text or "", article.title, tuple(article.authors), _iso(article.publish_date))

    return read


def readability_lxml() -> Reader:
    """Its summary is HTML; html-text makes it text."""
    from html_text import extract_text  # noqa: PLC0415
    from readability import Document  # noqa: PLC0415

    def read(page: StoredPage) -> Reading:
        document = Document(_decoded(page.body))
        return Reading(extract_text(document.summary(html_partial=True)), document.short_title())

    return read


def justext() -> Reader:
    """With the stop words of all its languages and the thresholds of trafilatura's own benchmark; no metadata."""
    from justext import get_stoplist, get_stoplists  # noqa: PLC0415
    from justext import justext as classify  # noqa: PLC0415

    classify = partial(
        classify,
        stoplist=frozenset().union(*map(get_stoplist, get_stoplists())),
        length_low=50,
        length_high=200,
        stopwords_low=0.1,
        stopwords_high=0.2,
        max_link_density=0.2,
        no_headings=True,
    )

    def read(page: StoredPage) -> Reading:
        found = classify(_decoded(page.body))
        return Reading("\n".join(paragraph.text for paragraph in found if not paragraph.is_boilerplate))

    return read


def news_please() -> Reader:
    """It joins several extractors; of interest for its metadata."""
    from newsplease import NewsPlease  # noqa: PLC0415

    _need_no_sentences()

    def read(page: StoredPage) -> Reading:
        article = NewsPlease.from_html(_decoded(page.body), url=page.url, fetch_images=False)
        return Reading(article.maintext or "", article.title, tuple(article.authors or ()), _iso(article.date_publish))

    return read


def _need_no_sentences() -> None:
    """Let newspaper4k split Korean into words without NLTK's sentence data, which no package registry has."""
    import nltk  # noqa: PLC0415

    nltk.word_tokenize = partial(nltk.word_tokenize, preserve_line=True)


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        from resiliparse.parse.encoding import bytes_to_str, detect_encoding  # noqa: PLC0415

        return str(bytes_to_str(body, detect_encoding(body) or "utf-8"))


def _iso(moment: object) -> str | None:
    return str(moment) if moment else None


BASE = "trafilatura"  # what everything is compared with
TRAFILATURA = {
    BASE: page_by_page(trafilatura),
    "trafilatura fast": page_by_page(partial(trafilatura, fast=True)),
    "trafilatura precision": page_by_page(partial(trafilatura, favor_precision=True)),
    "trafilatura recall": page_by_page(partial(trafilatura, favor_recall=True)),
}
PEERS = {
    "resiliparse": page_by_page(resiliparse),
    "newspaper4k": page_by_page(newspaper4k),
    "readability-lxml": page_by_page(readability_lxml),
    "justext": page_by_page(justext),
    "news-please": page_by_page(news_please),
}

NOTHING_SAID = {  # metadata that a system has no means to give: nothing to score
    "resiliparse": ("title", "date", "authors"),
    "readability-lxml": ("date", "authors"),
    "justext": ("title", "date", "authors"),
}

if __name__ == "__main__":
    serve(PEERS)
