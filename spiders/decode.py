"""The characters of a feed, sitemap or section page."""

from __future__ import annotations

import codecs
import re

_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([a-zA-Z0-9_.:-]{2,40})""", re.IGNORECASE)
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([a-zA-Z0-9_.:-]{2,40})""", re.IGNORECASE)
_XML = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([a-zA-Z0-9_.:-]{2,40})""", re.IGNORECASE)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip


def decode(body: bytes, content_type: str | None) -> str:
    """Return the characters of an XML, JSON or HTML `body`; never raises, what does not decode becomes U+FFFD.

    Order: byte order mark, valid UTF-8, the header's charset, the document's own claim, Windows-1252.
    """
    for bom, coding in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(coding, "replace")
    if body[:4].count(b"\0") >= 2 or body[:2].count(b"\0") == 1:  # UTF-16 or -32 without a mark
        coding = "utf-16-le" if body[1:2] == b"\0" else "utf-16-be"
        return body.decode(coding, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    claims = [found[1] for found in [_CHARSET.search(content_type or "")] if found]
    claims += [found[1].decode("ascii") for found in (_XML.search(body[:400]), _META.search(body[:4096])) if found]
    for label in claims:
        try:
            name = codecs.lookup(label).name
        except LookupError:
            continue
        if not name.startswith(("utf-16", "utf-32", "utf-7")):  # a wrong label; its bytes would have shown above
            try:
                return body.decode(name, "replace")
            except (LookupError, UnicodeError):  # a codec of Python's that is no charset, such as "rot13"
                continue
    return body.decode("cp1252", "replace")
