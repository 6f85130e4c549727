from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.url import MAX_URL_CHARS, article_id, normalise_url


@pytest.mark.parametrize(
    ("given_url", "normal"),
    [
        ("HTTPS://News.Example/A/B?x=1#top", "https://news.example/A/B?x=1"),
        ("http://n.example/a?utm_source=x&id=7&fbclid=q", "http://n.example/a?id=7"),
        ("http://n.example/a?utm_source=x", "http://n.example/a"),
        ("http://n.example/a?b=%C3%A9&A=&b=2", "http://n.example/a?b=%C3%A9&A=&b=2"),
        ("http://n.example:8080", "http://n.example:8080"),
        ("http://n.example/a?utm=keep&autm_source=keep", "http://n.example/a?utm=keep&autm_source=keep"),
    ],
)
def test_only_case_of_host_fragment_and_tracking_parameters_change(given_url: str, normal: str) -> None:
    assert normalise_url(given_url) == normal


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "gopher://a/", "javascript:alert(1)", "/relative", "http://", "http://a b/", "http://u:p@h/", "http://h:99999/",
     "http://[::1", "http://h/\n", "http://h/\x00", "", "http://h/" + "a" * MAX_URL_CHARS],
)  # fmt: skip
def test_what_is_no_http_url_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        normalise_url(url + "x" if url.endswith(("\n", "\x00")) else url)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing(text: str) -> None:
    try:
        once = normalise_url(f"http://n.example/{text}")
    except ValueError:
        return
    assert normalise_url(once) == once


def test_an_article_id_is_sixteen_hex_digits_of_the_urls_sha256() -> None:
    assert article_id("https://news.example/a") == "95bbca1f9b4bae7d"  # printf %s URL | sha256sum | cut -c1-16
