"""What is the autoencoder's own: reconstructions, and what it cannot rebuild."""

from __future__ import annotations

from typing import Any

import numpy as np

from sakon.lazy import Network, go, pd
from sakon.models.predict import flatten, predict_outputs
from sakon.models.predictions import mean_target
from sakon.problem import Examples, InputSpec

from . import figures
from .config import Config

MOST_EXAMPLES = 10
RARE = 0.1


def find_anomalies(
    network: Network, validation: Examples, input_spec: InputSpec, config: Config
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Score every validation example by how badly it is rebuilt.

    Args:
        network: A trained autoencoder.
        validation: Examples; the threshold is chosen on them.
        input_spec: Names the classes.
        config: Gives the share that is to lie above the threshold.

    Returns:
        A table, most anomalous first (`row`, `actual`, `score`, `anomalous`); measures:
        `reconstruction_error` (mean), `anomaly_threshold`, and `anomaly_roc_auc` where a class is rare.
    """
    from sklearn.metrics import roc_auc_score

    score = anomaly_scores(network, validation.x)
    threshold = float(np.quantile(score, 1 - config.anomalous_share))
    measures = {"reconstruction_error": float(score.mean()), "anomaly_threshold": threshold}
    rare = rare_class(validation, input_spec)
    if rare is not None:
        measures["anomaly_roc_auc"] = float(roc_auc_score(validation.y == rare, score))
    actual = [input_spec.classes[i] for i in validation.y] if input_spec.classes else mean_target(validation.y)
    table = pd.DataFrame({"row": validation.row, "actual": actual, "score": score, "anomalous": score > threshold})
    return table.sort_values("score", ascending=False, ignore_index=True), measures


def draw_anomalies(
    anomalies_table: pd.DataFrame, measures: dict[str, float], validation: Examples, input_spec: InputSpec
) -> go.Figure:
    """Draw how the anomaly score is spread, and its ROC curve where a class is rare."""
    rare = rare_class(validation, input_spec)
    label = None if rare is None else input_spec.classes[rare]
    return figures.anomalies(anomalies_table, measures["anomaly_threshold"], label)


def draw_reconstructions(network: Network, validation: Examples, input_spec: InputSpec) -> go.Figure:
    """Draw examples above what the network makes of them; of a table, how well each input is rebuilt."""
    if len(input_spec.shape) == 3:
        shown = np.linspace(0, len(validation) - 1, min(MOST_EXAMPLES, len(validation))).astype(int)
        return figures.reconstructed_images(validation.x[shown], predict_outputs(network, validation.x[shown]))
    return figures.rebuilt_inputs(validation.x, predict_outputs(network, validation.x), input_spec.names)


def anomaly_scores(network: Any, x: np.ndarray) -> np.ndarray:
    """Return the mean squared error of each example's reconstruction, (rows,)."""
    return np.asarray(flatten((predict_outputs(network, x) - x) ** 2).mean(axis=1))


def rare_class(part: Examples, input_spec: InputSpec) -> int | None:
    """Return the index of the rarest class if fewer than a tenth of the examples have it and it stands out.

    Among many classes of like size each is below a tenth: a class is rare if it has less than half of
    its even share as well.
    """
    if not input_spec.classes:
        return None
    counts = np.bincount(part.y, minlength=len(input_spec.classes))
    rarest = int(counts.argmin())
    share = counts[rarest] / len(part)
    return rarest if 0 < share < min(RARE, 0.5 / len(input_spec.classes)) else None
