"""The plain models, by task."""

from __future__ import annotations

from typing import Any

import numpy as np

from sakon.problem import InputSpec, Problem

from .config import Config


def candidates(input_spec: InputSpec, config: Config, problem: Problem) -> dict[str, list[Any]]:
    """Return the unfitted candidates, naive, linear and gradient boosting, each with its variants.

    Naive answers with the frequency of every class, or with the mean; the linear model has a variant for
    every strength of its penalty.
    """
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.linear_model import LogisticRegression, Ridge

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
            "linear": [LogisticRegression(C=1 / strength, max_iter=2000) for strength in config.regularization],
            "gradient_boosting": [HistGradientBoostingClassifier(**boosting)],
        }
    return {
        "naive": [DummyRegressor(strategy="mean")],
        "linear": [Ridge(alpha=strength) for strength in config.regularization],
        "gradient_boosting": [HistGradientBoostingRegressor(**boosting)],
    }


def count_parameters(model: Any) -> int:
    """Return how many numbers were fitted: coefficients, or leaves of all trees."""
    if hasattr(model, "coef_"):
        return int(model.coef_.size + model.intercept_.size)
    if hasattr(model, "_predictors"):
        return int(sum(tree.get_n_leaf_nodes() for round_ in model._predictors for tree in round_))
    return int(np.size(getattr(model, "class_prior_", getattr(model, "constant_", ()))))
