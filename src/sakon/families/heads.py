"""Heads: how a family predicts whose network does not predict the target.

A representation predicts by a linear probe (Alain & Bengio 2017, arXiv 1610.01644): a logistic or ridge regression on
frozen features. A generator predicts by a scikit-learn model that is trained on labelled samples alone and tested on
real examples (train on synthetic, test on real, TSTR; Esteban et al. 2017, arXiv 1706.02633). Both become one Keras
model from inputs to outputs, as every family's.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sakon.families.iterations import affordable_iterations
from sakon.families.timed_fits import TimedFits, affordable_samples
from sakon.layers.adapters import as_vector, input_layer
from sakon.layers.forecast_offset import add_forecast_offset, forecast_offset
from sakon.lazy import Network, keras
from sakon.metrics import positive_index, problem_metric
from sakon.models.predict import flatten, predict_outputs
from sakon.models.predictions import target_values, to_predictions
from sakon.problem import Examples, InputSpec, Problem, TrainingSummary
from sakon.training.class_weights import class_weights
from sakon.training.events import TrainingEvents

STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0)
HIDDEN_UNITS = 128
MAX_ITERATIONS, MAX_EPOCHS = 1000, 100
LINEAR_PROBE, TSTR = "linear probe", "TSTR"

DenseWeights = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Head:
    """Fitted dense layers with ReLU between them, from a vector to the outputs.

    Attributes:
        name: Its name, such as `linear probe`.
        layers: Kernel (in, out) and bias (out,) of each layer.
        value: The problem's metric on validation.
        stopped_by: What ended the choice before all candidates were fitted; empty if nothing did.
        stopped_after: How many were fitted then, with all their iterations, such as `2 of 5 heads`.
    """

    name: str
    layers: list[DenseWeights]
    value: float
    stopped_by: str = ""
    stopped_after: str = ""


def linear_probe(
    network: Network,
    network_training: TrainingSummary,
    train: Examples,
    validation: Examples,
    input_spec: InputSpec,
    problem: Problem,
    events: TrainingEvents | None = None,
) -> tuple[Network, TrainingSummary]:
    """Fit a linear model on the features of a frozen encoder.

    Args:
        network: Has `encoder`, a Keras model from inputs to features (batch, width).
        network_training: Summary of the network's training.
        train: Examples that the probe is fitted on.
        validation: Examples that choose the probe's regularization.
        input_spec: Inputs and outputs of the model.
        problem: Its metric and seed.
        events: Receive how the choice of the head goes on, and may end it.

    Returns:
        A model from inputs to outputs, encoder and probe in one; the summary of the whole training.
    """
    start_time = time.perf_counter()
    encoder = network.encoder
    offset = forecast_offset(train.x, input_spec)
    features = Examples(predict_outputs(encoder, train.x), train.y - offset, train.row)
    held_out = Examples(predict_outputs(encoder, validation.x), validation.y, validation.row)
    candidates = linear_candidates(input_spec, features.x.shape, class_weights(train.y, input_spec, problem))
    offset = forecast_offset(validation.x, input_spec)
    head = select_head(candidates, features, held_out, input_spec, problem, LINEAR_PROBE, offset, events)
    inputs = input_layer(input_spec)
    model = _with_dense_layers(inputs, encoder(inputs), head, input_spec, network.name)
    return model, summarize_head(network_training, model, head, input_spec, problem, start_time)


def train_on_synthetic(
    network: Network,
    network_training: TrainingSummary,
    train: Examples,
    validation: Examples,
    input_spec: InputSpec,
    problem: Problem,
    events: TrainingEvents | None = None,
) -> tuple[Network, TrainingSummary]:
    """Fit a scikit-learn model on samples of a generator alone; inputs are clipped to the samples' range.

    Args:
        network: Has `sample(y, seed)`, which returns inputs (rows, *shape) for targets (rows,).
        network_training: Summary of the network's training.
        train: Its targets are those that samples are drawn for.
        validation: Real examples that choose the scikit-learn model.
        input_spec: Inputs and outputs of the model.
        problem: Its metric and seed.
        events: Receive how the choice of the head goes on, and may end it.

    Returns:
        A model from inputs to outputs; the summary of the whole training.
    """
    start_time, events = time.perf_counter(), events or TrainingEvents()
    rows = affordable_samples(network, train.y, problem, events)
    drawn, y = network.sample(train.y[rows], problem.seed), train.y[rows]
    samples = Examples(flatten(drawn), y - forecast_offset(drawn, input_spec), train.row[rows])
    low, high = samples.x.min(axis=0), samples.x.max(axis=0)  # outside of them the model would extrapolate
    held_out = Examples(flatten(validation.x).clip(low, high), validation.y, validation.row)
    weights = class_weights(train.y, input_spec, problem)
    candidates = [*linear_candidates(input_spec, samples.x.shape, weights), dense_candidate(input_spec, problem)]
    offset = forecast_offset(validation.x, input_spec)
    head = select_head(candidates, samples, held_out, input_spec, problem, TSTR, offset, events)
    inputs = input_layer(input_spec)
    clipped = keras.ops.minimum(keras.ops.maximum(as_vector(inputs), low), high)
    model = _with_dense_layers(inputs, clipped, head, input_spec, network.name)
    return model, summarize_head(network_training, model, head, input_spec, problem, start_time)


def linear_candidates(
    input_spec: InputSpec, shape: tuple[int, ...], weights: dict[int, float] | None = None
) -> list[Any]:
    """Return unfitted logistic or ridge regressions, one per regularization strength.

    Args:
        input_spec: Its task and classes.
        shape: Rows and width of the vectors that they are fitted on; many of them get fewer iterations.
        weights: Weight of every class by its index.
    """
    from sklearn.linear_model import LogisticRegression, Ridge

    if input_spec.task == "classification":
        rows, width = shape
        iterations = affordable_iterations(rows, width, input_spec.outputs, MAX_ITERATIONS)
        return [LogisticRegression(C=strength, max_iter=iterations, class_weight=weights) for strength in STRENGTHS]
    return [Ridge(alpha=1 / strength) for strength in STRENGTHS]


def dense_candidate(
    input_spec: InputSpec, problem: Problem, units: tuple[int, ...] = (HIDDEN_UNITS,), epochs: int = MAX_EPOCHS
) -> Any:
    """Return an unfitted scikit-learn MLP.

    Args:
        input_spec: Its task.
        problem: Its seed.
        units: Width of each hidden layer.
        epochs: Maximum number of epochs.
    """
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    estimator = MLPClassifier if input_spec.task == "classification" else MLPRegressor
    return estimator(hidden_layer_sizes=units, max_iter=epochs, random_state=problem.seed)


def select_head(
    candidates: Sequence[Any],
    train: Examples,
    validation: Examples,
    input_spec: InputSpec,
    problem: Problem,
    name: str,
    offset: np.ndarray | int = 0,
    events: TrainingEvents | None = None,
) -> Head:
    """Fit candidates on standardised vectors and return the best on validation, by the problem's metric.

    Args:
        candidates: Unfitted scikit-learn models, linear or MLP.
        train: Vectors (rows, width) to fit on.
        validation: Vectors that choose the candidate.
        input_spec: The task and its outputs.
        problem: Its metric and positive class.
        name: Name of the head.
        offset: Forecast offset of validation, which is added to the outputs.
        events: Their listeners may end the choice after the first candidate.
    """
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(train.x)
    metric, targets = problem_metric(input_spec, problem), target_values(validation, input_spec)
    x, validation_x = scaler.transform(train.x), scaler.transform(validation.x)
    heads: list[Head] = []
    fits = TimedFits(events or TrainingEvents(), len(candidates))
    for candidate in candidates:
        if not fits.may_continue() and heads:
            break
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that more iterations might improve the fit a little
            model = fits.fit(candidate, lambda each: each.fit(x, train.y))
        outputs = predict_outputs(model, validation_x) + offset
        value = metric(targets, to_predictions(outputs, input_spec), positive_index(input_spec, problem))
        heads.append(Head(name, _dense_weights(model, scaler), float(value)))
    best = max(heads, key=lambda head: head.value * (1 if metric.greater_is_better else -1))
    return replace(best, stopped_by=fits.stopped_by, stopped_after=fits.stopped_after("heads"))


def summarize_head(
    network_training: TrainingSummary,
    model: Network,
    head: Head,
    input_spec: InputSpec,
    problem: Problem,
    start_time: float,
) -> TrainingSummary:
    """Return the summary of a training that ended in a head: its sizes, its time, its value on validation.

    Args:
        network_training: Summary of the network's training.
        model: Network and head in one.
        head: The head.
        input_spec: The task.
        problem: Its metric.
        start_time: When fitting the head began, by `time.perf_counter`.
    """
    metric = problem_metric(input_spec, problem).name
    summary = extend_summary(network_training, model, start_time, head.name, {f"val_{metric}": head.value})
    return summary.stop(head.stopped_by, head.stopped_after) if head.stopped_by else summary


def extend_summary(
    network_training: TrainingSummary, model: Network, start_time: float, candidate: str, best: dict[str, float]
) -> TrainingSummary:
    """Return a network's summary extended by what was fitted on top of it.

    Args:
        network_training: Summary of the network's training.
        model: The whole model.
        start_time: When fitting the rest began, by `time.perf_counter`.
        candidate: Name of what was fitted.
        best: Its metrics on validation, after `best_`.
    """
    seconds = network_training.train_seconds + time.perf_counter() - start_time
    return network_training.model_copy(
        update={
            "parameters": int(model.count_params()),
            "network_parameters": network_training.parameters,
            "train_seconds": round(seconds, 3),
            "candidate": candidate,
            "best": network_training.best | best,
        }
    )


def _dense_weights(candidate: Any, scaler: Any) -> list[DenseWeights]:
    """Return a fitted model's dense layers, the standardisation folded into the first."""
    from sklearn.base import is_classifier
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    if isinstance(candidate, MLPClassifier | MLPRegressor):
        layers = list(zip(candidate.coefs_, candidate.intercepts_, strict=True))
    else:
        layers = [(np.atleast_2d(candidate.coef_).T, np.atleast_1d(candidate.intercept_))]
    kernel, bias = layers[-1]
    if is_classifier(candidate) and kernel.shape[1] == 1:  # one output for two classes: the logit of the second
        layers[-1] = np.hstack([0 * kernel, kernel]), np.array([0.0, bias[0]])
    kernel, bias = layers[0]
    kernel = kernel / scaler.scale_[:, None]
    layers[0] = kernel, bias - scaler.mean_ @ kernel
    return layers


def _with_dense_layers(
    inputs: keras.KerasTensor, x: keras.KerasTensor, head: Head, input_spec: InputSpec, name: str
) -> keras.Model:
    activation = "softmax" if input_spec.task == "classification" else "linear"
    activations = ["relu"] * (len(head.layers) - 1) + [activation]
    for number, (weights, activation) in enumerate(zip(head.layers, activations, strict=True), start=1):
        layer = keras.layers.Dense(len(weights[1]), activation=activation, name=f"head_{number}")
        x = layer(x)
        layer.set_weights(weights)
    return keras.Model(inputs, add_forecast_offset(x, inputs, input_spec), name=name)
