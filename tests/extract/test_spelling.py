from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from extract.spelling import near, spellings


def test_an_address_has_its_percent_encoded_and_its_bare_spelling() -> None:
    bare, encoded = "https://münchen.example/über?q=é", "https://xn--mnchen-3ya.example/%C3%BCber?q=%C3%A9"
    assert spellings(bare) == (bare, encoded)
    assert spellings(encoded) == (encoded, "https://xn--mnchen-3ya.example/über?q=é")
    half = "https://a.example/%c3%bcber-é"
    assert spellings(half) == (half, "https://a.example/%c3%bcber-%C3%A9", "https://a.example/über-é")
    plain = "https://a.example/a%20b/%2F?c=%FF"  # no letters: what the bytes mean, its site alone knows
    assert spellings(plain) == (plain,)


@given(st.text())
def test_no_path_is_too_odd(path: str) -> None:
    url = f"https://a.example/{path}"
    assert spellings(url)[0] == url


def test_near_an_address_are_its_slash_and_scheme() -> None:
    assert near("https://a.example/b?c=d") == (
        "https://a.example/b/?c=d", "http://a.example/b?c=d", "http://a.example/b/?c=d",
    )  # fmt: skip
    assert near("http://a.example/b/")[0] == "http://a.example/b"
