"""Train the body model on labelled pages: `python -m bench.train --corpus DIR` (docs/extraction.md).

Prints first what the model reaches on sites it has not seen (five folds by site, measured with the project's own
reading, rejections and rules included), then trains on all pages and writes extract/models/. Needs lightgbm (the
dependency group `train`) and a corpus in the layout of docs/benchmarks.md; pages of mixed sets have a few segments
for labels, and what those leave open is filled in by a model of the other folds where it is sure.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import lightgbm
import numpy as np
import orjson
from numpy.typing import NDArray

from bench.examples import FOLDS, MOMENT, Doubles, Example, altered, crops, fold_of, read_example
from bench.extraction import PageScore, score_page, set_scores, site_groups
from bench.metrics import DEFINITIONS
from bench.pages import Page, load_pages, read_html
from bench.reading import Reading
from extract import body, confidence, features, neighbours
from extract.article import Article
from extract.capture import Capture
from extract.learning import read_site
from extract.lessons import nothing_taught
from extract.profile import SitePages
from extract.read import read_page
from extract.rejection import Rejection
from extract.surroundings import Floats
from extract.url import article_id

SURE = 0.8  # of a block without a label, to be given the model's own
RIGHT = 0.9  # F1 of a page that is read right: what confidence is the probability of
PARAMETERS = {
    "objective": "cross_entropy", "learning_rate": 0.06, "num_leaves": 24, "max_depth": 7, "min_data_in_leaf": 40,
    "feature_fraction": 0.2, "bagging_fraction": 0.6, "bagging_freq": 1, "lambda_l2": 10, "max_bin": 63, "seed": 1,
    "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbose": -1,
}  # fmt: skip
ROUNDS = (250, 120)


def fit(
    examples: list[Example], matrices: list[Floats], labels: list[Doubles], names: tuple[str, ...], rounds: int
) -> lightgbm.Booster:
    """Return trees trained on the labelled blocks of the examples."""
    known = [~np.isnan(one) for one in labels]
    matrix = np.concatenate([one[chosen] for one, chosen in zip(matrices, known, strict=True)])
    target = np.concatenate([one[chosen] for one, chosen in zip(labels, known, strict=True)])
    weights = np.concatenate([one.weights[chosen] for one, chosen in zip(examples, known, strict=True)])
    data = lightgbm.Dataset(matrix, target, weight=weights, feature_name=list(names))
    return lightgbm.train(PARAMETERS, data, num_boost_round=rounds)


def unseen(
    examples: list[Example], matrices: list[Floats], labels: list[Doubles], names: tuple[str, ...], rounds: int
) -> list[Doubles]:
    """Return of each example what trees say that were trained without its fold."""
    predicted: list[Doubles] = [np.zeros(0)] * len(examples)
    for fold in sorted({one.fold for one in examples}):
        others = [at for at, one in enumerate(examples) if one.fold != fold]
        trees = fit(
            [examples[at] for at in others],
            [matrices[at] for at in others],
            [labels[at] for at in others],
            names,
            rounds,
        )
        for at, one in enumerate(examples):
            if one.fold == fold and len(matrices[at]):
                predicted[at] = np.asarray(trees.predict(matrices[at], num_threads=1))
    return predicted


def fill(examples: list[Example], predicted: list[Doubles]) -> list[Doubles]:
    """Return the labels, with the model's own where a page's segments leave a block open and the model is sure."""
    filled = []
    for one, guess in zip(examples, predicted, strict=True):
        labels = one.labels.copy()
        if one.page.gold.must_have:
            open_ = np.isnan(labels) & ((guess > SURE) | (guess < 1 - SURE))
            labels[open_] = guess[open_]
        filled.append(labels)
    return filled


def train(examples: list[Example], others: list[Example], folder: Path) -> None:
    """Write the forests to `folder`: those for whole pages, which learn from `others` too, and those for regions."""
    folder.mkdir(parents=True, exist_ok=True)
    cropped = [one for example in examples for one in crops(example)]
    for name, pages in (("", [*examples, *others]), ("region_", cropped)):
        for stage, trees in zip(("first", "second"), stages(pages), strict=True):
            text = slim(trees.model_to_string(importance_type="split"))
            (folder / f"{name}{stage}.txt").write_text(text, encoding="utf-8")


def stages(examples: list[Example]) -> tuple[lightgbm.Booster, lightgbm.Booster]:
    """Return the trees of both stages; the second learns from what the first says of pages it has not seen."""
    first_matrices = [one.found.matrix for one in examples]
    guessed = unseen(examples, first_matrices, [one.labels for one in examples], features.NAMES, ROUNDS[0])
    labels = fill(examples, guessed)
    first = fit(examples, first_matrices, labels, features.NAMES, ROUNDS[0])
    before = unseen(examples, first_matrices, labels, features.NAMES, ROUNDS[0])
    second_matrices = [
        neighbours.second_features(one.tree, one.found, one.all_blocks(guess))
        for one, guess in zip(examples, before, strict=True)
    ]
    return first, fit(examples, second_matrices, labels, neighbours.NAMES, ROUNDS[1])


_SLIM = ("split_gain=", "internal_value=", "internal_weight=", "internal_count=", "leaf_weight=", "leaf_count=")


def slim(model: str) -> str:
    """Return the model without the statistics of its training, and without the sizes that these were counted in."""
    lines = [line for line in model.splitlines() if not line.startswith((*_SLIM, "tree_sizes=", "feature_infos="))]
    return "\n".join(lines[: lines.index("end of trees") + 1]) + "\n"


def cross_validate(pages: list[Page], examples: list[Example], others: list[Example], folder: Path) -> None:
    """Print what models reach on the sites of the fold they were not trained on; write the confidence model."""
    scores, values, right, folds = [], [], [], []
    alone: list[bool] = []
    for fold in range(FOLDS):
        seen, seen_others = ([one for one in known if one.fold != fold] for known in (examples, others))
        train(seen, seen_others, folder / str(fold))
    for group in site_groups([page for page in pages if page.set in DEFINITIONS]):
        use(folder / str(fold_of(group[0].site)))
        captures = [Capture(one.site, one.url, one.url, 200, (), read_html(one.html), MOMENT) for one in group]
        alone += read_alone(captures)
        for page, found, warm in zip(group, map(read_page, captures), read_site(captures), strict=True):
            scores.append(_scored(page, "cold", found.outcome))
            scores.append(_scored(page, "warm", warm))
            if found.signs is not None:
                values.append(found.signs)
                right.append(scores[-2].counts.f1 >= RIGHT)
                folds.append(fold_of(page.site))
    for row in set_scores(scores):
        exact = f"  exact paragraphs {row.exact_paragraphs:.3f}" if row.exact_paragraphs is not None else ""
        print(
            f"{row.set:8s} {row.system} {row.pages:4d} pages  F1 {row.score.f1:.4f}  "
            f"P {row.score.precision:.3f}  R {row.score.recall:.3f}{exact}  "
            f"leaks {row.leak_rate:.3f}  losses {row.loss_rate:.3f}  rejected {row.failures}"
        )
    print(f"read by their site's profile alone: {sum(alone)} of {len(alone)} pages whose site's others settle one")
    refused = (one for one in scores if one.failure and one.system == "cold")
    print(*(f"rejected {one.page.page_id} {one.page.url}: {one.failure}" for one in refused), sep="\n")
    calibrate(np.array(values), np.array(right, float), np.array(folds), folder)


def read_alone(captures: list[Capture]) -> list[bool]:
    """Return of each page of a site whether the profile that the others settle reads it without trafilatura."""
    evidence = [read_page(given).evidence or nothing_taught(article_id(given.url)) for given in captures]
    site = SitePages.of(evidence)
    profiles = [site.without(one) for one in evidence]
    return [read_page(given, one).signs is None for given, one in zip(captures, profiles, strict=True) if one.settled]


def _scored(page: Page, system: str, outcome: Article | Rejection) -> PageScore:
    reading = Reading(failure=outcome.reason) if isinstance(outcome, Rejection) else Reading(text=outcome.text)
    return score_page(page, system, reading)


def calibrate(values: Doubles, right: Doubles, folds: NDArray[np.int64], folder: Path) -> None:
    """Fit the confidence; print its calibration on folds it was not fitted on; write confidence.json to `folder`."""
    predicted = np.zeros(len(right))
    for fold in range(FOLDS):
        weights, bias = logistic(values[folds != fold], right[folds != fold])
        predicted[folds == fold] = 1 / (1 + np.exp(-(values[folds == fold] @ weights + bias)))
    error = 0.0
    for low in np.arange(10) / 10:
        inside = (predicted >= low) & ((predicted < low + 0.1) | (low == 0.9))
        if inside.any():
            mean, share = float(predicted[inside].mean()), float(right[inside].mean())
            error += abs(mean - share) * inside.mean()
            print(
                f"confidence {low:.1f} to {low + 0.1:.1f}: {int(inside.sum()):4d} pages, "
                f"mean {mean:.3f}, right {share:.3f}"
            )
    print(f"expected calibration error {error:.4f}")
    weights, bias = logistic(values, right)
    model = {"weights": dict(zip(confidence.NAMES, weights.tolist(), strict=True)), "bias": bias}
    (folder / "confidence.json").write_bytes(orjson.dumps(model, option=orjson.OPT_INDENT_2))


def logistic(values: Doubles, right: Doubles, ridge: float = 1.0) -> tuple[Doubles, float]:
    """Return weights and bias of a logistic regression, by Newton's method on standardised values."""
    mean, scale = values.mean(axis=0), values.std(axis=0) + 1e-9
    matrix = np.column_stack([(values - mean) / scale, np.ones(len(values))])
    solution = np.zeros(matrix.shape[1])
    penalty = np.diag([*([ridge] * (matrix.shape[1] - 1)), 1e-9])
    for _ in range(50):
        p = 1 / (1 + np.exp(-matrix @ solution))
        gradient = matrix.T @ (p - right) + penalty @ solution
        solution -= np.linalg.solve((matrix * (p * (1 - p))[:, None]).T @ matrix + penalty, gradient)
    weights = solution[:-1] / scale
    return weights, float(solution[-1] - weights @ mean)


def use(folder: Path) -> None:
    """Let extract/ read with the models of `folder`."""
    body.MODELS = folder
    body.models.cache_clear()
    body.region_models.cache_clear()


def main() -> None:
    """Print the figures, then write the models that ship."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--output", type=Path, default=body.MODELS)
    arguments = parser.parse_args()
    pages = load_pages(arguments.corpus, (), DEFINITIONS, training=True)
    examples = [one for page in pages if (one := read_example(page))]
    blocks = sum(len(one.labels) for one in examples)
    of_body = sum(int((one.labels == 1).sum()) for one in examples)
    others = [other for one in examples for other in altered(one)]
    print(f"{len(examples)} of {len(pages)} pages, {blocks} blocks to judge, {of_body} of the body")
    with TemporaryDirectory() as folder:
        for fold in range(FOLDS):
            shipped = Path(folder) / str(fold)
            shipped.mkdir()
            (shipped / "confidence.json").write_bytes(
                orjson.dumps({"weights": dict.fromkeys(confidence.NAMES, 0.0), "bias": 0.0})
            )
        cross_validate(pages, examples, others, Path(folder))
        arguments.output.mkdir(parents=True, exist_ok=True)
        (arguments.output / "confidence.json").write_bytes((Path(folder) / "confidence.json").read_bytes())
    train(examples, others, arguments.output)


if __name__ == "__main__":
    main()
