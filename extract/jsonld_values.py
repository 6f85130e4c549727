"""Values of JSON-LD nodes, in whatever way they are written: strings, and the passages that stand on the page, too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from extract.entities import unescape

MAX_POSTS = 2000
MAX_ANSWER_CHARS = 100_000
_PARAGRAPHS = re.compile(r"</?(?:p|div|br|li|ul|ol|h[1-6]|blockquote|table|tr)\b[^<>]{0,300}>|\n", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]{0,1000}>", re.IGNORECASE)


def strings(value: object) -> list[str]:
    """Return the strings of a value or of a list, unescaped, without those that are blank."""
    if value is None:
        return []
    items = value if isinstance(value, list) else [value]
    return [unescape(item).strip() for item in items if isinstance(item, str) and item.strip()]


def first(value: object) -> str | None:
    """Return the first of these strings, if there is one."""
    if value is None:
        return None
    items = value if isinstance(value, list) else [value]
    return next((unescape(item).strip() for item in items if isinstance(item, str) and item.strip()), None)


def post_titles(node: Mapping[str, Any]) -> Iterator[str]:
    """Yield the titles of a live blog's posts."""
    posts = node.get("liveBlogUpdate")
    for post in (posts if isinstance(posts, list) else [posts])[:MAX_POSTS]:
        if isinstance(post, dict) and (title := first(post.get("headline"))):
            yield title


def passages(node: Mapping[str, Any]) -> Iterator[str]:
    """Yield the claim that a fact check reviews; a question, and the paragraphs of its answer."""
    kinds = strings(node.get("@type"))
    if "ClaimReview" in kinds:
        yield from strings(node.get("claimReviewed"))[:1]
    elif "Question" in kinds:
        yield from strings(node.get("name"))[:1]
        answers = node.get("acceptedAnswer")
        answer = next((one for one in (answers if isinstance(answers, list) else [answers]) if one), None)
        text = first(answer.get("text")) if isinstance(answer, dict) else None
        for part in _PARAGRAPHS.split(text[:MAX_ANSWER_CHARS]) if text else ():
            if said := _TAG.sub("", part).strip():
                yield said
