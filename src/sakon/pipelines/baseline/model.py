"""The candidates of the baseline, by task."""

from __future__ import annotations

from typing import Any

import numpy as np

from sakon.families.iterations import affordable_iterations
from sakon.layers.forecast_offset import seasonal_steps
from sakon.lazy import Estimator
from sakon.problem import InputSpec, Problem

from .config import Config

BOOSTING = "gradient_boosting"
MAX_ITERATIONS = 2000
Candidates = dict[str, list[Estimator]]
"""Unfitted variants of every candidate, by its name."""


def build_candidates(
    input_spec: InputSpec, config: Config, problem: Problem, rows: int, weights: dict[int, float] | None = None
) -> Candidates:
    """Return the unfitted candidates: naive, linear and gradient boosting; Holt-Winters for series.

    The naive candidate predicts the frequency of every class, the mean, or the last season. The linear candidate has a
    variant for every strength of its penalty. With more than `max_boosted_classes` classes, there is no boosting.

    Args:
        input_spec: Inputs and outputs of the models.
        config: Strengths, trees and leaves.
        problem: Its seed.
        rows: Train examples; with many of them, the linear candidate gets fewer iterations.
        weights: Weight of every class by its index.
    """
    match input_spec.task:
        case "classification":
            inputs = int(np.prod(input_spec.shape))
            iterations = affordable_iterations(rows, inputs, input_spec.outputs, MAX_ITERATIONS)
            candidates = _classifiers(config, problem, iterations, weights)
            if len(input_spec.classes) > config.max_boosted_classes:
                del candidates[BOOSTING]
            return candidates
        case "regression":
            return _regressors(config, problem)
    return _forecasters(input_spec, config, problem)


def _classifiers(config: Config, problem: Problem, iterations: int, weights: dict[int, float] | None) -> Candidates:
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    return {
        "naive": [DummyClassifier(strategy="prior")],
        "linear": [
            LogisticRegression(C=1 / strength, max_iter=iterations, class_weight=weights)
            for strength in config.regularization
        ],
        BOOSTING: [HistGradientBoostingClassifier(**_boosting(config, problem), class_weight=weights)],
    }


def _regressors(config: Config, problem: Problem) -> Candidates:
    from sklearn.dummy import DummyRegressor
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import Ridge

    return {
        "naive": [DummyRegressor(strategy="mean")],
        "linear": [Ridge(alpha=strength) for strength in config.regularization],
        BOOSTING: [HistGradientBoostingRegressor(**_boosting(config, problem))],
    }


def _forecasters(input_spec: InputSpec, config: Config, problem: Problem) -> Candidates:
    from sakon.models.holt_winters import HoltWinters

    regressors = _regressors(config, problem)
    steps, channels = input_spec.shape
    smoothing = HoltWinters(steps - input_spec.horizon, input_spec.horizon, channels, input_spec.season)
    return {
        "naive": [seasonal_naive(input_spec)],
        "linear": regressors["linear"],
        BOOSTING: [boost_each_step(regressors[BOOSTING][0], input_spec)],
        "holt_winters": [smoothing],
    }


def _boosting(config: Config, problem: Problem) -> dict[str, Any]:
    return {
        "max_iter": config.trees,
        "learning_rate": config.learning_rate,
        "max_leaf_nodes": config.leaves,
        "early_stopping": True,
        "random_state": problem.seed,
    }


def boost_each_step(trees: Estimator, input_spec: InputSpec) -> Estimator:
    """Return boosted trees for every step of a forecast: their inputs are the lookback and the channels of the step.

    Args:
        trees: Unfitted trees.
        input_spec: Shape of an example.

    Returns:
        A regressor whose `estimators_` are unfitted pipelines of columns and trees.
    """
    from sklearn.base import clone
    from sklearn.compose import ColumnTransformer
    from sklearn.multioutput import MultiOutputRegressor
    from sklearn.pipeline import make_pipeline

    steps, channels = input_spec.shape
    columns = np.arange(steps * channels).reshape(steps, channels)
    lookback = columns[: steps - input_spec.horizon, 0]
    model = MultiOutputRegressor(trees)
    model.estimators_ = [
        make_pipeline(ColumnTransformer([("columns", "passthrough", [*lookback, *of_step])]), clone(trees))
        for of_step in columns[steps - input_spec.horizon :]
    ]
    return model


def seasonal_naive(input_spec: InputSpec) -> Estimator:
    """Return a linear model that repeats the last season: one coefficient of 1 for every step of the forecast."""
    from sklearn.linear_model import LinearRegression

    model = LinearRegression()
    model.coef_ = np.zeros((input_spec.horizon, np.prod(input_spec.shape)))
    model.coef_[np.arange(input_spec.horizon), seasonal_steps(input_spec) * input_spec.shape[1]] = 1
    model.intercept_ = np.zeros(input_spec.horizon)
    return model


def count_parameters(model: Estimator) -> int:
    """Return the number of fitted parameters of a candidate: coefficients, or leaves of all trees."""
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
    from sklearn.multioutput import MultiOutputRegressor
    from sklearn.pipeline import Pipeline

    from sakon.models.holt_winters import HoltWinters

    match model:
        case LogisticRegression() | Ridge() | LinearRegression():
            return int(model.coef_.size + model.intercept_.size)
        case HistGradientBoostingClassifier() | HistGradientBoostingRegressor():
            return int(sum(tree.get_n_leaf_nodes() for trees in model._predictors for tree in trees))
        case MultiOutputRegressor():
            return sum(count_parameters(each) for each in model.estimators_)
        case Pipeline():
            return count_parameters(model[-1])
        case HoltWinters():
            return len(model.smoothing_)
        case DummyClassifier():
            return int(np.size(model.class_prior_))
    return int(np.size(model.constant_))
