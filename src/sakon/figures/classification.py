"""Where classifiers err, and whether their confidence can be believed."""

from __future__ import annotations

import numpy as np

from sakon.figures import style
from sakon.lazy import go
from sakon.metrics.calibration import Reliability

MOST_WRITTEN_CLASSES = 12


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
        return style.empty(title, "No family has been trained yet.")
    columns = min(len(matrices), 4 if len(matrices) > 6 >= len(classes) else 3)
    accuracy = {family: np.trace(counts) / max(np.sum(counts), 1) for family, counts in matrices.items()}
    titles = [f"<b>{style.shortened(family)}</b><br>{accuracy[family]:.1%} right" for family in matrices]
    figure, height = style.panels(titles, columns, 300, horizontal_spacing=0.06, gap=75)
    for index, counts in enumerate(matrices.values()):
        where = style.place(index, columns)
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
    return style.finish(figure, title, "Right predictions are on the diagonal.", height=height, coloraxis=scale)


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
        Lines over the diagonal of perfect calibration; below, rows by confidence.
    """
    from plotly.subplots import make_subplots

    title = "How far confidence can be believed, on the test set"
    if not any(curve.count.sum() for curve in curves.values()):
        return style.empty(title, "No family has predicted the test set yet.")
    figure = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.06, row_heights=[0.7, 0.3])
    line = {"color": style.FAINT, "dash": "dash", "width": 1.5}
    perfect = go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line=line, name="perfect", hoverinfo="skip")
    figure.add_trace(perfect, row=1, col=1)
    palette = style.colours(curves)
    for family, curve in curves.items():
        figure.add_trace(_curve(curve, family, palette[family]), row=1, col=1)
        figure.add_trace(_rows_by_confidence(curve, family, palette[family]), row=2, col=1)
    lowest = min(int(np.argmax(curve.count > 0)) / len(curve.count) for curve in curves.values())
    figure.update_xaxes(range=[lowest - 0.01, 1.01], tickformat=".0%", tick0=0, dtick=0.1)
    figure.update_xaxes(title_text="Confidence (probability of the predicted class)", row=2, col=1)
    figure.update_yaxes(title_text="Accuracy", range=[0, 1.03], tickformat=".0%", row=1, col=1)
    figure.update_yaxes(title_text="Rows", row=2, col=1)
    subtitle = "Below the dashed line: overconfident. ECE: expected calibration error, 0 is best."
    return style.finish(figure, title, subtitle, height=560, barmode="group", bargap=0.1)


def _curve(curve: Reliability, family: str, colour: str) -> go.Scatter:
    return go.Scatter(
        x=curve.confidence,
        y=curve.accuracy,
        mode="lines+markers",
        connectgaps=True,
        line={"color": colour, "width": 2},
        marker={"size": 6},
        name=f"{family} (ECE {curve.expected_calibration_error:.3f})",
        legendgroup=family,
        customdata=curve.count,
        hovertemplate=f"confidence %{{x:.1%}}, accuracy %{{y:.1%}}<br>%{{customdata:,}} rows<extra>{family}</extra>",
    )


def _rows_by_confidence(curve: Reliability, family: str, colour: str) -> go.Bar:
    bins = len(curve.count)
    return go.Bar(
        x=(np.arange(bins) + 0.5) / bins,
        y=curve.count,
        marker={"color": colour},
        name=family,
        legendgroup=family,
        showlegend=False,
        hovertemplate="confidence about %{x:.0%}: %{y:,} rows",
    )
