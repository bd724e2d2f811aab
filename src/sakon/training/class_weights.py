"""Weights of classes and of examples."""

from __future__ import annotations

import numpy as np

from sakon.problem import InputSpec, Problem


def class_weights(y: np.ndarray, input_spec: InputSpec, problem: Problem) -> dict[int, float] | None:
    """Return the weight of every class by its index; `None` where the problem sets no class weights.

    Balanced weights are rows / (classes · rows of the class), so that every class has the same total weight
    (King & Zeng 2001, "Logistic regression in rare events data", section 4.2).

    Args:
        y: Class indices of train, (rows,).
        input_spec: Its classes.
        problem: Its `class_weight`.
    """
    if problem.class_weight is None or not input_spec.classes:
        return None
    return class_weights_from_counts(np.bincount(y, minlength=len(input_spec.classes)), input_spec, problem)


def class_weights_from_counts(counts: np.ndarray, input_spec: InputSpec, problem: Problem) -> dict[int, float] | None:
    """Return the weight of every class by its index, as `class_weights` does, from the number of rows of each class."""
    if problem.class_weight is None or not input_spec.classes:
        return None
    if problem.class_weight == "balanced":
        rows = int(counts.sum())
        return {index: float(rows / (len(counts) * max(count, 1))) for index, count in enumerate(counts)}
    return {index: problem.class_weight.get(label, 1.0) for index, label in enumerate(input_spec.classes)}


def sample_weights(y: np.ndarray, weights: dict[int, float]) -> np.ndarray:
    """Return the weight of every example, (rows,), float32."""
    return np.asarray(np.array([weights[index] for index in range(len(weights))], np.float32)[y])
