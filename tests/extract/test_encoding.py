from __future__ import annotations

import gzip
import zlib

import pytest

from extract.encoding import (
    MAX_DECODED_BYTES,
    MAX_MEMBERS,
    BadEncodingError,
    decode_head,
    decode_payload,
    decode_text,
    text_in_utf8,
)


def test_gzip_deflate_and_both_in_a_row_are_undone() -> None:
    data = b"<p>harbour</p>" * 100
    raw = zlib.compressobj(wbits=-15)
    assert decode_payload(gzip.compress(data), "gzip") == data
    assert decode_payload(zlib.compress(data), "deflate") == data
    assert decode_payload(raw.compress(data) + raw.flush(), "deflate") == data
    assert decode_payload(gzip.compress(zlib.compress(data)), "deflate, gzip") == data
    assert decode_payload(gzip.compress(data[:7]) + gzip.compress(data[7:]), "x-gzip") == data
    assert decode_payload(data, None) == data
    assert decode_payload(data, "identity") == data


@pytest.mark.parametrize(
    ("payload", "coding", "message"),
    [
        (gzip.compress(b"\0" * (MAX_DECODED_BYTES + 1)), "gzip", "inflates beyond"),
        (gzip.compress(b"harbour" * 99)[:-9], "gzip", "ends too early"),
        (b"<html>", "gzip", "is no gzip"),
        (b"<html>", "rot13", "was not asked for"),
    ],
)
def test_a_payload_that_is_not_what_it_says_is_refused(payload: bytes, coding: str, message: str) -> None:
    with pytest.raises(BadEncodingError, match=message):
        decode_payload(payload, coding)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("Zürich – naïve".encode(), "text/html; charset=utf-16"),  # the header is wrong
        ("Zürich – naïve".encode("cp1252"), "text/html; charset=ISO-8859-1"),
        (b'<meta charset="windows-1252">' + "Zürich – naïve".encode("cp1252"), None),
        (b"\xef\xbb\xbf" + "Zürich – naïve".encode(), "text/html; charset=latin-1"),
        (b"\xff\xfe" + "Zürich – naïve".encode("utf-16-le"), None),
    ],
)
def test_the_characters_are_found_whatever_header_and_markup_claim(body: bytes, content_type: str | None) -> None:
    assert "Zürich – naïve" in decode_text(body, content_type)
    assert text_in_utf8(body, content_type) == decode_text(body, content_type).encode()


def test_a_coding_that_nobody_names_is_found_by_its_letters() -> None:
    text = "Мост через гавань снова открыт: ремонт длился одиннадцать недель, и первые грузовики проехали до рассвета."
    assert decode_text(text.encode("cp1251"), "text/html; charset=nonsense") == text


def test_japanese_mail_coding_is_not_taken_for_ascii() -> None:
    assert "東京" in decode_text("<p>東京の港</p>".encode("iso-2022-jp"), "text/html; charset=iso-2022-jp")


def test_undecodable_bytes_never_raise() -> None:
    assert isinstance(decode_text(bytes(range(256)) * 20, "text/html; charset=utf-8"), str)
    assert text_in_utf8(bytes(range(256)) * 20, "text/html; charset=utf-8").decode()


def test_thousands_of_empty_members_are_no_payload() -> None:
    many = gzip.compress(b"") * (MAX_MEMBERS + 1)
    with pytest.raises(BadEncodingError, match="members"):
        decode_payload(many, "gzip")
    assert decode_head(many, "gzip", 1000) == b""
    assert decode_payload(gzip.compress(b"a") * MAX_MEMBERS, "gzip") == b"a" * MAX_MEMBERS
