"""The scikit-learn models, by task."""

from __future__ import annotations

from typing import Any

import numpy as np

from sakon.layers.forecast_offset import seasonal_steps
from sakon.problem import InputSpec, Problem

from .config import Config


def candidates(
    input_spec: InputSpec, config: Config, problem: Problem, weights: dict[int, float] | None = None
) -> dict[str, list[Any]]:
    """Return the unfitted candidates, naive, linear and gradient boosting, each with its variants.

    Naive answers with the frequency of every class, with the mean, or with the last season; the linear
    model has a variant for every strength of its penalty.
    """
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.linear_model import LogisticRegression, Ridge

    from sakon.models.holt_winters import HoltWinters

    boosting = {
        "max_iter": config.trees,
        "learning_rate": config.learning_rate,
        "max_leaf_nodes": config.leaves,
        "early_stopping": True,
        "random_state": problem.seed,
    }
    if input_spec.task == "classification":
        return {
            "naive": [DummyClassifier(strategy="prior")],
            "linear": [
                LogisticRegression(C=1 / strength, max_iter=2000, class_weight=weights)
                for strength in config.regularization
            ],
            "gradient_boosting": [HistGradientBoostingClassifier(**boosting, class_weight=weights)],
        }
    linear = [Ridge(alpha=strength) for strength in config.regularization]
    trees = HistGradientBoostingRegressor(**boosting)
    if input_spec.task == "regression":
        return {"naive": [DummyRegressor(strategy="mean")], "linear": linear, "gradient_boosting": [trees]}
    steps, channels = input_spec.shape
    smoothing = HoltWinters(steps - input_spec.horizon, input_spec.horizon, channels, input_spec.season)
    return {
        "naive": [seasonal_naive(input_spec)],
        "linear": linear,
        "gradient_boosting": [boosting_of_steps(trees, input_spec)],
        "holt_winters": [smoothing],
    }


def boosting_of_steps(trees: Any, input_spec: InputSpec) -> Any:
    """Return boosted trees for every step to come, each of which sees what was, and what is known of its step.

    Args:
        trees: Unfitted trees.
        input_spec: Says what examples hold.

    Returns:
        A regressor whose `estimators_` are unfitted pipelines of columns and trees.
    """
    from sklearn.base import clone
    from sklearn.compose import ColumnTransformer
    from sklearn.multioutput import MultiOutputRegressor
    from sklearn.pipeline import make_pipeline

    steps, channels = input_spec.shape
    place = np.arange(steps * channels).reshape(steps, channels)
    seen = place[: steps - input_spec.horizon, 0]
    model = MultiOutputRegressor(trees)
    model.estimators_ = [
        make_pipeline(ColumnTransformer([("seen", "passthrough", [*seen, *own])]), clone(trees))
        for own in place[steps - input_spec.horizon :]
    ]
    return model


def seasonal_naive(input_spec: InputSpec) -> Any:
    """Return a linear model that repeats the last season: for every step to come one coefficient of 1."""
    from sklearn.linear_model import LinearRegression

    model = LinearRegression()
    model.coef_ = np.zeros((input_spec.horizon, np.prod(input_spec.shape)))
    model.coef_[np.arange(input_spec.horizon), seasonal_steps(input_spec) * input_spec.shape[1]] = 1
    model.intercept_ = np.zeros(input_spec.horizon)
    return model


def count_parameters(model: Any) -> int:
    """Return how many numbers were fitted: coefficients, or leaves of all trees."""
    if hasattr(model, "coef_"):
        return int(model.coef_.size + model.intercept_.size)
    if hasattr(model, "estimators_"):
        return sum(count_parameters(each) for each in model.estimators_)
    if hasattr(model, "steps"):
        return count_parameters(model[-1])
    if hasattr(model, "smoothing_"):
        return len(model.smoothing_)
    if hasattr(model, "_predictors"):
        return int(sum(tree.get_n_leaf_nodes() for round_ in model._predictors for tree in round_))
    return int(np.size(getattr(model, "class_prior_", getattr(model, "constant_", ()))))
