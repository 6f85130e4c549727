"""Pages in our own words for the tests of extract/."""

from __future__ import annotations

from datetime import UTC, datetime

from extract.capture import Capture, Hints

CAPTURED_AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PARAGRAPHS = (
    "The harbour bridge reopened on Tuesday after eleven weeks of repairs, and the first lorries crossed before sunrise.",
    "Engineers replaced forty-two bearings under the deck, which had cracked during the dry summer of the previous year.",
    "The mayor thanked the night crews and said that tolls would stay suspended until the end of the month.",
    "Shopkeepers on the east bank had complained that trade fell by a third while the detour was in force.",
)


def news_page(
    head: str = "", body: str = "", paragraphs: tuple[str, ...] = PARAGRAPHS, title: str = "Harbour bridge reopens"
) -> bytes:
    """Return a page with an article of `paragraphs`, navigation and a footer."""
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f"<!doctype html><html lang='en-GB'><head><meta charset='utf-8'><title>{title} | The Port Courier</title>{head}</head><body>"
        f"<nav><a href='/'>Home</a> <a href='/harbour/'>Harbour</a></nav><article><h1>{title}</h1>{body}{text}</article>"
        "<footer><p>© The Port Courier</p></footer></body></html>"
    ).encode()


def capture(
    body: bytes, url: str = "https://courier.example/harbour/bridge", *, final_url: str | None = None, status: int = 200,
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html"),), hints: Hints = Hints(),
) -> Capture:  # fmt: skip
    """Return a capture of `body`, made at CAPTURED_AT."""
    return Capture("courier", url, final_url or url, status, headers, body, CAPTURED_AT, hints)
