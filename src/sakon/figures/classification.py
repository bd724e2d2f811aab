"""Figures of classifiers: confusion matrices and reliability diagrams."""

from __future__ import annotations

import numpy as np

from sakon.figures import style
from sakon.lazy import go
from sakon.metrics.calibration import Reliability

MAX_CLASSES_WITH_COUNTS = 12
MAX_CLASSES, MAX_CLASSES_DRAWN = 50, 30
"""With more classes than the first, only the most confused are drawn: cells would be smaller than pixels."""
OTHERS = "other classes"
MIN_MARKER_SIZE, MAX_MARKER_SIZE = 4, 22
SHARE_COLOURS = {
    "colorscale": "Blues",
    "cmin": 0,
    "cmax": 1,
    "colorbar": {
        "title": {"text": "Share of the actual class", "side": "right"},
        "tickformat": ".0%",
        "thickness": 12,
        "lenmode": "pixels",
        "len": 240,
        "y": 1,
        "yanchor": "top",
    },
}


def confusion_matrices(matrices: dict[str, np.ndarray], classes: list[str]) -> go.Figure:
    """Draw the confusion matrix of each family; the colour is the share of the actual class.

    Args:
        matrices: Test rows by actual class (rows) and predicted class (columns), by family, (classes, classes).
        classes: Name of each class, in order.

    Returns:
        A panel per family; with at most `MAX_CLASSES_WITH_COUNTS` classes, the counts are written in the cells; with
        more than `MAX_CLASSES`, the `MAX_CLASSES_DRAWN` classes with the most errors of all families are drawn.
    """
    title = "Confusion matrices on the test set"
    if not matrices:
        return style.empty_figure(title, style.NO_FAMILY)
    columns = min(len(matrices), 4 if len(matrices) > 6 >= len(classes) else 3)
    accuracy = {family: np.trace(counts) / max(np.sum(counts), 1) for family, counts in matrices.items()}
    titles = [f"<b>{style.shorten(family)}</b><br>accuracy {accuracy[family]:.1%}" for family in matrices]
    figure, height = style.subplots(titles, columns, 300, horizontal_spacing=0.06, gap=75)
    indices = _most_confused(matrices, len(classes))
    for index, counts in enumerate(matrices.values()):
        position = style.subplot_position(index, columns)
        figure.add_trace(_heatmap(np.asarray(counts), classes, indices), **position)
        is_last_in_column = index + columns >= len(matrices)
        figure.update_xaxes(title_text="Predicted" if is_last_in_column else None, **position)
        is_first_column = position["col"] == 1
        figure.update_yaxes(
            title_text="Actual" if is_first_column else None, showticklabels=is_first_column, **position
        )
        figure.update_yaxes(scaleanchor=figure.data[-1].xaxis, constrain="domain", constraintoward="top", **position)
    axis = {"type": "category", "showgrid": False, "showline": False, "tickcolor": "white", "ticklen": 4}
    figure.update_xaxes(**axis, constrain="domain")
    figure.update_yaxes(**axis, autorange="reversed")
    subtitle = "Correct predictions are on the diagonal."
    if len(indices) < len(classes):
        subtitle += f" Drawn are the {len(indices)} of {len(classes):,} classes with the most errors of all families."
    return style.apply(figure, title, subtitle, height=height, coloraxis=SHARE_COLOURS)


def _most_confused(matrices: dict[str, np.ndarray], classes: int) -> np.ndarray:
    """Return the numbers of the classes to draw, in order: all, or those with the most wrong rows and predictions."""
    if classes <= MAX_CLASSES:
        return np.arange(classes)
    total = np.sum([np.asarray(counts) for counts in matrices.values()], axis=0)
    errors = total.sum(axis=0) + total.sum(axis=1) - 2 * np.diagonal(total)
    return np.sort(np.argsort(-errors, kind="stable")[:MAX_CLASSES_DRAWN])


def _heatmap(counts: np.ndarray, classes: list[str], indices: np.ndarray) -> go.Heatmap:
    rows = counts.sum(axis=1, keepdims=True)
    names = [classes[index] for index in indices]
    if len(indices) < len(classes):
        inside = counts[np.ix_(indices, indices)]
        rows = rows[indices]
        counts = np.hstack([inside, rows - inside.sum(axis=1, keepdims=True)])
    share = counts / np.maximum(rows, 1)
    return go.Heatmap(
        z=share,
        x=names if len(indices) == len(classes) else [*names, OTHERS],
        y=names,
        coloraxis="coloraxis",
        text=[[f"{count:,}" for count in row] for row in counts],
        texttemplate="%{text}" if len(classes) <= MAX_CLASSES_WITH_COUNTS else None,
        xgap=1,
        ygap=1,
        hovertemplate="actual %{y}, predicted %{x}<br>%{text} rows, %{z:.1%} of %{y}<extra></extra>",
    )


def reliability_diagram(curves: dict[str, Reliability]) -> go.Figure:
    """Draw accuracy by confidence for each family; marker sizes show the number of rows.

    Source: Guo et al., "On calibration of modern neural networks", ICML 2017, fig. 1.

    Args:
        curves: Result of `sakon.metrics.reliability` by family, all with the same number of bins.

    Returns:
        A panel per family with the diagonal of perfect calibration; the area of a marker is proportional to its share
        of rows.
    """
    title = "Reliability diagrams on the test set"
    curves = {family: curve for family, curve in curves.items() if curve.count.sum()}
    if not curves:
        return style.empty_figure(title, "No family has predicted the test set yet.")
    columns = min(len(curves), 4 if len(curves) > 6 else 3)
    errors = {family: curve.expected_calibration_error for family, curve in curves.items()}
    titles = [f"<b>{style.shorten(family)}</b><br>ECE {errors[family]:.3f}" for family in curves]
    figure, height = style.subplots(titles, columns, 260, gap=75, shared_xaxes="all", shared_yaxes="all")
    palette = style.family_colours(curves)
    for index, (family, curve) in enumerate(curves.items()):
        position = style.subplot_position(index, columns)
        line = {"color": style.FAINT, "dash": "dash", "width": 1.5}
        diagonal = go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line=line, hoverinfo="skip")
        figure.add_trace(diagonal, **position)
        figure.add_trace(_reliability_curve(curve, family, palette[family]), **position)
        figure.update_xaxes(title_text="Confidence" if index + columns >= len(curves) else None, **position)
        figure.update_yaxes(title_text="Accuracy" if position["col"] == 1 else None, **position)
    min_confidence = min(int(np.argmax(curve.count > 0)) / len(curve.count) for curve in curves.values())
    figure.update_xaxes(range=[min_confidence - 0.03, 1.03], tickformat=".0%", showticklabels=True)
    figure.update_yaxes(range=[-0.05, 1.05], tickformat=".0%")
    subtitle = (
        "Confidence: probability of the predicted class. Below the dashed line: overconfident. "
        "Marker area: number of rows.<br>ECE: expected calibration error; 0 is best."
    )
    return style.apply(figure, title, subtitle, height=height, showlegend=False)


def _reliability_curve(curve: Reliability, family: str, colour: str) -> go.Scatter:
    share = curve.count / curve.count.sum()
    return go.Scatter(
        x=curve.confidence,
        y=curve.accuracy,
        mode="lines+markers",
        cliponaxis=False,
        connectgaps=True,
        line={"color": colour, "width": 1.5},
        marker={
            "size": np.maximum(MAX_MARKER_SIZE * np.sqrt(share), MIN_MARKER_SIZE),
            "opacity": 0.8,
            "line": {"width": 0},
        },
        name=family,
        customdata=curve.count,
        hovertemplate=f"confidence %{{x:.1%}}, accuracy %{{y:.1%}}<br>%{{customdata:,}} rows<extra>{family}</extra>",
    )
