"""Where classifiers err, and whether their confidence can be believed."""

from __future__ import annotations

import numpy as np

from sakon.figures import style
from sakon.lazy import go
from sakon.metrics.calibration import Reliability

MOST_WRITTEN_CLASSES = 12
SMALLEST_POINT, LARGEST_POINT = 4, 22


def confusion_matrices(matrices: dict[str, np.ndarray], classes: list[str]) -> go.Figure:
    """Draw the confusion matrix of each family; colour is the share of the actual class.

    Args:
        matrices: Rows of the test set by actual class (rows) and predicted class (columns), for each
            family, (classes, classes).
        classes: Name of each class, in order.

    Returns:
        A panel per family; the counts are written in the cells of up to twelve classes.
    """
    title = "Confusion matrices on the test set"
    if not matrices:
        return style.empty_figure(title, "No family has been trained yet.")
    columns = min(len(matrices), 4 if len(matrices) > 6 >= len(classes) else 3)
    accuracy = {family: np.trace(counts) / max(np.sum(counts), 1) for family, counts in matrices.items()}
    titles = [f"<b>{style.shorten(family)}</b><br>{accuracy[family]:.1%} right" for family in matrices]
    figure, height = style.subplots(titles, columns, 300, horizontal_spacing=0.06, gap=75)
    for index, counts in enumerate(matrices.values()):
        where = style.subplot_position(index, columns)
        figure.add_trace(_matrix(np.asarray(counts), classes), **where)
        last_in_column = index + columns >= len(matrices)
        figure.update_xaxes(title_text="Predicted" if last_in_column else None, **where)
        first = where["col"] == 1
        figure.update_yaxes(title_text="Actual" if first else None, showticklabels=first, **where)
        figure.update_yaxes(scaleanchor=figure.data[-1].xaxis, constrain="domain", constraintoward="top", **where)
    bare = {"type": "category", "showgrid": False, "showline": False, "tickcolor": "white", "ticklen": 4}
    figure.update_xaxes(**bare, constrain="domain")
    figure.update_yaxes(**bare, autorange="reversed")
    bar = {
        "title": {"text": "Share of the actual class", "side": "right"},
        "tickformat": ".0%",
        "thickness": 12,
    }
    bar |= {"lenmode": "pixels", "len": 240, "y": 1, "yanchor": "top"}
    scale = {"colorscale": "Blues", "cmin": 0, "cmax": 1, "colorbar": bar}
    return style.apply(figure, title, "Right predictions are on the diagonal.", height=height, coloraxis=scale)


def _matrix(counts: np.ndarray, classes: list[str]) -> go.Heatmap:
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return go.Heatmap(
        z=share,
        x=classes,
        y=classes,
        coloraxis="coloraxis",
        text=[[f"{count:,}" for count in row] for row in counts],
        texttemplate="%{text}" if len(classes) <= MOST_WRITTEN_CLASSES else None,
        xgap=1,
        ygap=1,
        hovertemplate="actual %{y}, predicted %{x}<br>%{text} rows, %{z:.1%} of %{y}<extra></extra>",
    )


def reliability_diagram(curves: dict[str, Reliability]) -> go.Figure:
    """Draw accuracy against confidence for each family, and how many rows stand behind each point.

    Source: Guo et al., "On calibration of modern neural networks", ICML 2017, fig. 1.

    Args:
        curves: Result of `sakon.metrics.reliability` for each family, all with the same number of bins.

    Returns:
        A panel per family: a line over the diagonal of perfect calibration, its points as large as the
        share of rows that they stand for.
    """
    title = "How far confidence can be believed, on the test set"
    curves = {family: curve for family, curve in curves.items() if curve.count.sum()}
    if not curves:
        return style.empty_figure(title, "No family has predicted the test set yet.")
    columns = min(len(curves), 4 if len(curves) > 6 else 3)
    errors = {family: curve.expected_calibration_error for family, curve in curves.items()}
    titles = [f"<b>{style.shorten(family)}</b><br>ECE {errors[family]:.3f}" for family in curves]
    figure, height = style.subplots(titles, columns, 260, gap=75, shared_xaxes="all", shared_yaxes="all")
    palette = style.family_colours(curves)
    for index, (family, curve) in enumerate(curves.items()):
        where = style.subplot_position(index, columns)
        line = {"color": style.FAINT, "dash": "dash", "width": 1.5}
        perfect = go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line=line, hoverinfo="skip")
        figure.add_trace(perfect, **where)
        figure.add_trace(_curve(curve, family, palette[family]), **where)
        figure.update_xaxes(title_text="Confidence" if index + columns >= len(curves) else None, **where)
        figure.update_yaxes(title_text="Accuracy" if where["col"] == 1 else None, **where)
    lowest = min(int(np.argmax(curve.count > 0)) / len(curve.count) for curve in curves.values())
    figure.update_xaxes(range=[lowest - 0.03, 1.03], tickformat=".0%", showticklabels=True)
    figure.update_yaxes(range=[-0.05, 1.05], tickformat=".0%")
    subtitle = (
        "Confidence: probability of the predicted class. Below the dashed line: overconfident. "
        "The larger a point, the more rows.<br>ECE: expected calibration error, 0 is best."
    )
    return style.apply(figure, title, subtitle, height=height, showlegend=False)


def _curve(curve: Reliability, family: str, colour: str) -> go.Scatter:
    share = curve.count / curve.count.sum()
    return go.Scatter(
        x=curve.confidence,
        y=curve.accuracy,
        mode="lines+markers",
        cliponaxis=False,
        connectgaps=True,
        line={"color": colour, "width": 1.5},
        marker={
            "size": np.maximum(LARGEST_POINT * np.sqrt(share), SMALLEST_POINT),
            "opacity": 0.8,
            "line": {"width": 0},
        },
        name=family,
        customdata=curve.count,
        hovertemplate=f"confidence %{{x:.1%}}, accuracy %{{y:.1%}}<br>%{{customdata:,}} rows<extra>{family}</extra>",
    )
