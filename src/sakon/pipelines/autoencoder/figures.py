"""Figures of the autoencoder's own."""

from __future__ import annotations

import numpy as np

from sakon.families import family_of
from sakon.figures import style
from sakon.figures.images import image_grid
from sakon.lazy import go, pd
from sakon.models.predict import flatten

FAMILY = family_of(__name__)
MOST_BARS = 30
BINS = 40


def reconstructed_images(x: np.ndarray, rebuilt: np.ndarray) -> go.Figure:
    """Draw images, their reconstructions and the differences.

    Args:
        x: Images in [0, 1], (rows, height, width, channels).
        rebuilt: Their reconstructions.
    """
    difference = np.abs(rebuilt - x)
    return image_grid(
        [x, rebuilt, difference],
        f"{FAMILY}: what passes its bottleneck",
        "Validation examples, what the network makes of them, and the difference.",
        row_labels=("original", "rebuilt", "difference"),
    )


def rebuilt_inputs(x: np.ndarray, rebuilt: np.ndarray, names: tuple[str, ...]) -> go.Figure:
    """Draw the share of each input's variance that the reconstruction keeps.

    Args:
        x: Examples, (rows, …).
        rebuilt: Their reconstructions.
        names: Name of each input.
    """
    values = flatten(x)
    variance = values.var(axis=0)
    kept = 1 - ((values - flatten(rebuilt)) ** 2).mean(axis=0) / np.where(variance > 0, variance, np.nan)
    order = np.argsort(np.nan_to_num(kept, nan=-np.inf))[-MOST_BARS:]
    order = order[np.isfinite(kept[order])]
    bars = go.Bar(
        x=kept[order],
        y=[style.shorten(names[i], 40) for i in order],
        orientation="h",
        marker={"color": style.VALIDATION},
    )
    figure = go.Figure(bars).update_xaxes(title_text="share of variance kept (R²)", range=[min(0, *kept[order]), 1])
    subtitle = "On validation; 1 is rebuilt exactly, 0 no better than the mean."
    height = 180 + 20 * len(order)
    return style.apply(figure, f"{FAMILY}: what passes its bottleneck", subtitle, height=height)


def anomalies(table: pd.DataFrame, threshold: float, rare: object | None) -> go.Figure:
    """Draw the distribution of the anomaly score and, for a rare class, the score's ROC curve.

    Args:
        table: Columns `actual`, `score`.
        threshold: Scores above it count as anomalous.
        rare: Label of the rare class, or `None`.
    """
    from plotly.subplots import make_subplots

    titles = ["Anomaly score"] + ([f"Does it find {rare!r}?"] if rare is not None else [])
    figure = make_subplots(rows=1, cols=len(titles), subplot_titles=titles)
    edges = np.histogram_bin_edges(table["score"], BINS)
    groups = [("all", table["score"], style.VALIDATION)]
    if rare is not None:
        is_rare = table["actual"] == rare
        groups = [
            ("others", table["score"][~is_rare], style.TRAIN),
            (str(rare), table["score"][is_rare], style.VALIDATION),
        ]
    for name, scores, colour in groups:
        counts, _ = np.histogram(scores, edges)
        middle = (edges[1:] + edges[:-1]) / 2
        share = counts / max(1, counts.sum())
        figure.add_trace(go.Bar(x=middle, y=share, name=name, marker={"color": colour}, opacity=0.75), row=1, col=1)
    figure.add_vline(x=threshold, line={"dash": "dot", "color": style.INK}, row=1, col=1)
    figure.update_xaxes(title_text="mean squared error of the reconstruction", row=1, col=1)
    figure.update_yaxes(title_text="share of examples", row=1, col=1)
    if rare is not None:
        _add_roc(figure, table, rare)
    share = float((table["score"] > threshold).mean())
    subtitle = f"Validation; dotted: the threshold {style.format_number(threshold)}, which {share:.1%} exceed."
    layout = {"barmode": "overlay", "showlegend": rare is not None, "bargap": 0}
    return style.apply(figure, f"{FAMILY}: what it cannot rebuild", subtitle, **layout)


def _add_roc(figure: go.Figure, table: pd.DataFrame, rare: object) -> None:
    from sklearn.metrics import roc_auc_score, roc_curve

    found, score = table["actual"] == rare, table["score"]
    false_positives, true_positives, _ = roc_curve(found, score)
    name = f"ROC, area {roc_auc_score(found, score):.3f}"
    line = {"color": style.VALIDATION, "width": 2}
    figure.add_trace(go.Scatter(x=false_positives, y=true_positives, name=name, mode="lines", line=line), row=1, col=2)
    chance = {"color": style.FAINT, "dash": "dot"}
    figure.add_trace(go.Scatter(x=[0, 1], y=[0, 1], name="chance", mode="lines", line=chance), row=1, col=2)
    figure.update_xaxes(title_text="share of others above the threshold", row=1, col=2)
    figure.update_yaxes(title_text="share of the rare class above it", row=1, col=2)
