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
Ints = NDArray[np.int64]


class ModelError(ValueError):
    """A model file is not what this room wrote."""


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees side by side, their nodes level by level: first all roots. Of each tree all rows walk one level at a time.

    `left`: of each node its left child, which the right one follows; a leaf is its own, and no value is above its
    threshold.
    """

    names: tuple[str, ...]  # of the features, in the order of the columns
    trees: int
    feature: NDArray[np.int32]
    threshold: Floats
    left: Ints
    value: NDArray[np.float64]
    depth: int

    def predict(self, matrix: Floats) -> NDArray[np.float64]:
        """Return the probability of each row of `matrix`, float of shape (rows, len(names))."""
        rows = len(matrix)
        if not rows:
            return np.zeros(0)
        flat = np.ascontiguousarray(matrix).ravel()
        start = (np.arange(rows) * matrix.shape[1])[:, None]
        node = np.arange(self.trees)
        for _ in range(self.depth):  # `take` costs half of what an index in brackets does
            right = flat.take(start + self.feature.take(node)) > self.threshold.take(node)
            node = self.left.take(node) + right
        odds: NDArray[np.float64] = self.value.take(node).sum(axis=1)
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
    depth = 1  # a step at least, be all trees lone leaves
    try:
        names = tuple(_field(head, "feature_names").split())
        for tree in trees:
            at = len(feature)
            leaves = np.array(_field(tree, "leaf_value").split(), float).tolist()
            inner = len(leaves) - 1
            roots.append(at)
            lefts, rights = (_ints(tree, name) if inner else [] for name in ("left_child", "right_child"))
            for left, right in zip(lefts, rights, strict=True):
                child += [at + (one if one >= 0 else inner - one - 1) for one in (left, right)]
            feature += (_ints(tree, "split_feature") if inner else []) + [0] * len(leaves)
            threshold += (np.array(_field(tree, "threshold").split(), float).tolist() if inner else []) + [0.0] * len(
                leaves
            )
            child += [leaf for leaf in range(at + inner, at + inner + len(leaves)) for _ in (0, 1)]
            value += [0.0] * inner + leaves
            depth = max(depth, _depth(lefts, rights, 0) if inner else 0)
        order, first = _by_level(np.array(roots, np.int64), np.array(child, np.int64).reshape(-1, 2), depth)
    except (ValueError, IndexError, RecursionError) as error:
        raise ModelError(f"{path}: no LightGBM text model: {error}") from error
    limits = np.where(first == np.arange(len(order)), np.inf, np.array(threshold)[order])
    return Forest(
        names, len(roots), np.array(feature, np.int32)[order], _floor(limits), first, np.array(value)[order], depth
    )


def _floor(limits: NDArray[np.float64]) -> Floats:
    """Return the nearest numbers of 32 bits that are not greater: those of a matrix compare alike."""
    near = limits.astype(np.float32)
    return np.where(near > limits, np.nextafter(near, np.float32(-np.inf)), near)


def _by_level(roots: Ints, children: Ints, depth: int) -> tuple[Ints, Ints]:
    """Return the nodes in the order of a Forest, and of each the place of its left child in it."""
    levels = [roots]
    for _ in range(depth):
        inner = levels[-1][children[levels[-1], 0] != levels[-1]]
        levels.append(children[inner].ravel())
    order = np.concatenate(levels)
    is_inner = children[order, 0] != order
    return order, np.where(is_inner, len(roots) + 2 * (np.cumsum(is_inner) - 1), np.arange(len(order)))


def _field(text: str, name: str) -> str:
    for line in text.splitlines():
        if line.startswith(name + "="):
            return line.partition("=")[2]
    raise ModelError(f"{name} is missing")


def _ints(text: str, name: str) -> list[int]:
    return [int(one) for one in _field(text, name).split()]


def _depth(lefts: list[int], rights: list[int], node: int) -> int:
    return 1 + max(_depth(lefts, rights, one) if one >= 0 else 0 for one in (lefts[node], rights[node]))
