"""Boosted trees as LightGBM writes them (its text format), evaluated with numpy alone.

lightgbm itself needs scipy and the system's libgomp, which a fresh machine has not: it trains, and may read the
same files, but does not run here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class ModelError(ValueError):
    """A model file is not what this room wrote."""


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees side by side; arrays of shape (trees, nodes). Of each tree all rows walk one level at a time.

    `child`: of node i the left one at 2i, the right one at 2i + 1; a leaf is its own child.
    """

    names: tuple[str, ...]  # of the features, in the order of the columns
    roots: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    child: NDArray[np.int32]
    value: NDArray[np.float64]
    depth: int

    def predict(self, matrix: Floats) -> NDArray[np.float64]:
        """Return the probability of each row of `matrix`, float of shape (rows, len(names))."""
        rows = len(matrix)
        if not rows:
            return np.zeros(0)
        flat = np.ascontiguousarray(matrix, np.float64).ravel()
        start = (np.arange(rows, dtype=np.int64) * matrix.shape[1])[:, None]
        node = np.broadcast_to(self.roots, (rows, len(self.roots)))
        for _ in range(self.depth):
            right = flat[start + self.feature[node]] > self.threshold[node]
            node = self.child[2 * node + right]
        odds: NDArray[np.float64] = self.value[node].sum(axis=1)
        return np.asarray(1 / (1 + np.exp(-odds)))


def read_forest(path: Path) -> Forest:
    """Return the model in a LightGBM text file; raises ModelError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from error
    head, *trees = text.split("\nTree=")
    roots: list[int] = []
    feature: list[int] = []
    threshold: list[float] = []
    child: list[int] = []
    value: list[float] = []
    depth = 0
    try:
        names = tuple(_field(head, "feature_names").split())
        for tree in trees:
            first = len(feature)
            leaves = np.array(_field(tree, "leaf_value").split(), float).tolist()
            inner = len(leaves) - 1
            roots.append(first)
            lefts, rights = (_ints(tree, name) if inner else [] for name in ("left_child", "right_child"))
            for left, right in zip(lefts, rights, strict=True):
                child += [first + (one if one >= 0 else inner - one - 1) for one in (left, right)]
            feature += (_ints(tree, "split_feature") if inner else []) + [0] * len(leaves)
            threshold += (np.array(_field(tree, "threshold").split(), float).tolist() if inner else []) + [0.0] * len(
                leaves
            )
            child += [at for leaf in range(first + inner, first + inner + len(leaves)) for at in (leaf, leaf)]
            value += [0.0] * inner + leaves
            depth = max(depth, _depth(lefts, rights, 0) if inner else 0)
    except (ValueError, IndexError, RecursionError) as error:
        raise ModelError(f"{path}: no LightGBM text model: {error}") from error
    return Forest(names, np.array(roots, np.int32), np.array(feature, np.int32), np.array(threshold),
                  np.array(child, np.int32), np.array(value), depth)  # fmt: skip


def _field(text: str, name: str) -> str:
    for line in text.splitlines():
        if line.startswith(name + "="):
            return line.partition("=")[2]
    raise ModelError(f"{name} is missing")


def _ints(text: str, name: str) -> list[int]:
    return [int(one) for one in _field(text, name).split()]


def _depth(lefts: list[int], rights: list[int], node: int) -> int:
    return 1 + max(_depth(lefts, rights, one) if one >= 0 else 0 for one in (lefts[node], rights[node]))
