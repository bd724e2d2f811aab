"""Anomaly scores and reconstructions of the autoencoder."""

from __future__ import annotations

import numpy as np

from sakon.lazy import Network, go, pd
from sakon.models.predict import flatten, predict_outputs
from sakon.models.predictions import mean_target
from sakon.problem import Examples, InputSpec

from . import figures
from .config import Config

MAX_IMAGES = 10
RARE_SHARE = 0.1


def find_anomalies(
    network: Network, validation: Examples, input_spec: InputSpec, config: Config
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return the anomaly score of every validation example: its reconstruction error.

    Args:
        network: Trained autoencoder.
        validation: Validation examples, which also set the threshold.
        input_spec: Classes, or the unit of the target.
        config: Share of examples with a score above the threshold.

    Returns:
        A table, most anomalous example first (`row`, `actual`, `score`, `anomalous`); metrics:
        `reconstruction_error` (mean), `anomaly_threshold`, and `anomaly_roc_auc` if there is a rare class.
    """
    from sklearn.metrics import roc_auc_score

    score = anomaly_scores(network, validation.x)
    threshold = float(np.quantile(score, 1 - config.anomalous_share))
    metrics = {"reconstruction_error": float(score.mean()), "anomaly_threshold": threshold}
    rare = rare_class(validation, input_spec)
    if rare is not None:
        metrics["anomaly_roc_auc"] = float(roc_auc_score(validation.y == rare, score))
    actual = [input_spec.classes[i] for i in validation.y] if input_spec.classes else mean_target(validation.y)
    table = pd.DataFrame({"row": validation.row, "actual": actual, "score": score, "anomalous": score > threshold})
    return table.sort_values("score", ascending=False, ignore_index=True), metrics


def draw_anomalies(
    anomalies_table: pd.DataFrame, metrics: dict[str, float], validation: Examples, input_spec: InputSpec
) -> go.Figure:
    """Draw the distribution of the anomaly score, and its ROC curve if there is a rare class."""
    rare = rare_class(validation, input_spec)
    label = None if rare is None else input_spec.classes[rare]
    return figures.anomalies(anomalies_table, metrics["anomaly_threshold"], label)


def draw_reconstructions(network: Network, validation: Examples, input_spec: InputSpec) -> go.Figure:
    """Draw images with their reconstructions; for other kinds, how well each input is reconstructed."""
    if len(input_spec.shape) == 3:
        chosen = np.linspace(0, len(validation) - 1, min(MAX_IMAGES, len(validation))).astype(int)
        return figures.reconstructed_images(validation.x[chosen], predict_outputs(network, validation.x[chosen]))
    return figures.explained_variance(validation.x, predict_outputs(network, validation.x), input_spec.names)


def anomaly_scores(network: Network, x: np.ndarray) -> np.ndarray:
    """Return the mean squared error of each example's reconstruction, (rows,)."""
    return np.asarray(flatten((predict_outputs(network, x) - x) ** 2).mean(axis=1))


def rare_class(examples: Examples, input_spec: InputSpec) -> int | None:
    """Return the index of the smallest class if it is rare, else `None`.

    A class is rare if it has less than a tenth of the examples and less than half of the mean class size. The
    second condition matters with many classes of similar size, each of which has less than a tenth.
    """
    if not input_spec.classes:
        return None
    counts = np.bincount(examples.y, minlength=len(input_spec.classes))
    smallest = int(counts.argmin())
    share = counts[smallest] / len(examples)
    return smallest if 0 < share < min(RARE_SHARE, 0.5 / len(input_spec.classes)) else None
