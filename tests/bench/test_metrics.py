"""Every definition on cases small enough to count by hand."""

from __future__ import annotations

import pytest

from bench.metrics import (
    DEFINITIONS,
    Counts,
    Score,
    count_paragraphs,
    count_segments,
    count_shingles,
    count_summary,
    count_tokens,
    leaked_lines,
    lost_paragraphs,
    tokens,
)
from bench.pages import Gold
from bench.rouge import rouge_hits, sentences

FERRY = Gold(
    paragraphs=("The ferry left at dawn with forty sheep aboard.", "[Nobody was hurt.]", "It came back at noon.")
)


def total(name: str, *pages: Counts) -> Score:
    terms = [DEFINITIONS[name].terms(counts) for counts in pages]
    return DEFINITIONS[name].total([sum(column) for column in zip(*terms, strict=True)])


def test_shingles_are_four_words_with_their_case() -> None:
    gold = Gold(paragraphs=("one two three", "four five"))  # 1-2-3-4 and 2-3-4-5
    assert count_shingles(gold, "one two three four six") == Counts(1, 1, 1)
    assert count_shingles(gold, "One two three four five") == Counts(1, 1, 1)
    assert count_shingles(gold, "") == Counts(0, 0, 2)
    assert count_shingles(Gold(paragraphs=("one two",)), "one two") == Counts(1, 0, 0)  # shorter than four: itself
    assert count_shingles(gold, "one two three four five one two three four") == Counts(
        2, 4, 0
    )  # each as often as in the gold


def test_tokens_are_folded_and_a_character_each_where_no_blanks_are_written() -> None:
    assert tokens("Die STRASSE, ﬁnal") == tokens("die straße final") == ["die", "strasse", "final"]
    assert tokens("港の橋 reopens") == ["港", "の", "橋", "reopens"]
    assert count_tokens(Gold(paragraphs=("港の橋",)), "港と橋 橋") == Counts(2, 2, 1)


def test_an_optional_paragraph_counts_only_where_it_helps() -> None:
    first, optional, last = FERRY.paragraphs
    for text in (f"{first}\n{last}", f"{first}\n{optional[1:-1]}\n{last}"):
        assert count_paragraphs(FERRY, text).f1 == 1
        assert count_summary(FERRY, text).f1 == 1
    assert count_paragraphs(FERRY, f"{first}\nSubscribe!") == Counts(1, 1, 1)
    many = Gold(paragraphs=("The text.", *(f"[Extra {number}.]" for number in range(5))))
    assert count_paragraphs(many, "The text.\nExtra 1.").f1 == pytest.approx(2 / 3)  # all or none of more than four


def test_rouge_joins_what_the_sentences_of_the_text_have_in_common_with_one_of_the_gold() -> None:
    """The example of Lin's paper: 4 of 5 words, though no sentence has more than 3 of them in order."""
    gold, text = sentences(["w1 w2 w3 w4 w5"]), sentences(["w1 w2 w6 w7 w8", "w1 w3 w8 w9 w5"])
    assert rouge_hits(gold, text) == 4
    assert rouge_hits(sentences(["A six. A ten."]), sentences(["a z"])) == 1  # not more often than the text has it
    assert rouge_hits(sentences(["a b c. A b c."]), sentences(["a b c."])) == 3


def test_sentences_end_at_full_stops_but_not_after_short_forms() -> None:
    text = 'Dr. Moor of the U.S. Navy left on Oct. 3. "Was it late?" He slept. "So did we."'
    assert [len(words) for words in sentences([text])] == [11, 3, 2, 3]
    assert sentences(["…", ""]) == []


def test_segments_are_looked_for_with_blanks_collapsed() -> None:
    gold = Gold(must_have=("the ferry  left", "came back"), must_not_have=("Share this", "Cookies"))
    assert count_segments(gold, "At dawn the ferry\nleft. Share this!") == Counts(1, 1, 1)
    assert leaked_lines(gold, "Share  this, the ferry left") == ["Share this"]
    assert lost_paragraphs(gold, "the ferry left") == ["came back"]


def test_ratios_of_a_page() -> None:
    counts = Counts(right=3, wrong=1, missed=3)
    assert (counts.precision, counts.recall, counts.f1) == (0.75, 0.5, pytest.approx(0.6))
    assert Counts(0, 0, 0).f1 == Counts(0, 2, 0).precision == Counts(0, 0, 2).recall == 0


def test_sets_put_pages_together_in_their_own_way() -> None:
    perfect, half, silent = Counts(10, 0, 0), Counts(1, 1, 1), Counts(0, 0, 4)
    assert total("feval", perfect, half) == Score(0.75, 0.75, 0.75)
    # precision over the pages that gave text, recall over all that have gold
    assert total("aeb", perfect, half, silent) == Score(0.75, 0.5, pytest.approx(0.6))
    assert total("traf", perfect, half, silent) == Score(
        pytest.approx(11 / 12), pytest.approx(11 / 16), pytest.approx(22 / 28)
    )
    assert total("aeb", silent).f1 == total("traf", silent).f1 == total("fres", silent).f1 == 0


def test_a_line_leaks_when_less_than_half_of_its_tokens_are_the_gold() -> None:
    kept = "The ferry left at dawn"
    assert leaked_lines(FERRY, f"{kept}\nNobody was hurt.\nAdvertisement\nSign up for our letter") == [
        "Advertisement", "Sign up for our letter"
    ]  # fmt: skip
    assert leaked_lines(FERRY, f"{kept} and five more words here") == []  # 5 of 10
    assert leaked_lines(FERRY, f"{kept} and six more words of ours") == [
        f"{kept} and six more words of ours"
    ]  # 5 of 11
    assert leaked_lines(FERRY, "ferry dawn sheep aboard") != []  # its words, but none of its runs of four
    assert leaked_lines(FERRY, "* * *") == []


def test_a_paragraph_is_lost_by_the_same_rule_unless_it_is_optional() -> None:
    first, _, last = FERRY.paragraphs
    assert lost_paragraphs(FERRY, f"{first}\n{last}") == []
    assert lost_paragraphs(FERRY, first) == [last]
    assert lost_paragraphs(FERRY, "The ferry left at dawn\nIt came back at noon.") == []  # 5 of 9
    assert lost_paragraphs(FERRY, "") == [first, last]
