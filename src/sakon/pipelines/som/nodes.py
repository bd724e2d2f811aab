"""Nodes of the self-organizing map: its predictions, its figures and its quality measures."""

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
from sakon.training.events import TrainingEvents

from .figures import component_planes, hit_map, label_map, u_matrix

SMOOTHING_RADII = (0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0)
PRIOR_WEIGHTS = (0.02, 0.2, 2.0)
PREDICTIONS_LAYER = "unit_predictions"


@dataclass(frozen=True)
class UnitPredictions:
    """Predictions of every unit.

    Attributes:
        outputs: Probabilities (units, classes), or the standardised target (units, 1 or horizon).
        smoothing_radius: Standard deviation of the Gaussian that weights neighbouring units, in distances between
            neighbours.
        prior_weight: Weight of the mean target of train, in examples.
        value: The problem's metric on validation.
    """

    outputs: np.ndarray
    smoothing_radius: float
    prior_weight: float
    value: float


def fit_head(
    network: Network,
    network_training: TrainingSummary,
    train: Examples,
    validation: Examples,
    input_spec: InputSpec,
    problem: Problem,
    events: TrainingEvents | None = None,
) -> tuple[Network, TrainingSummary]:
    """Return a model that predicts the average target of the train examples around the best-matching unit.

    Args:
        network: A trained map.
        network_training: Summary of its training.
        train: Examples whose targets are averaged.
        validation: Examples that select the smoothing radius and the prior weight.
        input_spec: Inputs and outputs of the model.
        problem: Its metric.
        events: Not used: the choice takes no longer than an epoch.

    Returns:
        A model from inputs to outputs; the summary of the whole training.
    """
    start_time = time.perf_counter()
    units = select_unit_predictions(network, train, validation, input_spec, problem)
    inputs = input_layer(input_spec)
    table = keras.layers.Embedding(network.lattice.units, input_spec.outputs, trainable=False, name=PREDICTIONS_LAYER)
    outputs = table(network.codebook(as_vector(inputs)))
    model = keras.Model(inputs, add_forecast_offset(outputs, inputs, input_spec), name=network.name)
    table.set_weights([units.outputs])
    best = {f"val_{problem_metric(input_spec, problem).name}": units.value}
    summary = extend_summary(network_training, model, start_time, "", best)
    details = {"smoothing_radius": units.smoothing_radius, "prior_weight": units.prior_weight}
    return model, summary.model_copy(update={"details": details})


def draw(
    network: Network, model: Network, train: Examples, input_spec: InputSpec, problem: Problem
) -> tuple[go.Figure, go.Figure, go.Figure, go.Figure]:
    """Draw the map: distances between units, their weights, their numbers of examples and their predictions.

    Args:
        network: A trained map.
        model: The map with its predictions.
        train: Examples that are counted by best-matching unit.
        input_spec: Inputs and outputs of the model.
        problem: Its target.

    Returns:
        U-matrix, component planes, hit map, label map.
    """
    codebook, lattice = codebook_of(network), network.lattice
    counts = hit_counts(best_matching_units(flatten(train.x), codebook)[0], lattice)
    outputs = model.get_layer(PREDICTIONS_LAYER).get_weights()[0].astype(float)
    predictions = outputs if input_spec.classes else to_predictions(outputs.mean(axis=1), input_spec)
    return (
        u_matrix(mean_neighbour_distances(codebook, lattice), lattice),
        component_planes(codebook, lattice, input_spec.shape, input_spec.names),
        hit_map(counts, lattice),
        label_map(predictions.reshape(lattice.units, -1), counts, lattice, input_spec.classes, problem.target),
    )


def measure(network: Network, train: Examples, validation: Examples) -> dict[str, float]:
    """Return both errors on validation, the share of units without train examples, and the size of the map."""
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


def predict_units(
    best: np.ndarray, y: np.ndarray, influence: np.ndarray, outputs: int, prior_weight: float
) -> np.ndarray:
    """Return the predictions of units: average targets, weighted by the distance on the lattice.

    With influence h: (Σ h·targets + prior weight·mean target) / (Σ h·examples + prior weight). So a unit without
    examples predicts, too, and no class has the probability 0.

    Args:
        best: Best-matching unit of each example, (rows,).
        y: Class index (rows,), or standardised target, (rows,) or (rows, outputs).
        influence: Weight of the examples of a unit for each unit, (units, units).
        outputs: Number of classes, or of values.
        prior_weight: Weight of the mean target, in examples; above 0.

    Returns:
        (units, outputs), float32.
    """
    targets = np.eye(outputs)[y] if np.issubdtype(y.dtype, np.integer) else y.reshape(len(y), -1).astype(float)
    units = len(influence)
    sums = np.stack([np.bincount(best, column, units) for column in targets.T], axis=1)
    # The mean counts every class once more: a class that train does not have is not impossible, either.
    mean = (targets.sum(axis=0) + (outputs > 1)) / (len(targets) + outputs * (outputs > 1))
    weights = influence @ np.bincount(best, minlength=units)
    return np.asarray((influence @ sums + prior_weight * mean) / (weights + prior_weight)[:, None], dtype=np.float32)


def select_unit_predictions(
    network: Network, train: Examples, validation: Examples, input_spec: InputSpec, problem: Problem
) -> UnitPredictions:
    """Return the predictions that are best on validation by the problem's metric.

    Ties are broken by the log loss, or by the error of a regression or forecast.
    """
    codebook = codebook_of(network)
    best, best_of_validation = (best_matching_units(flatten(split.x), codebook)[0] for split in (train, validation))
    y = train.y - forecast_offset(train.x, input_spec)
    weights = class_weights(train.y, input_spec, problem)
    metric, targets = problem_metric(input_spec, problem), target_values(validation, input_spec)
    positive = positive_index(input_spec, problem)
    loss = METRICS["log_loss" if input_spec.task == "classification" else "rmse"]
    sign = 1 if metric.greater_is_better else -1
    candidates, distances = [], network.lattice.distances().astype(np.float32)
    for radius in SMOOTHING_RADII:
        influence = np.exp(-0.5 * (distances / radius) ** 2)
        for prior_weight in PRIOR_WEIGHTS:
            table = predict_units(best, y, influence, input_spec.outputs, prior_weight)
            table = table if weights is None else _reweight(table, weights)
            outputs = table[best_of_validation].astype(float) + forecast_offset(validation.x, input_spec)
            predictions = to_predictions(outputs, input_spec)
            value = float(metric(targets, predictions, positive))
            rank = (sign * value, -loss(targets, predictions))
            candidates.append((rank, UnitPredictions(table, radius, prior_weight, value)))
    return max(candidates, key=lambda candidate: candidate[0])[1]


def _reweight(table: np.ndarray, weights: dict[int, float]) -> np.ndarray:
    """Return the probabilities, multiplied by the class weights and normalized."""
    weighted = table * np.array([weights[index] for index in range(len(weights))], np.float32)
    return np.asarray(weighted / weighted.sum(axis=1, keepdims=True))


def codebook_of(network: Network) -> np.ndarray:
    """Return the weights of the units of a map, (units, features)."""
    return np.asarray(network.codebook.codebook)
