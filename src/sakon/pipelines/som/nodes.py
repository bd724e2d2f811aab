"""What is the map's own: how it answers, its figures and its measures."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from sakon.families.heads import extend_summary
from sakon.layers.adapters import as_vector, input_layer
from sakon.layers.forecast_offset import add_forecast_offset, forecast_offset
from sakon.lazy import Network, go, keras
from sakon.metrics import METRICS, positive_index, problem_metric
from sakon.metrics.som import (
    Lattice,
    best_matching_units,
    hit_counts,
    mean_neighbour_distances,
    quantization_error,
    topographic_error,
)
from sakon.models.predict import flatten
from sakon.models.predictions import target_values, to_predictions
from sakon.problem import Examples, InputSpec, Problem, TrainingSummary
from sakon.training.class_weights import class_weights

from .figures import component_planes, hit_map, label_map, u_matrix

REACHES = (0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0)
PRIORS = (0.02, 0.2, 2.0)


@dataclass(frozen=True)
class Answers:
    """What every unit answers.

    Attributes:
        table: Probabilities (units, classes), or the standardised target (units, 1).
        reach: How far over the lattice a unit asks its neighbours, in distances between neighbours.
        prior: Weight of the answer without a map, in examples.
        value: The problem's metric on validation.
    """

    table: np.ndarray
    reach: float
    prior: float
    value: float


def fit_head(
    network: Network,
    network_training: TrainingSummary,
    train: Examples,
    validation: Examples,
    input_spec: InputSpec,
    problem: Problem,
) -> tuple[Network, TrainingSummary]:
    """Answer by what the examples of the best-matching unit and around it have as target.

    Args:
        network: A trained map.
        network_training: Summary of its training.
        train: Examples that the units' answers are made of.
        validation: Examples to choose by how far neighbours count.
        input_spec: What the model reads and answers.
        problem: Gives the metric.

    Returns:
        A model from inputs to answers; the summary of the whole training.
    """
    started = time.perf_counter()
    codebook, lattice = codebook_of(network), network.lattice
    best, held_out = (
        best_matching_units(flatten(train.x), codebook)[0],
        best_matching_units(flatten(validation.x), codebook)[0],
    )
    learnt = train.y - forecast_offset(train.x, input_spec)
    weights = class_weights(train.y, input_spec, problem)
    answers = _best_answers(best, learnt, held_out, validation, lattice, input_spec, problem, weights)
    inputs = input_layer(input_spec)
    table = keras.layers.Embedding(lattice.units, input_spec.outputs, trainable=False, name="answers")
    found = table(network.codebook(as_vector(inputs)))
    model = keras.Model(inputs, add_forecast_offset(found, inputs, input_spec), name=network.name)
    table.set_weights([answers.table])
    metric = problem_metric(input_spec, problem).name
    summary = extend_summary(network_training, model, started, "", {f"val_{metric}": answers.value})
    return model, summary.model_copy(update={"details": {"reach": answers.reach, "prior": answers.prior}})


def draw(
    network: Network, model: Network, train: Examples, input_spec: InputSpec, problem: Problem
) -> tuple[go.Figure, go.Figure, go.Figure, go.Figure]:
    """Draw the map: how units differ, what they look like, how many examples they have, what they answer.

    Args:
        network: A trained map.
        model: The map with its answers.
        train: Examples to show the hits of.
        input_spec: What the model reads and answers.
        problem: Gives the name of the target.

    Returns:
        U-matrix, component planes, hit map, label map.
    """
    codebook, lattice = codebook_of(network), network.lattice
    counts = hit_counts(best_matching_units(flatten(train.x), codebook)[0], lattice)
    table = model.get_layer("answers").get_weights()[0].astype(float)
    answers = table if input_spec.classes else to_predictions(table.mean(axis=1), input_spec)
    return (
        u_matrix(mean_neighbour_distances(codebook, lattice), lattice),
        component_planes(codebook, lattice, input_spec.shape, input_spec.names),
        hit_map(counts, lattice),
        label_map(answers.reshape(lattice.units, -1), counts, lattice, input_spec.classes, problem.target),
    )


def measure(network: Network, train: Examples, validation: Examples) -> dict[str, float]:
    """Return how well the map fits: both errors on validation, the share of units without examples, its size."""
    codebook, lattice = codebook_of(network), network.lattice
    held_out = flatten(validation.x)
    counts = hit_counts(best_matching_units(flatten(train.x), codebook)[0], lattice)
    return {
        "map_quantization_error": quantization_error(held_out, codebook),
        "map_topographic_error": topographic_error(held_out, codebook, lattice),
        "map_dead_units": float((counts == 0).mean()),
        "map_height": float(lattice.height),
        "map_width": float(lattice.width),
    }


def unit_answers(best: np.ndarray, y: np.ndarray, influence: np.ndarray, outputs: int, prior: float) -> np.ndarray:
    """Return what units answer: averages of the targets, the nearer on the lattice the more they weigh.

    With influence h: (Σ h·targets + prior·mean target) / (Σ h·examples + prior).
    So units that no example fell on answer too, and no class is ever impossible.

    Args:
        best: Best-matching unit of each example, (rows,).
        y: Class index (rows,), or standardised target, (rows,) or (rows, outputs).
        influence: How much each unit's examples count for each unit, (units, units).
        outputs: Number of classes, or 1.
        prior: Weight of the mean target, in examples; above 0.

    Returns:
        (units, outputs), float32.
    """
    targets = np.eye(outputs)[y] if np.issubdtype(y.dtype, np.integer) else y.reshape(len(y), -1).astype(float)
    units = len(influence)
    sums = np.stack([np.bincount(best, column, units) for column in targets.T], axis=1)
    # The mean counts every class once more, so that one absent from train is not impossible either.
    mean = (targets.sum(axis=0) + (outputs > 1)) / (len(targets) + outputs * (outputs > 1))
    weights = influence @ np.bincount(best, minlength=units)
    return np.asarray((influence @ sums + prior * mean) / (weights + prior)[:, None], dtype=np.float32)


def _best_answers(
    best: np.ndarray,
    y: np.ndarray,
    held_out: np.ndarray,
    validation: Examples,
    lattice: Lattice,
    input_spec: InputSpec,
    problem: Problem,
    weights: dict[int, float] | None,
) -> Answers:
    """Return the answers that are best on validation by the problem's metric; of equals, the likelier."""
    metric, actual = problem_metric(input_spec, problem), target_values(validation, input_spec)
    positive = positive_index(input_spec, problem)
    doubt = METRICS["log_loss" if input_spec.task == "classification" else "rmse"]
    sign = 1 if metric.greater_is_better else -1
    found, apart = [], lattice.distances().astype(np.float32)
    for reach in REACHES:
        influence = np.exp(-0.5 * (apart / reach) ** 2)
        for prior in PRIORS:
            table = unit_answers(best, y, influence, input_spec.outputs, prior)
            table = table if weights is None else _reweighted(table, weights)
            outputs = to_predictions(
                table[held_out].astype(float) + forecast_offset(validation.x, input_spec), input_spec
            )
            value = float(metric(actual, outputs, positive))
            found.append(((sign * value, -doubt(actual, outputs)), Answers(table, reach, prior, value)))
    return max(found, key=lambda pair: pair[0])[1]


def _reweighted(table: np.ndarray, weights: dict[int, float]) -> np.ndarray:
    """Return probabilities as they would be if every example counted by its class's weight."""
    weighed = table * np.array([weights[index] for index in range(len(weights))], np.float32)
    return np.asarray(weighed / weighed.sum(axis=1, keepdims=True))


def codebook_of(network: Network) -> np.ndarray:
    """Return the weights of a map's units, (units, features)."""
    return np.asarray(network.codebook.codebook)
