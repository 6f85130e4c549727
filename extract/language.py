"""The language of an article: as declared, else as the text reads."""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from typing import Final

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_TAG = re.compile(r"^([a-z]{2,3})(?:[-_@.][a-z0-9]+)*$")
_CODES = {  # ISO 639-2 in both spellings, withdrawn codes, and names that templates write instead of a tag
    "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "ita": "it", "por": "pt",
    "nld": "nl", "dut": "nl", "swe": "sv", "dan": "da", "nor": "no", "nob": "no", "nno": "no", "nb": "no", "nn": "no",
    "fin": "fi", "pol": "pl", "ces": "cs", "cze": "cs", "slk": "sk", "slo": "sk", "hun": "hu", "ron": "ro",
    "rum": "ro", "bul": "bg", "rus": "ru", "ukr": "uk", "tur": "tr", "ell": "el", "gre": "el", "heb": "he", "iw": "he",
    "ara": "ar", "fas": "fa", "per": "fa", "hin": "hi", "jpn": "ja", "jp": "ja", "kor": "ko", "kr": "ko", "zho": "zh",
    "chi": "zh", "cn": "zh", "vie": "vi", "tha": "th", "ind": "id", "in": "id", "ji": "yi", "xho": "xh", "zul": "zu",
    "swa": "sw", "cat": "ca", "lav": "lv", "lit": "lt", "est": "et", "srp": "sr", "hrv": "hr", "slv": "sl",
    "english": "en", "deutsch": "de", "german": "de", "français": "fr", "french": "fr", "español": "es",
    "spanish": "es", "italiano": "it", "português": "pt", "nederlands": "nl", "svenska": "sv", "dansk": "da",
    "norsk": "no", "polski": "pl",
}  # fmt: skip
# scripts that say more in a character, mostly without blanks
DENSE: Final = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_ENGLISH = re.compile(r"\b(?:the|and|of|to|in|that|for|is)\b", re.IGNORECASE)
_ENGLISH_EVERY = 20  # words of an English text hold one of these and more: no need to ask the slower detector
SURE = 0.99
MIN_CHARS = 200  # below this, detection is a guess
_SAMPLE_CHARS = 2000


def language_code(tag: str | None) -> str | None:
    """Return the ISO 639-1 code in a language tag such as "en-GB" or "pt_BR", or None.

    Of a list the first counts. Norwegian is "no" in both its forms, as the detector says it.
    """
    written = (tag or "").partition(",")[0].strip().lower()
    if known := _CODES.get(written):
        return known
    found = _TAG.match(written)
    return (_CODES.get(found[1]) or (found[1] if len(found[1]) == 2 else None)) if found else None


def article_language(declared: str | None, text: str) -> str | None:
    """Return the ISO 639-1 code of an article: as declared, unless that is a template's "en" over another language.

    Of 296 development pages 5 declared another language than their text's, all "en", and the detector was sure of each.
    """
    if declared != "en" or len(text) < MIN_CHARS:
        return declared or detect_language(text)
    sample = text[:_SAMPLE_CHARS]
    enough = len(sample.split()) // _ENGLISH_EVERY + 1
    if next(islice(_ENGLISH.finditer(sample), enough - 1, None), None):
        return declared
    detected, probability = _detector().classify(sample)
    return str(detected) if probability >= SURE else declared


def detect_language(text: str) -> str | None:
    """Return the ISO 639-1 code of `text`, or None when it is under MIN_CHARS characters long."""
    if len(text) < MIN_CHARS:
        return None
    return str(_detector().classify(text[:_SAMPLE_CHARS])[0])


@cache
def _detector() -> LanguageIdentifier:
    """Return the detector with probabilities, which the package's own function does not give."""
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
