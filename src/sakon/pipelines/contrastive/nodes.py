"""What is contrastive learning's own: views, alignment and uniformity, and what few labels are worth."""

from __future__ import annotations

import numpy as np

from sakon.families.heads import linear_candidates, select_head
from sakon.lazy import Network, go, pd
from sakon.metrics import problem_metric
from sakon.metrics.representation import alignment, pca_projection, uniformity
from sakon.models.predict import predict_outputs
from sakon.models.predictions import mean_target
from sakon.problem import Examples, InputSpec, Problem, TrainingSummary

from . import figures
from .config import Config
from .scratch import from_scratch

MOST_COMPARED = 4096
VIEWED = 10
MOST_POINTS = 3000
PROBE, SCRATCH = "probe", "from scratch"


def compare_labels(
    network: Network,
    training: TrainingSummary,
    train: Examples,
    validation: Examples,
    input_spec: InputSpec,
    config: Config,
    problem: Problem,
) -> pd.DataFrame:
    """Measure what a share of the train labels is worth, with the representation and without.

    Args:
        network: The trained contrastive network.
        training: Summary of the answering model, whose probe read all labels.
        train: Examples whose labels are drawn.
        validation: Examples to choose by and to measure on.
        input_spec: What is read and answered.
        config: Shares, draws, epochs from scratch.
        problem: Gives metric and seed.

    Returns:
        One row per share, draw and way: `fraction`, `labels`, `draw` from 1, `way` (`probe`, `from
        scratch`), and the problem's metric on validation under its name. All labels are drawn once.
    """
    features = Examples(predict_outputs(network.encoder, train.x), train.y, train.row)
    held_out = Examples(predict_outputs(network.encoder, validation.x), validation.y, validation.row)
    scratch = from_scratch(network, validation, input_spec, config.scratch_epochs, problem)
    metric, rows = problem_metric(input_spec, problem).name, []
    for fraction in config.label_fractions:
        for draw in range(config.label_draws if fraction < 1 else 1):
            chosen = drawn_labels(train.y, fraction, np.random.default_rng([problem.seed, draw]))
            probe = training.best[f"val_{metric}"]
            if fraction < 1:
                candidates = linear_candidates(input_spec)
                probe = select_head(candidates, _of(features, chosen), held_out, input_spec, problem, PROBE).value
            facts = {"fraction": fraction, "labels": len(chosen), "draw": draw + 1}
            rows.append(facts | {"way": PROBE, metric: probe})
            rows.append(facts | {"way": SCRATCH, metric: scratch(_of(train, chosen), problem.seed + draw)})
    return pd.DataFrame(rows)


def _of(part: Examples, chosen: np.ndarray) -> Examples:
    return Examples(part.x[chosen], part.y[chosen], part.row[chosen])


def drawn_labels(y: np.ndarray, fraction: float, rng: np.random.Generator) -> np.ndarray:
    """Draw a share of the rows, stratified.

    Args:
        y: Class index (rows,), or target, (rows,) or (rows, horizon).
        fraction: Share of the rows, in (0, 1].
        rng: Source of chance.

    Returns:
        Indices in ascending order: the share of each class, one at least; or, for numbers, one from each
        of as many equal slices of the sorted target.
    """
    if np.issubdtype(y.dtype, np.integer):
        classes = [np.flatnonzero(y == value) for value in np.unique(y)]
        drawn = [rng.choice(rows, max(1, round(fraction * len(rows))), replace=False) for rows in classes]
        return np.sort(np.concatenate(drawn))
    slices = np.array_split(np.argsort(mean_target(y), kind="stable"), max(1, round(fraction * len(y))))
    return np.sort([rng.choice(rows) for rows in slices])


def measure(network: Network, validation: Examples, label_fractions: pd.DataFrame) -> dict[str, float]:
    """Return alignment and uniformity of validation, and the mean value of each share of the labels.

    Args:
        network: The trained contrastive network.
        validation: Examples that are viewed; their first 4,096.
        label_fractions: See `compare_labels`.
    """
    projected = np.asarray(network(validation.x[:MOST_COMPARED], training=False))
    metric = label_fractions.columns[-1]
    means = label_fractions.groupby(["way", "fraction"], as_index=False)[metric].mean()
    measured = {
        f"{way.replace(' ', '_')}_at_{100 * fraction:g}_percent": float(value)
        for way, fraction, value in means.itertuples(index=False)
    }
    together = {
        "validation_alignment": alignment(projected[:, 0], projected[:, 1]),
        "validation_uniformity": uniformity(projected[:, 0]),
    }
    return {name: value for name, value in (together | measured).items() if np.isfinite(value)}


def draw_label_fractions(label_fractions: pd.DataFrame) -> go.Figure:
    """Draw what a share of the labels is worth; see `compare_labels`."""
    return figures.label_fractions(label_fractions)


def draw_views(network: Network, validation: Examples, input_spec: InputSpec) -> go.Figure:
    """Draw examples beside the two views that are to be recognised as one.

    Args:
        network: The contrastive network.
        validation: Examples; ten from beginning to end are shown.
        input_spec: What is read.
    """
    spread = np.linspace(0, len(validation) - 1, min(MOST_COMPARED, len(validation))).astype(int)
    x = validation.x[spread]
    shown = np.linspace(0, len(x) - 1, min(VIEWED, len(x))).astype(int)
    first, second = (np.asarray(view)[shown] for view in network.views(x, training=False))
    if x.ndim == 4:
        return figures.image_views(x[shown], first, second)
    return figures.corrupted_views(x[shown], second, input_spec.features)


def draw_embedding(network: Network, validation: Examples, input_spec: InputSpec) -> go.Figure:
    """Draw the representation of validation in two dimensions, coloured by what it was never told.

    Args:
        network: The trained contrastive network.
        validation: Examples; their first 3,000.
        input_spec: Gives classes, or the unit of the target.
    """
    plane, shares = pca_projection(predict_outputs(network.encoder, validation.x[:MOST_POINTS]))
    target = input_spec.in_unit_of_target(mean_target(validation.y[:MOST_POINTS]))
    return figures.embedding(plane, shares, target, input_spec.classes)
