"""How a family answers that learns something else than the target.

A representation answers by a linear probe (Alain & Bengio 2017, arXiv 1610.01644): a logistic or ridge
regression on frozen features. A generator answers by a plain model trained on labelled samples and
tried on real examples (train on synthetic, test on real; Esteban et al. 2017, arXiv 1706.02633).
Both become one Keras model from inputs to answers, as every family's.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sakon.layers.adapters import as_vector, input_layer
from sakon.layers.forecast_offset import add_forecast_offset, forecast_offset
from sakon.lazy import Network, keras
from sakon.metrics import positive_index, problem_metric
from sakon.models.predict import flatten, predict_outputs
from sakon.models.predictions import target_values, to_predictions
from sakon.problem import Examples, InputSpec, Problem
from sakon.training.class_weights import class_weights

STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0)
HIDDEN_UNITS = 128
MOST_PASSES = 100

Layer = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Head:
    """A fitted answer: dense layers with ReLU between them.

    Attributes:
        name: What it is, such as `linear probe`.
        layers: Kernel (in, out) and bias (out,) of each layer.
        value: The problem's metric on validation.
    """

    name: str
    layers: list[Layer]
    value: float


def linear_probe(
    network: Network,
    network_training: dict[str, Any],
    train: Examples,
    validation: Examples,
    input_spec: InputSpec,
    problem: Problem,
) -> tuple[Network, dict[str, Any]]:
    """Answer from what a network represents.

    Args:
        network: Has `encoder`, a Keras model from inputs to features (batch, width).
        network_training: Summary of its training.
        train: Examples whose features the probe is fitted on.
        validation: Examples to choose the probe's regularization by.
        input_spec: What the model reads and answers.
        problem: Gives metric and seed.

    Returns:
        A model from inputs to answers, encoder and probe in one; the summary of the whole training.
    """
    started = time.perf_counter()
    encoder = network.encoder
    features = Examples(predict_outputs(encoder, train.x), train.y - forecast_offset(train.x, input_spec), train.row)
    held_out = Examples(predict_outputs(encoder, validation.x), validation.y, validation.row)
    start = forecast_offset(validation.x, input_spec)
    candidates = linear_candidates(input_spec, class_weights(train.y, input_spec, problem))
    head = select_head(candidates, features, held_out, input_spec, problem, "linear probe", start)
    inputs = input_layer(input_spec)
    model = _with_layers(inputs, encoder(inputs), head, input_spec, network.name)
    found = {"candidate": head.name, f"best_val_{problem_metric(input_spec, problem).name}": head.value}
    return model, summary_of(network_training, model, started) | found


def train_on_synthetic(
    network: Network,
    network_training: dict[str, Any],
    train: Examples,
    validation: Examples,
    input_spec: InputSpec,
    problem: Problem,
) -> tuple[Network, dict[str, Any]]:
    """Answer by a plain model that has seen nothing but samples; values beyond theirs count as their extremes.

    Args:
        network: Has `sample(y, seed)`, which returns inputs (rows, *shape) for targets (rows,).
        network_training: Summary of its training.
        train: Gives the targets that samples are drawn for: as many, as they are spread.
        validation: Real examples to choose the plain model by.
        input_spec: What the model reads and answers.
        problem: Gives metric and seed.

    Returns:
        A model from inputs to answers; the summary of the whole training.
    """
    started = time.perf_counter()
    drawn = network.sample(train.y, problem.seed)
    samples = Examples(flatten(drawn), train.y - forecast_offset(drawn, input_spec), train.row)
    low, high = samples.x.min(axis=0), samples.x.max(axis=0)  # beyond what it has seen a plain model goes astray
    held_out = Examples(flatten(validation.x).clip(low, high), validation.y, validation.row)
    weights = class_weights(train.y, input_spec, problem)
    candidates = [*linear_candidates(input_spec, weights), dense_candidate(input_spec, problem)]
    start = forecast_offset(validation.x, input_spec)
    head = select_head(candidates, samples, held_out, input_spec, problem, "trained on samples", start)
    inputs = input_layer(input_spec)
    seen = keras.ops.minimum(keras.ops.maximum(as_vector(inputs), low), high)
    model = _with_layers(inputs, seen, head, input_spec, network.name)
    found = {"candidate": head.name, f"best_val_{problem_metric(input_spec, problem).name}": head.value}
    return model, summary_of(network_training, model, started) | found


def linear_candidates(input_spec: InputSpec, weights: dict[int, float] | None = None) -> list[Any]:
    """Return unfitted logistic or ridge regressions of several strengths."""
    from sklearn.linear_model import LogisticRegression, Ridge

    if input_spec.task == "classification":
        return [LogisticRegression(C=strength, max_iter=1000, class_weight=weights) for strength in STRENGTHS]
    return [Ridge(alpha=1 / strength) for strength in STRENGTHS]


def dense_candidate(
    input_spec: InputSpec, problem: Problem, units: tuple[int, ...] = (HIDDEN_UNITS,), passes: int = MOST_PASSES
) -> Any:
    """Return an unfitted dense network of scikit-learn.

    Args:
        input_spec: Says the task.
        problem: Gives the seed.
        units: Width of each hidden layer.
        passes: Most passes over the examples.
    """
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    plain = MLPClassifier if input_spec.task == "classification" else MLPRegressor
    return plain(hidden_layer_sizes=units, max_iter=passes, random_state=problem.seed)


def select_head(
    candidates: Iterable[Any],
    train: Examples,
    validation: Examples,
    input_spec: InputSpec,
    problem: Problem,
    name: str,
    start: Any = 0,
) -> Head:
    """Fit candidates on standardised vectors and return the best on validation, by the problem's metric.

    Args:
        candidates: Unfitted scikit-learn models, linear or dense.
        train: Vectors (rows, width) to fit on.
        validation: Vectors to choose by.
        input_spec: What is answered.
        problem: Gives metric and positive class.
        name: What the head is called.
        start: What a forecast of validation starts from, to which answers are added.
    """
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(train.x)
    metric, actual = problem_metric(input_spec, problem), target_values(validation, input_spec)
    heads = []
    for candidate in candidates:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that more iterations might still help a little
            candidate.fit(scaler.transform(train.x), train.y)
        found = predict_outputs(candidate, scaler.transform(validation.x)) + start
        answers = to_predictions(found, input_spec)
        value = metric(actual, answers, positive_index(input_spec, problem))
        heads.append(Head(name, _layers_of(candidate, scaler), float(value)))
    return max(heads, key=lambda head: head.value * (1 if metric.greater_is_better else -1))


def summary_of(network_training: dict[str, Any], model: Network, started: float) -> dict[str, Any]:
    """Return the summary of a training that ended in an answering model: the sizes and the time of both.

    Args:
        network_training: Summary of the network's training.
        model: What answers.
        started: When its making began, by `time.perf_counter`.
    """
    seconds = network_training["train_seconds"] + time.perf_counter() - started
    sizes = {"parameters": int(model.count_params()), "network_parameters": network_training["parameters"]}
    return network_training | sizes | {"train_seconds": round(seconds, 3)}


def _layers_of(candidate: Any, scaler: Any) -> list[Layer]:
    """Return a fitted model's layers, standardisation folded into the first."""
    if hasattr(candidate, "coefs_"):
        layers = list(zip(candidate.coefs_, candidate.intercepts_, strict=True))
    else:
        layers = [(np.atleast_2d(candidate.coef_).T, np.atleast_1d(candidate.intercept_))]
    kernel, bias = layers[-1]
    if hasattr(candidate, "classes_") and kernel.shape[1] == 1:  # the second of two classes against the first
        layers[-1] = np.hstack([0 * kernel, kernel]), np.array([0.0, bias[0]])
    kernel, bias = layers[0]
    kernel = kernel / scaler.scale_[:, None]
    layers[0] = kernel, bias - scaler.mean_ @ kernel
    return layers


def _with_layers(
    inputs: keras.KerasTensor, x: keras.KerasTensor, head: Head, input_spec: InputSpec, name: str
) -> keras.Model:
    answer = "softmax" if input_spec.task == "classification" else "linear"
    activations = ["relu"] * (len(head.layers) - 1) + [answer]
    for number, (weights, activation) in enumerate(zip(head.layers, activations, strict=True), start=1):
        layer = keras.layers.Dense(len(weights[1]), activation=activation, name=f"answer_{number}")
        x = layer(x)
        layer.set_weights(weights)
    return keras.Model(inputs, add_forecast_offset(x, inputs, input_spec), name=name)
