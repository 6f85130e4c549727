from __future__ import annotations

from collections import Counter

import pytest

from extract.address import Address, read_address
from extract.article import Article
from extract.capture import Capture
from extract.dom import parse_html, text_inside
from extract.encoding import decode_text
from extract.kind import judge_page, read_signals
from extract.metadata import read_metadata
from extract.read import read_article
from extract.rejection import Reason
from tests.extract.corpus import stored_body, stored_gold, stored_index
from tests.extract.page import PARAGRAPHS, capture, news_page
from tests.extract.pages.making import ARTICLES, KEPT_BACK, OTHERS, THEMES, LabelledPage, labelled_pages, make_page

LONG = PARAGRAPHS * 4
TEXT = "\n".join(PARAGRAPHS)
RELATED = "".join(
    f"<li><h3><a href='/city/{number}-a-story-about-something-else'>A story about something else, number {number}</a></h3></li>"
    for number in range(40)
)
HEADLINES = f"<ul>{RELATED}</ul>"
NOT_FREE = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "x", "isAccessibleForFree": false}</script>'
LOGIN = "<form><input type='email' name='email'><input type='password' name='password'></form>"


def rejection(given: Capture, text: str = TEXT) -> tuple[Reason, str] | None:
    """Return what judge_page says of a page whose body was read as `text`."""
    root = parse_html(decode_text(given.body, given.header("Content-Type"))).root
    return judge_page(read_signals(root, given, read_metadata(root, given), text))


def reason(given: Capture, text: str = TEXT) -> Reason | None:
    found = rejection(given, text)
    return found[0] if found else None


def is_read(page: LabelledPage) -> bool:
    return isinstance(read_article(capture(page.html.encode(), page.url)), Article)


@pytest.mark.parametrize("themes", [THEMES, KEPT_BACK], ids=["themes", "kept back"])
def test_pages_that_are_no_article_are_rejected_and_articles_are_not(themes: dict[str, tuple[str, str]]) -> None:
    pages = list(labelled_pages(themes))
    articles = [page for page in pages if page.article]
    others = [page for page in pages if not page.article]
    assert min(len(articles), len(others)) >= 100
    lost = Counter(page.kind for page in articles if not is_read(page))
    kept = Counter(page.kind for page in others if is_read(page))
    assert lost.total() < 0.01 * len(articles), lost
    assert kept.total() <= 0.05 * len(others), kept


def test_the_labelled_pages_are_the_same_each_time_and_differ_from_each_other() -> None:
    pages = list(labelled_pages(KEPT_BACK))
    assert pages == list(labelled_pages(KEPT_BACK))
    assert len({page.html for page in pages}) == len(pages)
    assert {page.kind for page in pages} == {*OTHERS, *ARTICLES}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        *((kind, Reason.NOT_AN_ARTICLE) for kind in OTHERS if kind not in {"consent", "paywall", "error"}),
        ("consent", Reason.CONSENT_WALL),
        ("paywall", Reason.PAYWALL_STUB),
        ("error", Reason.NOT_FOUND),
    ],
)
def test_each_kind_of_page_has_its_reason(kind: str, expected: Reason) -> None:
    page = make_page("arc", "fr", kind, THEMES["arc"][1])
    text = "\n".join(line for line in _lines(page) if len(line) > 25)
    found = rejection(capture(page.html.encode(), page.url), text)
    assert found is not None
    assert found[0] == expected
    assert found[1]
    assert "\n" not in found[1]


def _lines(page: LabelledPage) -> list[str]:
    root = parse_html(page.html).root
    return [" ".join(text_inside(element).split()) for element in root.css("p,h1,h2,h4,li,figcaption")]


@pytest.mark.parametrize(
    "title",
    [
        "404", "404 Not Found", "Error 404 – Page not found", "Sorry, the page you requested could not be found",
        "Seite nicht gefunden", "Page introuvable", "Cette page n’existe plus", "Página no encontrada", "Pagina non trovata",
        "Página não encontrada", "Pagina niet gevonden", "Sidan kunde inte hittas", "Siden blev ikke fundet", "Fant ikke siden",
        "Sivua ei löytynyt", "Nie znaleziono strony", "Stránka nebyla nalezena", "Sayfa bulunamadı", "Страница не найдена",
        "Сторінку не знайдено", "الصفحة غير موجودة", "页面不存在", "お探しのページは見つかりません", "페이지를 찾을 수 없습니다", "पेज नहीं मिला",
        "Halaman tidak ditemukan",
    ],
)  # fmt: skip
def test_an_error_that_answers_200_is_not_found(title: str) -> None:
    page = news_page(title=title, paragraphs=("Perhaps it has moved. " * 7,), body=HEADLINES)
    assert reason(capture(page), "Perhaps it has moved. " * 7) == Reason.NOT_FOUND


@pytest.mark.parametrize("title", ["404 houses without power", "Page not found in the archive, say nuns", "The page"])
def test_a_headline_about_an_error_is_no_error(title: str) -> None:
    assert reason(capture(news_page(title=title, paragraphs=LONG)), "\n".join(LONG)) is None


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Before you continue", "We and our 90 partners use cookies on your device.\nYou can accept all or manage choices."),
        ("Datenschutz", "Wir und unsere Partner speichern Cookies.\nMit „Zustimmen und weiter“ willigen Sie ein, oder ohne Werbung."),
        ("Vos données", "Nous et nos partenaires utilisons des cookies.\nVous pouvez tout accepter ou donner votre consentement."),
    ],
)  # fmt: skip
def test_a_dialogue_that_asks_for_consent_is_a_wall(title: str, text: str) -> None:
    page = capture(news_page(title=title, paragraphs=tuple(text.splitlines())))
    assert reason(page, text) == Reason.CONSENT_WALL


def test_an_article_about_cookies_is_no_wall() -> None:
    text = "\n".join(
        (*PARAGRAPHS, "The bill would let readers refuse cookies with one click, said the minister on Monday.")
    )
    assert reason(capture(news_page(title="Minister wants fewer cookie banners")), text) is None


def test_what_stands_before_a_paywall_is_a_stub() -> None:
    cut = f"{PARAGRAPHS[0]}\nEngineers replaced forty-two bearings under the deck, which had cra…"
    assert reason(capture(news_page(NOT_FREE)), cut) == Reason.PAYWALL_STUB
    assert reason(capture(news_page(NOT_FREE)), PARAGRAPHS[0]) == Reason.PAYWALL_STUB
    asked = f"{PARAGRAPHS[0]}\nSubscribe to continue reading"
    assert reason(capture(news_page()), asked) == Reason.PAYWALL_STUB
    below = news_page(paragraphs=tuple(cut.splitlines()), body="").replace(
        b"</article>", b"<b>Already a subscriber?</b></article>"
    )
    assert reason(capture(below), cut) == Reason.PAYWALL_STUB


def test_an_article_that_is_read_whole_is_no_stub() -> None:
    whole = "\n".join(LONG)
    assert reason(capture(news_page(NOT_FREE, paragraphs=LONG)), whole) is None
    prompt = news_page().replace(b"</article>", b"</article><b>Already a subscriber?</b>")
    assert reason(capture(prompt)) is None  # a brief that ends with its sentence, beside the site's standing prompt


def test_a_login_form_that_answers_for_an_article_is_a_stub() -> None:
    page = news_page(title="Sign in", body=LOGIN)
    assert reason(capture(page, url="https://courier.example/account/login")) == Reason.NOT_AN_ARTICLE
    asked = capture(page, url="https://courier.example/harbour/bridge", final_url="https://courier.example/login")
    assert reason(asked) == Reason.PAYWALL_STUB


def test_a_login_window_on_each_page_does_not_make_articles_forms() -> None:
    assert reason(capture(news_page(body=LOGIN))) is None


@pytest.mark.parametrize("title", ["Just a moment...", "Access denied", "Are you a robot?"])
def test_a_check_for_robots_is_blocked(title: str) -> None:
    assert reason(capture(news_page(title=title)), "Checking your browser before you go on. " * 4) == Reason.BLOCKED


@pytest.mark.parametrize(
    ("title", "url"),
    [
        ("Privacy policy", "https://courier.example/privacy-policy"),
        ("Impressum", "https://courier.example/impressum.html"),
        ("Qui sommes-nous ?", "https://courier.example/a-propos"),
        ("About us", "https://courier.example/info/17"),
        ("The paper and the people who make it", "https://courier.example/about-us/"),
    ],
)
def test_a_page_about_the_site_is_no_article_however_long(title: str, url: str) -> None:
    assert reason(capture(news_page(title=title, paragraphs=LONG), url), "\n".join(LONG)) == Reason.NOT_AN_ARTICLE


@pytest.mark.parametrize(
    "url",
    [
        "https://courier.example/?p=4711",
        "https://bridge.courier.example/",
        "https://courier.example/bridge",
        "https://courier.example/index.php?id=20815",
        "https://courier.example/tag/x/harbour-bridge-reopens-after-eleven-weeks",
        "https://courier.example/video/harbour-bridge-reopens-after-eleven-weeks",
        "https://courier.example/shop/harbour-bridge-reopens-after-eleven-weeks",
    ],
)
def test_a_long_article_stays_whatever_its_address(url: str) -> None:
    assert reason(capture(news_page(paragraphs=LONG, body=HEADLINES), url), "\n".join(LONG)) is None


def test_a_brief_among_forty_headlines_stays() -> None:
    brief = PARAGRAPHS[0] + " No one was hurt."
    page = news_page(paragraphs=(brief,)).replace(b"</article>", f"</article>{HEADLINES}".encode())
    assert reason(capture(page, "https://courier.example/city/harbour-bridge-reopens-after-repairs"), brief) is None


def test_the_same_headlines_without_a_brief_are_a_front() -> None:
    text = "\n".join(f"A story about something else, number {number}" for number in range(40))
    page = capture(news_page(title="The Port Courier", paragraphs=(), body=HEADLINES), "https://courier.example/")
    found = rejection(page, text)
    assert found is not None
    assert found[1].startswith("a front: 40 headlines linked, at most 0 characters")


def test_posts_in_full_are_a_list_and_one_of_them_is_an_article() -> None:
    post = "<h2><a href='/city/{0}-story'>A story of the city, number {0}</a></h2>" + "".join(
        f"<p>{{0}} {p}</p>" for p in LONG
    )
    blog = "".join(post.format(number) for number in range(4))
    text = "\n".join(f"{number} {paragraph}" for number in range(4) for paragraph in LONG)
    page = news_page(title="City", paragraphs=(), body=blog)
    assert reason(capture(page, "https://courier.example/"), text) == Reason.NOT_AN_ARTICLE
    assert (
        reason(capture(news_page(title="City", paragraphs=LONG), "https://courier.example/"), "\n".join(LONG)) is None
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/", Address.FRONT),
        ("https://a.example/en/", Address.FRONT),
        ("https://a.example/index.html", Address.FRONT),
        ("https://a.example/page/3/", Address.LIST),
        ("https://a.example/tag/harbour/", Address.LIST),
        ("https://a.example/de/autor/ida-f/seite/2", Address.LIST),
        ("https://a.example/?s=harbour", Address.LIST),
        ("https://a.example/politics", Address.SECTION),
        ("https://a.example/world/europe/", Address.SECTION),
        ("https://a.example/suche?q=harbour", Address.LIST),
        ("https://a.example/2026/11/21/", Address.LIST),
        ("https://a.example/822", Address.SECTION),
        ("https://a.example/?p=12", Address.ARTICLE),
        ("https://a.example/harbour-bridge-reopens-again?page=2&tag=x", Address.ARTICLE),
        ("https://a.example/archives/20815", Address.ARTICLE),
        ("https://a.example/2026/11/21/bridge/", Address.ARTICLE),
        ("https://a.example/harbour-bridge-reopens-again", Address.ARTICLE),
        ("https://a.example/news/2026112100123.html", Address.ARTICLE),
    ],
)
def test_an_address_says_what_it_looks_like(url: str, expected: Address) -> None:
    assert read_address(url)[0] == expected


def test_judging_leaves_the_tree_as_it_is() -> None:
    page = capture(news_page(body=HEADLINES + LOGIN))
    root = parse_html(page.body.decode()).root
    before = root.html
    judge_page(read_signals(root, page, read_metadata(root, page), TEXT))
    assert root.html == before


@pytest.mark.parametrize(
    "html",
    [
        "<a href='/x-y-z-a'>" * 50_000,
        "<h1>not found" * 50_000,
        "<div><span>404 " * 50_000,
        "<object><p>" * 1_900 + "<br></q>" * 100_000 + "x" * 1_000_000,
        "<p>" + "€ 1 11 11 11 " * 40_000,
        f"<title>{'a ' * 200_000}</title><p>{'b ' * 200_000}",
    ],
)
def test_hostile_pages_are_judged(html: str) -> None:
    html = f"<!doctype html><html class='{'404 ' * 100_000}'><body>{html}</body></html>"
    page = capture(html.encode(), "https://courier.example/shop/" + "a-" * 900)
    for text in ("", "x" * 500, "1 11 " * 300, "y\n" * 50_000):
        rejection(page, text)


def test_real_articles_are_not_rejected() -> None:
    """Judged with the text that a reader keeps of them; two of the news pages are stubs before a paywall."""
    golds = [(page, stored_gold(page)) for page in stored_index()]
    given = [(page, "\n".join(gold["gold_text"])) for page, gold in golds if gold.get("gold_text")]
    refused = []
    for page, text in given:
        body = stored_body(page)
        if found := rejection(capture(body, page["url"]), text):
            refused.append((page["url"], found))
    assert len(refused) < 0.015 * len(given), refused
