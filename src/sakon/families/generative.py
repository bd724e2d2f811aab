"""Nodes of every family that generates samples: the samples, their metrics and their figures."""

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

MAX_SAMPLES = 2000
MAX_TRAIN_ROWS = 5000
FEATURES = 64
EPOCHS = 40
GRID_SIZE = 10
NEIGHBOUR_PAIRS = 10


def generative_nodes() -> tuple[Node, ...]:
    """Return the nodes that generate samples, measure and draw them.

    They read `network`, a `families.conditional.ConditionalGenerator`, and write `samples`, `measures`,
    `samples_figure`, `progress_figure` and `nearest_figure`.
    """
    splits = ["samples", "train", "validation"]
    context = ["train", "input_spec"]
    return (
        Node(generate_samples, ["network", "train", "params:problem"], "samples", name="generate_samples"),
        Node(measure_samples, [*splits, "input_spec", "params:problem"], "measures", name="measure_samples"),
        Node(draw_samples, ["network", "samples", *context], "samples_figure", name="draw_samples", tags=FIGURE),
        Node(draw_progress, ["network", *context], "progress_figure", name="draw_progress", tags=FIGURE),
        Node(draw_nearest, ["network", *splits], "nearest_figure", name="draw_nearest", tags=FIGURE),
    )


def generate_samples(network: Network, train: Examples, problem: Problem) -> Examples:
    """Generate samples for the targets of a random choice of at most `MAX_SAMPLES` train examples.

    Args:
        network: Trained generator.
        train: Train examples.
        problem: Its seed.

    Returns:
        Samples and their targets; `row` is the row of `records` that a target is from.
    """
    rng = np.random.default_rng(problem.seed)
    chosen = np.sort(rng.permutation(len(train))[:MAX_SAMPLES])
    y = train.y[chosen]
    return Examples(network.sample(y, problem.seed + 1), y, train.row[chosen])


def measure_samples(
    samples: Examples, train: Examples, validation: Examples, input_spec: InputSpec, problem: Problem
) -> dict[str, float]:
    """Return metrics of the quality of samples, and whether they are copies of train examples.

    The kernel inception distance is computed on the features of a small network trained on train. They are the same
    for every family, so values of one problem are comparable; values of different problems are not.

    Args:
        samples: Samples of a generator.
        train: Train examples.
        validation: Validation examples.
        input_spec: Task and classes.
        problem: Its seed.

    Returns:
        `kid` and `kid_std` of samples against validation; `kid_real` and `kid_real_std` of train against
        validation, the values of a perfect generator; `nearest_distance`, median distance of a sample to its nearest
        train example; `memorising_ratio`, the same divided by that of validation examples.
    """
    train_features, validation_features, sample_features = extract_features(
        train, [train.x, validation.x, samples.x], input_spec, problem
    )
    value, deviation = kid(sample_features, validation_features, problem.seed)
    real_value, real_deviation = kid(train_features, validation_features, problem.seed)
    samples_to_train, validation_to_train = _nearest_distances(samples, train, validation)
    metrics = {
        "kid": value,
        "kid_std": deviation,
        "kid_real": real_value,
        "kid_real_std": real_deviation,
        "nearest_distance": float(np.median(samples_to_train)),
        "memorising_ratio": memorising_ratio(samples_to_train, validation_to_train),
    }
    return {name: value for name, value in metrics.items() if np.isfinite(value)}


def extract_features(
    train: Examples, arrays: list[np.ndarray], input_spec: InputSpec, problem: Problem
) -> list[np.ndarray]:
    """Return the last hidden layer of a small network, trained to predict the target, for arrays of examples.

    Args:
        train: Examples that the network is trained on.
        arrays: Examples, (rows, *shape) each.
        input_spec: Task and classes.
        problem: Its seed.

    Returns:
        Features, (rows, `FEATURES`) each; over train their mean is 0 and their mean variance 1.
    """
    # One scale for all features: standardised one by one, a nearly constant pixel would weigh as much as others.
    network = dense_candidate(input_spec, problem, (2 * FEATURES, FEATURES), EPOCHS)
    x, y = flatten(train.x[:MAX_TRAIN_ROWS]), train.y[:MAX_TRAIN_ROWS]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that more epochs might improve the fit a little
        network.fit(x, y)

    def hidden(values: np.ndarray) -> np.ndarray:
        activations = flatten(values)
        for kernel, bias in list(zip(network.coefs_, network.intercepts_, strict=True))[:-1]:
            activations = np.maximum(activations @ kernel + bias, 0)
        return np.asarray(activations)

    activations = hidden(x)
    mean, scale = activations.mean(axis=0), float(np.sqrt(activations.var(axis=0).mean())) or 1.0
    return [(hidden(values) - mean) / scale for values in arrays]


def draw_samples(network: Network, samples: Examples, train: Examples, input_spec: InputSpec) -> go.Figure:
    """Draw image samples, a row per class or level of the target; for other kinds, the distributions of features.

    Args:
        network: Generator of the samples; gives the title.
        samples: Samples.
        train: Train examples, to compare distributions with.
        input_spec: Names of classes and features.
    """
    if len(input_spec.shape) != 3:
        return figures.feature_distributions(network.name, flatten(train.x), flatten(samples.x), input_spec.names)
    rows, labels = group_by_target(samples.y, input_spec)
    return figures.sample_grid(network.name, [samples.x[row[:GRID_SIZE]] for row in rows], labels)


def group_by_target(y: np.ndarray, input_spec: InputSpec) -> tuple[list[np.ndarray], list[str]]:
    """Group examples by target for the rows of a grid.

    Args:
        y: Class indices, or standardised targets.
        input_spec: Classes, or the unit of the target.

    Returns:
        Indices of the examples of each group, and the label of each group: one group for each of the first
        `GRID_SIZE` classes; or, for numbers, `GRID_SIZE` quantile groups in ascending order.
    """
    if input_spec.classes:
        present = [int(index) for index in np.unique(y)[:GRID_SIZE]]
        return [np.flatnonzero(y == index) for index in present], [str(input_spec.classes[i]) for i in present]
    values = mean_target(y)
    groups = [group for group in np.array_split(np.argsort(values, kind="stable"), GRID_SIZE) if len(group)]
    medians = input_spec.in_unit_of_target(np.array([np.median(values[group]) for group in groups]))
    return groups, [f"{median:.3g}" for median in medians]


def draw_progress(network: Network, train: Examples, input_spec: InputSpec) -> go.Figure:
    """Draw the samples of several epochs of the training.

    Args:
        network: Trained generator with its snapshots.
        train: Train examples, to compare with.
        input_spec: Names of classes and features.
    """
    epochs, targets, samples = network.snapshots()
    if len(input_spec.shape) != 3:
        real = flatten(train.x)[:, :2]
        return figures.sample_scatter_by_epoch(network.name, epochs, samples, real, input_spec.names[:2])
    values = input_spec.in_unit_of_target(targets)
    labels = [str(input_spec.classes[int(t)]) if input_spec.classes else f"{t:.3g}" for t in values]
    return figures.samples_by_epoch(network.name, epochs, samples, labels)


def draw_nearest(network: Network, samples: Examples, train: Examples, validation: Examples) -> go.Figure:
    """Draw samples next to their nearest train examples, and the distribution of the distances.

    Args:
        network: Generator of the samples; gives the title.
        samples: Samples.
        train: Train examples.
        validation: Validation examples, whose distances to train are compared with those of the samples.
    """
    samples_to_train, validation_to_train = _nearest_distances(samples, train, validation)
    pairs = None
    if samples.x.ndim == 4:
        chosen = np.linspace(0, len(samples) - 1, min(NEIGHBOUR_PAIRS, len(samples))).astype(int)
        _, nearest = nearest_neighbours(flatten(samples.x[chosen]), flatten(train.x))
        pairs = samples.x[chosen], train.x[nearest]
    ratio = memorising_ratio(samples_to_train, validation_to_train)
    return figures.nearest_neighbour_distances(network.name, samples_to_train, validation_to_train, ratio, pairs)


def _nearest_distances(samples: Examples, train: Examples, validation: Examples) -> tuple[np.ndarray, np.ndarray]:
    """Return the distances of samples and of validation examples to their nearest train example."""
    train_x = flatten(train.x)
    samples_to_train, _ = nearest_neighbours(flatten(samples.x), train_x)
    validation_to_train, _ = nearest_neighbours(flatten(validation.x[:MAX_SAMPLES]), train_x)
    return samples_to_train, validation_to_train
