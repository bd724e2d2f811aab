"""Figures of the family `autoencoder`."""

from __future__ import annotations

import numpy as np

from sakon.families import family_of
from sakon.figures import style
from sakon.figures.images import image_grid
from sakon.lazy import go, pd
from sakon.models.predict import flatten

FAMILY = family_of(__name__)
MAX_BARS = 30
BINS = 40


def reconstructed_images(x: np.ndarray, reconstructions: np.ndarray) -> go.Figure:
    """Draw images, their reconstructions and the differences.

    Args:
        x: Images in [0, 1], (rows, height, width, channels).
        reconstructions: Their reconstructions, (rows, height, width, channels).
    """
    difference = np.abs(reconstructions - x)
    return image_grid(
        [x, reconstructions, difference],
        f"{FAMILY}: reconstructions",
        "Validation examples, their reconstructions and the absolute differences.",
        row_labels=("original", "reconstruction", "difference"),
    )


def explained_variance(x: np.ndarray, reconstructions: np.ndarray, names: tuple[str, ...]) -> go.Figure:
    """Draw the share of each input's variance that the reconstruction explains, for the best `MAX_BARS` inputs.

    Args:
        x: Examples, (rows, …).
        reconstructions: Their reconstructions, (rows, …).
        names: Name of each input.
    """
    values = flatten(x)
    variance = values.var(axis=0)
    r2 = 1 - ((values - flatten(reconstructions)) ** 2).mean(axis=0) / np.where(variance > 0, variance, np.nan)
    order = np.argsort(np.nan_to_num(r2, nan=-np.inf))[-MAX_BARS:]
    order = order[np.isfinite(r2[order])]
    bars = go.Bar(
        x=r2[order],
        y=[style.shorten(names[i], 40) for i in order],
        orientation="h",
        marker={"color": style.VALIDATION},
    )
    figure = go.Figure(bars).update_xaxes(title_text="explained variance (R²)", range=[min(0, *r2[order]), 1])
    subtitle = "Validation examples. 1: the reconstruction is exact; 0: it is no better than the mean."
    height = 180 + 20 * len(order)
    return style.apply(figure, f"{FAMILY}: reconstruction of each input", subtitle, height=height)


def anomalies(table: pd.DataFrame, threshold: float, rare: object | None) -> go.Figure:
    """Draw the distribution of the anomaly score and, if there is a rare class, its ROC curve.

    Args:
        table: Columns `actual`, `score`.
        threshold: Scores above it are anomalous.
        rare: Label of the rare class, or `None`.
    """
    from plotly.subplots import make_subplots

    titles = ["Anomaly score"] + ([f"Detection of class {rare!r}"] if rare is not None else [])
    figure = make_subplots(rows=1, cols=len(titles), subplot_titles=titles)
    edges = np.histogram_bin_edges(table["score"], BINS)
    groups = [("all examples", table["score"], style.VALIDATION)]
    if rare is not None:
        is_rare = table["actual"] == rare
        groups = [
            ("other classes", table["score"][~is_rare], style.TRAIN),
            (str(rare), table["score"][is_rare], style.VALIDATION),
        ]
    for name, scores, colour in groups:
        counts, _ = np.histogram(scores, edges)
        centres = (edges[1:] + edges[:-1]) / 2
        share = counts / max(1, counts.sum())
        figure.add_trace(go.Bar(x=centres, y=share, name=name, marker={"color": colour}, opacity=0.75), row=1, col=1)
    figure.add_vline(x=threshold, line={"dash": "dot", "color": style.INK}, row=1, col=1)
    figure.update_xaxes(title_text="anomaly score (mean squared reconstruction error)", row=1, col=1)
    figure.update_yaxes(title_text="share of examples", row=1, col=1)
    if rare is not None:
        _add_roc(figure, table, rare)
    share = float((table["score"] > threshold).mean())
    subtitle = (
        f"Validation examples. Dotted line: threshold {style.format_number(threshold)}; {share:.1%} are above it."
    )
    layout = {"barmode": "overlay", "showlegend": rare is not None, "bargap": 0}
    return style.apply(figure, f"{FAMILY}: anomalies", subtitle, **layout)


def _add_roc(figure: go.Figure, table: pd.DataFrame, rare: object) -> None:
    from sklearn.metrics import roc_auc_score, roc_curve

    is_rare, score = table["actual"] == rare, table["score"]
    false_positives, true_positives, _ = roc_curve(is_rare, score)
    name = f"ROC, area {roc_auc_score(is_rare, score):.3f}"
    line = {"color": style.VALIDATION, "width": 2}
    figure.add_trace(go.Scatter(x=false_positives, y=true_positives, name=name, mode="lines", line=line), row=1, col=2)
    chance = {"color": style.FAINT, "dash": "dot"}
    figure.add_trace(go.Scatter(x=[0, 1], y=[0, 1], name="chance", mode="lines", line=chance), row=1, col=2)
    figure.update_xaxes(title_text="false positive rate", row=1, col=2)
    figure.update_yaxes(title_text="true positive rate", row=1, col=2)
