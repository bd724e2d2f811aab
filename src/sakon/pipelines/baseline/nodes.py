"""Fit, select and explain the scikit-learn models."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from sakon.families import family_of
from sakon.lazy import go, pd
from sakon.metrics import METRICS, compute_scores, positive_index, problem_metric
from sakon.models.predict import flatten
from sakon.models.predictions import predict_examples, target_values
from sakon.problem import Examples, InputSpec, Problem, TrainingSummary
from sakon.training.class_weights import class_weights
from sakon.training.events import TrainingEvents

from . import figures
from .config import Config
from .model import candidates, count_parameters

MAX_ROWS_EXPLAINED = 1000
LOSSES = {"classification": "log_loss", "regression": "rmse", "forecast": "mae"}


def fit(
    train: Examples,
    validation: Examples,
    input_spec: InputSpec,
    config: Config,
    problem: Problem,
    events: TrainingEvents,
) -> tuple[Any, Any, pd.DataFrame, pd.DataFrame, TrainingSummary]:
    """Fit every candidate and its variants on train; select on validation by the problem's metric.

    Args:
        train: Train examples.
        validation: Validation examples, which select the model.
        input_spec: Inputs and outputs of the models.
        config: Configuration of the candidates.
        problem: Its metric and seed.
        events: Receives the end of every candidate.

    Returns:
        The best model; the naive one; the coefficients of the linear one (`output`, `input`,
        `coefficient`); a table of all candidates with their validation scores; a summary
        (`candidate`, `parameters`, `train_seconds`, `fingerprint`, `best_val_…`).
    """
    metric, models = problem_metric(input_spec, problem), {}
    rows: list[dict[str, Any]] = []
    found = candidates(input_spec, config, problem, class_weights(train.y, input_spec, problem))
    events.begin(len(found), unit="candidates")
    try:
        for name, variants in found.items():
            started = time.perf_counter()
            fitted = [_fitted(model, name, train, validation) for model in variants]
            scored = [_scored(model, validation, input_spec, problem) for model in fitted]
            best = max(
                range(len(scored)), key=lambda i: scored[i][metric.name] * (1 if metric.greater_is_better else -1)
            )
            models[name] = fitted[best]
            seconds = round(time.perf_counter() - started, 3)
            size = count_parameters(models[name])
            rows.append({"candidate": name, **scored[best], "parameters": size, "train_seconds": seconds})
            events.end_epoch({})
    finally:
        events.end()
    table = pd.DataFrame(rows)
    chosen = rows[int((table[metric.name] * (1 if metric.greater_is_better else -1)).argmax())]
    coefficients = _coefficients(models["linear"], input_spec)
    return models[chosen["candidate"]], models["naive"], coefficients, table, _summary(chosen, input_spec, table)


def _fitted(model: Any, name: str, train: Examples, validation: Examples) -> Any:
    x, held_out = flatten(train.x), flatten(validation.x)
    if name == "naive" and train.y.ndim == 2:
        return model  # it has no parameters to fit
    if name == "gradient_boosting" and train.y.ndim == 2:
        targets = zip(train.y.T, validation.y.T, strict=True)
        for columns_and_trees, (y, seen) in zip(model.estimators_, targets, strict=True):
            columns, trees = columns_and_trees.named_steps.values()
            trees.fit(columns.fit_transform(x), y, X_val=columns.transform(held_out), y_val=seen)
        return model
    if name == "gradient_boosting":  # it stops early, on the same examples as every family
        return model.fit(x, train.y, X_val=held_out, y_val=validation.y)
    return model.fit(x, train.y)


def _scored(model: Any, validation: Examples, input_spec: InputSpec, problem: Problem) -> dict[str, float]:
    predictions, targets = predict_examples(model, validation, input_spec), target_values(validation, input_spec)
    return compute_scores(input_spec.task, targets, predictions, positive_index(input_spec, problem))


def explain(model: Any, validation: Examples, input_spec: InputSpec, config: Config, problem: Problem) -> go.Figure:
    """Draw the increase of the loss when one input, or one channel of a series, is shuffled.

    Permutation importance, Breiman 2001 (doi 10.1023/A:1010933404324), on validation.
    """
    rng = np.random.default_rng(problem.seed)
    part = validation if len(validation) <= MAX_ROWS_EXPLAINED else _some(validation, rng)
    metric, actual = METRICS[LOSSES[input_spec.task]], target_values(part, input_spec)
    reference = metric(actual, predict_examples(model, part, input_spec))
    channels = input_spec.shape[1] if input_spec.horizon else int(np.prod(input_spec.shape))
    rises = np.empty((channels, config.importance_repeats))
    for channel, repeat in np.ndindex(rises.shape):
        x = flatten(part.x).copy()
        x[:, channel::channels] = x[rng.permutation(len(x)), channel::channels]
        shuffled = Examples(x, part.y, part.row)
        rises[channel, repeat] = metric(actual, predict_examples(model, shuffled, input_spec)) - reference
    names = tuple(name.rsplit(" ", 1)[0] for name in input_spec.features[:channels])
    names, shape = (names, (channels,)) if input_spec.horizon else (input_spec.features, input_spec.shape)
    return figures.importance(rises.mean(axis=1), rises.std(axis=1), names, shape, f"increase of {metric.name}")


def _some(part: Examples, rng: np.random.Generator) -> Examples:
    chosen = rng.permutation(len(part))[:MAX_ROWS_EXPLAINED]
    return Examples(part.x[chosen], part.y[chosen], part.row[chosen])


def draw_coefficients(coefficients: pd.DataFrame, input_spec: InputSpec) -> go.Figure:
    """Draw the coefficients of the linear model."""
    return figures.coefficients(coefficients, input_spec.shape)


def _coefficients(linear: Any, input_spec: InputSpec) -> pd.DataFrame:
    values = np.atleast_2d(linear.coef_)
    outputs = [str(label) for label in input_spec.classes[-len(values) :]] or ["target"]
    if input_spec.horizon:
        outputs = [f"step {step}" for step in range(1, input_spec.horizon + 1)]
    inputs = input_spec.features or tuple(map(str, range(values.shape[1])))
    rows = pd.DataFrame(values, index=pd.Index(outputs, name="output"), columns=pd.Index(inputs, name="input"))
    return rows.reset_index().melt("output", var_name="input", value_name="coefficient")


def _summary(best: dict[str, Any], input_spec: InputSpec, table: pd.DataFrame) -> TrainingSummary:
    scored = {key: value for key, value in best.items() if key not in ("candidate", "parameters", "train_seconds")}
    return TrainingSummary(
        family=family_of(__name__),
        candidate=best["candidate"],
        parameters=best["parameters"],
        train_seconds=round(float(table["train_seconds"].sum()), 3),
        best={f"val_{name}": value for name, value in scored.items()},
        fingerprint=input_spec.fingerprint,
    )
