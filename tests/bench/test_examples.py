from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.examples import ALTERED_WEIGHT, LEVELS, MIN_VOTES, Example, crops, misread, narrowed, read_example
from bench.own_pages import SET, write_own_pages
from bench.pages import load_pages


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    """The demo newspaper's first page."""
    folder = tmp_path_factory.mktemp("corpus")
    write_own_pages(folder)
    found = read_example(load_pages(folder, (), (SET,))[0])
    assert found is not None
    return found


def test_a_page_is_also_trained_on_as_it_might_be_misread(example: Example) -> None:
    cut, thin, extended = misread(example)
    votes = example.votes
    assert set(cut.votes) < set(votes)
    assert cut.votes in {votes[: len(cut.votes)], votes[-len(cut.votes) :]}, "one end of it is missing"
    assert set(thin.votes) < set(votes)
    assert extended.votes[: len(votes)] == votes
    assert len(extended.votes) > len(votes)
    for one in (cut, thin, extended):
        assert one.tree is example.tree
        assert not np.array_equal(one.found.votes, example.found.votes), "the forests see another vote"
        assert one.weights.sum() == pytest.approx(ALTERED_WEIGHT * example.weights.sum())
        body = [example.tree.blocks[at].text for at in one.found.candidates[one.labels == 1]]
        assert body, "what the text is does not change with what trafilatura takes for it"
        assert set(body) <= {example.tree.blocks[at].text for at in example.found.candidates[example.labels == 1]}


def test_training_sees_the_same_misreadings_each_time(example: Example) -> None:
    assert [one.votes for one in misread(example)] == [one.votes for one in misread(example)]


def test_a_page_with_hardly_a_vote_is_not_misread(example: Example) -> None:
    assert misread(replace(example, votes=example.votes[: MIN_VOTES - 1])) == []


def test_the_region_and_what_is_around_it_are_trained_on_without_votes(example: Example) -> None:
    regions = crops(example)
    sizes = [len(one.tree.blocks) for one in regions]
    assert len(regions) == LEVELS + 1
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1] <= len(example.tree.blocks)
    body = {example.tree.blocks[at].text for at in example.found.candidates[example.labels == 1]}
    for one in regions:
        assert not one.found.votes.any()
        assert {one.tree.blocks[at].text for at in one.found.candidates[one.labels == 1]} == body
    assert sum(one.weights.sum() for one in regions) == pytest.approx(example.weights.sum())


def test_a_page_is_also_trained_on_with_less_around_its_text(example: Example) -> None:
    region, *_ = crops(example)
    body = {example.tree.blocks[at].text for at in example.found.candidates[example.labels == 1]}
    pages = narrowed(example)
    assert pages
    for one in pages:
        assert len(region.tree.blocks) < len(one.tree.blocks) < len(example.tree.blocks)
        assert one.votes == example.votes
        assert one.found.votes.any()
        assert {one.tree.blocks[at].text for at in one.found.candidates[one.labels == 1]} == body
        assert one.weights.sum() == pytest.approx(ALTERED_WEIGHT * example.weights.sum())
