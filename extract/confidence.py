"""How sure a reading is: the probability that its text is right (F1 of at least 0.9), calibrated on labelled pages."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import orjson
from numpy.typing import NDArray

from extract import body
from extract.body import Judged

NAMES: Final = ("precision", "recall", "agreement", "unsure", "log_chars", "doubt")
_UNSURE = (0.2, 0.8)


def signs(judged: Judged, kept: NDArray[np.bool_], probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what speaks for and against a reading, of shape (len(NAMES),).

    Expected precision and recall by the blocks' probabilities, agreement with trafilatura's reading (F1 in
    characters), the share of characters that are neither clearly in nor out, and the text's length.
    """
    chars = judged.features.chars.astype(np.float64)
    text = max(float(chars[kept].sum()), 1.0)
    right = float((chars * probability)[kept].sum())
    wanted = max(float((chars * probability).sum()), 1e-9)
    voted = judged.features.votes > 0.5
    both = float(chars[kept & voted].sum())
    unsure = (probability > _UNSURE[0]) & (probability < _UNSURE[1])
    precision, recall = right / text, min(1.0, right / wanted)
    return np.array([
        precision, recall, 2 * both / max(text + float(chars[voted].sum()), 1.0), float(chars[unsure].sum()) / text,
        np.log(text), 1 - precision * recall,
    ])  # fmt: skip


def confidence(values: NDArray[np.float64]) -> float:
    """Return the calibrated confidence, 0 to 1, of a reading with these `signs`."""
    weights, bias = _model()
    return round(float(1 / (1 + np.exp(-(float(values @ weights) + bias)))), 3)


@cache
def _model() -> tuple[NDArray[np.float64], float]:
    model = orjson.loads((body.MODELS / "confidence.json").read_bytes())
    return np.array([model["weights"][name] for name in NAMES]), float(model["bias"])
