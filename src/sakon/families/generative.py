"""Looks at what a generator draws: the same measures and figures for every family that draws samples."""

from __future__ import annotations

import warnings

import numpy as np
from kedro.pipeline import Node

from sakon.families.heads import dense_candidate
from sakon.families.template import FIGURE
from sakon.figures import generative as figures
from sakon.lazy import Network, go
from sakon.metrics.generative import kid, memorising_ratio, nearest_neighbours
from sakon.models.predict import flatten
from sakon.models.predictions import mean_target
from sakon.problem import Examples, InputSpec, Problem

MOST_SAMPLES = 2000
MOST_TRAIN_ROWS = 5000
FEATURES = 64
EPOCHS = 40
GRID = 10
NEIGHBOURS = 10


def generative_nodes() -> list[Node]:
    """Return the nodes that draw samples and look at them.

    They need a `network` with `sample(y, seed)` and `progress()` (see `families.conditional`), and write
    `samples`, `measures`, `samples_figure`, `progress_figure` and `nearest_figure`.
    """
    drawn = ["samples", "train", "validation"]
    return [
        Node(draw_samples, ["network", "train", "params:problem"], "samples", name="draw_samples"),
        Node(measure, [*drawn, "input_spec", "params:problem"], "measures", name="measure"),
        Node(
            draw_sample_figure,
            ["network", *drawn, "input_spec"],
            "samples_figure",
            name="draw_sample_figure",
            tags=FIGURE,
        ),
        Node(draw_progress, ["network", "train", "input_spec"], "progress_figure", name="draw_progress", tags=FIGURE),
        Node(draw_nearest, ["network", *drawn], "nearest_figure", name="draw_nearest", tags=FIGURE),
    ]


def draw_samples(network: Network, train: Examples, problem: Problem) -> Examples:
    """Draw samples for targets of train: a random choice of at most `MOST_SAMPLES`.

    Args:
        network: Has `sample(y, seed)`.
        train: Gives the targets.
        problem: Gives the seed.

    Returns:
        Samples, their targets, and the rows of `records` that these targets are from.
    """
    rng = np.random.default_rng(problem.seed)
    chosen = np.sort(rng.permutation(len(train))[:MOST_SAMPLES])
    y = train.y[chosen]
    return Examples(network.sample(y, problem.seed + 1), y, train.row[chosen])


def measure(
    samples: Examples, train: Examples, validation: Examples, input_spec: InputSpec, problem: Problem
) -> dict[str, float]:
    """Say how good samples are and whether they are copies.

    The kernel inception distance is taken in the features of a small network trained on train, the
    same for every family: it compares families on one problem, not problems.

    Args:
        samples: What a generator drew.
        train: What it learnt from.
        validation: Examples that it did not learn from.
        input_spec: Says the task.
        problem: Gives the seed.

    Returns:
        `kid` and `kid_std` of samples against validation; `kid_real` and `kid_real_std` of train against
        validation, which is what a perfect generator would have; `nearest_distance`, median distance of a sample
        to its nearest training example; `memorising_ratio`, that by the same of validation.
    """
    of_train, of_validation, of_samples = features(train, [train.x, validation.x, samples.x], input_spec, problem)
    value, spread = kid(of_samples, of_validation, problem.seed)
    real, real_spread = kid(of_train, of_validation, problem.seed)
    to_train, usual = _distances(samples, train, validation)
    found = {
        "kid": value,
        "kid_std": spread,
        "kid_real": real,
        "kid_real_std": real_spread,
        "nearest_distance": float(np.median(to_train)),
        "memorising_ratio": memorising_ratio(to_train, usual),
    }
    return {name: value for name, value in found.items() if np.isfinite(value)}


def features(train: Examples, sets: list[np.ndarray], input_spec: InputSpec, problem: Problem) -> list[np.ndarray]:
    """Return examples as the last hidden layer of a small network sees them that predicts the target.

    Args:
        train: What that network learns from.
        sets: Examples, (rows, *shape) each.
        input_spec: Says the task.
        problem: Gives the seed.

    Returns:
        Features, (rows, `FEATURES`) each, of mean 0, and variance 1 on average, over train.
    """
    # Not standardised again: a pixel that is nearly constant would count as much as a thousand others.
    network = dense_candidate(input_spec, problem, (2 * FEATURES, FEATURES), EPOCHS)
    x, y = flatten(train.x[:MOST_TRAIN_ROWS]), train.y[:MOST_TRAIN_ROWS]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that more passes might still help a little
        network.fit(x, y)

    def hidden(values: np.ndarray) -> np.ndarray:
        seen = flatten(values)
        for kernel, bias in list(zip(network.coefs_, network.intercepts_, strict=True))[:-1]:
            seen = np.maximum(seen @ kernel + bias, 0)
        return np.asarray(seen)

    seen = hidden(x)
    middle, scale = seen.mean(axis=0), float(np.sqrt(seen.var(axis=0).mean())) or 1.0
    return [(hidden(values) - middle) / scale for values in sets]


def draw_sample_figure(
    network: Network, samples: Examples, train: Examples, validation: Examples, input_spec: InputSpec
) -> go.Figure:
    """Draw samples as images, a row per class or level of the target; those of tables as distributions.

    Args:
        network: What drew them; gives the name.
        samples: What it drew.
        train: What it learnt from.
        validation: Not needed; so that all looks take the same.
        input_spec: Names classes and features.
    """
    if len(input_spec.shape) != 3:
        return figures.feature_distributions(network.name, flatten(train.x), flatten(samples.x), input_spec.names)
    rows, labels = rows_of_targets(samples.y, input_spec)
    return figures.sample_grid(network.name, [samples.x[row[:GRID]] for row in rows], labels)


def rows_of_targets(y: np.ndarray, input_spec: InputSpec) -> tuple[list[np.ndarray], list[str]]:
    """Return indices of examples for each row of a grid, and the row's name.

    Args:
        y: Class indices, or the standardised target.
        input_spec: Names classes; scales the target.

    Returns:
        A row for each of the first `GRID` classes, or for each tenth of the target from low to high.
    """
    if input_spec.classes:
        present = [int(index) for index in np.unique(y)[:GRID]]
        return [np.flatnonzero(y == index) for index in present], [str(input_spec.classes[i]) for i in present]
    values = mean_target(y)
    rows = [row for row in np.array_split(np.argsort(values, kind="stable"), GRID) if len(row)]
    middles = input_spec.in_unit_of_target(np.array([np.median(values[row]) for row in rows]))
    return rows, [f"{middle:.3g}" for middle in middles]


def draw_progress(network: Network, train: Examples, input_spec: InputSpec) -> go.Figure:
    """Draw what samples looked like at a few epochs of the training.

    Args:
        network: Has `progress()`.
        train: Real examples to compare with.
        input_spec: Names classes and features.
    """
    epochs, targets, seen = network.progress()
    if len(input_spec.shape) != 3:
        return figures.sample_scatter_by_epoch(
            network.name, epochs, seen, flatten(train.x)[:, :2], input_spec.names[:2]
        )
    values = input_spec.in_unit_of_target(targets)
    labels = [str(input_spec.classes[int(t)]) if input_spec.classes else f"{t:.3g}" for t in values]
    return figures.samples_by_epoch(network.name, epochs, seen, labels)


def draw_nearest(network: Network, samples: Examples, train: Examples, validation: Examples) -> go.Figure:
    """Draw samples beside their nearest training examples, and how far they are.

    Args:
        network: What drew them; gives the name.
        samples: What it drew.
        train: What it learnt from.
        validation: Says how far examples are from train that were not learnt from.
    """
    to_train, usual = _distances(samples, train, validation)
    pairs = None
    if samples.x.ndim == 4:
        some = np.linspace(0, len(samples) - 1, min(NEIGHBOURS, len(samples))).astype(int)
        _, found = nearest_neighbours(flatten(samples.x[some]), flatten(train.x))
        pairs = samples.x[some], train.x[found]
    return figures.nearest_neighbour_distances(network.name, to_train, usual, memorising_ratio(to_train, usual), pairs)


def _distances(samples: Examples, train: Examples, validation: Examples) -> tuple[np.ndarray, np.ndarray]:
    """Return the distances of samples and of validation to their nearest in train."""
    train_x = flatten(train.x)
    samples_to_train, _ = nearest_neighbours(flatten(samples.x), train_x)
    validation_to_train, _ = nearest_neighbours(flatten(validation.x[:MOST_SAMPLES]), train_x)
    return samples_to_train, validation_to_train
