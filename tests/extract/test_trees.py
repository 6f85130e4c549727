from __future__ import annotations

from math import exp
from pathlib import Path

import numpy as np
import pytest

from extract import body, features, neighbours
from extract.body import models
from extract.trees import ModelError, read_forest

# two features; the first tree asks for a (<= 0.5), then b (<= 2), the second is a lone leaf
MODEL = """tree
version=v4
feature_names=a b

Tree=0
num_leaves=3
split_feature=0 1
threshold=0.5 2
left_child=-1 -2
right_child=1 -3
leaf_value=1 -2 3

Tree=1
num_leaves=1
leaf_value=0.25

end of trees
"""


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    path = tmp_path / "model.txt"
    path.write_text(MODEL)
    return path


def sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x))


def test_a_row_falls_through_every_tree_to_one_leaf(stored: Path) -> None:
    forest = read_forest(stored)
    assert forest.names == ("a", "b")
    rows = np.array([[0.5, 9], [0.6, 2], [0.6, 2.1], [-1, -1]], np.float32)
    expected = [sigmoid(1.25), sigmoid(-1.75), sigmoid(3.25), sigmoid(1.25)]
    assert forest.predict(rows) == pytest.approx(expected)
    assert forest.predict(rows[:0]).shape == (0,)


def test_a_row_has_one_probability_whatever_rows_stand_beside_it(stored: Path) -> None:
    forest = read_forest(stored)
    rows = np.random.default_rng(7).normal(1, 2, (50, 2)).astype(np.float32)
    alone = [forest.predict(row[None, :])[0] for row in rows]
    assert forest.predict(rows).tolist() == alone


@pytest.mark.parametrize(
    ("found", "written"),
    [
        ("feature_names=", "names="),
        ("left_child=-1 -2", "left_child=-1"),
        ("threshold=0.5 2", "threshold=0.5 much"),
        ("leaf_value=0.25", "value=0.25"),
        ("split_feature=0 1", "split_feature=a b"),
        ("right_child=1 -3", "right_child=0 -3"),  # a node that is its own child
        ("right_child=1 -3", "right_child=7 -3"),
    ],
)
def test_a_damaged_model_is_named(stored: Path, found: str, written: str) -> None:
    stored.write_text(MODEL.replace(found, written))
    with pytest.raises(ModelError):
        read_forest(stored)


def test_a_missing_model_is_named_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere\.txt: No such file"):
        read_forest(tmp_path / "nowhere.txt")


def test_the_shipped_models_were_trained_on_the_features_of_this_code() -> None:
    first, second = models()
    assert (first.names, second.names) == (features.NAMES, neighbours.NAMES)


def test_models_of_other_features_are_refused(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("first.txt", "second.txt"):
        (stored.parent / name).write_text(MODEL)
    monkeypatch.setattr(body, "MODELS", stored.parent)
    with pytest.raises(ModelError, match="trained on other features"):
        models.__wrapped__()
