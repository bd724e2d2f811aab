"""Figures of regression: predicted against actual values, and residuals."""

from __future__ import annotations

import numpy as np

from sakon.figures import style
from sakon.lazy import go

MAX_POINTS = 2000


def predicted_against_actual(actual: np.ndarray, predictions: dict[str, np.ndarray], unit: str) -> go.Figure:
    """Draw the predicted against the actual values of each family.

    Args:
        actual: Actual values, in the target's unit, (rows,).
        predictions: Predicted values by family, in the target's unit, (rows,).
        unit: Unit of the target; empty if it has none.

    Returns:
        A panel per family with the diagonal of perfect prediction, all with the same axes. At most `MAX_POINTS` rows
        are drawn, the same for every family.
    """
    title = "Predicted against actual values on the test set"
    if not predictions or not len(actual):
        return style.empty_figure(title, style.NO_FAMILY)
    columns = min(len(predictions), 4 if len(predictions) > 6 else 3)
    errors = {family: np.abs(actual - predicted).mean() for family, predicted in predictions.items()}
    titles = [f"<b>{style.shorten(family)}</b><br>MAE {style.format_number(errors[family])}" for family in predictions]
    figure, height = style.subplots(
        titles, columns, 290, shared_xaxes="all", shared_yaxes="all", horizontal_spacing=0.03, gap=55
    )
    rows, palette = _sample_rows(len(actual)), style.family_colours(predictions)
    values = np.concatenate([actual, *predictions.values()])
    values = values[np.isfinite(values)]
    limits = [float(values.min()), float(values.max())]
    for index, (family, predicted) in enumerate(predictions.items()):
        position = style.subplot_position(index, columns)
        figure.add_trace(_points(actual[rows], predicted[rows], family, palette[family]), **position)
        line = {"color": style.INK, "dash": "dash", "width": 1}
        figure.add_trace(go.Scatter(x=limits, y=limits, mode="lines", line=line, hoverinfo="skip"), **position)
        if index + columns >= len(predictions):
            figure.update_xaxes(title_text=style.with_unit("Actual", unit), showticklabels=True, **position)
        if position["col"] == 1:
            figure.update_yaxes(title_text=style.with_unit("Predicted", unit), **position)
    subtitle = f"Dashed line: perfect prediction.{_sampling_note(len(actual))}"
    return style.apply(figure, title, subtitle, height=height, showlegend=False)


def _points(actual: np.ndarray, predicted: np.ndarray, family: str, colour: str) -> go.Scatter:
    return go.Scatter(
        x=actual,
        y=predicted,
        mode="markers",
        marker={"color": colour, "size": 4, "opacity": 0.5},
        name=family,
        hovertemplate="actual %{x:.4g}, predicted %{y:.4g}",
    )


def residuals(actual: np.ndarray, predictions: dict[str, np.ndarray], unit: str) -> go.Figure:
    """Draw the distribution of the residuals, actual − predicted, of each family.

    Args:
        actual: Actual values, in the target's unit, (rows,).
        predictions: Predicted values by family, in the target's unit, (rows,).
        unit: Unit of the target; empty if it has none.

    Returns:
        A violin with quartiles per family, the first family on top. At most `MAX_POINTS` rows are drawn, the same for
        every family; the means on the right are over all rows.
    """
    title = "Residuals on the test set"
    if not predictions or not len(actual):
        return style.empty_figure(title, style.NO_FAMILY)
    figure, rows, palette = go.Figure(), _sample_rows(len(actual)), style.family_colours(predictions)
    for family, predicted in predictions.items():
        errors = actual - predicted
        figure.add_trace(_violin(errors[rows], family, palette[family]))
        with np.errstate(invalid="ignore"):  # a diverged family
            mean = f"<b>{style.format_number(errors.mean())}</b> ± {style.format_number(errors.std())}"
        style.annotate_right(figure, mean, family)
    style.annotate_right(figure, f"<span style='color:{style.MUTED}'>mean ± std. deviation</span>")
    figure.add_vline(x=0, line={"color": style.INK, "dash": "dash", "width": 1})
    figure.update_xaxes(title_text=style.with_unit("Actual − predicted", unit))
    figure.update_yaxes(autorange="reversed", showgrid=False, ticksuffix="  ")
    subtitle = f"To the right of the dashed line, predictions are too low.{_sampling_note(len(actual))}"
    height = max(style.HEIGHT, 170 + 45 * len(predictions))
    return style.apply(figure, title, subtitle, height=height, showlegend=False, margin={"r": 150, "t": 100})


def _violin(errors: np.ndarray, family: str, colour: str) -> go.Violin:
    return go.Violin(
        x=errors,
        y=np.repeat(family, len(errors)),
        orientation="h",
        name=family,
        line={"color": colour, "width": 1.5},
        box={"visible": True, "width": 0.2},
        points=False,
        spanmode="hard",
        scalemode="width",
        width=0.85,
        hoveron="violins",
    )


def _sample_rows(rows: int) -> np.ndarray:
    """Return at most `MAX_POINTS` row numbers in ascending order; the same for the same number of rows."""
    if rows <= MAX_POINTS:
        return np.arange(rows)
    return np.sort(np.random.default_rng(0).choice(rows, MAX_POINTS, replace=False))


def _sampling_note(rows: int) -> str:
    return f" Shown: {MAX_POINTS:,} of {rows:,} rows." if rows > MAX_POINTS else ""
